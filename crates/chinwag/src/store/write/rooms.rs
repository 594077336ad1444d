//! Rooms, who is in them, and how far they have read.

use chinwag_protocol::{EventBody, RoomId, api::ChangeRoom, limits};

use super::{Applied, CursorMove, NewRoomRow, Scribe, Written, allowed, known, refuse};
use crate::access::{self, Join, Leave, Permit};
use crate::store::StoreError;
use crate::store::bootstrap::insert_room;
use crate::store::change::{AccountId, Change, MemberState, RoomKey};
use crate::store::sql::Param;

impl Scribe<'_> {
    pub(super) fn add_room(
        &mut self,
        new: &NewRoomRow,
        by: Option<AccountId>,
        members: &[(AccountId, bool)],
    ) -> Applied {
        if self.tx.exists("SELECT 1 FROM rooms WHERE topic = $1", &[Param::Text(new.topic.as_str())])? {
            // The same for a room that the asker may not know of.
            refuse!(
                AlreadyExists,
                "the topic {} is taken; choose another, or look for it among your rooms and those you can join",
                new.topic
            );
        }
        // Whom somebody talks to is not limited by the rooms that either of them is in.
        let maker = by.filter(|_| !new.topic.is_direct());
        if let Some(maker) = maker {
            let made = "SELECT count(*) FROM rooms WHERE made_by = $1";
            if self.count(made, maker)? >= limits::ROOMS_MADE {
                refuse!(QuotaExceeded, "{} rooms are the most one person can make", limits::ROOMS_MADE);
            }
            if self.rooms_of(maker)? >= limits::ROOMS_PER_PERSON {
                refuse!(
                    QuotaExceeded,
                    "{} rooms are the most one person can be in; leave one first",
                    limits::ROOMS_PER_PERSON
                );
            }
        }
        let room = insert_room(self.tx, new, maker, self.now)?;
        self.change(room.1)?;
        let room = room.0;
        if let Some(by) = by {
            let (title, purpose) = (new.title.clone(), new.purpose.clone());
            self.append(room, by, EventBody::Room { title, purpose, private: new.private })?;
        }
        for (account, owner) in members {
            self.add_member(room, *account, by.unwrap_or(*account), *owner, false)?;
        }
        Ok(Ok(Written::Room(room)))
    }

    pub(super) fn delete_room(&mut self, room: RoomKey) -> Applied {
        let key = [Param::Int(room.0)];
        let Some(topic) = self
            .tx
            .first("SELECT topic FROM rooms WHERE id = $1", &key, |row| known::<RoomId>(row.text(0)?))?
        else {
            refuse!(NotFound, "there is no such room any more");
        };
        if topic == RoomId::general() {
            refuse!(NotAuthorized, "everybody is in general; it stays");
        }
        let members = self
            .tx
            .all("SELECT account FROM members WHERE room = $1", &key, |row| Ok(AccountId(row.int(0)?)))?;
        for table in [
            "DELETE FROM members WHERE room = $1",
            "DELETE FROM media_rooms WHERE room = $1",
            "DELETE FROM outbox WHERE room = $1",
            "DELETE FROM events WHERE room = $1",
            "DELETE FROM rooms WHERE id = $1",
        ] {
            self.tx.execute(table, &key)?;
        }
        self.change(Change::RoomDeleted { room, topic, members })?;
        Ok(Ok(Written::Done))
    }

    pub(super) fn change_room(&mut self, permit: Permit<access::ChangeRoom>, change: &ChangeRoom) -> Applied {
        allowed!(self, permit);
        let (room, by) = (permit.room(), permit.account());
        let before = self.tx.one(
            "SELECT title, purpose, private FROM rooms WHERE id = $1",
            &[Param::Int(room.0)],
            |row| Ok((row.text(0)?, row.text(1)?, row.flag(2)?)),
        )?;
        let title = change.title.clone().unwrap_or_else(|| before.0.clone());
        let purpose = change.purpose.clone().unwrap_or_else(|| before.1.clone());
        let private = change.private.unwrap_or(before.2);
        if (&title, &purpose, private) == (&before.0, &before.1, before.2) {
            return Ok(Ok(Written::Done));
        }
        self.tx.execute(
            "UPDATE rooms SET title = $1, purpose = $2, private = $3 WHERE id = $4",
            &[Param::Text(&title), Param::Text(&purpose), Param::Int(private.into()), Param::Int(room.0)],
        )?;
        self.change(Change::RoomChanged { room, title: title.clone(), purpose: purpose.clone(), private })?;
        self.append(room, by, EventBody::Room { title, purpose, private })?;
        Ok(Ok(Written::Done))
    }

    fn is_member(&mut self, room: RoomKey, account: AccountId) -> Result<bool, StoreError> {
        let key = [Param::Int(room.0), Param::Int(account.0)];
        self.tx.exists("SELECT 1 FROM members WHERE room = $1 AND account = $2", &key)
    }

    fn rooms_of(&mut self, account: AccountId) -> Result<usize, StoreError> {
        self.count(
            "SELECT count(*) FROM members m JOIN rooms r ON r.id = m.room
             WHERE m.account = $1 AND r.topic NOT LIKE 'dm/%'",
            account,
        )
    }

    fn count(&mut self, sql: &'static str, account: AccountId) -> Result<usize, StoreError> {
        self.tx.one(sql, &[Param::Int(account.0)], |row| Ok(row.int(0)? as usize))
    }

    pub(super) fn join(&mut self, permit: Permit<Join>) -> Applied {
        allowed!(self, permit);
        let (room, account, by) = (permit.room(), permit.act().whom, permit.account());
        if self.is_member(room, account)? {
            return Ok(Ok(Written::Done));
        }
        let members =
            self.tx.one("SELECT count(*) FROM members WHERE room = $1", &[Param::Int(room.0)], |row| {
                row.int(0)
            })?;
        // Everybody is in `general` from the start, and may come back to it.
        let general = self.directory.with_room_key(room, |room| room.topic == RoomId::general());
        if members as usize >= limits::ROOM_MEMBERS && general != Some(true) {
            refuse!(QuotaExceeded, "the room is full: {} people are the most", limits::ROOM_MEMBERS);
        }
        if self.rooms_of(account)? >= limits::ROOMS_PER_PERSON {
            refuse!(QuotaExceeded, "{} rooms are the most one person can be in", limits::ROOMS_PER_PERSON);
        }
        let by_admin = self.directory.with_account(by, |entry| entry.admin) == Some(true);
        let added = account != by && !by_admin && !permit.by_operator();
        let by_others = "SELECT count(*) FROM members WHERE account = $1 AND added = 1";
        if added && self.count(by_others, account)? >= limits::ROOMS_BY_OTHERS {
            refuse!(
                QuotaExceeded,
                "{} is in {} rooms that others have added them to, and no more can be added; they can join by themselves",
                self.name(account)?,
                limits::ROOMS_BY_OTHERS
            );
        }
        self.add_member(room, account, by, false, added)?;
        Ok(Ok(Written::Done))
    }

    pub(super) fn add_member(
        &mut self,
        room: RoomKey,
        account: AccountId,
        by: AccountId,
        owner: bool,
        added: bool,
    ) -> Result<(), StoreError> {
        let name = self.name(account)?;
        let joined = self.append(room, by, EventBody::Join { name })?.seq;
        // What was said before one came is history, not unread.
        let member = MemberState { owner, joined_seq: joined };
        self.tx.execute(
            "INSERT INTO members (room, account, owner, joined_seq, read_seq, added)
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                Param::Int(room.0),
                Param::Int(account.0),
                Param::Int(owner.into()),
                Param::Int(joined as i64),
                Param::Int(joined as i64),
                Param::Int(added.into()),
            ],
        )?;
        self.change(Change::Joined { room, account, by, member })
    }

    pub(super) fn leave(&mut self, permit: Permit<Leave>) -> Applied {
        allowed!(self, permit);
        self.end_membership(permit.room(), permit.act().whom, permit.account())?;
        Ok(Ok(Written::Done))
    }

    pub(super) fn end_membership(
        &mut self,
        room: RoomKey,
        account: AccountId,
        by: AccountId,
    ) -> Result<(), StoreError> {
        if !self.is_member(room, account)? {
            return Ok(());
        }
        let name = self.name(account)?;
        self.append(room, by, EventBody::Leave { name })?;
        self.tx.execute(
            "DELETE FROM members WHERE room = $1 AND account = $2",
            &[Param::Int(room.0), Param::Int(account.0)],
        )?;
        self.change(Change::Left { room, account, by })
    }

    pub(super) fn read(&mut self, cursors: &[CursorMove]) -> Applied {
        let mut cursors = cursors.to_vec();
        cursors.sort_unstable();
        Ok(Ok(Written::Read(self.tx.move_cursors(&cursors)?)))
    }
}

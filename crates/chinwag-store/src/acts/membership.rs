//! Joining and leaving rooms.

use chinwag_protocol::{EventBody, Reason, RoomId, limits};

use crate::act::{Act, Acted};
use crate::batch::{Applied, Batch, allowed, refuse};
use crate::change::Change;
use crate::error::StoreError;
use crate::model::{AccountId, MemberState, RoomKey, StoredEvent};
use crate::right::Right;
use crate::sql::Param;

/// Adds a member to the room.
#[derive(Debug, Clone, Copy)]
pub struct Join {
    /// The new member.
    pub whom: AccountId,
}

impl Act for Join {
    const KIND: &'static str = "join";

    fn changes_room(&self) -> bool {
        true
    }

    fn apply(&self, batch: &mut Batch<'_>, right: &dyn Right) -> Applied<Acted> {
        allowed!(batch, right);
        let (room, account, by) = (right.room(), self.whom, right.account());
        if batch.is_member(room, account)? {
            return Ok(Ok(Acted::NOTHING));
        }
        let members =
            batch.tx.one("SELECT count(*) FROM members WHERE room = $1", &[Param::Int(room.0)], |row| {
                row.int(0)
            })?;
        // Everybody is in `general` from the start, and may return to it even if it is full.
        if members as usize >= limits::ROOM_MEMBERS && !batch.is_general(room)? {
            refuse!(Reason::RoomFull { limit: limits::ROOM_MEMBERS });
        }
        if batch.rooms_of(account)? >= limits::ROOMS_PER_PERSON {
            let limit = limits::ROOMS_PER_PERSON;
            if account == by {
                refuse!(Reason::Rooms { limit });
            }
            refuse!(Reason::RoomsOfOther { name: batch.name(account)?.as_str(), limit });
        }
        let admin = "SELECT 1 FROM accounts WHERE id = $1 AND admin = 1";
        let by_admin = batch.tx.exists(admin, &[Param::Int(by.0)])?;
        let added = account != by && !by_admin && !right.by_operator();
        let by_others = "SELECT count(*) FROM members WHERE account = $1 AND added = 1";
        if added && batch.count(by_others, account)? >= limits::ROOMS_BY_OTHERS {
            let name = batch.name(account)?;
            refuse!(Reason::RoomsByOthers { name: name.as_str(), limit: limits::ROOMS_BY_OTHERS });
        }
        Ok(Ok(Acted::now(batch.add_member(room, account, by, false, added)?)))
    }
}

/// Removes a member from the room.
#[derive(Debug, Clone, Copy)]
pub struct Leave {
    /// The member.
    pub whom: AccountId,
}

impl Act for Leave {
    const KIND: &'static str = "leave";

    fn changes_room(&self) -> bool {
        true
    }

    fn ends_membership_of(&self) -> Option<AccountId> {
        Some(self.whom)
    }

    fn apply(&self, batch: &mut Batch<'_>, right: &dyn Right) -> Applied<Acted> {
        allowed!(batch, right);
        let ended = batch.end_membership(right.room(), self.whom, right.account())?;
        Ok(Ok(ended.map_or(Acted::NOTHING, Acted::now)))
    }
}

impl Batch<'_> {
    fn is_member(&mut self, room: RoomKey, account: AccountId) -> Result<bool, StoreError> {
        let key = [Param::Int(room.0), Param::Int(account.0)];
        self.tx.exists("SELECT 1 FROM members WHERE room = $1 AND account = $2", &key)
    }

    pub(crate) fn rooms_of(&mut self, account: AccountId) -> Result<usize, StoreError> {
        self.count(
            "SELECT count(*) FROM members m JOIN rooms r ON r.id = m.room
             WHERE m.account = $1 AND r.topic NOT LIKE 'dm/%'",
            account,
        )
    }

    pub(crate) fn count(&mut self, sql: &'static str, account: AccountId) -> Result<usize, StoreError> {
        self.tx.one(sql, &[Param::Int(account.0)], |row| Ok(row.int(0)? as usize))
    }

    fn is_general(&mut self, room: RoomKey) -> Result<bool, StoreError> {
        let general = RoomId::general();
        let general = [Param::Int(room.0), Param::Text(general.as_str())];
        self.tx.exists("SELECT 1 FROM rooms WHERE id = $1 AND topic = $2", &general)
    }

    pub(crate) fn add_member(
        &mut self,
        room: RoomKey,
        account: AccountId,
        by: AccountId,
        owner: bool,
        added: bool,
    ) -> Result<StoredEvent, StoreError> {
        let name = self.name(account)?;
        let event = self.append_change(room, by, EventBody::Join { name })?;
        let joined = event.seq;
        // Messages from before the join are history, not unread.
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
        self.change(Change::Joined { room, account, by, member })?;
        Ok(event)
    }

    pub(crate) fn end_membership(
        &mut self,
        room: RoomKey,
        account: AccountId,
        by: AccountId,
    ) -> Result<Option<StoredEvent>, StoreError> {
        if !self.is_member(room, account)? {
            return Ok(None);
        }
        let name = self.name(account)?;
        let event = self.append_change(room, by, EventBody::Leave { name })?;
        self.tx.execute(
            "DELETE FROM members WHERE room = $1 AND account = $2",
            &[Param::Int(room.0), Param::Int(account.0)],
        )?;
        self.change(Change::Left { room, account, by })?;
        Ok(Some(event))
    }
}

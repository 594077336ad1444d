//! Previews of rooms for the list of a member's rooms.

use std::collections::HashMap;

use chinwag_protocol::{Event, EventBody};

use crate::batch::event_json;
use crate::error::StoreError;
use crate::model::{AccountId, RoomKey};
use crate::reader::Reader;
use crate::rows::parse;
use crate::sql::{Param, Row, Tx};

/// A member's preview of a room.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// The seq of the room's last event.
    pub last_seq: u64,
    /// The member's read cursor.
    pub read_seq: u64,
    /// The number of messages by others after the cursor.
    pub unread: u64,
    /// The last message: the JSON event with the text of its last edit.
    pub last_message: Option<String>,
}

impl Reader {
    /// Returns the previews of all of an account's rooms, or of one of them.
    pub async fn previews(
        &self,
        account: AccountId,
        room: Option<RoomKey>,
    ) -> Result<HashMap<RoomKey, Preview>, StoreError> {
        self.run(move |tx| previews(tx, account, room)).await
    }

    /// Returns the number of messages by others after each read cursor.
    pub async fn unread(
        &self,
        cursors: Vec<(AccountId, RoomKey, u64)>,
    ) -> Result<HashMap<(AccountId, RoomKey), u64>, StoreError> {
        if cursors.is_empty() {
            return Ok(HashMap::new());
        }
        self.run(move |tx| {
            let count = |&(account, room, after): &(AccountId, RoomKey, u64)| {
                Ok(((account, room), unread(tx, account, room, after)?))
            };
            cursors.iter().map(count).collect()
        })
        .await
    }

    /// Returns the read cursors of these accounts in a room; only members have one.
    pub async fn read_cursors(
        &self,
        room: RoomKey,
        accounts: Vec<AccountId>,
    ) -> Result<HashMap<AccountId, u64>, StoreError> {
        self.run(move |tx| Ok(tx.read_cursors(room, &accounts)?.into_iter().collect())).await
    }
}

/// Counts unread messages. Up to 64 positions after the read cursor, messages by others are counted one by one. Beyond
/// that, the room's number of messages is compared with the number at the cursor, in constant time. Sending a message
/// counts as reading everything before it, so a member's own messages are after the cursor only for the moment until it
/// is stored (and after a crash).
macro_rules! unread {
    ($after:literal, $account:literal) => {
        concat!(
            "CASE WHEN h.last_message_seq - ",
            $after,
            " <= 64 THEN
                 (SELECT count(*) FROM events u WHERE u.room = h.room AND u.seq > ",
            $after,
            " AND u.seq <= h.last_message_seq AND u.kind = 'message' AND u.sender <> ",
            $account,
            ")
             ELSE h.messages - coalesce((SELECT ordinal FROM events u WHERE u.room = h.room AND u.seq = ",
            $after,
            "), 0) END"
        )
    };
}

/// Returns the number of messages by others in a room after `after`.
fn unread(tx: &mut dyn Tx, account: AccountId, room: RoomKey, after: u64) -> Result<u64, StoreError> {
    tx.one(
        concat!("SELECT ", unread!("$1", "$2"), " FROM heads h WHERE h.room = $3"),
        &[Param::seq(after), Param::Int(account.0), Param::Int(room.0)],
        |row| Ok(row.int(0)? as u64),
    )
}

/// The statement for an account's previews: a single one for any number of rooms.
macro_rules! previews {
    ($which:literal) => {
        concat!(
            "SELECT h.room, h.last_seq, m.read_seq, ",
            unread!("m.read_seq", "m.account"),
            ", (SELECT e.body FROM events e WHERE e.room = h.room AND e.seq = h.last_message_seq),
                 (SELECT e.body FROM altered a JOIN events e ON e.room = a.room AND e.seq = a.shown
                  WHERE a.room = h.room AND a.seq = h.last_message_seq)
             FROM members m JOIN heads h ON h.room = m.room WHERE m.account = $1",
            $which
        )
    };
}

fn previews(
    tx: &mut dyn Tx,
    account: AccountId,
    room: Option<RoomKey>,
) -> Result<HashMap<RoomKey, Preview>, StoreError> {
    let read = |row: &dyn Row| {
        let (last_seq, read_seq, unread) = (row.int(1)? as u64, row.int(2)? as u64, row.int(3)? as u64);
        Ok((
            RoomKey(row.int(0)?),
            Preview {
                last_seq,
                read_seq,
                unread,
                last_message: as_edited(row.maybe_text(4)?, row.maybe_text(5)?)?,
            },
        ))
    };
    let account = Param::Int(account.0);
    let found = match room {
        None => tx.all(previews!(""), &[account], read),
        Some(room) => tx.all(previews!(" AND m.room = $2"), &[account, Param::Int(room.0)], read),
    };
    Ok(found?.into_iter().collect())
}

/// Returns a message's event with the text of its last edit.
fn as_edited(message: Option<String>, edit: Option<String>) -> Result<Option<String>, StoreError> {
    let (Some(message), Some(edit)) = (&message, edit) else { return Ok(message) };
    let mut message: Event = parse(message)?;
    if let (EventBody::Message { text, .. }, EventBody::Edit { text: now, .. }) =
        (&mut message.body, parse::<Event>(&edit)?.body)
    {
        *text = now;
    }
    event_json(&message).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bootstrap::insert_room;
    use crate::database::Database;
    use crate::model::{CursorMove, NewRoomRow};
    use crate::sql::{NewEvent, Place, Tx};

    /// Forwards reads, and counts the statements.
    struct Counting<'a>(&'a mut dyn Tx, usize);

    impl Tx for Counting<'_> {
        fn each(
            &mut self,
            sql: &'static str,
            params: &[Param<'_>],
            read: &mut dyn FnMut(&dyn Row) -> Result<bool, StoreError>,
        ) -> Result<(), StoreError> {
            self.1 += 1;
            self.0.each(sql, params, read)
        }
        fn execute(&mut self, _: &'static str, _: &[Param<'_>]) -> Result<u64, StoreError> {
            panic!("it only reads")
        }
        fn execute_each(&mut self, _: &'static str, _: &[Vec<Param<'_>>]) -> Result<(), StoreError> {
            panic!("it only reads")
        }
        fn lengthen(&mut self, _: &[(RoomKey, u64)], _: bool) -> Result<Vec<Place>, StoreError> {
            panic!("it only reads")
        }
        fn lock_rooms(&mut self, _: &[RoomKey]) -> Result<(), StoreError> {
            panic!("it only reads")
        }
        fn lock_members(&mut self, _: &[(RoomKey, AccountId)]) -> Result<(), StoreError> {
            panic!("it only reads")
        }
        fn sent_before(
            &mut self,
            _: &[(AccountId, &str)],
        ) -> Result<Vec<(AccountId, String, crate::model::StoredEvent)>, StoreError> {
            panic!("one statement for each")
        }
        fn read_cursors(&mut self, _: RoomKey, _: &[AccountId]) -> Result<Vec<(AccountId, u64)>, StoreError> {
            panic!("one statement for each")
        }
        fn move_cursors(&mut self, _: &[CursorMove]) -> Result<Vec<CursorMove>, StoreError> {
            panic!("it only reads")
        }
        fn insert_events(&mut self, _: &[NewEvent<'_>]) -> Result<(), StoreError> {
            panic!("it only reads")
        }
        fn keep_others_from_writing(&mut self, _: &'static str) -> Result<(), StoreError> {
            panic!("it only reads")
        }
        fn number_on(&mut self) -> Result<(), StoreError> {
            panic!("it only reads")
        }
        fn lock_changes(&mut self) -> Result<(), StoreError> {
            panic!("it only reads")
        }
    }

    #[test]
    fn the_list_of_rooms_is_one_statement_however_many_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chinwag.db");
        let database = Database::parse(&format!("sqlite:{}", path.display())).unwrap();
        let mut connection = database.open().unwrap();
        let (mut made, mut statements) = (0, Vec::new());
        for rooms in [3, 300] {
            connection
                .write(&mut |tx| {
                    let account = "INSERT INTO accounts (id, name, admin, created_at) VALUES (1, 'ana', 0, 0)
                         ON CONFLICT DO NOTHING";
                    tx.execute(account, &[])?;
                    while made < rooms {
                        made += 1;
                        let topic = format!("room-{made}").parse().unwrap();
                        let new =
                            NewRoomRow { topic, title: "x".into(), purpose: String::new(), private: false };
                        let (room, _) = insert_room(tx, &new, None, 0)?;
                        let join = "INSERT INTO members (room, account, owner, joined_seq, read_seq)
                             VALUES ($1, 1, 0, 0, 0)";
                        tx.execute(join, &[Param::Int(room.0)])?;
                    }
                    Ok(())
                })
                .unwrap();
            let read = |tx: &mut dyn Tx| {
                let mut counting = Counting(tx, 0);
                let found = previews(&mut counting, AccountId(1), None)?;
                Ok((found.len(), counting.1))
            };
            let (found, asked) = connection.get(read).unwrap();
            assert_eq!(found, rooms);
            statements.push(asked);
        }
        assert_eq!(statements, [1, 1]);
    }
}

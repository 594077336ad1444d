//! Creating and deleting rooms.

use chinwag_protocol::name::skeleton;
use chinwag_protocol::{EventBody, Reason, RoomId, limits};

use crate::batch::{Applied, Batch, refuse};
use crate::bootstrap::insert_room;
use crate::change::Change;
use crate::error::StoreError;
use crate::model::{AccountId, NewRoomRow, RoomKey};
use crate::rows::known;
use crate::sql::Param;
use crate::write::{Needs, Write};

/// Creates a room with its first members. If `by` is given, an event in its log records the creation.
#[derive(Debug, Clone)]
pub struct AddRoom {
    /// The room.
    pub room: NewRoomRow,
    /// The account that creates it.
    pub by: Option<AccountId>,
    /// Its first members, each with whether they own the room.
    pub members: Vec<(AccountId, bool)>,
}

impl Write for AddRoom {
    type Done = RoomKey;

    fn kind(&self) -> &'static str {
        "new room"
    }

    fn needs(&self) -> Needs {
        Needs::changes()
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<RoomKey> {
        let topic = self.room.topic.as_str();
        let taken = "SELECT 1 FROM rooms WHERE topic = $1";
        if batch.tx.exists(taken, &[Param::Text(topic)])? || batch.is_like_a_room(&self.room.topic)? {
            // The same error for a room that the caller may not know about.
            refuse!(Reason::Room { room: topic });
        }
        // Direct conversations do not count toward either participant's limits on rooms.
        let maker = self.by.filter(|_| !self.room.topic.is_direct());
        if let Some(maker) = maker {
            let made = "SELECT count(*) FROM rooms WHERE made_by = $1";
            if batch.count(made, maker)? >= limits::ROOMS_MADE {
                refuse!(Reason::RoomsMade { limit: limits::ROOMS_MADE });
            }
            if batch.rooms_of(maker)? >= limits::ROOMS_PER_PERSON {
                refuse!(Reason::Rooms { limit: limits::ROOMS_PER_PERSON });
            }
        }
        let room = insert_room(batch.tx, &self.room, maker, batch.now)?;
        batch.change(room.1)?;
        let room = room.0;
        if let Some(by) = self.by {
            let (title, purpose) = (self.room.title.clone(), self.room.purpose.clone());
            batch.append_change(room, by, EventBody::Room { title, purpose, private: self.room.private })?;
        }
        for (account, owner) in &self.members {
            batch.add_member(room, *account, self.by.unwrap_or(*account), *owner, false)?;
        }
        Ok(Ok(room))
    }
}

impl Batch<'_> {
    /// Returns whether there is a room whose id looks like this one, including changes in this transaction. Always
    /// false for direct conversations, whose ids the server generates.
    fn is_like_a_room(&mut self, topic: &RoomId) -> Result<bool, StoreError> {
        if topic.is_direct() {
            return Ok(false);
        }
        self.enter_changes()?;
        let like = |change: &Change| match change {
            Change::RoomAdded { topic: other, .. } => {
                !other.is_direct() && skeleton(other.as_str()) == skeleton(topic.as_str())
            }
            _ => false,
        };
        Ok(self.view.looks_like_a_room(topic) || self.committed.changes.iter().any(like))
    }
}

/// Deletes a room and everything in it.
#[derive(Debug, Clone, Copy)]
pub struct DeleteRoom {
    /// The room.
    pub room: RoomKey,
}

impl Write for DeleteRoom {
    type Done = ();

    fn kind(&self) -> &'static str {
        "end of a room"
    }

    fn needs(&self) -> Needs {
        Needs::changes()
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        let key = [Param::Int(self.room.0)];
        let Some(topic) = batch
            .tx
            .first("SELECT topic FROM rooms WHERE id = $1", &key, |row| known::<RoomId>(row.text(0)?))?
        else {
            refuse!(Reason::RoomGone);
        };
        if topic == RoomId::general() {
            refuse!(NotAuthorized, "general is for everybody and cannot be deleted");
        }
        let members = batch
            .tx
            .all("SELECT account FROM members WHERE room = $1", &key, |row| Ok(AccountId(row.int(0)?)))?;
        // No other writer can append to its log until the commit.
        batch.tx.lock_rooms(&[self.room])?;
        // Other rows of the room are deleted by ON DELETE CASCADE.
        for table in [
            "DELETE FROM members WHERE room = $1",
            "DELETE FROM events WHERE room = $1",
            "DELETE FROM rooms WHERE id = $1",
        ] {
            batch.tx.execute(table, &key)?;
        }
        batch.change(Change::RoomDeleted { room: self.room, topic, members })?;
        Ok(Ok(()))
    }
}

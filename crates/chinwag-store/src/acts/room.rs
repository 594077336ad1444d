//! Changing a room's title, purpose and privacy.

use chinwag_protocol::{EventBody, api};

use crate::act::{Act, Acted};
use crate::batch::{Applied, Batch, allowed};
use crate::change::Change;
use crate::right::Right;
use crate::sql::Param;

/// Changes a room's title, purpose or privacy.
#[derive(Debug, Clone, Default)]
pub struct ChangeRoom(pub api::ChangeRoom);

impl Act for ChangeRoom {
    const KIND: &'static str = "room changed";

    fn changes_room(&self) -> bool {
        true
    }

    fn apply(&self, batch: &mut Batch<'_>, right: &dyn Right) -> Applied<Acted> {
        allowed!(batch, right);
        let (room, by) = (right.room(), right.account());
        let before = batch.tx.one(
            "SELECT title, purpose, private FROM rooms WHERE id = $1",
            &[Param::Int(room.0)],
            |row| Ok((row.text(0)?, row.text(1)?, row.flag(2)?)),
        )?;
        let title = self.0.title.clone().unwrap_or_else(|| before.0.clone());
        let purpose = self.0.purpose.clone().unwrap_or_else(|| before.1.clone());
        let private = self.0.private.unwrap_or(before.2);
        if (&title, &purpose, private) == (&before.0, &before.1, before.2) {
            return Ok(Ok(Acted::NOTHING));
        }
        batch.tx.execute(
            "UPDATE rooms SET title = $1, purpose = $2, private = $3 WHERE id = $4",
            &[Param::Text(&title), Param::Text(&purpose), Param::Int(private.into()), Param::Int(room.0)],
        )?;
        batch.change(Change::RoomChanged {
            room,
            title: title.clone(),
            purpose: purpose.clone(),
            private,
        })?;
        let event = batch.append_change(room, by, EventBody::Room { title, purpose, private })?;
        Ok(Ok(Acted::now(event)))
    }
}

//! Deleting a message: its content is erased everywhere in the database.

use chinwag_protocol::event::Deleted;
use chinwag_protocol::verb::Delete;
use chinwag_protocol::{Event, EventBody};

use super::target::digest_before_erasing;
use crate::act::{Act, Acted};
use crate::batch::{Applied, Batch, NewEntry, event_json, stored};
use crate::error::StoreError;
use crate::model::RoomKey;
use crate::right::Right;
use crate::rows::parse;
use crate::sql::Param;
use crate::write::Write;

/// Maximum number of events about one message that are erased in one transaction; the rest follows in later ones.
const AT_ONCE: i64 = 500;

impl Act for Delete {
    const KIND: &'static str = "deletion";

    fn msg_id(&self) -> Option<&str> {
        self.msg_id.as_deref()
    }

    fn apply(&self, batch: &mut Batch<'_>, right: &dyn Right) -> Applied<Acted> {
        let (room, sender) = (right.room(), right.account());
        let said = Self { msg_id: None, ..self.clone() };
        let target = match batch.target(right, self.target, self.msg_id.as_deref(), &said)? {
            Ok(target) => target,
            Err(ended) => return Ok(ended),
        };
        if target.deleted {
            return Ok(Ok(Acted::NOTHING));
        }
        let event = batch.append(NewEntry {
            room,
            sender,
            msg_id: self.msg_id.as_deref(),
            target: Some(self.target),
            body: EventBody::Delete { target: self.target, msg_id: self.msg_id.clone() },
        })?;
        let deleted = Deleted { seq: event.seq, by: batch.name(sender)? };
        batch.erase(room, target.event, Some(&deleted))?;
        batch.erase_about(room, self.target, 0)?;
        batch.end_uses(room, self.target)?;
        batch.tx.execute(
            "DELETE FROM reactions WHERE room = $1 AND target = $2",
            &[Param::Int(room.0), Param::seq(self.target)],
        )?;
        batch.altered(room, self.target, event.seq)?;
        batch.tx.execute(
            "UPDATE altered SET deleted = $1, shown = NULL WHERE room = $2 AND seq = $3",
            &[Param::seq(event.seq), Param::Int(room.0), Param::seq(self.target)],
        )?;
        Ok(Ok(Acted::now(event)))
    }
}

/// Continues an erasure that was too large for one transaction; returns whether it found work, in which case there may
/// be more.
pub struct Erase;

impl Write for Erase {
    type Done = bool;

    fn kind(&self) -> &'static str {
        "erasing"
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<bool> {
        let next = "SELECT room, target, after FROM erasing ORDER BY room, target LIMIT 1";
        let next = batch
            .tx
            .first(next, &[], |row| Ok((RoomKey(row.int(0)?), row.int(1)? as u64, row.int(2)? as u64)))?;
        let Some((room, target, after)) = next else { return Ok(Ok(false)) };
        batch.tx.lock_rooms(&[room])?;
        batch.tx.execute(
            "DELETE FROM erasing WHERE room = $1 AND target = $2",
            &[Param::Int(room.0), Param::seq(target)],
        )?;
        batch.erase_about(room, target, after)?;
        Ok(Ok(true))
    }
}

impl Batch<'_> {
    /// Erases the content of one event. `deleted` is given if the event is the deleted message itself, and is stored in
    /// it.
    fn erase(&mut self, room: RoomKey, event: Event, deleted: Option<&Deleted>) -> Result<(), StoreError> {
        let mut erased = event.clone();
        let digest = match (&mut erased.body, deleted) {
            // Of a reply, only the quoted text is erased; what remains is enough to recognize a retry of it.
            (EventBody::Message { original_message: Some(quote), .. }, None) => {
                quote.text.clear();
                None
            }
            (
                EventBody::Message { text, original_message, attachments, deleted: told, .. },
                Some(deleted),
            ) => {
                text.clear();
                attachments.clear();
                (*original_message, *told) = (None, Some(deleted.clone()));
                Some(digest_before_erasing(event.body)?)
            }
            (EventBody::Edit { text, .. }, None) => {
                text.clear();
                Some(digest_before_erasing(event.body)?)
            }
            // A reply that has itself been deleted quotes nothing any longer.
            _ => return Ok(()),
        };
        let json = event_json(&erased)?;
        self.tx.execute(
            "UPDATE events SET body = $1, digest = coalesce($2, digest) WHERE room = $3 AND seq = $4",
            &[
                Param::Text(&json),
                digest.as_deref().map_or(Param::Null, Param::Blob),
                Param::Int(room.0),
                Param::seq(erased.seq),
            ],
        )?;
        self.committed.erased.push(stored(room, &erased, json));
        Ok(())
    }

    /// Erases the edits of a deleted message and the quotes of it in replies, in events after the seq `after`.
    fn erase_about(&mut self, room: RoomKey, target: u64, after: u64) -> Result<(), StoreError> {
        let about = self.tx.all(
            "SELECT body FROM events WHERE room = $1 AND target = $2 AND seq > $3
             AND kind IN ('edit', 'message') ORDER BY seq LIMIT $4",
            &[Param::Int(room.0), Param::seq(target), Param::seq(after), Param::Int(AT_ONCE)],
            |row| row.text(0),
        )?;
        let mut last = after;
        for body in &about {
            let event: Event = parse(body)?;
            last = event.seq;
            self.erase(room, event, None)?;
        }
        if about.len() as i64 == AT_ONCE {
            self.tx.execute(
                "INSERT INTO erasing (room, target, after) VALUES ($1, $2, $3)",
                &[Param::Int(room.0), Param::seq(target), Param::seq(last)],
            )?;
        }
        Ok(())
    }

    /// Removes the message's uses of uploads. Uploads without any other use are marked as deleted, so that nobody sees
    /// or uses them. Their files are deleted later, even after a crash.
    fn end_uses(&mut self, room: RoomKey, seq: u64) -> Result<(), StoreError> {
        let key = [Param::Int(room.0), Param::seq(seq)];
        let used =
            self.tx.all("SELECT media FROM uses WHERE room = $1 AND seq = $2", &key, |row| row.text(0))?;
        self.tx.execute("DELETE FROM uses WHERE room = $1 AND seq = $2", &key)?;
        for media in used {
            let unused = "UPDATE media SET size = -1
                WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM uses WHERE uses.media = media.id)";
            if self.tx.execute(unused, &[Param::Text(&media)])? > 0 {
                self.committed.unused_media.push(media);
            }
        }
        Ok(())
    }
}

//! Acts that refer to a message in the room's log.

use aws_lc_rs::digest::{SHA256, digest};
use chinwag_protocol::{Event, EventBody, MediaId, Reason, Refused, Send};
use serde::Serialize;
use serde_json::Value;

use crate::act::Acted;
use crate::batch::{Batch, Outcome};
use crate::error::StoreError;
use crate::model::{AccountId, RoomKey, StoredEvent};
use crate::right::Right;
use crate::rows::{known, parse};
use crate::sql::Param;

/// The message that an act refers to.
pub struct Target {
    /// The account that sent it.
    pub author: AccountId,
    /// The event as stored; without content if deleted.
    pub event: Event,
    /// The text of its last edit, if any.
    pub edited: Option<String>,
    /// Whether its content is erased.
    pub deleted: bool,
}

impl Target {
    /// Returns its current text.
    pub fn text(&self) -> &str {
        match (&self.edited, &self.event.body) {
            (Some(edited), _) => edited,
            (None, EventBody::Message { text, .. }) => text,
            _ => "",
        }
    }
}

impl Batch<'_> {
    /// Makes the common checks of acts that refer to a message: whether the act was performed before under its
    /// `msg_id`, whether there is such a message, and whether the act is permitted. Returns the message, or else the
    /// outcome of the act. Other writers cannot change the room from here to the commit.
    pub(crate) fn target(
        &mut self,
        right: &dyn Right,
        seq: u64,
        msg_id: Option<&str>,
        said: &impl Serialize,
    ) -> Result<Result<Target, Outcome<Acted>>, StoreError> {
        let room = right.room();
        if let Some(before) = self.done_before(right.account(), room, msg_id, said)? {
            return Ok(Err(before));
        }
        self.tx.lock_rooms(&[room])?;
        let target = self.message(room, seq)?;
        if let Err(refused) = self.may(right, target.as_ref().map(|target| target.author)) {
            return Ok(Err(Err(refused)));
        }
        Ok(target.ok_or_else(|| Err(no_message(seq))))
    }

    /// Returns the message at `seq`, if there is one, in its present state.
    pub(crate) fn message(&mut self, room: RoomKey, seq: u64) -> Result<Option<Target>, StoreError> {
        let found = self.tx.first(
            "SELECT e.sender, e.body, edit.body, a.deleted FROM events e
             LEFT JOIN altered a ON a.room = e.room AND a.seq = e.seq
             LEFT JOIN events edit ON edit.room = a.room AND edit.seq = a.shown
             WHERE e.room = $1 AND e.seq = $2 AND e.kind = 'message'",
            &[Param::Int(room.0), Param::seq(seq)],
            |row| Ok((AccountId(row.int(0)?), row.text(1)?, row.maybe_text(2)?, row.maybe_int(3)?)),
        )?;
        let Some((author, body, edit, deleted)) = found else { return Ok(None) };
        let edited = match edit.as_deref().map(parse::<Event>).transpose()? {
            Some(Event { body: EventBody::Edit { text, .. }, .. }) => Some(text),
            _ => None,
        };
        Ok(Some(Target { author, event: parse(&body)?, edited, deleted: deleted.is_some() }))
    }

    /// Looks up an earlier act with this `msg_id`: returns that one if it was the same, and a refusal if not.
    fn done_before(
        &mut self,
        sender: AccountId,
        room: RoomKey,
        msg_id: Option<&str>,
        said: &impl Serialize,
    ) -> Result<Option<Outcome<Acted>>, StoreError> {
        let Some(msg_id) = msg_id else { return Ok(None) };
        let found = self.tx.sent_before(&[(sender, msg_id)])?.pop();
        let Some((.., event)) = found else { return Ok(None) };
        if event.room != room || !self.says(&event, said)? {
            return Ok(Some(Err(reused(msg_id))));
        }
        *self.repeats = true;
        Ok(Some(Ok(Acted::before(event))))
    }

    /// Returns whether this event is the result of sending `said`, even after its content was erased.
    pub(crate) fn says(&mut self, event: &StoredEvent, said: &impl Serialize) -> Result<bool, StoreError> {
        let asked = json(said)?;
        let event_body = parse::<Event>(&String::from_utf8_lossy(&event.body))?.body;
        let may_be_erased = match &event_body {
            EventBody::Message { deleted, .. } => deleted.is_some(),
            EventBody::Edit { text, .. } => text.is_empty(),
            _ => false,
        };
        if may_be_erased
            && let Some(digest) = self.tx.first(
                "SELECT digest FROM events WHERE room = $1 AND seq = $2 AND digest IS NOT NULL",
                &[Param::Int(event.room.0), Param::seq(event.seq)],
                |row| row.blob(0),
            )?
        {
            return Ok(digest == digest_of(&asked));
        }
        Ok(said_by(event_body)? == asked)
    }

    /// Records that the event at `seq` changed the message.
    pub(crate) fn altered(&mut self, room: RoomKey, target: u64, seq: u64) -> Result<(), StoreError> {
        self.tx
            .execute(
                "INSERT INTO altered (room, seq, changed) VALUES ($1, $2, $3)
                 ON CONFLICT (room, seq) DO UPDATE SET changed = excluded.changed",
                &[Param::Int(room.0), Param::seq(target), Param::seq(seq)],
            )
            .map(drop)
    }
}

/// Reconstructs what a client sent to cause this event, without its `msg_id`, in a canonical form. An event that refers
/// to a message consists of the payload and a type.
fn said_by(body: EventBody) -> Result<String, StoreError> {
    match body {
        EventBody::Message { text, original_message, attachments, .. } => {
            let ids = attachments.into_iter().map(|attachment| known::<MediaId>(attachment.id));
            let attachments = ids.collect::<Result<_, _>>()?;
            let original_message = original_message.map(|quote| quote.seq);
            json(&Send { text, msg_id: None, original_message, attachments })
        }
        body => {
            let mut event: serde_json::Map<String, Value> = parse(&json(&body)?)?;
            event.remove("type");
            event.remove("msg_id");
            json(&event)
        }
    }
}

/// Serializes to JSON with the keys in alphabetical order.
fn json(said: &impl Serialize) -> Result<String, StoreError> {
    let value = serde_json::to_value(said).map_err(|error| StoreError::Other(error.to_string()))?;
    Ok(value.to_string())
}

/// Returns the digest that is kept of erased content, so that a retry can still be recognized.
fn digest_of(said: &str) -> Vec<u8> {
    digest(&SHA256, said.as_bytes()).as_ref()[..16].to_vec()
}

/// Returns the digest of an event whose content is about to be erased.
pub fn digest_before_erasing(body: EventBody) -> Result<Vec<u8>, StoreError> {
    Ok(digest_of(&said_by(body)?))
}

pub fn reused(msg_id: &str) -> Refused {
    Reason::MsgId { msg_id }.into()
}

pub fn no_message(seq: u64) -> Refused {
    Reason::NoMessage { seq }.into()
}

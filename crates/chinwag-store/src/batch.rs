//! One transaction of the committer, and the operations that its writes share: checking rights, appending to rooms'
//! logs, writing to the table `changes`, looking up names.

use std::collections::HashMap;

use bytes::Bytes;
use chinwag_protocol::{Event, EventBody, Name, Refused};

use super::change::Change;
use super::committed::Committed;
use super::error::StoreError;
use super::follow::follow;
use super::model::{AccountId, RoomKey, StoredEvent};
use super::right::Right;
use super::rows::known;
use super::sql::{NewEvent, Param, Tx};
use super::view::View;

/// The outcome of one write: done, or refused without any effect.
pub type Outcome<T> = Result<T, Refused>;

/// The result of applying a write: a failure of the database ends the transaction, a refusal ends only this write.
pub type Applied<T> = Result<Outcome<T>, StoreError>;

/// A transaction in progress.
pub struct Batch<'a> {
    pub(super) tx: &'a mut dyn Tx,
    /// The in-memory view, without the changes that this transaction has made or read.
    pub(super) view: &'a dyn View,
    /// Milliseconds since 1970.
    pub(super) now: i64,
    /// `now` in the format of events.
    pub(super) sent_at: String,
    /// Cached names of accounts that have written; they never change.
    pub(super) names: &'a mut HashMap<AccountId, Name>,
    /// The last row of `changes` that has been read or written; `None` until this transaction writes to `changes`
    /// itself.
    pub(super) followed: &'a mut Option<i64>,
    /// The last row of `changes` that was read before this transaction.
    pub(super) followed_before: i64,
    /// For each room, the seq up to which all changes are known: no other process has written there since.
    pub(super) known_heads: &'a HashMap<RoomKey, u64>,
    /// The next transaction reads the changes of other processes before it writes anything. Set when that turns out to
    /// be necessary.
    pub(super) follow_first: &'a mut bool,
    /// Messages are looked up before they are written. Otherwise the database rejects a message that it already has,
    /// and with it the whole transaction.
    pub(super) look_first: bool,
    /// A message was found that had been sent before.
    pub(super) repeats: &'a mut bool,
    /// The results of the transaction so far.
    pub(super) committed: &'a mut Committed,
    /// The last trace it has left so far, by which it can be recognized.
    pub(super) mark: &'a mut Option<Mark>,
}

/// The last thing that a transaction has written and no other writer could have: if it is in the database, so is
/// everything else. (PostgreSQL can be asked for the status of a transaction by its id; but after a crash of the
/// database, ids that it had not yet persisted are assigned again.)
#[derive(Debug)]
pub(super) enum Mark {
    /// An event.
    Event { room: RoomKey, seq: u64, body: Bytes },
    /// A row of `changes`.
    Change(i64, String),
}

impl Mark {
    /// Returns whether it is in the database.
    pub fn is_there(&self, tx: &mut dyn Tx) -> Result<bool, StoreError> {
        match self {
            Self::Event { room, seq, body } => {
                let sql = "SELECT body FROM events WHERE room = $1 AND seq = $2";
                let found = tx.first(sql, &[Param::Int(room.0), Param::seq(*seq)], |row| row.text(0))?;
                Ok(found.is_some_and(|found| origin(found.as_bytes()) == origin(body)))
            }
            Self::Change(id, body) => {
                let sql = "SELECT body FROM changes WHERE id = $1";
                let found = tx.first(sql, &[Param::Int(*id)], |row| row.text(0))?;
                Ok(found.as_ref() == Some(body))
            }
        }
    }
}

/// Returns who sent an event and when, which stay the same when its content is erased.
fn origin(event: &[u8]) -> Option<(u64, String, String)> {
    #[derive(serde::Deserialize)]
    struct Origin {
        seq: u64,
        sender: String,
        sent_at: String,
    }
    let Origin { seq, sender, sent_at } = serde_json::from_slice(event).ok()?;
    Some((seq, sender, sent_at))
}

/// Refuses a write: for a reason, or with a code and a text that only operators meet.
macro_rules! refuse {
    ($code:ident, $text:literal) => {
        return Ok(Err(chinwag_protocol::Refused::new(chinwag_protocol::ErrorCode::$code, $text)))
    };
    ($reason:expr) => {
        return Ok(Err($reason.into()))
    };
}
pub(super) use refuse;

/// Continues only if a right still holds.
macro_rules! allowed {
    ($batch:expr, $right:expr) => {
        if let Err(refused) = $batch.may($right, None) {
            return Ok(Err(refused));
        }
    };
}
pub(super) use allowed;

/// An event to be appended to a room's log.
pub(super) struct NewEntry<'a> {
    pub room: RoomKey,
    pub sender: AccountId,
    /// The sender's key for it.
    pub msg_id: Option<&'a str>,
    /// The seq of the message that it is about.
    pub target: Option<u64>,
    pub body: EventBody,
}

impl Batch<'_> {
    /// Checks that a right still holds after all earlier changes, including those in this transaction. `author` is the
    /// sender of the message that the act is about.
    pub(super) fn may(&self, right: &dyn Right, author: Option<AccountId>) -> Outcome<()> {
        right.check(&self.committed.changes, author)
    }

    /// Called when another process has written to a room, and so may have changed who may write there. If there are
    /// changes that have not been read, the transaction is retried and reads them first.
    pub(super) fn others_wrote(&mut self) -> Result<(), StoreError> {
        let changes = "SELECT 1 FROM changes WHERE id > $1 LIMIT 1";
        if self.followed.is_none() && self.tx.exists(changes, &[Param::Int(self.followed_before)])? {
            *self.follow_first = true;
            return Err(StoreError::Conflict("others have changed who is in a room".into()));
        }
        Ok(())
    }

    /// Returns whether this seq directly follows the last one of the room that is known.
    pub(super) fn is_next(&self, room: RoomKey, seq: u64) -> bool {
        let ours = self.committed.events.iter().rev().find(|event| event.room == room).map(|event| event.seq);
        ours.or_else(|| self.known_heads.get(&room).copied()) == Some(seq - 1)
    }

    /// Appends an event that is not a message to the room's log.
    pub(super) fn append(&mut self, new: NewEntry<'_>) -> Result<StoredEvent, StoreError> {
        let NewEntry { room, sender, msg_id, target, body } = new;
        let place = self.tx.lengthen(&[(room, 1)], false)?.pop();
        let place = place.ok_or_else(|| StoreError::Other(format!("there is no room {room:?}")))?;
        let seq = place.last_seq;
        if !self.is_next(room, seq) {
            self.others_wrote()?;
        }
        let (sender_name, sent_at) = (self.name(sender)?, self.sent_at.clone());
        let event = Event { seq, topic: place.topic, sender: sender_name, sent_at, body };
        let (json, kind) = (event_json(&event)?, event.body.kind());
        let (ordinal, at) = (place.messages, self.now);
        let row = NewEvent { room, seq, kind, sender, msg_id, target, ordinal, at, body: &json };
        self.tx.insert_events(&[row])?;
        let stored = stored(room, &event, json);
        self.appended(&stored);
        Ok(stored)
    }

    /// Appends an event that describes a change of the directory to the room's log.
    pub(super) fn append_change(
        &mut self,
        room: RoomKey,
        sender: AccountId,
        body: EventBody,
    ) -> Result<StoredEvent, StoreError> {
        // Lock order, to avoid deadlocks: `changes` before rooms.
        self.enter_changes()?;
        let stored = self.append(NewEntry { room, sender, msg_id: None, target: None, body })?;
        self.change(Change::Event { room, seq: stored.seq })?;
        Ok(stored)
    }

    /// Records an appended event.
    pub(super) fn appended(&mut self, event: &StoredEvent) {
        *self.mark = Some(Mark::Event { room: event.room, seq: event.seq, body: event.body.clone() });
        self.committed.events.push(event.clone());
    }

    pub(super) fn name(&mut self, account: AccountId) -> Result<Name, StoreError> {
        if let Some(name) = self.names.get(&account) {
            return Ok(name.clone());
        }
        let name: Name = known(self.tx.one(
            "SELECT name FROM accounts WHERE id = $1",
            &[Param::Int(account.0)],
            |row| row.text(0),
        )?)?;
        self.names.insert(account, name.clone());
        Ok(name)
    }

    /// Locks `changes` until the commit, so that no other writer can insert rows between ours, and reads what others
    /// have written there before.
    pub(super) fn enter_changes(&mut self) -> Result<(), StoreError> {
        if self.followed.is_none() {
            self.tx.lock_changes()?;
            let reached = follow(self.tx, self.followed_before, self.committed)?;
            *self.followed = Some(reached);
        }
        Ok(())
    }

    pub(super) fn change(&mut self, change: Change) -> Result<(), StoreError> {
        let body = serde_json::to_string(&change).map_err(|error| StoreError::Other(error.to_string()))?;
        self.enter_changes()?;
        let id = self.tx.one(
            "INSERT INTO changes (body) VALUES ($1) RETURNING id",
            &[Param::Text(&body)],
            |row| row.int(0),
        )?;
        *self.followed = Some(id);
        *self.mark = Some(Mark::Change(id, body));
        self.committed.changes.push(change);
        Ok(())
    }
}

pub(super) fn event_json(event: &Event) -> Result<String, StoreError> {
    serde_json::to_string(event).map_err(|error| StoreError::Other(error.to_string()))
}

pub(super) fn stored(room: RoomKey, event: &Event, json: String) -> StoredEvent {
    StoredEvent {
        room,
        topic: event.topic.shared(),
        seq: event.seq,
        kind: event.body.kind().into(),
        sender: event.sender.shared(),
        body: Bytes::from(json),
    }
}

//! Reading rooms' logs.

use crate::error::StoreError;
use crate::model::{RoomKey, StoredEvent};
use crate::reader::Reader;
use crate::rows::stored_event;
use crate::sql::{Param, Tx};

/// The end of a room's log.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// Identifies this run of the log; changes when the log has been rewound to an older state.
    pub epoch: String,
    /// The seq of the last event.
    pub last_seq: u64,
}

impl Reader {
    /// Returns the log after `after`, in order, provided that `after` is at most `behind` from the end and not beyond
    /// it. At most `limit` events, and about `max_bytes` of them (at least one).
    pub async fn events_within(
        &self,
        room: RoomKey,
        after: u64,
        behind: u64,
        limit: u32,
        max_bytes: usize,
    ) -> Result<(Head, Option<Vec<StoredEvent>>), StoreError> {
        self.run(move |tx| {
            let head = head(tx, room)?;
            let near = after <= head.last_seq && head.last_seq - after <= behind;
            let events = if near { Some(events_after(tx, room, after, limit, max_bytes)?) } else { None };
            Ok((head, events))
        })
        .await
    }

    /// Returns the events of a room before `before`, in order: the last `limit`, and about `max_bytes` of them (at least
    /// one).
    pub async fn events_before(
        &self,
        room: RoomKey,
        before: u64,
        limit: u32,
        max_bytes: usize,
    ) -> Result<(Head, Vec<StoredEvent>), StoreError> {
        self.run(move |tx| {
            let head = head(tx, room)?;
            let mut bytes = 0;
            let mut events = Vec::new();
            tx.each(
                "SELECT e.room, r.topic, e.seq, e.kind, a.name, e.body FROM events e
                 JOIN rooms r ON r.id = e.room JOIN accounts a ON a.id = e.sender
                 WHERE e.room = $1 AND e.seq < $2 ORDER BY e.seq DESC LIMIT $3",
                &[Param::Int(room.0), Param::seq(before), Param::Int(limit.into())],
                &mut |row| {
                    let event = stored_event(row)?;
                    bytes += event.body.len();
                    events.push(event);
                    Ok(bytes < max_bytes)
                },
            )?;
            events.reverse();
            Ok((head, events))
        })
        .await
    }

    /// Returns the events of a room after `after`, in order: at most `limit`, and about `max_bytes` of them (at least
    /// one).
    pub async fn events(
        &self,
        room: RoomKey,
        after: u64,
        limit: u32,
        max_bytes: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.run(move |tx| events_after(tx, room, after, limit, max_bytes)).await
    }
}

/// Returns the end of a room's log.
pub(super) fn head(tx: &mut dyn Tx, room: RoomKey) -> Result<Head, StoreError> {
    tx.one(
        "SELECT epoch, last_seq FROM rooms JOIN heads ON room = id WHERE id = $1",
        &[Param::Int(room.0)],
        |row| Ok(Head { epoch: row.text(0)?, last_seq: row.int(1)? as u64 }),
    )
}

/// Returns the events of a room after `after`, in order: at most `limit`, and about `max_bytes` of them (at least one).
fn events_after(
    tx: &mut dyn Tx,
    room: RoomKey,
    after: u64,
    limit: u32,
    max_bytes: usize,
) -> Result<Vec<StoredEvent>, StoreError> {
    let mut bytes = 0;
    let mut events = Vec::new();
    tx.each(
        "SELECT e.room, r.topic, e.seq, e.kind, a.name, e.body FROM events e
         JOIN rooms r ON r.id = e.room JOIN accounts a ON a.id = e.sender
         WHERE e.room = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3",
        &[Param::Int(room.0), Param::seq(after), Param::Int(limit.into())],
        &mut |row| {
            let event = stored_event(row)?;
            bytes += event.body.len();
            events.push(event);
            Ok(bytes < max_bytes)
        },
    )?;
    Ok(events)
}

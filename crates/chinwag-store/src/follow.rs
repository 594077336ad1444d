//! Reading the changes of other processes.

use super::change::Change;
use super::committed::Committed;
use super::error::StoreError;
use super::model::RoomKey;
use super::rows::stored_event;
use super::sql::{Param, Tx};

/// Reads into `into` what other processes have changed since `followed`, with the associated events. Returns the id of
/// the last change read.
pub fn follow(tx: &mut dyn Tx, followed: i64, into: &mut Committed) -> Result<i64, StoreError> {
    let rows =
        tx.all("SELECT id, body FROM changes WHERE id > $1 ORDER BY id", &[Param::Int(followed)], |row| {
            Ok((row.int(0)?, row.text(1)?))
        })?;
    let reached = rows.last().map_or(followed, |(id, _)| *id);
    for (_, body) in rows {
        match Change::parse(&body) {
            Some(Change::Event { room, seq }) => {
                into.events.extend(tx.first(
                    "SELECT e.room, r.topic, e.seq, e.kind, a.name, e.body FROM events e
                     JOIN rooms r ON r.id = e.room JOIN accounts a ON a.id = e.sender
                     WHERE e.room = $1 AND e.seq = $2",
                    &[Param::Int(room.0), Param::seq(seq)],
                    stored_event,
                )?);
            }
            Some(change) => into.changes.push(change),
            None => {}
        }
    }
    Ok(reached)
}

/// Returns the id of the last row of `changes`.
pub fn last_change(tx: &mut dyn Tx) -> Result<i64, StoreError> {
    tx.one("SELECT coalesce(max(id), 0) FROM changes", &[], |row| row.int(0))
}

/// Returns the last seq of each room's log.
pub fn heads(tx: &mut dyn Tx) -> Result<Vec<(RoomKey, u64)>, StoreError> {
    tx.all("SELECT room, last_seq FROM heads", &[], |row| Ok((RoomKey(row.int(0)?), row.int(1)? as u64)))
}

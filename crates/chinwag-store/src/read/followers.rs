//! Offsets of followers.

use crate::error::StoreError;
use crate::model::RoomKey;
use crate::reader::Reader;
use crate::sql::Param;

/// A room whose log a follower has not processed completely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behind {
    /// The room.
    pub room: RoomKey,
    /// The follower's offset.
    pub seq: u64,
    /// The seq of the last event in the log.
    pub last_seq: u64,
}

impl Reader {
    /// Returns the rooms with events that a follower has not processed.
    pub async fn behind(&self, follower: &'static str) -> Result<Vec<Behind>, StoreError> {
        self.run(move |tx| {
            tx.all(
                "SELECT h.room, coalesce(f.seq, 0), h.last_seq FROM heads h
                 LEFT JOIN followers f ON f.name = $1 AND f.room = h.room WHERE h.last_seq > coalesce(f.seq, 0)",
                &[Param::Text(follower)],
                |row| {
                    let (room, seq) = (RoomKey(row.int(0)?), row.int(1)? as u64);
                    Ok(Behind { room, seq, last_seq: row.int(2)? as u64 })
                },
            )
        })
        .await
    }

    /// Returns a follower's offset in a room's log; 0 if it has none.
    pub async fn place(&self, follower: &'static str, room: RoomKey) -> Result<u64, StoreError> {
        self.run(move |tx| {
            let key = [Param::Text(follower), Param::Int(room.0)];
            let place =
                tx.first("SELECT seq FROM followers WHERE name = $1 AND room = $2", &key, |row| row.int(0))?;
            Ok(place.unwrap_or_default() as u64)
        })
        .await
    }
}

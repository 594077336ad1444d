//! Persistent sessions as stored in the database.

use chinwag_broker::{SessionChange, SessionHeader, SessionState};
use serde::{Deserialize, Serialize};

use crate::directory::Directory;
use crate::store::{self, SessionRow, StoredSession};

/// The serialized part of a session's state.
#[derive(Serialize, Deserialize)]
struct Kept {
    subscriptions: Vec<u8>,
    received: Vec<u16>,
}

/// Converts a session's change for the database.
pub fn to_write(directory: &Directory, change: SessionChange) -> store::SessionChange {
    let key = |topic: &str| directory.with_room(topic, |room| room.key);
    store::SessionChange {
        row: change.header.and_then(into_row),
        // A room that was deleted in the meantime has no cursor.
        cursors: change.cursors.iter().filter_map(|(topic, offset)| Some((key(topic)?, *offset))).collect(),
        all_cursors: change.all_cursors,
    }
}

fn into_row(header: SessionHeader) -> Option<SessionRow> {
    let SessionHeader { expiry, left, subscriptions, received } = header;
    let state = serde_json::to_string(&Kept { subscriptions, received }).ok()?;
    Some(SessionRow { state, expiry, left_at: left.map(u64::cast_signed) })
}

/// Converts a stored session; `None` if another version wrote it.
pub fn from_stored(directory: &Directory, stored: StoredSession) -> Option<SessionState> {
    let StoredSession { row, cursors } = stored;
    let Kept { subscriptions, received } = serde_json::from_str(&row.state).ok()?;
    let topic = |room| directory.with_room_key(room, |room| room.topic.as_str().into());
    Some(SessionState {
        header: SessionHeader {
            expiry: row.expiry,
            left: row.left_at.map(i64::cast_unsigned),
            subscriptions,
            received,
        },
        cursors: cursors.into_iter().filter_map(|(room, seq)| Some((topic(room)?, seq))).collect(),
    })
}

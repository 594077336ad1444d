//! Persistent sessions as stored in the database.

use chinwag_broker::SessionState;
use serde::{Deserialize, Serialize};

use crate::store::SessionRow;

/// The serialized part of a session's state.
#[derive(Serialize, Deserialize)]
struct StoredSession {
    subscriptions: Vec<u8>,
    cursors: Vec<(String, u64)>,
    received: Vec<u16>,
}

/// Converts a session to its row; `None` if it cannot be serialized.
pub fn into_row(state: SessionState) -> Option<SessionRow> {
    let SessionState { expiry, left, subscriptions, cursors, received } = state;
    let cursors = cursors.into_iter().map(|(topic, offset)| (topic.to_string(), offset)).collect();
    let state = serde_json::to_string(&StoredSession { subscriptions, cursors, received }).ok()?;
    Some(SessionRow { state, expiry, left_at: left.map(u64::cast_signed) })
}

/// Converts a row to its session; `None` if another version wrote it.
pub fn from_row(row: SessionRow) -> Option<SessionState> {
    let StoredSession { subscriptions, cursors, received } = serde_json::from_str(&row.state).ok()?;
    Some(SessionState {
        expiry: row.expiry,
        left: row.left_at.map(i64::cast_unsigned),
        subscriptions,
        cursors: cursors.into_iter().map(|(topic, offset)| (topic.into(), offset)).collect(),
        received,
    })
}

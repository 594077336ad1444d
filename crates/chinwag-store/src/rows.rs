//! Conversion of rows to values.

use bytes::Bytes;
use chinwag_protocol::Attachment;

use super::error::StoreError;
use super::model::{RoomKey, StoredEvent};
use super::sql::Row;

/// Converts a row `room, topic, seq, kind, sender's name, body`.
pub fn stored_event(row: &dyn Row) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent {
        room: RoomKey(row.int(0)?),
        topic: row.text(1)?.into(),
        seq: row.int(2)? as u64,
        kind: row.text(3)?.into(),
        sender: row.text(4)?.into(),
        body: Bytes::from(row.text(5)?),
    })
}

/// Converts a row `id, name, type, size, width, height`.
pub fn attachment(row: &dyn Row) -> Result<Attachment, StoreError> {
    let pixels =
        |column| Ok::<_, StoreError>(row.maybe_int(column)?.and_then(|side| u32::try_from(side).ok()));
    Ok(Attachment {
        id: row.text(0)?,
        name: row.text(1)?,
        media_type: row.text(2)?,
        size: row.int(3)? as u64,
        width: pixels(4)?,
        height: pixels(5)?,
    })
}

/// Parses JSON that this application wrote.
pub fn parse<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::Other(format!("a stored row is invalid: {error}")))
}

/// Parses a name or id that was validated when it was stored.
pub fn known<T: std::str::FromStr<Err: std::fmt::Display>>(text: String) -> Result<T, StoreError> {
    text.parse().map_err(|error| StoreError::Other(format!("{text:?} in the database: {error}")))
}

//! Read cursors.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::object;
use crate::problem::Refused;

/// A read cursor: the body of `POST /read/{topic}`. Over MQTT, the payload is the number alone, in decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[schema(as = ReadCursor)]
#[ts(rename = "ReadCursor")]
pub struct Read {
    /// The seq of the last event that was read.
    pub seq: u64,
}

impl Read {
    /// Parses a client's payload: an integer in decimal.
    pub fn from_payload(payload: &[u8]) -> Result<Self, Refused> {
        std::str::from_utf8(payload)
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .map(|seq| Self { seq })
            .ok_or_else(|| object::invalid("a read cursor must be a seq: a whole number"))
    }
}

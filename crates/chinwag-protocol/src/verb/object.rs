//! Payloads that are JSON objects with fixed members.

use serde::de::DeserializeOwned;

use crate::limits;
use crate::problem::{ErrorCode, Refused};
use crate::reason::{Letter, Reason};
use crate::text;

pub fn invalid(detail: impl Into<String>) -> Refused {
    Refused::new(ErrorCode::PayloadInvalid, detail)
}

/// Parses a payload; `example` shows the expected form in the error message. Unknown members are ignored.
pub fn parse<T: DeserializeOwned>(payload: &[u8], example: &str) -> Result<T, Refused> {
    let wrong = |why: &dyn std::fmt::Display| invalid(format!("the payload must be like {example}: {why}"));
    let json = std::str::from_utf8(payload).map_err(|error| wrong(&error))?;
    serde_json::from_str(text::without_byte_order_mark(json)).map_err(|error| wrong(&error))
}

/// Returns whether a text is a valid `msg_id`: 1 to 64 visible ASCII characters.
pub fn is_key(msg_id: &str) -> bool {
    (1..=limits::MSG_ID_CHARS).contains(&msg_id.len()) && msg_id.bytes().all(|b| b.is_ascii_graphic())
}

pub fn bad_key() -> Refused {
    invalid("msg_id must have 1 to 64 visible ASCII characters, such as a UUID")
}

/// Checks an optional `msg_id`.
pub fn check_key(msg_id: Option<&str>) -> Result<(), Refused> {
    if msg_id.is_none_or(is_key) { Ok(()) } else { Err(bad_key()) }
}

/// Checks the text of a message, which may be blank here, against the limits.
pub fn check_text(typed: &str) -> Result<(), Refused> {
    let (size, limit) = (typed.len(), limits::TEXT_BYTES);
    if size > limit {
        return Err(Reason::Text { size, limit }.into());
    }
    match text::forbidden_control(typed) {
        Some(c) => Err(Reason::ControlCharacter { character: Letter(c) }.into()),
        None => Ok(()),
    }
}

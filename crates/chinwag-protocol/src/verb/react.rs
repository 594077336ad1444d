//! Reactions.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::object;
use crate::emoji;
use crate::problem::Refused;
use crate::reason::Reason;

/// The payload of `react`, which adds an emoji to a message or removes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct React {
    /// The seq of the message.
    pub target: u64,
    /// The emoji.
    pub emoji: String,
    /// True adds the emoji, false removes it.
    pub on: bool,
    /// The client's key for this request, as for `send`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub msg_id: Option<String>,
}

impl React {
    /// Parses a payload.
    pub fn from_payload(payload: &[u8]) -> Result<Self, Refused> {
        let mut react: Self = object::parse(payload, r#"{"target":42,"emoji":"👍","on":true}"#)?;
        react.emoji = emoji::one(&react.emoji).ok_or(Reason::NotEmoji)?;
        object::check_key(react.msg_id.as_deref())?;
        Ok(react)
    }
}

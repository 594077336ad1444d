//! Reactions.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::object;
use crate::emoji;
use crate::problem::Refused;

/// The payload of `react`: an emoji on a message, or no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct React {
    /// The seq of the message.
    pub target: u64,
    /// One emoji.
    pub emoji: String,
    /// False takes it away.
    pub on: bool,
    /// My own key for it, as for `send`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub msg_id: Option<String>,
}

impl React {
    /// Parses a payload.
    pub fn from_payload(payload: &[u8]) -> Result<Self, Refused> {
        let mut react: Self = object::parse(payload, r#"{"target":42,"emoji":"👍","on":true}"#)?;
        react.emoji = emoji::one(&react.emoji)
            .ok_or_else(|| object::invalid("emoji must be exactly one emoji, such as 👍"))?;
        object::check_key(react.msg_id.as_deref())?;
        Ok(react)
    }
}

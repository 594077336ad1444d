//! Editing the text of a message.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::object;
use crate::problem::Refused;
use crate::reason::Reason;
use crate::text;

/// The payload of `edit`, which changes the text of the sender's own message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Edit {
    /// The seq of the message.
    pub target: u64,
    /// The new text. May be empty if the message has attachments.
    pub text: String,
    /// The client's key for this request, as for `send`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub msg_id: Option<String>,
}

impl Edit {
    /// Parses a payload.
    pub fn from_payload(payload: &[u8]) -> Result<Self, Refused> {
        let edit: Self = object::parse(payload, r#"{"target":42,"text":"…"}"#)?;
        object::check_text(&edit.text)?;
        if text::is_blank(&edit.text) && !edit.text.trim().is_empty() {
            return Err(Reason::Blank.into());
        }
        object::check_key(edit.msg_id.as_deref())?;
        Ok(edit)
    }
}

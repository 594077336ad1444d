//! Deleting a message.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::object;
use crate::problem::Refused;

/// The payload of `delete`, which deletes a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Delete {
    /// The seq of the message.
    pub target: u64,
    /// The client's key for this request, as for `send`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub msg_id: Option<String>,
}

impl Delete {
    /// Parses a payload.
    pub fn from_payload(payload: &[u8]) -> Result<Self, Refused> {
        let delete: Self = object::parse(payload, r#"{"target":42}"#)?;
        object::check_key(delete.msg_id.as_deref())?;
        Ok(delete)
    }
}

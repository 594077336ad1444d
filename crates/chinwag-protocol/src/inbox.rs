//! The notes on `users/{me}/inbox`, and the small payloads of presence and activity.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::name::{Name, RoomId};
use crate::params::Params;
use crate::problem::{ErrorCode, Refused};

/// A notification to one account about something that is not a room event; `type` names the variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InboxNote {
    /// A publish to a verb's topic was carried out, and its event is in the room's log.
    Sent {
        /// The room.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        topic: RoomId,
        /// The `msg_id` of the publish.
        msg_id: String,
        /// The seq of its event; absent if there was nothing to change.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional, type = "number")]
        seq: Option<u64>,
    },
    /// A publish was refused. For clients that do not receive a reason code, as in MQTT 5.
    Refused {
        /// The topic of the publish.
        topic: String,
        /// The `msg_id` of the publish, if its payload had one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        msg_id: Option<String>,
        /// The error code.
        code: ErrorCode,
        /// The reason, for people.
        detail: String,
        /// The reason with its parameters, for a text in the person's language. Absent if the code says everything.
        #[serde(default, skip_serializing_if = "Params::is_empty")]
        #[ts(optional, type = "ErrorReason")]
        params: Params,
        /// How many earlier refusals with this code were not reported, because there were too many in a minute.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[ts(optional, as = "Option<u32>")]
        suppressed: u32,
    },
    /// The account was added to a room by another one.
    Invited {
        /// The room.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        topic: RoomId,
        /// The account that caused this.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        by: Name,
    },
    /// The account is no longer a member of a room.
    Removed {
        /// The room.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        topic: RoomId,
        /// The account that caused this.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        by: Name,
    },
    /// A message mentions the account.
    Mention {
        /// The room.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        topic: RoomId,
        /// The seq of the message.
        seq: u64,
        /// The sender of the message.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        sender: Name,
    },
    /// The account's read cursors changed, on any of its devices.
    Unread {
        /// The rooms in which the cursor changed.
        #[ts(type = "Record<string, RoomUnread>")]
        #[schema(value_type = BTreeMap<String, RoomUnread>)]
        rooms: BTreeMap<RoomId, RoomUnread>,
    },
    /// The last seq of each of the account's rooms, sent when a client subscribes to the inbox.
    Heads {
        /// `{room: last_seq}`.
        #[ts(type = "Record<string, number>")]
        #[schema(value_type = BTreeMap<String, u64>)]
        rooms: BTreeMap<RoomId, u64>,
    },
}

impl InboxNote {
    /// Creates the note about a publish on this topic that was refused.
    pub fn refused(refused: Refused, topic: &str, msg_id: Option<String>) -> Self {
        let Refused { code, detail, params } = refused;
        Self::Refused { topic: topic.to_owned(), msg_id, code, detail, params, suppressed: 0 }
    }
}

/// An account's read cursor in a room, and the number of unread messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct RoomUnread {
    /// The account's read cursor.
    pub read_seq: u64,
    /// The number of other people's messages after it, counted up to 100.
    pub unread: u64,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The payload on `users/{name}/presence`, for all of a person's devices together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Presence {
    /// Whether the person is online.
    pub state: PresenceState,
    /// When the person was last online, RFC 3339; while online, the current time.
    pub last_seen: String,
}

/// Whether a person is online.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// Connected and active.
    Online,
    /// Connected, but inactive for a while.
    Away,
    /// Not connected.
    Offline,
}

/// The payload on `users/{name}/activity/{room}`, which the server publishes to a room's members about one of them;
/// `type` names the variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Activity {
    /// The member is typing, or has stopped.
    Typing(Typing),
    /// The member's read cursor moved. Published only in rooms with at most `CURSOR_MEMBERS` members.
    Read {
        /// The seq of the last event they have read.
        read_seq: u64,
    },
}

/// The payload on `users/{me}/typing/{room}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Typing {
    /// True is valid for six seconds; false ends it early.
    pub typing: bool,
    /// The seq of the thread's first message, if the reply is written in a thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub thread: Option<u64>,
}

impl Typing {
    /// Parses a client's payload. Unknown fields are ignored.
    pub fn from_payload(payload: &[u8]) -> Result<Self, Refused> {
        serde_json::from_slice(payload).map_err(|_| {
            Refused::new(ErrorCode::PayloadInvalid, r#"typing must be {"typing":true} or {"typing":false}"#)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_is_what_it_says_and_nothing_else() {
        let typing = |payload: &str| Typing::from_payload(payload.as_bytes());
        assert_eq!(typing(r#"{"typing":true}"#), Ok(Typing { typing: true, thread: None }));
        let more = format!(r#"{{"typing":false,"thread":7,"more":"{}"}}"#, "x".repeat(60_000));
        let understood = typing(&more).unwrap();
        assert_eq!(serde_json::to_string(&understood).unwrap(), r#"{"typing":false,"thread":7}"#);
        assert_eq!(typing(r#"{"typing":true,"thread":null}"#), Ok(Typing { typing: true, thread: None }));
        for payload in ["", "1", "[]", "{}", r#"{"typing":"yes"}"#, r#"{"typing":true,"thread":-1}"#, "\u{0}"]
        {
            assert_eq!(typing(payload).unwrap_err().code, ErrorCode::PayloadInvalid, "{payload}");
        }
    }
}

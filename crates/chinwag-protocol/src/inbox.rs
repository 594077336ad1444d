//! The notes on `users/{me}/inbox`, and the small payloads of presence and activity.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::name::{Name, RoomId};
use crate::problem::{ErrorCode, Refused};

/// What concerns me and is no room event, told apart by `type`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InboxNote {
    /// What was published with a verb has been done, and stands in the room's log.
    Sent {
        /// The room.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        topic: RoomId,
        /// The sender's key.
        msg_id: String,
        /// Where it stands; left out where there was nothing to change.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional, type = "number")]
        seq: Option<u64>,
    },
    /// A publish was refused. What MQTT 5 says in a reason code, for clients that have none.
    Refused {
        /// The topic it was published on.
        topic: String,
        /// The sender's key, where the payload named one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        msg_id: Option<String>,
        /// The machine's word for it.
        code: ErrorCode,
        /// The human's.
        detail: String,
        /// How many refusals with this code before this one were not told: there were too many in a minute.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[ts(optional, as = "Option<u32>")]
        suppressed: u32,
    },
    /// I am in a room now because somebody added me.
    Invited {
        /// The room.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        topic: RoomId,
        /// Who did it.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        by: Name,
    },
    /// I am in a room no more.
    Removed {
        /// The room.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        topic: RoomId,
        /// Who did it.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        by: Name,
    },
    /// Somebody wrote `@me`.
    Mention {
        /// The room.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        topic: RoomId,
        /// The message.
        seq: u64,
        /// Who did.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        sender: Name,
    },
    /// How far I have read is another now, here or on another device of mine.
    Unread {
        /// The rooms where it is.
        #[ts(type = "Record<string, RoomUnread>")]
        #[schema(value_type = BTreeMap<String, RoomUnread>)]
        rooms: BTreeMap<RoomId, RoomUnread>,
    },
    /// The last seq of each of my rooms, sent when I subscribe to my inbox.
    Heads {
        /// `{room: last_seq}`.
        #[ts(type = "Record<string, number>")]
        #[schema(value_type = BTreeMap<String, u64>)]
        rooms: BTreeMap<RoomId, u64>,
    },
}

/// How far I have read in a room, and what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct RoomUnread {
    /// My read cursor.
    pub read_seq: u64,
    /// Messages of others after it, counted up to 100.
    pub unread: u64,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The payload on `users/{name}/presence`, over all of a person's devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Presence {
    /// How reachable they are.
    pub state: PresenceState,
    /// When they were last there, RFC 3339; now, while online.
    pub last_seen: String,
}

/// How reachable somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// Connected and doing something.
    Online,
    /// Connected, but has done nothing for a while.
    Away,
    /// Not connected.
    Offline,
}

/// The payload on `users/{name}/activity/{room}`, told apart by `type`: what the server publishes to a room's members
/// about one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Activity {
    /// Somebody is typing or has stopped.
    Typing(Typing),
    /// Somebody's read cursor moved. Published in rooms of at most `CURSOR_MEMBERS` members.
    Read {
        /// The seq of the last event they have read.
        read_seq: u64,
    },
}

/// The payload on `users/{me}/typing/{room}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Typing {
    /// False takes it back early; true stands for six seconds.
    pub typing: bool,
    /// The first message of the thread they write in, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub thread: Option<u64>,
}

impl Typing {
    /// Parses a client's payload. Unknown fields are ignored.
    pub fn from_payload(payload: &[u8]) -> Result<Self, Refused> {
        serde_json::from_slice(payload).map_err(|_| {
            Refused::new(
                ErrorCode::PayloadInvalid,
                r#"typing is told as {"typing":true} or {"typing":false}"#,
            )
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

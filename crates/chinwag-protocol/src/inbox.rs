//! What arrives on `users/{me}/inbox`, and the small payloads of presence and typing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::name::{Name, RoomId};
use crate::problem::ErrorCode;

/// What concerns me and is no room event, told apart by `type`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InboxNote {
    /// A send arrived and stands in the room's log.
    Sent {
        /// The room.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        topic: RoomId,
        /// The sender's key.
        msg_id: String,
        /// Where it stands.
        seq: u64,
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
    /// The last seq of each of my rooms, sent when I subscribe to my inbox.
    Heads {
        /// `{room: last_seq}`.
        #[ts(type = "Record<string, number>")]
        #[schema(value_type = BTreeMap<String, u64>)]
        rooms: BTreeMap<RoomId, u64>,
    },
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

/// The payload on `users/{me}/typing/{room}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Typing {
    /// False takes it back early; true stands for six seconds.
    pub typing: bool,
}

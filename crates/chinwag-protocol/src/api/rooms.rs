//! Rooms and their members.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use ts_rs::TS;
use utoipa::ToSchema;

use crate::event::Event;
use crate::name::{Name, RoomId};

/// The body of `POST /rooms`, which creates a room. The caller becomes its owner and first member.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct NewRoom {
    /// The room's id, which is also its MQTT topic.
    pub topic: String,
    /// The title to display; the topic by default.
    #[serde(default)]
    #[ts(optional, as = "Option<String>")]
    pub title: String,
    /// What the room is for.
    #[serde(default)]
    #[ts(optional, as = "Option<String>")]
    pub purpose: String,
    /// Whether only people who were added can see the room.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub private: bool,
}

/// The body of `PATCH /rooms/{topic}`. Only the fields that are present change.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS, ToSchema)]
pub struct ChangeRoom {
    /// The title to display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub title: Option<String>,
    /// What the room is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub purpose: Option<String>,
    /// Whether only people who were added can see the room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub private: Option<bool>,
}

/// A room, as the caller sees it.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Room {
    /// The room's id, which is also its MQTT topic.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub topic: RoomId,
    /// The title to display; for a direct conversation, the other person's name.
    pub title: String,
    /// What the room is for.
    pub purpose: String,
    /// Whether only people who were added can see the room.
    pub private: bool,
    /// Whether it is a direct conversation.
    pub direct: bool,
    /// Whether the caller is a member.
    pub member: bool,
    /// Whether the caller is an owner, who may change the room and remove people.
    pub owner: bool,
    /// The number of members.
    pub members: u64,
    /// Identifies the log's history. It changes if the log is rewound, as by restoring a backup; earlier seqs are then
    /// invalid.
    pub epoch: String,
    /// The seq of the room's last event; 0 if there is none.
    pub last_seq: u64,
    /// The caller's read cursor.
    pub read_seq: u64,
    /// The number of other people's messages after the caller's read cursor, counted up to 100.
    pub unread: u64,
    /// The last message, for a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, as = "Option<Event>")]
    #[schema(value_type = Option<Event>)]
    pub last_message: Option<Box<RawValue>>,
}

/// The response to `GET /rooms`, the caller's rooms, and to `GET /rooms?joinable=true`, the public rooms that the
/// caller is not in.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Rooms {
    /// The caller's rooms, the one with the latest event first; or joinable rooms, sorted by topic.
    pub rooms: Vec<Room>,
    /// The cursor for the next page; absent on the last page, and for the caller's rooms, which are not paged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cursor: Option<String>,
}

/// The body of `POST /direct`, which returns the direct conversation with a person and creates it if necessary.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Direct {
    /// The other person's name.
    pub name: String,
}

/// The body of `POST /members/{topic}`, which joins a room or adds a person to it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS, ToSchema)]
pub struct AddMember {
    /// The person to add; by default the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
}

/// A member of a room.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Member {
    /// The member's name.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub name: Name,
    /// Whether the member is an owner, who may change the room and remove people.
    pub owner: bool,
    /// The member's read cursor.
    pub read_seq: u64,
}

/// The response to `GET /members/{topic}`.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Members {
    /// The members, sorted by name.
    pub members: Vec<Member>,
    /// The cursor for the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cursor: Option<String>,
}

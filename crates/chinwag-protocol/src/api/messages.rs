//! Messages and events.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::event::{Attachment, Deleted, Event, Quote};
use crate::name::{Name, RoomId};
use crate::verb::Send;

/// The body of `POST /message`. [`Send::from_body`] parses it by the same rules as an MQTT payload.
#[derive(Debug, Clone, Serialize, TS, ToSchema)]
pub struct NewMessage {
    /// The room.
    pub topic: String,
    /// The message to send.
    #[serde(flatten)]
    pub send: Send,
}

/// The response to `GET /messages/{topic}`: messages in their current state.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Messages {
    /// The room.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub topic: RoomId,
    /// Identifies the log's history; see `Room`.
    pub epoch: String,
    /// The seq of the room's last event, whatever its type.
    pub last_seq: u64,
    /// The first seq of the stretch of the log that the response covers: every message from here to `to` is in it.
    pub from: u64,
    /// The last seq of the stretch; `from - 1` if it is empty.
    pub to: u64,
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// With `notes=true`: the joins, leaves and changes of the room from `from` to `to`, oldest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "Event[]")]
    pub notes: Option<Vec<Event>>,
}

/// The `type` of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageType {
    /// The only value.
    #[default]
    Message,
}

/// A message in its current state: its event, with the later edits, deletion and reactions applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Message {
    /// The message's seq in the room's log.
    pub seq: u64,
    /// The room.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub topic: RoomId,
    /// The sender's account.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub sender: Name,
    /// When the message was sent, RFC 3339.
    pub sent_at: String,
    /// Always `message`.
    #[serde(rename = "type")]
    pub kind: MessageType,
    /// The key that the sender gave the message.
    pub msg_id: String,
    /// The current text.
    pub text: String,
    /// The message to which this one replies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub original_message: Option<Quote>,
    /// Files and pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Attachment>>")]
    pub attachments: Vec<Attachment>,
    /// Present if the message is deleted; its content is then erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub deleted: Option<Deleted>,
    /// The seq of the last event that changed the message; its own seq if none did. Of two versions, the one with the
    /// larger value is newer.
    pub changed_seq: u64,
    /// The last edit, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub edited: Option<Edited>,
    /// Reactions, ordered by the first reaction with each emoji.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Reaction>>")]
    pub reactions: Vec<Reaction>,
}

/// An edit of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Edited {
    /// The seq of the `edit` event.
    pub seq: u64,
    /// The time of the edit, RFC 3339.
    pub at: String,
}

/// The reactions to a message with one emoji.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// The number of people who reacted with it.
    pub count: u64,
    /// The first people who did, at most 20.
    #[ts(type = "string[]")]
    #[schema(value_type = Vec<String>)]
    pub names: Vec<Name>,
    /// Whether the caller is among them.
    pub mine: bool,
}

/// The response to `GET /events/{topic}`: events of the log, with which a client fills a gap.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Events {
    /// The room.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub topic: RoomId,
    /// Identifies the log's history; see `Room`.
    pub epoch: String,
    /// The seq of the room's last event.
    pub last_seq: u64,
    /// The events, in order. After `after` there are more while the seq of the last one is below `last_seq`; before
    /// `before` there are more while the seq of the first one is above 1.
    #[ts(type = "Event[]")]
    pub events: Vec<Event>,
    /// Whether the client is too far behind; it then has to start over with `/messages`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub reset: bool,
}

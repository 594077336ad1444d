//! The events on a room's topic.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::name::{Name, RoomId};

/// An entry of a room's event log, exactly as it is published and stored. Clients ignore unknown types and fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Event {
    /// The event's number in the room's log: 1, 2, 3 … without gaps, counting events of every type.
    pub seq: u64,
    /// The room.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub topic: RoomId,
    /// The authenticated account that caused the event.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub sender: Name,
    /// The server's time, RFC 3339 with milliseconds, UTC.
    pub sent_at: String,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

/// What happened; `type` names the variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// A message was sent.
    Message {
        /// The key that the sender gave the message.
        msg_id: String,
        /// The text. May be empty if there are attachments.
        text: String,
        /// The message to which this one replies.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        original_message: Option<Quote>,
        /// Files and pictures.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(optional, as = "Option<Vec<Attachment>>")]
        attachments: Vec<Attachment>,
        /// Present if the message is deleted; its content is then erased.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        deleted: Option<Deleted>,
    },
    /// The sender of a message changed its text.
    Edit {
        /// The seq of the message.
        target: u64,
        /// The new text; empty if the message was deleted later.
        text: String,
        /// The key that the sender gave the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        msg_id: Option<String>,
    },
    /// A message was deleted.
    Delete {
        /// The seq of the message.
        target: u64,
        /// The key that the sender gave the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        msg_id: Option<String>,
    },
    /// The sender added an emoji to a message, or removed it.
    React {
        /// The seq of the message.
        target: u64,
        /// The emoji.
        emoji: String,
        /// True if it was added, false if it was removed.
        on: bool,
        /// The key that the sender gave the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        msg_id: Option<String>,
    },
    /// A person became a member; `sender` is that person, or the one who added them.
    Join {
        /// The new member.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        name: Name,
    },
    /// A person is no longer a member; `sender` is that person, or the one who removed them.
    Leave {
        /// The former member.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        name: Name,
    },
    /// The room was created or changed; these are its properties from now on.
    Room {
        /// The title to display.
        title: String,
        /// What the room is for.
        purpose: String,
        /// Whether only members can see the room.
        private: bool,
    },
}

impl EventBody {
    /// Returns the `type` on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
            Self::React { .. } => "react",
            Self::Join { .. } => "join",
            Self::Leave { .. } => "leave",
            Self::Room { .. } => "room",
        }
    }
}

/// Which event deleted a message, and who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Deleted {
    /// The seq of the `delete` event.
    pub seq: u64,
    /// The account that deleted it.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub by: Name,
}

/// The message to which another one replies, quoted as it was at that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Quote {
    /// The quoted message's seq in the room's log.
    pub seq: u64,
    /// The quoted message's sender.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub sender: Name,
    /// The text, shortened to 280 bytes; empty if that message was deleted later.
    pub text: String,
}

/// A file or picture of a message. Fetch it at `GET /media/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Attachment {
    /// The id that `POST /media` returned.
    pub id: String,
    /// The file's name, as uploaded.
    pub name: String,
    /// The media type, detected from the content.
    #[serde(rename = "type")]
    pub media_type: String,
    /// The size in bytes.
    pub size: u64,
    /// The width in pixels of a picture that can be displayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub width: Option<u32>,
    /// The height in pixels of a picture that can be displayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub height: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_written_as_the_contract_shows_it() {
        let json = r#"{"seq":42,"topic":"general","sender":"ana","sent_at":"2026-11-22T10:00:00.123Z","type":"message","msg_id":"0197","text":"hello","original_message":{"seq":40,"sender":"bo","text":"…"}}"#;
        let event: Event = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), json);
        assert_eq!(event.body.kind(), "message");
    }
}

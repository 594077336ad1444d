//! The events on a room's topic.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::name::{Name, RoomId};

/// One entry of a room's event log, exactly as it is published and stored. Clients skip types and fields
/// they do not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Event {
    /// 1, 2, 3 … without holes in each room, over events of every type.
    pub seq: u64,
    /// The room.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub topic: RoomId,
    /// Who did it: the authenticated account.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub sender: Name,
    /// The server's clock, RFC 3339 with milliseconds, UTC.
    pub sent_at: String,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

/// What happened, told apart by `type`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// Somebody said something.
    Message {
        /// The sender's own key for it.
        msg_id: String,
        /// What was said. May be empty where there are attachments.
        text: String,
        /// The message this one answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        original_message: Option<Quote>,
        /// Files and pictures.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(optional, as = "Option<Vec<Attachment>>")]
        attachments: Vec<Attachment>,
        /// The message is deleted: its content is erased.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        deleted: Option<Deleted>,
    },
    /// The sender of a message has changed its text.
    Edit {
        /// The seq of the message.
        target: u64,
        /// What it says from now on; empty where the message is deleted since.
        text: String,
        /// The sender's own key for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        msg_id: Option<String>,
    },
    /// A message is deleted.
    Delete {
        /// The seq of the message.
        target: u64,
        /// The sender's own key for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        msg_id: Option<String>,
    },
    /// The sender has put an emoji on a message, or taken it away.
    React {
        /// The seq of the message.
        target: u64,
        /// One emoji.
        emoji: String,
        /// False: taken away.
        on: bool,
        /// The sender's own key for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        msg_id: Option<String>,
    },
    /// Somebody is a member now; `sender` did it (themselves, or who added them).
    Join {
        /// Who joined.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        name: Name,
    },
    /// Somebody is a member no more; `sender` did it (themselves, or who removed them).
    Leave {
        /// Who left.
        #[ts(type = "string")]
        #[schema(value_type = String)]
        name: Name,
    },
    /// The room was made or changed: what it is from now on.
    Room {
        /// The title to show.
        title: String,
        /// What it is for.
        purpose: String,
        /// Only members see it.
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
    /// Who.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub by: Name,
}

/// The message an answer answers, quoted as it stood then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Quote {
    /// Its place in the room's log.
    pub seq: u64,
    /// Who said it.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub sender: Name,
    /// What was said, shortened to 280 bytes; empty where that message is deleted since.
    pub text: String,
}

/// A file or picture of a message. Fetch it at `GET /media/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Attachment {
    /// What `POST /media` answered.
    pub id: String,
    /// The file's name as its sender had it.
    pub name: String,
    /// Media type, as found from the bytes.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// Pixels, for a picture that can be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub width: Option<u32>,
    /// Pixels, for a picture that can be shown.
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

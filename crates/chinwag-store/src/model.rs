//! The types that rows consist of: ids, states, and records that are written and read as a whole.

use std::sync::Arc;

use bytes::Bytes;
use chinwag_protocol::{Attachment, RoomId};
use serde::{Deserialize, Serialize};

/// The database id of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub i64);

/// The database id of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoomKey(pub i64);

/// The token id that stands for an account's key for the broker.
pub const BROKER_KEY: i64 = 0;

/// The SHA-256 hash of a token.
pub type TokenHash = [u8; 32];

/// The stored state of a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberState {
    /// Whether the member may change the room and remove members.
    pub owner: bool,
    /// The seq of the join: a device that has never seen this room starts reading there.
    pub joined_seq: u64,
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// It may sign in.
    Active,
    /// It may not, until an administrator enables it.
    Disabled,
    /// What remains of an account whose messages are kept.
    Deleted,
}

impl AccountState {
    /// Returns the value stored in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
        }
    }
}

impl std::str::FromStr for AccountState {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let all = [Self::Active, Self::Disabled, Self::Deleted];
        all.into_iter().find(|state| state.word() == word).ok_or_else(|| "no state of an account".to_owned())
    }
}

/// An event as stored in a log.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// The database id of the room.
    pub room: RoomKey,
    /// The room's topic.
    pub topic: Arc<str>,
    /// Its position in the room's log.
    pub seq: u64,
    /// The event's `type`.
    pub kind: Arc<str>,
    /// The name of the account that caused it.
    pub sender: Arc<str>,
    /// The JSON event, exactly as stored and published.
    pub body: Bytes,
}

/// A room to be created.
#[derive(Debug, Clone)]
pub struct NewRoomRow {
    /// Its id.
    pub topic: RoomId,
    /// The title to show.
    pub title: String,
    /// Its purpose.
    pub purpose: String,
    /// Whether only members can see it.
    pub private: bool,
}

/// An upload.
#[derive(Debug, Clone)]
pub struct NewMedia {
    /// The account that uploaded it.
    pub account: AccountId,
    /// The attachment under which it will be shown.
    pub media: Attachment,
}

/// A persistent MQTT session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Its state without the cursors, as JSON.
    pub state: String,
    /// How long it is kept after its client has disconnected, in seconds; `u32::MAX` means forever.
    pub expiry: u32,
    /// When its client disconnected, in seconds since 1970; `None` while it is connected.
    pub left_at: Option<i64>,
}

/// A persistent MQTT session with its cursors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// Everything but its cursors.
    pub row: SessionRow,
    /// The seq up to which everything is acknowledged, for each room.
    pub cursors: Vec<(RoomKey, u64)>,
}

/// A write to a persistent MQTT session.
#[derive(Debug, Clone)]
pub struct SessionWrite {
    /// The session's account.
    pub account: AccountId,
    /// The client id.
    pub client_id: String,
    /// The change; `None` deletes the session.
    pub change: Option<SessionChange>,
}

/// A change of a session.
#[derive(Debug, Clone, Default)]
pub struct SessionChange {
    /// The new row; `None` if it is unchanged.
    pub row: Option<SessionRow>,
    /// The cursors that moved.
    pub cursors: Vec<(RoomKey, u64)>,
    /// Whether `cursors` is the complete list: other stored cursors are deleted.
    pub all_cursors: bool,
}

/// The new position of an account's read cursor in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CursorMove {
    /// The room.
    pub room: RoomKey,
    /// The account that owns the cursor.
    pub account: AccountId,
    /// The seq of the last event read.
    pub seq: u64,
}

/// The purpose of a token. The two kinds are counted separately.
#[derive(Debug, Clone, Copy)]
pub enum TokenKind {
    /// A device or a program: valid until it is revoked.
    Device,
    /// A sign-in: if there are too many, the least recently used one is revoked, but never the one that made the
    /// request.
    SignIn {
        /// The token that the request was authenticated with.
        asking: Option<i64>,
    },
}

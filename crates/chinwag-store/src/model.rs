//! What rows are made of: numbers, states, and what is written and read as a whole.

use std::sync::Arc;

use bytes::Bytes;
use chinwag_protocol::{Attachment, RoomId};
use serde::{Deserialize, Serialize};

/// The database's number for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub i64);

/// The database's number for a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoomKey(pub i64);

/// The number that an account's key for the broker has among its tokens.
pub const BROKER_KEY: i64 = 0;

/// SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// What is kept of one membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberState {
    /// May change the room and remove people.
    pub owner: bool,
    /// The seq of the join: where an absent device begins that has never seen this room.
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
    /// It is what is left of an account whose messages stay.
    Deleted,
}

impl AccountState {
    /// As it stands in the database.
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

/// One event as it stands in a log.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// The database's number for the room.
    pub room: RoomKey,
    /// The room's topic.
    pub topic: Arc<str>,
    /// Its place in the room's log.
    pub seq: u64,
    /// The event's `type`.
    pub kind: Arc<str>,
    /// Who did it.
    pub sender: Arc<str>,
    /// The JSON event, exactly as stored and published.
    pub body: Bytes,
}

/// A room to be made.
#[derive(Debug, Clone)]
pub struct NewRoomRow {
    /// Its id.
    pub topic: RoomId,
    /// The title to show.
    pub title: String,
    /// What it is for.
    pub purpose: String,
    /// Only members see it.
    pub private: bool,
}

/// An upload.
#[derive(Debug, Clone)]
pub struct NewMedia {
    /// Who uploaded it.
    pub account: AccountId,
    /// What it will be shown as.
    pub media: Attachment,
}

/// A persistent MQTT session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// What is kept of it beside its cursors, JSON.
    pub state: String,
    /// Seconds it is kept once its client has left; `u32::MAX` is for ever.
    pub expiry: u32,
    /// When its client left, seconds since 1970; `None` while it is connected.
    pub left_at: Option<i64>,
}

/// A persistent MQTT session, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// Everything but its cursors.
    pub row: SessionRow,
    /// The seq up to which everything is acknowledged, for each room.
    pub cursors: Vec<(RoomKey, u64)>,
}

/// What is to be written about a persistent MQTT session.
#[derive(Debug, Clone)]
pub struct SessionWrite {
    /// The session's account.
    pub account: AccountId,
    /// The client id.
    pub client_id: String,
    /// The change; `None` removes the session.
    pub change: Option<SessionChange>,
}

/// A change of a session.
#[derive(Debug, Clone, Default)]
pub struct SessionChange {
    /// The new row; `None` if it stays as it is.
    pub row: Option<SessionRow>,
    /// The cursors that moved.
    pub cursors: Vec<(RoomKey, u64)>,
    /// Cursors that are not among `cursors` are removed.
    pub all_cursors: bool,
}

/// Where somebody's read cursor in a room is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CursorMove {
    /// The room.
    pub room: RoomKey,
    /// Whose.
    pub account: AccountId,
    /// The last event they have read.
    pub seq: u64,
}

/// What a token is for. The two are counted apart.
#[derive(Debug, Clone, Copy)]
pub enum TokenKind {
    /// A device or a program: it lasts until it is revoked.
    Device,
    /// A sign-in: where there are too many, the one used longest ago ends, but never the one that asks.
    SignIn {
        /// The token that the request was authenticated with.
        asking: Option<i64>,
    },
}

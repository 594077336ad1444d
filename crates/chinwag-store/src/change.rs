//! Changes of accounts, rooms, members and tokens. They are stored in commit order, so that every process that uses the
//! database arrives at the same view of them.

use chinwag_protocol::{Name, RoomId};
use serde::{Deserialize, Serialize};

use super::model::{AccountId, AccountState, MemberState, RoomKey, TokenHash};

/// A change.
#[expect(missing_docs, reason = "a variant's words cover its fields")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// An account was added.
    AccountAdded {
        account: AccountId,
        name: Name,
        admin: bool,
        #[serde(default)]
        password: bool,
    },
    /// A password was changed: all tokens except `kept` were revoked.
    PasswordChanged { account: AccountId, kept: Option<i64> },
    /// An account was enabled or disabled; disabling it ended all its tokens and sessions.
    AccountState { account: AccountId, state: AccountState },
    /// An account was deleted: its name was `was` and is `name` now; all its tokens and sessions have ended.
    AccountDeleted { account: AccountId, was: Name, name: Name },
    /// A room was added.
    RoomAdded { room: RoomKey, topic: RoomId, title: String, purpose: String, private: bool, epoch: String },
    /// The title, purpose or visibility of a room was changed.
    RoomChanged { room: RoomKey, title: String, purpose: String, private: bool },
    /// An account joined a room.
    Joined { room: RoomKey, account: AccountId, by: AccountId, member: MemberState },
    /// An account left a room.
    Left { room: RoomKey, account: AccountId, by: AccountId },
    /// A command line waits until every server has applied all changes before this one. `question` increases with each.
    Asked { question: i64 },
    /// A room was deleted with its log. `members` were its members.
    RoomDeleted { room: RoomKey, topic: RoomId, members: Vec<AccountId> },
    /// An event that is not a message was appended to a room's log.
    Event { room: RoomKey, seq: u64 },
    /// A token was added.
    TokenAdded { token: i64, account: AccountId, hash: TokenHash },
    /// A token was revoked. The account's key for the broker was replaced, too, unless the token only exceeded the
    /// allowed number.
    TokenRevoked {
        token: i64,
        account: AccountId,
        #[serde(default)]
        superfluous: bool,
    },
}

impl Change {
    /// Parses a row. A change that another version of Chinwag wrote and this one does not know is skipped: both
    /// versions may run side by side.
    pub(super) fn parse(body: &str) -> Option<Self> {
        serde_json::from_str(body)
            .inspect_err(|error| tracing::warn!(%error, "skipping a change from another version of Chinwag"))
            .ok()
    }
}

//! What changes in accounts, rooms, members and tokens. Stored in the order of commits, so that every process beside
//! the same database comes to the same view of them.

use chinwag_protocol::{Name, RoomId};
use serde::{Deserialize, Serialize};

use super::model::{AccountId, AccountState, MemberState, RoomKey, TokenHash};

/// One change.
#[expect(missing_docs, reason = "a variant's words cover its fields")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// There is a new account.
    AccountAdded {
        account: AccountId,
        name: Name,
        admin: bool,
        #[serde(default)]
        password: bool,
    },
    /// Its password is another: all tokens but `kept` are void.
    PasswordChanged { account: AccountId, kept: Option<i64> },
    /// It may be used, or not any more: then all its tokens and sessions have ended.
    AccountState { account: AccountId, state: AccountState },
    /// It is deleted: its name was `was` and is `name` now; all its tokens and sessions have ended.
    AccountDeleted { account: AccountId, was: Name, name: Name },
    /// There is a new room.
    RoomAdded { room: RoomKey, topic: RoomId, title: String, purpose: String, private: bool, epoch: String },
    /// A room is called something else, or seen by others.
    RoomChanged { room: RoomKey, title: String, purpose: String, private: bool },
    /// Somebody is in a room now.
    Joined { room: RoomKey, account: AccountId, by: AccountId, member: MemberState },
    /// Somebody is in a room no more.
    Left { room: RoomKey, account: AccountId, by: AccountId },
    /// Somebody at the command line waits until every server has taken up what stands before this. `question` grows
    /// with each.
    Asked { question: i64 },
    /// A room is gone, with its log. Its members were these.
    RoomDeleted { room: RoomKey, topic: RoomId, members: Vec<AccountId> },
    /// An event that is no message stands in a room's log.
    Event { room: RoomKey, seq: u64 },
    /// A token is good from now on.
    TokenAdded { token: i64, account: AccountId, hash: TokenHash },
    /// A token is void, and the account's key for the broker is another, unless the token was only one too many.
    TokenRevoked {
        token: i64,
        account: AccountId,
        #[serde(default)]
        superfluous: bool,
    },
}

impl Change {
    /// From its row. One that another version of Chinwag has made and this one does not know is skipped: both
    /// may run side by side.
    pub(super) fn parse(body: &str) -> Option<Self> {
        serde_json::from_str(body)
            .inspect_err(|error| tracing::warn!(%error, "a change of another version of Chinwag is skipped"))
            .ok()
    }
}

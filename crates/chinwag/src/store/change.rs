//! What changes in the directory of accounts, rooms, members and tokens. Stored in the order of commits, so
//! that every process beside the same database comes to the same directory.

use chinwag_protocol::{Name, RoomId};
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

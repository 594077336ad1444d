//! The interface to the in-memory copy of accounts, rooms and members.

use chinwag_protocol::{Name, RoomId};

use super::committed::Committed;
use super::error::StoreError;
use super::model::{AccountId, AccountState, MemberState, RoomKey, TokenHash};
use super::rows::known;
use super::sql::Tx;

/// The in-memory copy of accounts, rooms, members and tokens. Each commit is applied to it before the writer gets its
/// reply.
pub trait View: Send + Sync + 'static {
    /// Loads the contents of the database.
    fn load(&self, contents: Contents);
    /// Applies a commit.
    fn apply(&self, committed: &Committed);
    /// Returns the last known seq of a room's log.
    fn last_seq(&self, room: RoomKey) -> Option<u64>;
    /// Returns whether there is an account whose name looks like this one.
    fn looks_like_an_account(&self, name: &Name) -> bool;
    /// Returns whether there is a room, other than a direct conversation, whose id looks like this one.
    fn looks_like_a_room(&self, topic: &RoomId) -> bool;
}

/// An account.
#[derive(Debug, Clone)]
pub struct AccountRow {
    /// Its database id.
    pub id: AccountId,
    /// Its name.
    pub name: Name,
    /// Whether it may create accounts and manage every room.
    pub admin: bool,
    /// When it was last online, in milliseconds since 1970.
    pub last_seen: Option<i64>,
    /// Increases whenever its key for the broker changes.
    pub key_generation: i64,
    /// Whether it has a password.
    pub password: bool,
    /// Whether it may be used.
    pub state: AccountState,
}

/// A room.
#[derive(Debug, Clone)]
pub struct RoomRow {
    /// Its database id.
    pub key: RoomKey,
    /// Its id.
    pub topic: RoomId,
    /// The title to show.
    pub title: String,
    /// Its purpose.
    pub purpose: String,
    /// Whether only members can see it.
    pub private: bool,
    /// Identifies this run of the log; changes when the log has been rewound to an older state.
    pub epoch: String,
    /// The seq of its last event.
    pub last_seq: u64,
}

/// The data that a view is loaded with.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// Accounts.
    pub accounts: Vec<AccountRow>,
    /// Rooms.
    pub rooms: Vec<RoomRow>,
    /// Memberships.
    pub members: Vec<(RoomKey, AccountId, MemberState)>,
    /// Tokens: id, account, hash.
    pub tokens: Vec<(i64, AccountId, TokenHash)>,
}

impl Contents {
    /// Reads it from the database.
    pub(super) fn read(tx: &mut dyn Tx) -> Result<Self, StoreError> {
        let accounts = tx.all(
            "SELECT id, name, admin, last_seen, key_generation,
             CAST(CASE WHEN password IS NULL THEN 0 ELSE 1 END AS BIGINT), state FROM accounts",
            &[],
            |row| {
                Ok(AccountRow {
                    id: AccountId(row.int(0)?),
                    name: known(row.text(1)?)?,
                    admin: row.flag(2)?,
                    last_seen: row.maybe_int(3)?,
                    key_generation: row.int(4)?,
                    password: row.flag(5)?,
                    state: known(row.text(6)?)?,
                })
            },
        )?;
        let rooms = tx.all(
            "SELECT id, topic, title, purpose, private, epoch, last_seq FROM rooms JOIN heads ON room = id",
            &[],
            |row| {
                Ok(RoomRow {
                    key: RoomKey(row.int(0)?),
                    topic: known(row.text(1)?)?,
                    title: row.text(2)?,
                    purpose: row.text(3)?,
                    private: row.flag(4)?,
                    epoch: row.text(5)?,
                    last_seq: row.int(6)? as u64,
                })
            },
        )?;
        let members = tx.all("SELECT room, account, owner, joined_seq FROM members", &[], |row| {
            let state = MemberState { owner: row.flag(2)?, joined_seq: row.int(3)? as u64 };
            Ok((RoomKey(row.int(0)?), AccountId(row.int(1)?), state))
        })?;
        let tokens = tx.all("SELECT id, account, hash FROM tokens", &[], |row| {
            let hash =
                TokenHash::try_from(row.blob(2)?).map_err(|_| StoreError::Other("a token's hash".into()))?;
            Ok((row.int(0)?, AccountId(row.int(1)?), hash))
        })?;
        Ok(Self { accounts, rooms, members, tokens })
    }
}

//! Who keeps accounts, rooms and members in memory.

use chinwag_protocol::{Name, RoomId};

use super::committed::Committed;
use super::error::StoreError;
use super::model::{AccountId, AccountState, MemberState, RoomKey, TokenHash};
use super::rows::known;
use super::sql::Tx;

/// What is known in memory of accounts, rooms, members and tokens. It has every commit before whoever wrote it is
/// answered.
pub trait View: Send + Sync + 'static {
    /// Begins with what the database holds.
    fn load(&self, contents: Contents);
    /// Takes over what was committed.
    fn apply(&self, committed: &Committed);
    /// The last seq of a room's log that it knows of.
    fn last_seq(&self, room: RoomKey) -> Option<u64>;
    /// Is there an account whose name looks like this one?
    fn looks_like_an_account(&self, name: &Name) -> bool;
    /// Is there a room, other than direct conversations, whose id looks like this one?
    fn looks_like_a_room(&self, topic: &RoomId) -> bool;
}

/// An account.
#[derive(Debug, Clone)]
pub struct AccountRow {
    /// Its number.
    pub id: AccountId,
    /// Its name.
    pub name: Name,
    /// May make accounts and manage every room.
    pub admin: bool,
    /// When it was last there; milliseconds since 1970.
    pub last_seen: Option<i64>,
    /// Grows whenever its key for the broker becomes another.
    pub key_generation: i64,
    /// It has a password.
    pub password: bool,
    /// Whether it may be used.
    pub state: AccountState,
}

/// A room.
#[derive(Debug, Clone)]
pub struct RoomRow {
    /// Its number.
    pub key: RoomKey,
    /// Its id.
    pub topic: RoomId,
    /// The title to show.
    pub title: String,
    /// What it is for.
    pub purpose: String,
    /// Only members see it.
    pub private: bool,
    /// Changes when its log was rewound.
    pub epoch: String,
    /// The seq of its last event.
    pub last_seq: u64,
}

/// Everything that a view begins with.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// Accounts.
    pub accounts: Vec<AccountRow>,
    /// Rooms.
    pub rooms: Vec<RoomRow>,
    /// Memberships.
    pub members: Vec<(RoomKey, AccountId, MemberState)>,
    /// Tokens: number, account, hash.
    pub tokens: Vec<(i64, AccountId, TokenHash)>,
}

impl Contents {
    /// As the database holds it.
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

//! What somebody has signed in with, and whether it still holds. This is the one place that decides it. It is asked
//! whenever access was granted a while ago: when a request's body has arrived, when an MQTT connection has its session,
//! and at each of its publishes; and after every change that may end a sign-in, of all connections of the account.

use chinwag_protocol::{ErrorCode, Refused};

use crate::directory::{AccountEntry, Directory};
use crate::store::{AccountId, AccountState};

/// What a request or a connection was authenticated with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// The password, as it was after so many changes.
    Password {
        /// See [`AccountEntry::password_generation`].
        generation: u64,
    },
    /// A sign-in's or a device's token.
    Token(i64),
    /// The account's key for the broker.
    Key {
        /// See [`AccountEntry::key_generation`].
        generation: i64,
    },
}

impl Credential {
    /// Does it still let this account in?
    pub fn holds(self, directory: &Directory, account: AccountId) -> bool {
        let as_it_is = |entry: &AccountEntry| match self {
            Self::Password { generation } => entry.password_generation == generation,
            Self::Key { generation } => entry.key_generation == generation,
            Self::Token(_) => true,
        };
        let as_it_is = |entry: &AccountEntry| entry.state == AccountState::Active && as_it_is(entry);
        let token_is_there = match self {
            Self::Token(token) => directory.has_token(account, token),
            _ => true,
        };
        token_is_there && directory.with_account(account, as_it_is).unwrap_or(false)
    }

    /// The refusal where it no longer does.
    pub fn check(self, directory: &Directory, account: AccountId) -> Result<(), Refused> {
        if self.holds(directory, account) { Ok(()) } else { Err(ended()) }
    }
}

/// A sign-in that has ended.
pub fn ended() -> Refused {
    Refused::new(
        ErrorCode::NotAuthenticated,
        "this sign-in has ended, or the token is not valid; sign in again",
    )
}

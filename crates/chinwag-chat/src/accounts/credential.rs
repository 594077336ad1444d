//! Credentials of signed-in accounts, and whether they are still valid. This is the only place that decides it. It is
//! checked wherever access was granted a while ago: when the body of a request has arrived, when an MQTT connection has
//! its session, and for each of its publishes. After every change that may end a sign-in, it is checked for all
//! connections of the account.

use chinwag_protocol::{Reason, Refused};

use crate::directory::{AccountEntry, Directory};
use crate::store::{AccountId, AccountState};

/// The credential with which a request or a connection was authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// The password, as of a certain change.
    Password {
        /// See [`AccountEntry::password_generation`].
        generation: u64,
    },
    /// The token of a sign-in or a device.
    Token(i64),
    /// The account's key for the broker.
    Key {
        /// See [`AccountEntry::key_generation`].
        generation: i64,
    },
}

impl Credential {
    /// Returns whether it still authenticates this account.
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

    /// Returns a refusal if it is no longer valid.
    pub fn check(self, directory: &Directory, account: AccountId) -> Result<(), Refused> {
        if self.holds(directory, account) { Ok(()) } else { Err(ended()) }
    }
}

/// Returns the refusal of a sign-in that has ended.
pub fn ended() -> Refused {
    Reason::SignInEnded.into()
}

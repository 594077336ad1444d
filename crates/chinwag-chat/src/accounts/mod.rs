//! Accounts: passwords, tokens, signing in, the first administrator.

pub mod broker_access;
pub mod broker_key;
pub mod credential;
mod line;
pub mod passwords;
pub mod setup;
pub mod sign_in;
pub mod tokens;
pub mod used;

use std::net::IpAddr;
use std::sync::Arc;

use chinwag_protocol::{Name, Reason, Refused};

use crate::directory::Directory;
use crate::rates::Rates;
use crate::store::{AccountId, AddAccount, SetPassword, Store, View};
use broker_key::BrokerKeys;
use passwords::{Asker, Passwords};
use setup::SetupToken;
use used::UsedTokens;

/// The dependencies of authentication.
pub struct Accounts {
    /// The database.
    pub store: Store,
    /// Accounts and tokens, in memory.
    pub directory: Arc<Directory>,
    /// The rate limits.
    pub rates: Arc<Rates>,
    /// The accounts' keys for the broker.
    pub keys: Arc<BrokerKeys>,
    /// The password hasher.
    pub passwords: Passwords,
    /// The secret of the setup link.
    pub setup: SetupToken,
    /// Tokens in use.
    pub used_tokens: UsedTokens,
}

impl Accounts {
    /// Creates it on a database, with its directory and rate limits.
    pub fn new(store: Store, directory: Arc<Directory>, rates: Arc<Rates>) -> Result<Self, Refused> {
        let keys = Arc::new(BrokerKeys::new(store.broker_secret()));
        let (passwords, used_tokens) = Default::default();
        Ok(Self { store, directory, rates, keys, passwords, setup: SetupToken::new()?, used_tokens })
    }
}

/// Creates an account. Without a `password` it can only sign in with tokens. `first`: only if there is no administrator
/// yet.
pub async fn add(
    accounts: &Accounts,
    name: &str,
    password: Option<String>,
    admin: bool,
    first: bool,
) -> Result<AccountId, Refused> {
    let name = Name::new(name)?;
    if accounts.directory.looks_like_an_account(&name) {
        return Err(Reason::Account { name: name.as_str() }.into());
    }
    let password = match password {
        Some(password) => Some(accounts.passwords.hash(Asker::Operator, &password).await?),
        None => None,
    };
    accounts.store.write(AddAccount { name, password, admin, first }).await
}

/// Sets the password of an account, as an administrator does for a forgotten one; every token is revoked.
pub async fn set_password(accounts: &Accounts, account: AccountId, new: &str) -> Result<(), Refused> {
    let password = accounts.passwords.hash(Asker::Operator, new).await?;
    accounts.store.write(SetPassword { account, password, keep: None }).await.map(drop)
}

/// Replaces a password, given the current one; every token except `keep` is revoked. `address`: the source of the
/// request.
pub async fn change_password(
    accounts: &Accounts,
    address: IpAddr,
    account: AccountId,
    current: &str,
    new: &str,
    keep: Option<i64>,
) -> Result<(), Refused> {
    sign_in::check_password(accounts, address, account, current).await?;
    let password = accounts.passwords.hash(Asker::Account(account), new).await?;
    accounts.store.write(SetPassword { account, password, keep }).await.map(drop)
}

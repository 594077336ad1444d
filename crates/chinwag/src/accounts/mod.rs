//! Accounts: passwords, tokens, signing in, the first person.

pub mod broker_key;
pub mod credential;
mod line;
pub mod passwords;
pub mod setup;
pub mod sign_in;
pub mod tokens;
pub mod used;

use std::net::IpAddr;

use chinwag_protocol::{ErrorCode, Name, Refused};

use crate::app::App;
use crate::store::{AccountId, AddAccount, SetPassword};
use passwords::Asker;

/// Makes an account. `password` `None`: it signs in with tokens only.
pub async fn add(
    app: &App,
    name: &str,
    password: Option<String>,
    admin: bool,
    first: bool,
) -> Result<AccountId, Refused> {
    let name = Name::new(name)?;
    if app.directory().looks_like_an_account(&name) {
        let detail = format!("the name {name} is taken, or looks the same as one that is; choose another");
        return Err(Refused::new(ErrorCode::AlreadyExists, detail));
    }
    let password = match password {
        Some(password) => Some(app.passwords.hash(Asker::Operator, &password).await?),
        None => None,
    };
    app.store.write(AddAccount { name, password, admin, first }).await
}

/// Sets a password, as an administrator does for who has forgotten theirs; every token becomes void.
pub async fn set_password(app: &App, account: AccountId, new: &str) -> Result<(), Refused> {
    let password = app.passwords.hash(Asker::Operator, new).await?;
    app.store.write(SetPassword { account, password, keep: None }).await.map(drop)
}

/// Replaces a password, given the one so far; every token but the one in use becomes void. `address`: where the request
/// comes from.
pub async fn change_password(
    app: &App,
    address: IpAddr,
    account: AccountId,
    current: &str,
    new: &str,
    keep: Option<i64>,
) -> Result<(), Refused> {
    sign_in::check_password(app, address, account, current).await?;
    let password = app.passwords.hash(Asker::Account(account), new).await?;
    app.store.write(SetPassword { account, password, keep }).await.map(drop)
}

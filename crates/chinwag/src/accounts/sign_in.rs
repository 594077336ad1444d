//! Signing in, by HTTP or MQTT, with a password or a token.

use std::net::IpAddr;

use chinwag_protocol::{ErrorCode, Refused, name::normalize};

use super::tokens;
use crate::app::App;
use crate::store::{AccountId, AccountState, DISABLED};

/// Who signed in, and with which token if it was one.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn {
    /// Who.
    pub account: AccountId,
    /// The token's number.
    pub token: Option<i64>,
}

fn wrong() -> Refused {
    Refused::new(ErrorCode::NotAuthenticated, "the name or the password is wrong")
}

/// Told only to who has proved to be the account's owner.
pub fn disabled() -> Refused {
    Refused::new(ErrorCode::NotAuthorized, DISABLED)
}

/// Checks a name with a password, or with a token in the password's place.
pub async fn sign_in(app: &App, address: IpAddr, username: &str, secret: &str) -> Result<SignedIn, Refused> {
    let name = normalize(username);
    if app.directory().account_named(&name).is_none() {
        // It may have been made at the command line this very moment.
        app.store.refresh().await;
    }
    let account = app.directory().account_named(&name);
    if let Some((token, owner)) = tokens::check(app, secret).await
        && account.as_ref().is_some_and(|account| account.id == owner)
    {
        return Ok(SignedIn { account: owner, token: Some(token) });
    }
    app.rates.sign_in(address, &name)?;
    let hash = match &account {
        Some(account) => app.store.reader().password(account.id).await?,
        None => None,
    };
    match (app.passwords.verify(secret.to_owned(), hash).await?, account) {
        (true, Some(account)) if account.state != AccountState::Active => Err(disabled()),
        (true, Some(account)) => Ok(SignedIn { account: account.id, token: None }),
        _ => {
            app.rates.sign_in_failed(address, &name);
            Err(wrong())
        }
    }
}

/// Checks the password of somebody who is signed in already.
pub async fn check_password(app: &App, account: AccountId, password: String) -> Result<(), Refused> {
    let hash = app.store.reader().password(account).await?;
    if app.passwords.verify(password, hash).await? {
        return Ok(());
    }
    Err(Refused::new(ErrorCode::NotAuthorized, "that is not your password so far"))
}

//! Signing in, by HTTP or MQTT, with a password or a token.

use std::net::IpAddr;

use chinwag_broker::host;
use chinwag_protocol::{ErrorCode, Refused, limits, name::normalize};

use super::Accounts;
use super::credential::Credential;
use super::passwords::Asker;
use super::tokens;
use crate::rates::Whose;
use crate::store::{AccountId, AccountState, DISABLED};

/// Who signed in, and with what.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn {
    /// Who.
    pub account: AccountId,
    /// With what.
    pub credential: Credential,
}

fn wrong() -> Refused {
    Refused::new(ErrorCode::NotAuthenticated, "the name or the password is wrong")
}

/// Told only to who has proved to be the account's owner.
pub fn disabled() -> Refused {
    Refused::new(ErrorCode::NotAuthorized, DISABLED)
}

/// Checks a name with a password, or with a token in the password's place.
pub async fn sign_in(
    accounts: &Accounts,
    address: IpAddr,
    username: &str,
    secret: &str,
) -> Result<SignedIn, Refused> {
    let name = normalize(username);
    if accounts.directory.account_named(&name).is_none() {
        // It may have been made at the command line this very moment.
        accounts.store.refresh().await;
    }
    let account = accounts.directory.account_named(&name);
    if let Some((credential, owner)) = tokens::check(accounts, secret).await
        && account.as_ref().is_some_and(|account| account.id == owner)
    {
        return Ok(SignedIn { account: owner, credential });
    }
    let address = host(address);
    let attempt = accounts.rates.password(address, Whose::Name(name))?;
    let hash = match &account {
        Some(account) => accounts.store.reader().password(account.id).await?,
        None => None,
    };
    match (attempt.verify(&accounts.passwords, Asker::Host(address), secret, hash).await?, account) {
        (true, Some(account)) if account.state != AccountState::Active => Err(disabled()),
        (true, Some(account)) => {
            // The generation was read before the password was: if it has changed since, this holds no more.
            let credential = Credential::Password { generation: account.password_generation };
            credential.check(&accounts.directory, account.id)?;
            Ok(SignedIn { account: account.id, credential })
        }
        _ => Err(wrong()),
    }
}

/// Tells the log of somebody who was not let in, for whoever watches it for guessing.
pub fn log_refused(accounts: &Accounts, address: IpAddr, name: &str, refused: &Refused) {
    let guess = matches!(
        refused.code,
        ErrorCode::NotAuthenticated | ErrorCode::NotAuthorized | ErrorCode::TooManyRequests
    );
    if guess && accounts.rates.log() {
        // What was typed as a name may be anything, a password by mistake too: no more of it than a name can have.
        let name: String = name.chars().take(limits::LEVEL_CHARS).collect();
        tracing::warn!(%address, ?name, reason = refused.code.word(), "a sign-in was refused");
    }
}

/// Checks the password of somebody who is signed in already.
pub async fn check_password(
    accounts: &Accounts,
    address: IpAddr,
    account: AccountId,
    password: &str,
) -> Result<(), Refused> {
    let attempt = accounts.rates.password(host(address), Whose::Account(account))?;
    let hash = accounts.store.reader().password(account).await?;
    if attempt.verify(&accounts.passwords, Asker::Account(account), password, hash).await? {
        return Ok(());
    }
    Err(Refused::new(ErrorCode::NotAuthorized, "that is not your password so far"))
}

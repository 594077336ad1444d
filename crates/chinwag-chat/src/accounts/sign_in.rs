//! Signing in, over HTTP or MQTT, with a password or a token.

use std::net::IpAddr;

use chinwag_broker::host;
use chinwag_protocol::{ErrorCode, Reason, Refused, limits, name::normalize};

use super::Accounts;
use super::credential::Credential;
use super::passwords::{Asker, Passwords};
use super::tokens;
use crate::rates::{Attempt, Whose};
use crate::store::{AccountId, AccountState};

/// The result of a sign-in.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn {
    /// The account.
    pub account: AccountId,
    /// The credential that was used.
    pub credential: Credential,
}

/// Returns the refusal of a disabled account. Only for a caller who has proved to be its owner.
pub fn disabled() -> Refused {
    Reason::AccountDisabled.into()
}

/// Checks a name with a password, or with a token in place of the password.
pub async fn sign_in(
    accounts: &Accounts,
    address: IpAddr,
    username: &str,
    secret: &str,
) -> Result<SignedIn, Refused> {
    let name = normalize(username);
    if accounts.directory.account_named(&name).is_none() {
        // The account may have been added at the command line just now.
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
    match (verify(&accounts.passwords, attempt, Asker::Host(address), secret, hash).await?, account) {
        (true, Some(account)) if account.state != AccountState::Active => Err(disabled()),
        (true, Some(account)) => {
            // The generation was read before the password hash: if it has changed since, the check fails.
            let credential = Credential::Password { generation: account.password_generation };
            credential.check(&accounts.directory, account.id)?;
            Ok(SignedIn { account: account.id, credential })
        }
        _ => Err(Reason::WrongCredentials.into()),
    }
}

/// Returns whether the password is right; only a wrong one counts as an attempt.
async fn verify(
    passwords: &Passwords,
    attempt: Attempt<'_>,
    who: Asker,
    typed: &str,
    hash: Option<String>,
) -> Result<bool, Refused> {
    let right = passwords.verify(who, typed, hash).await;
    // One that was not checked, because too many are waiting, reveals nothing either.
    if right.as_ref().map_or(true, |right| *right) {
        attempt.give_back();
    }
    right
}

/// Logs a refused sign-in, for tools that watch the log for password guessing.
pub fn log_refused(accounts: &Accounts, address: IpAddr, name: &str, refused: &Refused) {
    let guess = matches!(
        refused.code,
        ErrorCode::NotAuthenticated | ErrorCode::NotAuthorized | ErrorCode::TooManyRequests
    );
    if guess && accounts.rates.log() {
        // Anything may have been typed as a name, even a password by mistake: log no more of it than the length of a
        // name.
        let name: String = name.chars().take(limits::LEVEL_CHARS).collect();
        tracing::warn!(%address, ?name, reason = refused.code.word(), "a sign-in was refused");
    }
}

/// Checks the password of a signed-in account.
pub async fn check_password(
    accounts: &Accounts,
    address: IpAddr,
    account: AccountId,
    password: &str,
) -> Result<(), Refused> {
    let attempt = accounts.rates.password(host(address), Whose::Account(account))?;
    let hash = accounts.store.reader().password(account).await?;
    if verify(&accounts.passwords, attempt, Asker::Account(account), password, hash).await? {
        return Ok(());
    }
    Err(Reason::CurrentPassword.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rates::Rates;

    #[tokio::test]
    async fn right_passwords_do_not_count_and_a_wave_of_wrong_ones_does_not_pass_together() {
        let (rates, passwords) = (Rates::new(true), Passwords::default());
        let [here, there] = [1, 2].map(|last| IpAddr::from([127, 0, 0, last]));
        let hash = passwords.hash(Asker::Operator, "the right one").await.unwrap();
        let attempt = |from| rates.password(from, Whose::Name("ana".to_owned()));
        let tried =
            |attempt, typed| verify(&passwords, attempt, Asker::Host(here), typed, Some(hash.clone()));
        let most = (0..100).filter(|_| attempt(there).is_ok()).count();
        assert!((1..50).contains(&most), "{most}");
        for _ in 0..2 * most {
            assert!(tried(attempt(here).unwrap(), "the right one").await.unwrap());
        }
        // All of them are in progress before the first has turned out to be wrong.
        let under_way: Vec<_> = (0..100).filter_map(|_| attempt(here).ok()).collect();
        assert_eq!(under_way.len(), most);
        for attempt in under_way {
            assert!(!tried(attempt, "a wrong one").await.unwrap());
        }
        assert!(attempt(here).is_err());
    }
}

//! Tokens: 256 random bits, shown once, stored as a SHA-256 hash. Sign-ins and access tokens of devices are tokens;
//! both can be revoked.

use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinwag_protocol::api::{CreatedToken, TokenInfo};
use chinwag_protocol::reason::Line;
use chinwag_protocol::{ErrorCode, Reason, Refused, limits, text};

use super::Accounts;
use super::broker_access::AccessKind;
use super::broker_key;
use super::credential::Credential;
use crate::clock::rfc3339;
use crate::store::{
    AccountId, AddToken, BROKER_KEY, RevokeToken, StoredToken, TokenHash, TokenKind, TokensUsed,
};

/// The prefix of every token, by which people and scanners for leaked secrets recognize one.
const PREFIX: &str = "chw_";

/// Returns a random secret of 256 bits in URL-safe Base64.
pub fn random_secret() -> Result<String, Refused> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| Refused::from(ErrorCode::Internal))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Returns the SHA-256 hash of a token.
pub fn hash(token: &str) -> TokenHash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    hash
}

/// Returns whether a text looks like a token. A password may look like one, too; it is then checked as a password
/// afterwards.
fn looks_like_one(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// Returns the credential and the account of a token, if it is valid, and records its use. An account's key for the
/// broker is accepted, too.
pub async fn check(accounts: &Accounts, token: &str) -> Option<(Credential, AccountId)> {
    if broker_key::looks_like_one(token) {
        return check_key(accounts, token).await;
    }
    if !looks_like_one(token) {
        return None;
    }
    let hash = hash(token);
    if accounts.directory.token(&hash).is_none() {
        // The token may have been added at the command line just now.
        accounts.store.refresh().await;
    }
    let (token, account) =
        accounts.directory.token(&hash).filter(|(_, account)| accounts.directory.is_active(*account))?;
    accounts.used_tokens.shown(token);
    Some((Credential::Token(token), account))
}

async fn check_key(accounts: &Accounts, key: &str) -> Option<(Credential, AccountId)> {
    if accounts.keys.check(&accounts.directory, key).is_none() {
        // The account or the generation may have been changed on another server just now.
        accounts.store.refresh().await;
    }
    let (account, generation) = accounts.keys.check(&accounts.directory, key)?;
    accounts.directory.is_active(account).then_some((Credential::Key { generation }, account))
}

/// Creates a credential for a device or a program: a token, or the account's key if the broker accepts nothing else.
pub async fn create(accounts: &Accounts, account: AccountId, label: &str) -> Result<CreatedToken, Refused> {
    if AccessKind::of(&accounts.store).await? != Some(AccessKind::Dynsec) {
        return issue(accounts, account, label, TokenKind::Device).await;
    }
    let token = accounts.keys.current(&accounts.directory, account).ok_or(Reason::SignInEnded)?;
    Ok(CreatedToken { id: BROKER_KEY as u64, token })
}

/// The label of a sign-in to which the client gave none.
const UNLABELED: &str = "sign-in";

/// Creates a sign-in. `asking` is the credential of the request, which is not revoked in favor of the new one.
pub async fn sign_in(
    accounts: &Accounts,
    account: AccountId,
    label: Option<&str>,
    asking: Option<Credential>,
) -> Result<CreatedToken, Refused> {
    if accounts.directory.token_count(account) >= limits::SIGN_INS_PER_ACCOUNT {
        // A sign-in may have to be revoked, so the database needs to know now which ones are in use.
        accounts.store.write(TokensUsed(accounts.used_tokens.take_all())).await?;
    }
    let asking = match asking {
        Some(Credential::Token(token)) => Some(token),
        _ => None,
    };
    let label = label.map(str::trim).filter(|label| !label.is_empty()).unwrap_or(UNLABELED);
    issue(accounts, account, label, TokenKind::SignIn { asking }).await
}

async fn issue(
    accounts: &Accounts,
    account: AccountId,
    label: &str,
    kind: TokenKind,
) -> Result<CreatedToken, Refused> {
    let label = text::line(Line::Label, label, limits::LABEL_CHARS)?.to_owned();
    let token = format!("{PREFIX}{}", random_secret()?);
    let id = accounts.store.write(AddToken { account, hash: hash(&token), label, kind }).await?;
    Ok(CreatedToken { id: id as u64, token })
}

/// Returns an account's tokens, newest first.
pub async fn list(
    accounts: &Accounts,
    account: AccountId,
    current: Option<i64>,
) -> Result<Vec<TokenInfo>, Refused> {
    let tokens = accounts.store.reader().tokens(account).await?;
    let info = |token: StoredToken| TokenInfo {
        id: token.id as u64,
        label: token.label,
        created_at: rfc3339(token.created_at),
        last_used_at: token.used_at.map(rfc3339),
        sign_in: !token.device,
        current: Some(token.id) == current,
    };
    Ok(tokens.into_iter().map(info).collect())
}

/// Revokes a token; connections that use it are closed.
pub async fn revoke(accounts: &Accounts, account: AccountId, token: i64) -> Result<(), Refused> {
    accounts.store.write(RevokeToken { account, token }).await.map(drop)
}

//! Passwords, hashed with Argon2id (RFC 9106) outside the async threads, a few at a time: each hash takes 46 MiB and
//! tens of milliseconds. So a flood of sign-ins waits in its own queue and slows down neither the chat nor the sign-ins
//! of others. Passwords are normalized to one Unicode form, because keyboards differ in the form they type.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use chinwag_protocol::{ErrorCode, Reason, Refused, limits, name::composed};

use super::line::Line;
use crate::store::AccountId;

/// Hashes computed concurrently.
const AT_A_TIME: usize = 2;
/// Hashes that may wait for their turn; beyond it, the requester with the most waiting ones is asked to try again.
const WAITING: usize = 128;

/// The requester of a hash: each has an equal share of the turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// Somebody at a [`host`](chinwag_broker::host).
    Host(IpAddr),
    /// A signed-in account.
    Account(AccountId),
    /// An administrator, or the command line.
    Operator,
}

/// Hashes and checks passwords.
pub struct Passwords {
    line: Arc<Line<Asker>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { line: Line::new(AT_A_TIME, WAITING) }
    }
}

/// A hash that is checked if there is no such account, so that the response takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash(b"nobody has this password").unwrap_or_default());

/// Uses 46 MiB, one pass, one lane. Of the equally strong choices in OWASP's password storage cheat sheet, this is the
/// one whose memory is returned to the system after every hash. (glibc immediately returns blocks larger than 32 MiB;
/// it may keep smaller ones, and after a few sign-ins tens of MiB would stay resident.)
fn argon2() -> Argon2<'static> {
    let params = Params::new(46 * 1024, 1, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &[u8]) -> Option<String> {
    argon2().hash_password(password).ok().map(|hash| hash.to_string())
}

impl Passwords {
    async fn run<T: Send + 'static>(
        &self,
        who: Asker,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let turn = self.line.turn(who).await.ok_or(Reason::SignInsBusy)?;
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        })
        .await
        .map_err(|_| ErrorCode::Internal.into())
    }

    /// Returns the PHC string of a new password; an error if it breaks the rules.
    pub async fn hash(&self, who: Asker, password: &str) -> Result<String, Refused> {
        let password = composed(password);
        if password.chars().count() < limits::PASSWORD_MIN_CHARS {
            return Err(Reason::PasswordShort { limit: limits::PASSWORD_MIN_CHARS }.into());
        }
        if password.len() > limits::PASSWORD_MAX_BYTES {
            return Err(Reason::PasswordLong { limit: limits::PASSWORD_MAX_BYTES }.into());
        }
        let hashed = self.run(who, move || hash(password.as_bytes())).await?;
        hashed.ok_or_else(|| ErrorCode::Internal.into())
    }

    /// Returns whether a password matches a hash. Without a hash the result is `false`, after the same time.
    pub async fn verify(&self, who: Asker, typed: &str, hash: Option<String>) -> Result<bool, Refused> {
        if typed.len() > limits::PASSWORD_MAX_BYTES {
            return Ok(false);
        }
        // Older hashes were made from the form that was typed.
        let mut forms = vec![composed(typed)];
        if forms[0] != typed {
            forms.push(typed.to_owned());
        }
        self.run(who, move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.clone());
            let Ok(parsed) = PasswordHash::new(&hash) else { return false };
            let is_it = |form: &String| argon2().verify_password(form.as_bytes(), &parsed).is_ok();
            forms.iter().any(is_it) && known
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_itself_and_no_other() {
        let passwords = Passwords::default();
        let verify = async |typed: &str, hash: Option<&String>| {
            passwords.verify(Asker::Operator, typed, hash.cloned()).await.unwrap()
        };
        let hash = passwords.hash(Asker::Operator, "correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(verify("correct horse", Some(&hash)).await);
        assert!(!verify("battery staple", Some(&hash)).await);
        assert!(!verify("nobody has this password", None).await);
        let short = passwords.hash(Asker::Operator, "short").await.unwrap_err();
        assert_eq!(short.code, ErrorCode::BadRequest);
    }

    #[tokio::test]
    async fn a_password_is_the_same_in_either_unicode_form() {
        let passwords = Passwords::default();
        let (composed, apart) = ("p\u{e4}ssw\u{f6}rter", "pa\u{308}sswo\u{308}rter");
        for set in [composed, apart] {
            let hash = passwords.hash(Asker::Operator, set).await.unwrap();
            for typed in [composed, apart] {
                let same = passwords.verify(Asker::Operator, typed, Some(hash.clone())).await.unwrap();
                assert!(same, "set as {set:?}, typed as {typed:?}");
            }
        }
        // A hash from before normalization, made from the typed form.
        let old = super::hash(apart.as_bytes()).unwrap();
        assert!(passwords.verify(Asker::Operator, apart, Some(old)).await.unwrap());
    }
}

//! Passwords, hashed with Argon2id (RFC 9106) away from the async threads, a few at a time: each takes 46 MiB
//! and tens of milliseconds, so whoever floods us with sign-ins waits in line and does not slow the chat.

use std::sync::Arc;
use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use chinwag_protocol::{ErrorCode, Refused, limits};
use tokio::sync::Semaphore;

/// Hashes computed at a time.
const AT_A_TIME: usize = 2;
/// Hashes that may wait for their turn; beyond it, sign-in asks to try again.
const WAITING: usize = 64;

/// Hashes and checks passwords.
pub struct Passwords {
    turns: Arc<Semaphore>,
    line: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_A_TIME)), line: Semaphore::new(WAITING) }
    }
}

/// Checked when there is no such account, so that the answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash(b"nobody has this password").unwrap_or_default());

/// 46 MiB, one pass, one lane: of the equally strong choices that OWASP's password storage cheat sheet lists the
/// one whose memory goes back to the system after every hash. (glibc gives back at once what is larger than
/// 32 MiB; smaller blocks it may keep, and after a few sign-ins tens of MiB would stay resident.)
fn argon2() -> Argon2<'static> {
    let params = Params::new(46 * 1024, 1, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &[u8]) -> Option<String> {
    argon2().hash_password(password).ok().map(|hash| hash.to_string())
}

impl Passwords {
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
        let busy =
            || Refused::new(ErrorCode::Unavailable, "too many people are signing in; try again in a moment");
        let _place = self.line.try_acquire().map_err(|_| busy())?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        })
        .await
        .map_err(|_| ErrorCode::Internal.into())
    }

    /// The PHC string of a new password that fits the rules.
    pub async fn hash(&self, password: String) -> Result<String, Refused> {
        if password.chars().count() < limits::PASSWORD_MIN_CHARS {
            let least = limits::PASSWORD_MIN_CHARS;
            return Err(Refused::new(
                ErrorCode::BadRequest,
                format!("a password has at least {least} characters"),
            ));
        }
        if password.len() > limits::PASSWORD_MAX_BYTES {
            let most = limits::PASSWORD_MAX_BYTES;
            return Err(Refused::new(ErrorCode::BadRequest, format!("a password has at most {most} bytes")));
        }
        let hashed = self.run(move || hash(password.as_bytes())).await?;
        hashed.ok_or_else(|| ErrorCode::Internal.into())
    }

    /// Is it this one? Without a hash the answer is no, after as long.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Refused> {
        if password.len() > limits::PASSWORD_MAX_BYTES {
            return Ok(false);
        }
        self.run(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.clone());
            let Ok(parsed) = PasswordHash::new(&hash) else { return false };
            argon2().verify_password(password.as_bytes(), &parsed).is_ok() && known
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
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(passwords.verify("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("battery staple".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("nobody has this password".into(), None).await.unwrap());
        assert_eq!(passwords.hash("short".into()).await.unwrap_err().code, ErrorCode::BadRequest);
    }
}

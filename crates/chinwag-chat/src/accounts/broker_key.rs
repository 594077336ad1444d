//! An account's key for the broker. A broker that stores passwords itself, one for each name, cannot know all of an
//! account's tokens; it is given this key instead. The key is not stored: it is derived from a secret in the database,
//! the account and the key's generation, which increases with every revocation.

use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinwag_protocol::Name;

use crate::directory::Directory;
use crate::store::AccountId;

/// The prefix of every key, by which people and scanners for leaked secrets recognize one.
const PREFIX: &str = "chk_";
/// The length of a fingerprint in characters: enough to see that a key has changed.
const FINGERPRINT: usize = 16;

/// Derives and checks keys.
pub struct BrokerKeys {
    secret: hmac::Key,
}

impl BrokerKeys {
    /// Creates keys that are derived from `secret`.
    pub fn new(secret: &str) -> Self {
        Self { secret: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()) }
    }

    /// Returns a secret for `purpose` that only the servers on this database can derive.
    pub fn private_word(&self, purpose: &str) -> String {
        let proof = hmac::sign(&self.secret, format!("word {purpose}").as_bytes());
        URL_SAFE_NO_PAD.encode(&proof.as_ref()[..16])
    }

    /// Returns the key of an account for a generation.
    pub fn of(&self, account: AccountId, generation: i64) -> String {
        let proof = hmac::sign(&self.secret, format!("{} {generation}", account.0).as_bytes());
        format!("{PREFIX}{}_{}", account.0, URL_SAFE_NO_PAD.encode(proof))
    }

    /// Returns the current key of an account.
    pub fn current(&self, directory: &Directory, account: AccountId) -> Option<String> {
        let generation = directory.with_account(account, |entry| entry.key_generation)?;
        Some(self.of(account, generation))
    }

    /// Returns the account and generation of a key, if it is valid.
    pub fn check(&self, directory: &Directory, text: &str) -> Option<(AccountId, i64)> {
        let (account, _) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let account = AccountId(account.parse().ok()?);
        let generation = directory.with_account(account, |entry| entry.key_generation)?;
        let key = self.of(account, generation);
        constant_time::verify_slices_are_equal(key.as_bytes(), text.as_bytes()).ok()?;
        Some((account, generation))
    }
}

/// Returns a fingerprint that distinguishes keys without revealing them.
pub fn fingerprint(key: &str, name: &Name) -> String {
    let hash = digest::digest(&digest::SHA256, format!("{name} {key}").as_bytes());
    URL_SAFE_NO_PAD.encode(hash).chars().take(FINGERPRINT).collect()
}

/// Returns whether a text looks like a key.
pub fn looks_like_one(text: &str) -> bool {
    text.starts_with(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Change, Committed, View};

    #[test]
    fn a_key_holds_until_the_next_generation() {
        let (keys, directory, ana) = (BrokerKeys::new("secret"), Directory::default(), AccountId(7));
        let apply = |change| directory.apply(&Committed { changes: vec![change], ..Committed::default() });
        apply(Change::AccountAdded {
            account: ana,
            name: "ana".parse().unwrap(),
            admin: false,
            password: true,
        });
        let key = keys.current(&directory, ana).unwrap();
        assert!(looks_like_one(&key) && key.len() < 60, "{key}");
        assert_eq!(keys.check(&directory, &key), Some((ana, 0)));
        for wrong in ["", "chk_", "chk_7_", "chk_8_x", "chk__", &key[..key.len() - 1], &format!("{key}A")] {
            assert_eq!(keys.check(&directory, wrong), None, "{wrong}");
        }
        assert_eq!(BrokerKeys::new("another").check(&directory, &key), None);
        apply(Change::TokenRevoked { token: 3, account: ana, superfluous: true });
        assert_eq!(keys.check(&directory, &key), Some((ana, 0)), "one token too many is no revocation");
        apply(Change::TokenRevoked { token: 3, account: ana, superfluous: false });
        assert_eq!(keys.check(&directory, &key), None);
        let next = keys.current(&directory, ana).unwrap();
        apply(Change::PasswordChanged { account: ana, kept: None });
        assert_eq!(keys.check(&directory, &next), None);
    }
}

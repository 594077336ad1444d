//! An account's key for the broker. A broker that keeps passwords of its own, one for each name, cannot know
//! all of an account's tokens; it knows this key instead. Nobody stores it: it follows from a secret in the
//! database, the account and the key's generation, which grows with every revocation.

use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinwag_protocol::Name;

use crate::directory::Directory;
use crate::store::AccountId;

/// How every key begins, so that people and scanners of leaked secrets know one.
const PREFIX: &str = "chk_";
/// Characters of a fingerprint: enough to see that a key is another.
const FINGERPRINT: usize = 16;

/// Makes and knows keys.
pub struct BrokerKeys {
    secret: hmac::Key,
}

impl BrokerKeys {
    /// Keys that follow from `secret`.
    pub fn new(secret: &str) -> Self {
        Self { secret: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()) }
    }

    /// A word for `purpose` that all servers on the database come to, and nobody else.
    pub fn private_word(&self, purpose: &str) -> String {
        let proof = hmac::sign(&self.secret, format!("word {purpose}").as_bytes());
        URL_SAFE_NO_PAD.encode(&proof.as_ref()[..16])
    }

    /// The key of an account.
    pub fn of(&self, account: AccountId, generation: i64) -> String {
        let proof = hmac::sign(&self.secret, format!("{} {generation}", account.0).as_bytes());
        format!("{PREFIX}{}_{}", account.0, URL_SAFE_NO_PAD.encode(proof))
    }

    /// The key of the account with that number, as it is now.
    pub fn current(&self, directory: &Directory, account: AccountId) -> Option<String> {
        let generation = directory.with_account(account, |entry| entry.key_generation)?;
        Some(self.of(account, generation))
    }

    /// Whose key this is, if it is one that holds, and of which generation.
    pub fn check(&self, directory: &Directory, text: &str) -> Option<(AccountId, i64)> {
        let (account, _) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let account = AccountId(account.parse().ok()?);
        let generation = directory.with_account(account, |entry| entry.key_generation)?;
        let key = self.of(account, generation);
        constant_time::verify_slices_are_equal(key.as_bytes(), text.as_bytes()).ok()?;
        Some((account, generation))
    }
}

/// Tells one key from another without giving either away.
pub fn fingerprint(key: &str, name: &Name) -> String {
    let hash = digest::digest(&digest::SHA256, format!("{name} {key}").as_bytes());
    URL_SAFE_NO_PAD.encode(hash).chars().take(FINGERPRINT).collect()
}

/// Does it look like a key?
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

//! Signed addresses of uploads, for whatever can send neither a token nor the cookie: an `<img>` in a page of another
//! origin, a video player. An address stands for the credential with which it was asked for, and ends with it.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinwag_protocol::{ErrorCode, MediaId, Refused};
use serde::Deserialize;

use crate::accounts::credential::Credential;
use crate::accounts::sign_in::SignedIn;
use crate::store::AccountId;

/// How long an address is valid at least, in seconds …
const VALID: i64 = 60 * 60;
/// … then until the next multiple of this. So it stays the same for a while, and browsers find a picture in their cache.
const STEP: i64 = 30 * 60;
/// Marks the generation of an account's key, beside the ids of tokens.
const KEY: char = 'k';

/// The query of a signed address.
#[derive(Debug, Clone, Deserialize)]
pub struct Signature {
    #[serde(default)]
    signer: String,
    #[serde(default)]
    expires: String,
    signature: String,
}

/// Signs addresses and checks them.
pub struct Signer(hmac::Key);

/// Returns when an address that is asked for now expires; both in seconds since 1970.
pub fn expiry(now: i64) -> i64 {
    (now + VALID).div_euclid(STEP) * STEP + STEP
}

impl Signer {
    /// Creates a signer whose key is derived from the database's `secret`: all servers on it accept the same addresses.
    pub fn new(secret: &str) -> Self {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let key = hmac::sign(&secret, b"addresses of uploads");
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }

    /// Returns the address of an upload for whoever is signed in, valid until `expires` (seconds since 1970).
    pub fn address(&self, id: &MediaId, signed_in: SignedIn, expires: i64) -> Result<String, Refused> {
        let signer = word(signed_in)?;
        let proof = URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, &message(id, &signer, expires)));
        Ok(format!("/media/{id}?signer={signer}&expires={expires}&signature={proof}"))
    }

    /// Returns for whom an address was signed and when it expires, if that is after `now` (seconds since 1970). The
    /// credential may have ended in the meantime.
    pub fn check(&self, id: &MediaId, asked: &Signature, now: i64) -> Result<(SignedIn, i64), Refused> {
        let parts = signer(&asked.signer).zip(asked.expires.parse().ok());
        let right = parts.filter(|(signed_in, expires)| {
            let signer = word(*signed_in).unwrap_or_default();
            let proof = URL_SAFE_NO_PAD.decode(&asked.signature).unwrap_or_default();
            hmac::verify(&self.0, &message(id, &signer, *expires), &proof).is_ok()
        });
        match right {
            Some((_, expires)) if expires <= now => Err(refused("this address has expired")),
            Some(right) => Ok(right),
            None => Err(refused("this address was not signed by this server, or has been changed")),
        }
    }
}

/// Returns the refusal of an address.
pub fn refused(why: &str) -> Refused {
    Refused::new(ErrorCode::NotAuthorized, format!("{why}; ask for a new one with POST /media/addresses"))
}

/// What is signed. None of the parts contains a space.
fn message(id: &MediaId, signer: &str, expires: i64) -> Vec<u8> {
    format!("{id} {signer} {expires}").into_bytes()
}

/// Writes an account and its credential.
fn word(SignedIn { account, credential }: SignedIn) -> Result<String, Refused> {
    match credential {
        Credential::Token(token) => Ok(format!("{}.{token}", account.0)),
        Credential::Key { generation } => Ok(format!("{}.{KEY}{generation}", account.0)),
        // HTTP knows no password, and a password's generation does not outlast the process.
        Credential::Password { .. } => Err(refused("a password can't sign an address, a token can")),
    }
}

/// Parses an account and its credential.
fn signer(word: &str) -> Option<SignedIn> {
    let (account, credential) = word.split_once('.')?;
    let account = AccountId(account.parse().ok()?);
    let credential = match credential.strip_prefix(KEY) {
        Some(generation) => Credential::Key { generation: generation.parse().ok()? },
        None => Credential::Token(credential.parse().ok()?),
    };
    Some(SignedIn { account, credential })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{self, tokens};
    use crate::clock;
    use crate::config::DataArgs;
    use crate::server::open_beside;

    const NOW: i64 = 1_795_000_000;

    fn asked(address: &str) -> (MediaId, Signature) {
        let (path, query) = address.split_once('?').unwrap();
        let value = |name: &str| {
            let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            found.unwrap_or_default().to_owned()
        };
        let signature =
            Signature { signer: value("signer"), expires: value("expires"), signature: value("signature") };
        (path.strip_prefix("/media/").unwrap().parse().unwrap(), signature)
    }

    fn detail(signer: &Signer, address: &str, now: i64) -> Option<String> {
        let (id, asked) = asked(address);
        signer.check(&id, &asked, now).err().map(|refused| refused.detail)
    }

    #[test]
    fn an_address_holds_for_its_file_its_signer_and_its_time() {
        let (signer, id, expires) = (Signer::new("secret"), "3f0c".parse().unwrap(), expiry(NOW));
        for credential in [Credential::Token(12), Credential::Key { generation: 3 }] {
            let signed_in = SignedIn { account: AccountId(7), credential };
            let address = signer.address(&id, signed_in, expires).unwrap();
            let (id, asked) = asked(&address);
            let (found, until) = signer.check(&id, &asked, NOW).unwrap();
            assert_eq!((found.account, found.credential, until), (AccountId(7), credential, expires));
            assert_eq!(detail(&signer, &address, expires - 1), None);
            assert!(detail(&signer, &address, expires).unwrap().contains("expired"));
            let later = (expires + STEP).to_string();
            for (was, is) in [
                ("/3f0c", "/3f0d"),
                ("signer=7.", "signer=8."),
                (".12", ".13"),
                (".k3", ".k4"),
                (".k3", ".3"),
                ("signer=7", "signer="),
                (&expires.to_string(), &*later),
                (&expires.to_string(), ""),
                (&expires.to_string(), "x"),
                ("signature=", "signature=A"),
                (&address[address.len() - 43..], ""),
            ] {
                let changed = address.replacen(was, is, 1);
                if changed != address {
                    assert!(detail(&signer, &changed, NOW).unwrap().contains("changed"), "{changed}");
                }
            }
            assert!(detail(&Signer::new("another"), &address, NOW).unwrap().contains("changed"));
        }
        let password = SignedIn { account: AccountId(7), credential: Credential::Password { generation: 0 } };
        assert!(signer.address(&id, password, expires).is_err());
    }

    /// Two servers on one database, without the task by which one follows the other's commits.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_token_that_another_server_has_just_made_holds() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataArgs { data: Some(folder.path().to_owned()), ..DataArgs::default() }.settle().unwrap();
        let (one, _commits) = open_beside(&data, true).await.unwrap();
        let (other, _its_commits) = open_beside(&data, false).await.unwrap();
        let account = accounts::add(&one.accounts, "ana", None, false, false).await.unwrap();
        let made = tokens::create(&one.accounts, account, "a page").await.unwrap();
        let credential = Credential::Token(made.id as i64);
        let (id, expires) = ("3f0c".parse().unwrap(), expiry(clock::now() / 1000));
        let address = one.media.signer.address(&id, SignedIn { account, credential }, expires).unwrap();
        let (id, asked) = asked(&address);
        let (found, left) = other.media.signed(&id, &asked).await.unwrap();
        assert!(found.name.as_str() == "ana" && (0..=VALID + STEP).contains(&left), "{left}");
        for app in [one, other] {
            app.store.stop().await;
        }
    }

    #[test]
    fn an_address_is_valid_for_an_hour_and_stays_the_same_for_a_while() {
        for second in 0..2 * STEP {
            let left = expiry(NOW + second) - (NOW + second);
            assert!((VALID..=VALID + STEP).contains(&left), "{left}");
        }
        let different: std::collections::BTreeSet<_> = (0..STEP).map(|second| expiry(NOW + second)).collect();
        assert!(different.len() <= 2, "{different:?}");
    }
}

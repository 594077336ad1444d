//! The answers to a broker that asks who may connect and what they may do there. It asks when a client connects,
//! subscribes or publishes, but not for each delivery: so subscriptions that could later match more than the account
//! may read are refused, wildcards above all.

use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, ensure};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use chinwag_protocol::topic::{self, Topic, filters};
use chinwag_protocol::{Name, Verb};
use serde::Serialize;

use chinwag_chat::access;
use chinwag_chat::accounts::broker_key::BrokerKeys;
use chinwag_chat::accounts::tokens;
use chinwag_chat::directory::Directory;
use chinwag_store::{AccountId, AccountState, SetOnce, Store};

/// The minimum number of characters of a secret.
const SECRET_CHARS: usize = 32;
/// The setting with the generated secret.
const SETTING: &str = "broker_secret_for_hooks";
/// The file in the data folder with the generated secret, to copy into the broker's configuration.
const FILE: &str = "broker-secret";
/// The prefix of the servers' client ids; all clients of such a broker share one namespace.
const RESERVED_IDS: &str = "chinwag-";

/// The secret with which the broker authenticates its requests.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Accepts a configured secret. Fails if it is too short or has other than visible ASCII characters.
    pub fn new(secret: &str) -> anyhow::Result<Self> {
        let secret = secret.trim();
        ensure!(
            secret.chars().count() >= SECRET_CHARS && secret.chars().all(|c| c.is_ascii_graphic()),
            "the broker's secret must have at least {SECRET_CHARS} visible ASCII characters and no spaces"
        );
        Ok(Self(secret.to_owned()))
    }

    /// Returns the generated secret: the same for all servers on the database, and written to a file in the data folder
    /// for the configuration of the broker.
    pub async fn made(store: &Store, folder: &Path) -> anyhow::Result<Self> {
        let value = tokens::random_secret()?;
        store.write(SetOnce { key: SETTING, value }).await?;
        let secret = store.reader().setting(SETTING).await?.context("the broker's secret")?;
        let path = folder.join(FILE);
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&path);
        file.and_then(|mut file| writeln!(file, "{secret}"))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self(secret))
    }

    /// Compares in constant time.
    pub fn is(&self, text: &str) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), text.as_bytes()).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Whether a client may use this client id. Those of the servers are reserved. Brokers put client ids into URLs and
/// topics unescaped, so a client whose id does not fit there could be neither listed nor disconnected.
pub fn client_id_is_free(client_id: &str) -> bool {
    let carried =
        |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '/' | '+' | '#' | '\\' | '%' | '?');
    !client_id.starts_with(RESERVED_IDS) && !matches!(client_id, "." | "..") && client_id.chars().all(carried)
}

/// Returns the proof for [`is_authenticated`] that this server authenticated a client: EMQX stores it with the
/// connection and returns it with each request. While EMQX 5.8 starts, its listeners accept everyone, without asking.
pub fn proof(keys: &BrokerKeys, username: &str, client_id: &str) -> String {
    keys.private_word(&format!("client {username} {client_id}"))
}

/// Whether the request is about a connection that this server authenticated.
pub fn is_authenticated(keys: &BrokerKeys, username: &str, client_id: &str, shown: &str) -> bool {
    verify_slices_are_equal(proof(keys, username, client_id).as_bytes(), shown.as_bytes()).is_ok()
}

/// A rule that the broker keeps while a client is connected, so that it need not ask for each message. Supported by
/// RMQTT, and EMQX from 5.8 on.
#[derive(Debug, Serialize)]
pub struct Rule {
    permission: &'static str,
    action: &'static str,
    topic: String,
}

/// Returns what the account may always do. The broker asks about everything else.
pub fn standing_rules(me: &Name) -> Vec<Rule> {
    let allow = |action, topic| Rule { permission: "allow", action, topic };
    let verbs = Verb::ALL.iter().map(|verb| allow("publish", filters::of(*verb, me)));
    verbs.chain([allow("publish", filters::devices_of(me)), allow("subscribe", topic::inbox(me))]).collect()
}

/// Whether the account may publish on a topic: only under its own name, for the server to read.
pub fn may_publish(me: &Name, topic: &str) -> bool {
    match Topic::parse(topic) {
        Ok(Topic::Device(name, _) | Topic::Verb(_, name, _)) => name == *me,
        Ok(Topic::Room(_) | Topic::Activity(..) | Topic::Presence(_) | Topic::Inbox(_)) | Err(_) => false,
    }
}

/// Whether the account may subscribe to a filter. Of wildcards, only all members' activity in one room.
pub fn may_subscribe(directory: &Directory, me: AccountId, filter: &str) -> bool {
    if !filter.contains(['#', '+']) {
        return access::subscribe(directory, me, filter).is_ok();
    }
    let room = filter.strip_prefix(filters::ACTIVITY.trim_end_matches('#'));
    room.is_some_and(|room| !room.contains(['#', '+']) && directory.is_member(room, me))
}

/// Returns the active account of a broker's client. The lookup is by exact spelling, because the broker identifies a
/// client by the exact name it connected with.
pub fn account(directory: &Directory, username: &str) -> Option<(AccountId, Name)> {
    let entry = directory.account_named(username)?;
    (entry.state == AccountState::Active).then_some((entry.id, entry.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_store::{Change, Committed, MemberState, RoomKey, View};

    fn directory() -> Directory {
        let room = |key, topic: &str, private| Change::RoomAdded {
            room: RoomKey(key),
            topic: topic.parse().unwrap(),
            title: String::new(),
            purpose: String::new(),
            private,
            epoch: String::new(),
        };
        let joined = |key, account| Change::Joined {
            room: RoomKey(key),
            account: AccountId(account),
            by: AccountId(account),
            member: MemberState { owner: false, joined_seq: 1 },
        };
        let account = |id, name: &str| Change::AccountAdded {
            account: AccountId(id),
            name: name.parse().unwrap(),
            admin: false,
            password: true,
        };
        let changes = vec![
            room(1, "general", false),
            room(2, "team/x", true),
            account(1, "ana"),
            account(2, "bo"),
            account(3, "cy"),
            joined(1, 1),
            joined(1, 2),
            joined(2, 1),
        ];
        let directory = Directory::default();
        directory.apply(&Committed { changes, ..Committed::default() });
        directory
    }

    #[test]
    fn only_what_one_may_read_now_is_subscribed_to() {
        let directory = directory();
        let ana = AccountId(1);
        for filter in [
            "general",
            "team/x",
            "users/ana/inbox",
            "users/bo/presence",
            "users/+/activity/general",
            "users/bo/activity/team/x",
        ] {
            assert!(may_subscribe(&directory, ana, filter), "{filter}");
        }
        for filter in [
            "#",
            "+",
            "general/#",
            "team/+",
            "users/#",
            "users/+/inbox",
            "users/ana/#",
            "users/+/presence",
            "users/+/activity/#",
            "users/+/activity/+",
            "users/+/+/general",
            "users/+/send/general",
            "users/+/activity/team/y",
            "users/bo/inbox",
            "users/ana/send/general",
            "users/cy/presence",
            "$SYS/#",
            "$share/chinwag/general",
            "$share/chinwag/users/+/send/#",
            "",
        ] {
            assert!(!may_subscribe(&directory, ana, filter), "{filter}");
        }
        assert!(!may_subscribe(&directory, AccountId(2), "team/x"));
        assert!(!may_subscribe(&directory, AccountId(2), "users/+/activity/team/x"));
    }

    #[test]
    fn one_publishes_under_ones_own_name_only() {
        let ana: Name = "ana".parse().unwrap();
        for topic in [
            "users/ana/send/general",
            "users/ana/send/nowhere",
            "users/ana/read/team/x",
            "users/ana/typing/team/x",
            "users/ana/devices/phone",
        ] {
            assert!(may_publish(&ana, topic), "{topic}");
        }
        for topic in [
            "general",
            "users/bo/send/general",
            "users/bo/typing/general",
            "users/ana/activity/general",
            "users/ana/inbox",
            "users/ana/presence",
            "users/bo/devices/phone",
            "$SYS/x",
            "users/ana",
        ] {
            assert!(!may_publish(&ana, topic), "{topic}");
        }
    }

    #[test]
    fn a_client_id_must_fit_into_a_url_and_a_topic() {
        for free in ["phone", "a.b", "...", "mqttjs_1a2b", "küche", ""] {
            assert!(client_id_is_free(free), "{free}");
        }
        for refused in [".", "..", "a/b", "+", "x#", "a b", "a\u{7}", "100%", "a?b", "a\\b", "chinwag-1"] {
            assert!(!client_id_is_free(refused), "{refused}");
        }
    }

    #[test]
    fn a_proof_is_for_one_name_and_one_client_id() {
        let keys = BrokerKeys::new("secret");
        let shown = proof(&keys, "ana", "phone");
        assert!(is_authenticated(&keys, "ana", "phone", &shown));
        for (name, id, shown) in [
            ("bo", "phone", &*shown),
            ("ana", "tablet", &shown),
            ("ana", "phone", ""),
            ("ana", "phone", "undefined"),
        ] {
            assert!(!is_authenticated(&keys, name, id, shown), "{name} {id} {shown}");
        }
        assert!(!is_authenticated(&BrokerKeys::new("another"), "ana", "phone", &shown));
    }

    #[test]
    fn a_secret_is_long_and_its_own() {
        assert!(Secret::new("short").is_err());
        assert!(Secret::new(&"with space ".repeat(5)).is_err());
        let secret = Secret::new("0123456789abcdef0123456789abcdef\n").unwrap();
        assert!(secret.is("0123456789abcdef0123456789abcdef"));
        assert!(!secret.is("0123456789abcdef0123456789abcdeg") && !secret.is(""));
        assert_eq!(format!("{secret:?}"), "(secret)");
    }
}

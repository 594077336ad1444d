//! The rules of one account, and of all, in the format of Mosquitto's dynamic-security plugin.
//!
//! Each account has a role of its own, which is evaluated first, and one that all accounts share. There is no role for
//! each room, because giving a client another role ends its connection, whereas changing the rules in one of its roles
//! does not (Mosquitto 2.0; 2.1 then ends that one client's connection too).
//!
//! What counts is `publishClientReceive`, which the plugin evaluates for every delivery. `subscribeLiteral` in addition
//! refuses, with a reason code, subscriptions that could never deliver anything; it matches exactly these filters, so
//! that `#` can be granted while `$share/…` and `$SYS/#` are not.

use aws_lc_rs::digest;
use chinwag_protocol::topic::{self, filters};
use chinwag_protocol::{RoomId, Verb};
use serde::{Deserialize, Serialize};

use chinwag_chat::directory::{Reach, ReachOfAll};

/// The operation that a rule applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// The client publishes.
    PublishClientSend,
    /// A message is delivered to the client.
    PublishClientReceive,
    /// The client subscribes with exactly this filter.
    SubscribeLiteral,
    /// The client subscribes with a filter that this one covers.
    SubscribePattern,
    /// The client unsubscribes with exactly this filter.
    UnsubscribeLiteral,
    /// The client unsubscribes with a filter that this one covers.
    UnsubscribePattern,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Acl {
    /// The operation.
    #[serde(rename = "acltype")]
    pub kind: Kind,
    /// The topic, or a filter.
    pub topic: String,
    /// Whether the operation is allowed.
    pub allow: bool,
    /// Rules with a higher priority are evaluated first.
    #[serde(default)]
    pub priority: i32,
}

/// Evaluated before the other rules of its role.
const FIRST: i32 = 1;
/// Evaluated after the other rules of its role.
const LAST: i32 = -1;

/// A list of rules under construction.
#[derive(Default)]
struct Acls(Vec<Acl>);

impl Acls {
    fn add(&mut self, kind: Kind, topic: impl Into<String>, allow: bool, priority: i32) {
        self.0.push(Acl { kind, topic: topic.into(), allow, priority });
    }
    fn send(&mut self, topic: impl Into<String>) {
        self.add(Kind::PublishClientSend, topic, true, 0);
    }
    fn receive(&mut self, topic: impl Into<String>) {
        self.add(Kind::PublishClientReceive, topic, true, FIRST);
    }
    fn subscribe(&mut self, filter: impl Into<String>) {
        self.add(Kind::SubscribeLiteral, filter, true, 0);
    }
    /// Adds what every member of `room` receives.
    fn room(&mut self, room: &RoomId) {
        self.receive(room.as_str());
        self.receive(filters::activity_in(room));
        self.subscribe(room.as_str());
    }
}

/// Returns the rules of one account.
pub fn of_account(reach: &Reach) -> Vec<Acl> {
    let (me, mut acls) = (&reach.name, Acls::default());
    for verb in Verb::ALL {
        acls.send(filters::of(*verb, me));
    }
    acls.send(filters::devices_of(me));
    acls.receive(topic::inbox(me));
    acls.subscribe(topic::inbox(me));
    for room in reach.rooms.iter().filter(|room| **room != RoomId::general()) {
        acls.room(room);
    }
    for filter in wildcards_above(&reach.rooms) {
        acls.subscribe(filter);
    }
    for name in &reach.sees {
        // After the rooms, which are matched far more often.
        acls.add(Kind::PublishClientReceive, topic::presence(name), true, 0);
    }
    if !reach.in_general {
        deny_general(&mut acls);
    }
    acls.0
}

/// Revokes, for an account outside `general`, what the shared role grants to its members.
fn deny_general(acls: &mut Acls) {
    let general = RoomId::general();
    for filter in [filters::activity_in(&general), general.to_string(), filters::PRESENCE.to_owned()] {
        acls.add(Kind::PublishClientReceive, filter, false, LAST);
    }
    acls.add(Kind::SubscribeLiteral, general.as_str(), false, 0);
}

/// Returns `team/#` and `team/+` for a member of `team/backend`.
fn wildcards_above(rooms: &[RoomId]) -> Vec<String> {
    let rooms = rooms.iter().filter(|room| !room.is_direct());
    let above = rooms.flat_map(|room| room.as_str().match_indices('/').map(|(at, _)| &room.as_str()[..at]));
    let mut filters: Vec<_> = above.flat_map(|above| [format!("{above}/#"), format!("{above}/+")]).collect();
    filters.sort();
    filters.dedup();
    filters
}

/// Returns the rules that all accounts share: those of a member of `general`. If that is small enough for its members
/// to see each other's presence, they include presence, except that of accounts outside it.
pub fn of_all(reach: &ReachOfAll) -> Vec<Acl> {
    let mut acls = Acls::default();
    acls.room(&RoomId::general());
    if reach.presence {
        acls.add(Kind::PublishClientReceive, filters::PRESENCE, true, 0);
        for name in &reach.outside {
            acls.add(Kind::PublishClientReceive, topic::presence(name), false, FIRST);
        }
    }
    // They deliver only what the account may receive anyway.
    for filter in ["#", "+", "+/#", "+/+", "+/+/#", "+/+/+", "dm/#", "dm/+/+"] {
        acls.subscribe(filter);
    }
    for filter in [filters::ACTIVITY, filters::PRESENCE] {
        acls.add(Kind::SubscribePattern, filter, true, 0);
    }
    acls.0
}

/// Returns the rules of the servers' own user, in addition to those for administering the plugin.
pub fn of_server() -> Vec<Acl> {
    let mut acls = Acls::default();
    acls.send("#");
    acls.receive("#");
    acls.receive("$SYS/#");
    for filter in ["#", "$share/#", "$SYS/#"] {
        acls.add(Kind::SubscribePattern, filter, true, 0);
    }
    acls.0
}

/// Returns a hash of the rules that does not depend on their order.
pub fn digest(mut acls: Vec<Acl>) -> [u8; 32] {
    acls.sort();
    let mut hash = digest::Context::new(&digest::SHA256);
    for Acl { kind, topic, allow, priority } in &acls {
        // Topics cannot contain NUL.
        hash.update(format!("{kind:?}\0{topic}\0{allow}\0{priority}\0").as_bytes());
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(hash.finish().as_ref());
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_store::AccountId;

    /// Evaluates the rules as the plugin does: the account's own first, then the shared ones; higher priority first.
    fn receives(reach: &Reach, all: &ReachOfAll, topic: &str) -> bool {
        let answer = |mut acls: Vec<Acl>| {
            acls.retain(|acl| acl.kind == Kind::PublishClientReceive);
            acls.sort_by_key(|acl| -acl.priority);
            acls.iter().find(|acl| topic::covers(&acl.topic, topic)).map(|acl| acl.allow)
        };
        answer(of_account(reach)).or_else(|| answer(of_all(all))).unwrap_or(false)
    }

    fn reach(name: &str, rooms: &[&str], sees: &[&str]) -> Reach {
        Reach {
            id: AccountId(1),
            name: name.parse().unwrap(),
            key_generation: 0,
            in_general: rooms.contains(&"general"),
            rooms: rooms.iter().map(|room| room.parse().unwrap()).collect(),
            sees: sees.iter().map(|name| name.parse().unwrap()).collect(),
        }
    }

    fn all(outside: &[&str]) -> ReachOfAll {
        let outside = outside.iter().map(|name| name.parse().unwrap()).collect();
        ReachOfAll { outside, presence: true }
    }

    #[test]
    fn in_a_crowd_one_is_told_of_those_one_shares_a_small_room_with() {
        let ana = reach("ana", &["general", "dm/ana/bo"], &["ana", "bo"]);
        let crowd = ReachOfAll::default();
        for topic in ["general", "users/bo/presence", "users/ana/presence", "users/cy/activity/general"] {
            assert!(receives(&ana, &crowd, topic), "{topic}");
        }
        for topic in ["users/cy/presence", "users/cy/read/general", "users/bo/typing/dm/ana/bo"] {
            assert!(!receives(&ana, &crowd, topic), "{topic}");
        }
    }

    #[test]
    fn a_member_receives_what_is_theirs() {
        let ana = reach("ana", &["general", "team/x"], &["cy"]);
        let outside = all(&["cy", "dee"]);
        for topic in [
            "general",
            "users/bo/activity/general",
            "users/bo/activity/team/x",
            "team/x",
            "users/ana/inbox",
            "users/ana/presence",
            "users/bo/presence",
            "users/cy/presence",
        ] {
            assert!(receives(&ana, &outside, topic), "{topic}");
        }
        for topic in [
            "team",
            "team/y",
            "users/bo/inbox",
            "users/bo/send/general",
            "users/ana/send/general",
            "users/bo/devices/phone",
            "users/bo/activity/team/y",
            "users/bo/typing/general",
            "users/bo/read/team/x",
            "users/dee/presence",
            "$SYS/broker/version",
            "$CONTROL/dynamic-security/v1/response",
        ] {
            assert!(!receives(&ana, &outside, topic), "{topic}");
        }
    }

    #[test]
    fn who_left_general_receives_nothing_of_it() {
        let cy = reach("cy", &["team/x"], &["ana", "cy"]);
        let outside = all(&["cy"]);
        for topic in ["team/x", "users/ana/presence", "users/cy/presence", "users/cy/inbox"] {
            assert!(receives(&cy, &outside, topic), "{topic}");
        }
        for topic in
            ["general", "users/ana/activity/general", "users/ana/typing/general", "users/bo/presence"]
        {
            assert!(!receives(&cy, &outside, topic), "{topic}");
        }
    }

    #[test]
    fn wildcards_are_those_above_ones_rooms() {
        let ana = reach("ana", &["general", "team/a/b", "dm/ana/bo"], &[]);
        let acls = of_account(&ana).into_iter().filter(|acl| acl.kind == Kind::SubscribeLiteral);
        let filters: Vec<_> = acls.map(|acl| acl.topic).collect();
        assert_eq!(
            filters,
            ["users/ana/inbox", "team/a/b", "dm/ana/bo", "team/#", "team/+", "team/a/#", "team/a/+"]
        );
    }

    #[test]
    fn the_order_of_rules_does_not_matter() {
        let mut acls = of_account(&reach("ana", &["general", "team/x"], &[]));
        let digest_before = digest(acls.clone());
        acls.reverse();
        assert_eq!(digest(acls.clone()), digest_before);
        acls.pop();
        assert_ne!(digest(acls), digest_before);
    }
}

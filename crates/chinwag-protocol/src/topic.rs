//! The MQTT topics. They are built and parsed only here.

use crate::name::{InvalidName, Name, RoomId};
use crate::problem::{ErrorCode, Refused};
use crate::verb::Verb;

/// A parsed topic name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    /// `{room}`: a room's event log.
    Room(RoomId),
    /// `users/{me}/{verb}/{room}`: an action of an account in a room.
    Verb(Verb, Name, RoomId),
    /// `users/{name}/presence`: whether a person is online.
    Presence(Name),
    /// `users/{me}/inbox`: notifications to one account.
    Inbox(Name),
    /// `users/{name}/activity/{room}`: a member's typing and read cursor in a room, published by the server.
    Activity(Name, RoomId),
    /// `users/{me}/devices/{device}`: whether a device of an account is connected.
    Device(Name, Name),
}

/// Why a topic name is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTopic {
    /// It contains an invalid room id or name.
    #[error("not a valid topic: {0}")]
    Room(#[from] InvalidName),
    /// It is none of the topics under `users/`.
    #[error(
        "under users/{{name}}/ there are {}, activity/{{room}}, devices/{{device}}, presence and inbox",
        verbs()
    )]
    Users,
}

impl From<InvalidTopic> for Refused {
    fn from(invalid: InvalidTopic) -> Self {
        let detail = invalid.to_string();
        match invalid {
            InvalidTopic::Room(name) => Self { detail, ..name.into() },
            InvalidTopic::Users => Self::new(ErrorCode::TopicInvalid, detail),
        }
    }
}

/// Returns the topics of the verbs for an error message.
fn verbs() -> String {
    Verb::ALL.iter().map(|verb| format!("{}/{{room}}", verb.word())).collect::<Vec<_>>().join(", ")
}

impl Topic {
    /// Parses a topic name (not a filter).
    pub fn parse(topic: &str) -> Result<Self, InvalidTopic> {
        let Some(rest) = topic.strip_prefix("users/") else {
            return Ok(Self::Room(topic.parse()?));
        };
        let (name, rest) = rest.split_once('/').ok_or(InvalidTopic::Users)?;
        let name = name.parse::<Name>()?;
        match rest.split_once('/') {
            None if rest == "presence" => Ok(Self::Presence(name)),
            None if rest == "inbox" => Ok(Self::Inbox(name)),
            Some(("activity", room)) => Ok(Self::Activity(name, room.parse()?)),
            Some(("devices", device)) => Ok(Self::Device(name, device.parse()?)),
            Some((word, room)) => {
                let verb = Verb::parse(word).ok_or(InvalidTopic::Users)?;
                Ok(Self::Verb(verb, name, room.parse()?))
            }
            None => Err(InvalidTopic::Users),
        }
    }
}

/// Returns `users/{me}/{verb}/{room}`.
pub fn verb(verb: Verb, me: &Name, room: &RoomId) -> String {
    format!("users/{me}/{}/{room}", verb.word())
}

/// Returns `users/{name}/activity/{room}`.
pub fn activity(name: &Name, room: &RoomId) -> String {
    format!("users/{name}/activity/{room}")
}

/// Returns `users/{name}/presence`.
pub fn presence(name: &Name) -> String {
    format!("users/{name}/presence")
}

/// Returns `users/{me}/inbox`.
pub fn inbox(me: &Name) -> String {
    format!("users/{me}/inbox")
}

/// Returns `users/{me}/devices/{device}`.
pub fn device(me: &Name, device: &Name) -> String {
    format!("users/{me}/devices/{device}")
}

/// Topic filters for access rules and subscriptions.
pub mod filters {
    use crate::{Name, RoomId, Verb};

    /// Everybody's presence.
    pub const PRESENCE: &str = "users/+/presence";
    /// Everybody's activity in every room.
    pub const ACTIVITY: &str = "users/+/activity/#";
    /// Everybody's devices.
    pub const DEVICES: &str = "users/+/devices/+";

    /// Returns the filter for a verb of all accounts in all rooms.
    pub fn every(verb: Verb) -> String {
        format!("users/+/{}/#", verb.word())
    }

    /// Returns the filter for the activity of all accounts in one room.
    pub fn activity_in(room: &RoomId) -> String {
        format!("users/+/activity/{room}")
    }

    /// Returns the filter for a verb of one account in all rooms.
    pub fn of(verb: Verb, me: &Name) -> String {
        format!("users/{me}/{}/#", verb.word())
    }

    /// Returns the filter for all devices of an account.
    pub fn devices_of(me: &Name) -> String {
        format!("users/{me}/devices/+")
    }

    /// Returns the shared subscription to a filter, whose messages are distributed among all servers.
    pub fn shared(filter: &str) -> String {
        format!("$share/chinwag/{filter}")
    }
}

/// Returns whether a topic belongs to a person rather than a room.
pub fn is_personal(topic: &str) -> bool {
    topic.starts_with("users/")
}

/// Returns whether `filter` matches `topic` (MQTT 5.0, 4.7). Both must be well formed, and `filter` without a
/// `$share/{group}/` prefix.
pub fn covers(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && (filter.starts_with('#') || filter.starts_with('+')) {
        return false;
    }
    let mut topic_levels = topic.split('/');
    for level in filter.split('/') {
        match (level, topic_levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (level, Some(found)) if level == found => {}
            _ => return false,
        }
    }
    topic_levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_understood() {
        let (ana, room): (Name, RoomId) = ("ana".parse().unwrap(), "team/backend".parse().unwrap());
        let phone: Name = "phone".parse().unwrap();
        for (topic, meant) in [
            ("team/backend".to_owned(), Topic::Room(room.clone())),
            ("users/ana/send/team/backend".to_owned(), Topic::Verb(Verb::Send, ana.clone(), room.clone())),
            (verb(Verb::Typing, &ana, &room), Topic::Verb(Verb::Typing, ana.clone(), room.clone())),
            (verb(Verb::React, &ana, &room), Topic::Verb(Verb::React, ana.clone(), room.clone())),
            (activity(&ana, &room), Topic::Activity(ana.clone(), room)),
            (presence(&ana), Topic::Presence(ana.clone())),
            (inbox(&ana), Topic::Inbox(ana.clone())),
            (device(&ana, &phone), Topic::Device(ana, phone)),
        ] {
            assert_eq!(Topic::parse(&topic), Ok(meant));
        }
    }

    #[test]
    fn the_rest_is_refused() {
        for topic in [
            "users",
            "users/ana",
            "users/ana/",
            "users/ana/send",
            "users/ana/send/",
            "users/ana/shout/general",
            "users/Ana/inbox",
            "users/ana/inbox/x",
            "users/ana/activity",
            "users/ana/devices",
            "users/ana/devices/a/b",
            "WillMsg",
            "$SYS/x",
            "",
        ] {
            assert!(Topic::parse(topic).is_err(), "{topic}");
        }
    }

    #[test]
    fn filters_cover_as_mqtt_says() {
        for (filter, topic, yes) in [
            ("#", "a/b", true),
            ("#", "$sys/a", false),
            ("a/#", "a", true),
            ("a/+", "a/b", true),
            ("a/+", "a", false),
            ("+/b", "a/b", true),
            ("a/b", "a/b/c", false),
            ("users/+/typing/#", "users/ana/typing/team/x", true),
        ] {
            assert_eq!(covers(filter, topic), yes, "{filter} {topic}");
        }
    }
}

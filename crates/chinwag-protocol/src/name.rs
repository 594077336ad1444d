//! Names of people and things, and the ids of rooms.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark, is_nfc};

use crate::limits;

/// Why a name or a room id is not one. The words tell a person what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing there, or nothing between two slashes.
    #[error("a level is empty: write 1 to 64 letters or digits, '-', '_' or '.' between slashes")]
    Empty,
    /// A level with too many characters.
    #[error("a level has {0} characters; 64 is the most")]
    TooLong(usize),
    /// A character outside the alphabet.
    #[error("{0:?} is not allowed: use letters, digits, '-', '_' and '.'")]
    Character(char),
    /// Upper case, or not in Unicode's composed form.
    #[error("write it as {0:?}: lower case, in composed form (NFC)")]
    NotNormal(String),
    /// Only dots; web addresses would lose it.
    #[error("a level cannot be '.' or '..'")]
    Dots,
    /// More levels than a room may have.
    #[error("{0} levels; 8 is the most")]
    TooManyLevels(usize),
    /// More bytes than a room may have.
    #[error("{0} bytes; 200 is the most")]
    TooManyBytes(usize),
    /// A first level that means something else.
    #[error("the first level cannot be {0:?}")]
    Reserved(&'static str),
}

fn check_level(level: &str) -> Result<(), InvalidName> {
    if level.is_empty() {
        return Err(InvalidName::Empty);
    }
    let mut starts_cluster = false;
    for c in level.chars() {
        // A combining mark belongs to the letter before it; many scripts cannot be written without.
        let allowed =
            c.is_alphanumeric() || matches!(c, '-' | '_' | '.') || (starts_cluster && is_combining_mark(c));
        if !allowed {
            return Err(InvalidName::Character(c));
        }
        starts_cluster = true;
    }
    let chars = level.chars().count();
    if chars > limits::LEVEL_CHARS {
        return Err(InvalidName::TooLong(chars));
    }
    if level == "." || level == ".." {
        return Err(InvalidName::Dots);
    }
    // Most names are plain ASCII, and every message names a room: no need to normalize what cannot change.
    if !level.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        let normal = normalize(level);
        if normal != level {
            return Err(InvalidName::NotNormal(normal));
        }
    }
    debug_assert!(is_nfc(level));
    Ok(())
}

/// Lower case and NFC: what a person typed, in the only form that is accepted.
pub fn normalize(typed: &str) -> String {
    typed.trim().to_lowercase().nfc().collect()
}

/// The one Unicode form (NFC) in which texts are compared that must be the same whatever keyboard they were typed on.
pub fn composed(typed: &str) -> String {
    typed.nfc().collect()
}

macro_rules! string_type {
    ($type:ident) => {
        impl $type {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
            /// The text, shared.
            pub fn shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $type {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                text.parse()
            }
        }
        impl From<$type> for String {
            fn from(value: $type) -> String {
                value.0.as_ref().to_owned()
            }
        }
    };
}

/// The name of a person or a thing: one level, lower case, NFC.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(Arc<str>);

string_type!(Name);

impl FromStr for Name {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        check_level(text)?;
        Ok(Self(text.into()))
    }
}

/// The id of a room, which is its MQTT topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoomId(Arc<str>);

string_type!(RoomId);

impl FromStr for RoomId {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.len() > limits::ROOM_BYTES {
            return Err(InvalidName::TooManyBytes(text.len()));
        }
        let levels = text.split('/').count();
        if levels > limits::ROOM_LEVELS {
            return Err(InvalidName::TooManyLevels(levels));
        }
        text.split('/').try_for_each(check_level)?;
        match text.split('/').next() {
            Some("users") => Err(InvalidName::Reserved("users")),
            Some(_) | None => Ok(Self(text.into())),
        }
    }
}

impl RoomId {
    /// The room `general`, which always exists and which every account is in.
    pub fn general() -> Self {
        Self("general".into())
    }

    /// The room of a direct conversation: `dm/{a}/{b}`, the names in sorted order. `None` for a
    /// conversation with oneself or when the two names are too long together.
    pub fn direct(one: &Name, other: &Name) -> Option<Self> {
        let (a, b) = if one < other { (one, other) } else { (other, one) };
        let id = format!("dm/{a}/{b}");
        (a != b && id.len() <= limits::ROOM_BYTES).then(|| Self(id.into()))
    }

    /// The first level is `dm`: such rooms come into being only as direct conversations.
    pub fn is_direct(&self) -> bool {
        self.0.split('/').next() == Some("dm")
    }

    /// The two people of a direct conversation, when this is well formed as one.
    pub fn direct_pair(&self) -> Option<(Name, Name)> {
        let mut levels = self.0.strip_prefix("dm/")?.split('/');
        let (a, b) = (levels.next()?, levels.next()?);
        if levels.next().is_some() || a >= b {
            return None;
        }
        Some((a.parse().ok()?, b.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_of_any_script_are_accepted() {
        for id in [
            "general",
            "team/backend",
            "home/kitchen",
            "münchen",
            "チーム/開発",
            "हिन्दी",
            "a.b-c_d",
            "1/2/3/4/5/6/7/8",
        ] {
            assert_eq!(id.parse::<RoomId>().map(|r| r.to_string()), Ok(id.to_owned()));
        }
    }

    #[test]
    fn what_is_no_room_says_why() {
        let long = "x".repeat(65);
        for (id, why) in [
            ("", InvalidName::Empty),
            ("a//b", InvalidName::Empty),
            ("/a", InvalidName::Empty),
            ("a b", InvalidName::Character(' ')),
            ("a/+", InvalidName::Character('+')),
            ("#", InvalidName::Character('#')),
            ("$sys", InvalidName::Character('$')),
            ("General", InvalidName::NotNormal("general".into())),
            ("mu\u{308}nchen", InvalidName::NotNormal("münchen".into())),
            ("users/ana", InvalidName::Reserved("users")),
            ("a/..", InvalidName::Dots),
            ("1/2/3/4/5/6/7/8/9", InvalidName::TooManyLevels(9)),
            (long.as_str(), InvalidName::TooLong(65)),
        ] {
            assert_eq!(id.parse::<RoomId>(), Err(why), "{id}");
        }
        assert_eq!("é".repeat(101).parse::<RoomId>(), Err(InvalidName::TooManyBytes(202)));
    }

    #[test]
    fn a_direct_conversation_is_named_in_sorted_order() {
        let (ana, bo): (Name, Name) = ("ana".parse().unwrap(), "bo".parse().unwrap());
        let room = RoomId::direct(&bo, &ana).unwrap();
        assert_eq!(room.as_str(), "dm/ana/bo");
        assert_eq!(room.direct_pair(), Some((ana.clone(), bo)));
        assert_eq!(RoomId::direct(&ana, &ana), None);
        for odd in ["dm", "dm/ana", "dm/bo/ana", "dm/ana/ana", "dm/ana/bo/cy"] {
            let room: RoomId = odd.parse().unwrap();
            assert!(room.is_direct() && room.direct_pair().is_none(), "{odd}");
        }
    }
}

//! Names of people and things, and the ids of rooms.

mod new;

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use icu_properties::props::{CanonicalCombiningClass, EnumeratedProperty, JoiningType};
use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark, is_nfc};

use crate::problem::Refused;
pub use crate::reason::Kind;
use crate::reason::{Letter, Reason};
use crate::{character, limits};
pub use new::skeleton;

/// Why a text is not a valid name or room id. The message says what to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidName {
    /// What the text was parsed as.
    pub kind: Kind,
    /// Which rule it breaks.
    pub fault: Fault,
}

impl InvalidName {
    /// Returns the reason for the refusal.
    pub fn reason(&self) -> Reason<'_> {
        let what = self.kind;
        match &self.fault {
            Fault::Empty => Reason::Empty { what },
            Fault::TooLong(size) => Reason::TooLong { what, size: *size, limit: limits::LEVEL_CHARS },
            Fault::Space(suggestion) => Reason::Space { what, suggestion },
            Fault::Character(c) => Reason::Character { what, character: Letter(*c) },
            Fault::Symbol(c) => Reason::Symbol { what, character: Letter(*c) },
            Fault::Invisible(c) => Reason::Invisible { what, character: Letter(*c) },
            Fault::NotNormal(suggestion) => Reason::NotNormal { what, suggestion },
            Fault::NotPlain(suggestion) => Reason::NotPlain { what, suggestion },
            Fault::Technical(c) => Reason::UnusualLetter { what, character: Letter(*c) },
            Fault::MixedScripts => Reason::MixedScripts { what },
            Fault::Marks => Reason::Marks { what, limit: limits::STACKED_MARKS },
            Fault::Dots => Reason::Dots { what },
            Fault::TooManyLevels(size) => Reason::Levels { what, size: *size, limit: limits::ROOM_LEVELS },
            Fault::TooManyBytes(size) => Reason::Bytes { what, size: *size, limit: limits::ROOM_BYTES },
            Fault::Reserved(word) => Reason::Reserved { what, word },
        }
    }
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason().fmt(f)
    }
}

impl std::error::Error for InvalidName {}

impl From<InvalidName> for Refused {
    fn from(invalid: InvalidName) -> Self {
        invalid.reason().into()
    }
}

/// A rule that a name or a room id breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is empty, or has nothing between two slashes.
    Empty,
    /// A name or a level has too many characters.
    TooLong(usize),
    /// It contains whitespace; the suggestion has none.
    Space(String),
    /// It contains a character that is not allowed.
    Character(char),
    /// It contains an emoji or another symbol.
    Symbol(char),
    /// It contains an invisible character.
    Invisible(char),
    /// It contains upper case, or is not in Unicode's composed form (NFC).
    NotNormal(String),
    /// It contains compatibility characters, such as full-width or mathematical letters.
    NotPlain(String),
    /// It contains a letter, such as a phonetic one, that is hard to distinguish from the usual one.
    Technical(char),
    /// It contains letters of scripts that are not written together.
    MixedScripts,
    /// It has too many combining marks on one letter.
    Marks,
    /// It has only dots, which URLs would lose.
    Dots,
    /// It has more levels than allowed in a room id.
    TooManyLevels(usize),
    /// It has more bytes than allowed in a room id.
    TooManyBytes(usize),
    /// It is a word with another meaning.
    Reserved(&'static str),
}

impl Fault {
    fn of(self, kind: Kind) -> InvalidName {
        InvalidName { kind, fault: self }
    }
}

const ZERO_WIDTH_NON_JOINER: char = '\u{200C}';
const ZERO_WIDTH_JOINER: char = '\u{200D}';

/// Checks the rules for all names, including names that predate the stricter rules of [`Name::new`].
fn check_level(level: &str) -> Result<(), Fault> {
    if level.is_empty() {
        return Err(Fault::Empty);
    }
    let chars = level.chars().count();
    if chars > limits::LEVEL_CHARS {
        return Err(Fault::TooLong(chars));
    }
    for (at, c) in level.char_indices() {
        // A combining mark belongs to the letter before it; many scripts cannot be written without them.
        let allowed = c.is_alphanumeric()
            || matches!(c, '-' | '_' | '.')
            || (at > 0 && is_combining_mark(c))
            || joins(&level[..at], c, &level[at + c.len_utf8()..]);
        if !allowed {
            return Err(not_allowed(level, c));
        }
    }
    if level == "." || level == ".." {
        return Err(Fault::Dots);
    }
    // Most names are plain ASCII, and every message names a room: skip the normalization if it cannot change anything.
    if !level.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        let normal = normalize(level);
        if normal != level {
            return Err(Fault::NotNormal(normal));
        }
    }
    debug_assert!(is_nfc(level));
    Ok(())
}

/// Returns whether `c` is a joiner or non-joiner where a script needs it. RFC 5892, A.1 and A.2 (CONTEXTJ): after a
/// virama, or between two letters that would join without it, as in Persian.
fn joins(before: &str, c: char, after: &str) -> bool {
    if !matches!(c, ZERO_WIDTH_JOINER | ZERO_WIDTH_NON_JOINER) {
        return false;
    }
    let virama = before
        .chars()
        .next_back()
        .is_some_and(|last| CanonicalCombiningClass::for_char(last) == CanonicalCombiningClass::Virama);
    let joining = |chars: &mut dyn Iterator<Item = char>| {
        chars.map(JoiningType::for_char).find(|kind| *kind != JoiningType::Transparent)
    };
    let left = || joining(&mut before.chars().rev());
    let right = || joining(&mut after.chars());
    virama
        || (c == ZERO_WIDTH_NON_JOINER
            && matches!(left(), Some(JoiningType::LeftJoining | JoiningType::DualJoining))
            && matches!(right(), Some(JoiningType::RightJoining | JoiningType::DualJoining)))
}

fn not_allowed(level: &str, c: char) -> Fault {
    if c.is_whitespace() {
        let joined = level.split_whitespace().collect::<Vec<_>>().join("-");
        return Fault::Space(normalize(&joined));
    }
    if character::is_invisible(c) {
        return Fault::Invisible(c);
    }
    if c.is_ascii() || c.is_control() { Fault::Character(c) } else { Fault::Symbol(c) }
}

/// Returns typed text in lower case and NFC, the only accepted form.
pub fn normalize(typed: &str) -> String {
    typed.trim().to_lowercase().nfc().collect()
}

/// Returns typed text in NFC. Texts that must be equal whatever keyboard they were typed on are compared in this form.
pub fn composed(typed: &str) -> String {
    typed.nfc().collect()
}

macro_rules! string_type {
    ($type:ident) => {
        impl $type {
            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
            /// Returns the text as a shared string.
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
        check_level(text).map_err(|fault| fault.of(Kind::Name))?;
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
        check_room(text).map_err(|fault| fault.of(Kind::Room))?;
        Ok(Self(text.into()))
    }
}

fn check_room(text: &str) -> Result<(), Fault> {
    if text.len() > limits::ROOM_BYTES {
        return Err(Fault::TooManyBytes(text.len()));
    }
    let levels = text.split('/').count();
    if levels > limits::ROOM_LEVELS {
        return Err(Fault::TooManyLevels(levels));
    }
    text.split('/').try_for_each(check_level)?;
    if text.split('/').next() == Some("users") {
        return Err(Fault::Reserved("users"));
    }
    Ok(())
}

impl Name {
    /// Validates and normalizes a new name as typed. A new name must meet stricter rules than existing ones.
    pub fn new(typed: &str) -> Result<Self, InvalidName> {
        let name: Self = normalize(typed).parse()?;
        new::check_name(name.as_str()).map_err(|fault| fault.of(Kind::Name))?;
        Ok(name)
    }
}

impl RoomId {
    /// Validates and normalizes the id of a new room as typed.
    pub fn new(typed: &str) -> Result<Self, InvalidName> {
        let room: Self = normalize(typed).parse()?;
        let levels = &mut room.as_str().split('/');
        levels.try_for_each(new::check_level).map_err(|fault| fault.of(Kind::Room))?;
        Ok(room)
    }
}

impl RoomId {
    /// Returns the room `general`, which always exists and which every account joins when it is created.
    pub fn general() -> Self {
        Self("general".into())
    }

    /// Returns the room of a direct conversation: `dm/{a}/{b}`, the names in sorted order. `None` for a conversation
    /// with oneself, or if the two names are too long together.
    pub fn direct(one: &Name, other: &Name) -> Option<Self> {
        let (a, b) = if one < other { (one, other) } else { (other, one) };
        let id = format!("dm/{a}/{b}");
        (a != b && id.len() <= limits::ROOM_BYTES).then(|| Self(id.into()))
    }

    /// Returns whether the first level is `dm`: such rooms are created only as direct conversations.
    pub fn is_direct(&self) -> bool {
        self.0.split('/').next() == Some("dm")
    }

    /// Returns the two participants, if this is a well-formed id of a direct conversation.
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
            "علی\u{200C}رضا",
            "പ്രവീണ്\u{200D}",
            "ශ්\u{200D}රී",
        ] {
            assert_eq!(id.parse::<RoomId>().map(|r| r.to_string()), Ok(id.to_owned()));
        }
    }

    #[test]
    fn what_is_no_room_says_why() {
        let long = "x".repeat(65);
        for (id, why) in [
            ("", Fault::Empty),
            ("a//b", Fault::Empty),
            ("/a", Fault::Empty),
            ("Ana Müller", Fault::Space("ana-müller".into())),
            ("a🎉", Fault::Symbol('🎉')),
            ("ana\u{200B}", Fault::Invisible('\u{200B}')),
            ("ana\u{200D}", Fault::Invisible('\u{200D}')),
            ("an\u{200C}a", Fault::Invisible('\u{200C}')),
            ("a/+", Fault::Character('+')),
            ("#", Fault::Character('#')),
            ("$sys", Fault::Character('$')),
            ("General", Fault::NotNormal("general".into())),
            ("mu\u{308}nchen", Fault::NotNormal("münchen".into())),
            ("users/ana", Fault::Reserved("users")),
            ("a/..", Fault::Dots),
            ("1/2/3/4/5/6/7/8/9", Fault::TooManyLevels(9)),
            (long.as_str(), Fault::TooLong(65)),
        ] {
            assert_eq!(id.parse::<RoomId>(), Err(why.of(Kind::Room)), "{id}");
        }
        assert_eq!("é".repeat(101).parse::<RoomId>(), Err(Fault::TooManyBytes(202).of(Kind::Room)));
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

//! The types of the values that a reason's parameters have.

use std::fmt;

use crate::character::is_visible;
use crate::params::Param;

/// A value that a reason can have as a parameter.
pub(super) trait Value {
    /// Returns it as it is sent.
    fn param(self) -> Param;
    /// Returns its type in TypeScript.
    fn typescript() -> String;
}

impl Value for &str {
    fn param(self) -> Param {
        Param::Text(self.to_owned())
    }

    fn typescript() -> String {
        "string".to_owned()
    }
}

impl Value for u64 {
    fn param(self) -> Param {
        Param::Number(self)
    }

    fn typescript() -> String {
        "number".to_owned()
    }
}

impl Value for usize {
    fn param(self) -> Param {
        Param::Number(self as u64)
    }

    fn typescript() -> String {
        "number".to_owned()
    }
}

/// A character, shown as itself or, if it cannot be seen, as its code point (`U+200B`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Letter(pub char);

impl fmt::Display for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(c) = self;
        if is_visible(*c) { c.fmt(f) } else { write!(f, "U+{:04X}", u32::from(*c)) }
    }
}

/// In quotes, for a visible character that could be overlooked in a sentence.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{self}'")
    }
}

impl Value for Letter {
    fn param(self) -> Param {
        Param::Text(self.to_string())
    }

    fn typescript() -> String {
        "string".to_owned()
    }
}

/// Defines a type for one of a few words. It is sent as the word, and shown in English as the phrase.
macro_rules! words {
    ($($(#[$doc:meta])* $type:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal, $phrase:literal;)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $type { $($(#[$word_doc])* $variant,)* }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $phrase,)* })
            }
        }

        impl Value for $type {
            fn param(self) -> Param {
                Param::Text(match self { $(Self::$variant => $word,)* }.to_owned())
            }

            fn typescript() -> String {
                [$(concat!("\"", $word, "\""),)*].join(" | ")
            }
        }
    )*};
}

words! {
    /// What a text was parsed as.
    Kind {
        /// The name of a person or a thing.
        Name = "name", "the name";
        /// The id of a room.
        Room = "room", "the room id";
    }

    /// A text of one line.
    Line {
        /// The title of a room.
        Title = "title", "the title";
        /// The purpose of a room.
        Purpose = "purpose", "the purpose";
        /// The label of a token.
        Label = "label", "the label";
    }

    /// An action of which there are too many.
    Rated {
        /// Messages and other acts in rooms.
        Messages = "messages", "messages";
        /// Changes to rooms and memberships.
        RoomChanges = "room_changes", "changes to rooms";
        /// New rooms.
        NewRooms = "new_rooms", "new rooms";
        /// Uploads.
        Uploads = "uploads", "uploads";
        /// Wrong passwords.
        Passwords = "passwords", "wrong passwords";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown_by_its_code_point() {
        for (c, shown) in [
            ('+', "+"),
            ('🎉', "🎉"),
            ('\0', "U+0000"),
            (' ', "U+0020"),
            ('\u{202E}', "U+202E"),
            ('\u{E0001}', "U+E0001"),
        ] {
            assert_eq!(Letter(c).param(), Param::Text(shown.to_owned()));
        }
    }
}

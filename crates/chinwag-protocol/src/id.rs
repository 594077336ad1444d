//! Ids that the server generates and clients send back.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::problem::{ErrorCode, Refused};

/// The id of an upload, as returned by `POST /media`. It is validated on input, so that no other text reaches the
/// database or a file's path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MediaId(String);

impl MediaId {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MediaId {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if (1..=limits::MEDIA_ID_CHARS).contains(&text.len()) && text.bytes().all(allowed) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused::new(
            ErrorCode::PayloadInvalid,
            "this is not the id of an upload; upload the file with POST /media and use the id in its answer",
        ))
    }
}

impl TryFrom<String> for MediaId {
    type Error = Refused;
    fn try_from(text: String) -> Result<Self, Refused> {
        text.parse()
    }
}

impl From<MediaId> for String {
    fn from(id: MediaId) -> Self {
        id.0
    }
}

impl fmt::Display for MediaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_are_ids() {
        for id in ["3f0c", "0197f3a2-1c3e-7aaa-8000-0123456789ab", &"a".repeat(64)] {
            assert_eq!(id.parse::<MediaId>().unwrap().as_str(), id);
        }
        for no in ["", "\0", "a\0", "../a", "a/b", "a b", "é", "a.b", &"a".repeat(65)] {
            assert!(no.parse::<MediaId>().is_err(), "{no:?}");
        }
    }
}

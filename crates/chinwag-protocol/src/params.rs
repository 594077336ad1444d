//! The parameters of a refusal: what a client needs in order to say it in the person's language.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of the parameter that is the word of the [`Reason`](crate::Reason).
pub(crate) const REASON: &str = "reason";

/// Parameters by name. Unless empty, they contain `reason`, which says what the others mean.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Params(BTreeMap<Cow<'static, str>, Param>);

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Param {
    /// A number.
    Number(u64),
    /// A text.
    Text(String),
}

impl Params {
    /// Creates the parameters of a reason that has no others.
    pub(crate) fn of(word: &'static str) -> Self {
        Self(BTreeMap::from([(REASON.into(), Param::Text(word.to_owned()))]))
    }

    /// Adds a parameter.
    pub(crate) fn add(&mut self, name: &'static str, value: Param) {
        self.0.insert(name.into(), value);
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the word of the reason.
    pub fn reason(&self) -> Option<&str> {
        match self.0.get(REASON)? {
            Param::Text(word) => Some(word),
            Param::Number(_) => None,
        }
    }

    /// Returns a parameter that is a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.0.get(name)? {
            Param::Number(number) => Some(*number),
            Param::Text(_) => None,
        }
    }

    /// Returns names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Param)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }
}

impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_an_object_of_texts_and_numbers() {
        let mut params = Params::of("text");
        params.add("limit", Param::Number(16_384));
        let json = r#"{"limit":16384,"reason":"text"}"#;
        assert_eq!(serde_json::to_string(&params).unwrap(), json);
        assert_eq!(serde_json::from_str::<Params>(json).unwrap(), params);
        assert_eq!((params.reason(), params.number("limit")), (Some("text"), Some(16_384)));
        let shown: Vec<_> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(shown, ["limit=16384", "reason=text"]);
    }
}

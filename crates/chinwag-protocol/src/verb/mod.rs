//! The verbs: the actions of a user in a room, in one list. A verb is published on `users/{me}/{verb}/{room}`, or
//! invoked over HTTP; both carry the same payload and run the same code. Topics, HTTP routes, OpenAPI, AsyncAPI, the
//! access rules for external brokers, TypeScript and the table in docs/protocol.md are derived from this list.

mod delete;
mod edit;
mod object;
mod react;
mod read;
mod send;

pub use delete::Delete;
pub use edit::Edit;
pub use react::React;
pub use read::Read;
pub use send::Send;

use crate::inbox::Typing;
use serde_json::Value;
use utoipa::{PartialSchema, ToSchema};

/// The HTTP request for a verb. The payload is the body, together with the members given by the path, the query and the
/// method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpForm {
    /// The HTTP method.
    pub method: &'static str,
    /// The path; `{topic}` is the room.
    pub path: &'static str,
    /// The query parameters, each with the member of the payload that it sets.
    pub query: &'static [(&'static str, &'static str)],
    /// The members of the payload that the method implies, with their values.
    pub says: &'static [(&'static str, bool)],
    /// Whether a body holds the other members.
    pub body: bool,
}

macro_rules! form {
    ($method:literal $path:literal, query [$($name:literal => $member:literal),*], says [$($said:literal: $value:literal),*], body $body:literal) => {
        HttpForm {
            method: $method,
            path: $path,
            query: &[$(($name, $member)),*],
            says: &[$(($said, $value)),*],
            body: $body,
        }
    };
}

macro_rules! verbs {
    ($($(#[doc = $doc:literal])* $verb:ident($payload:ty) {
        word: $word:literal, does: $does:literal, allowed_to: $allowed_to:literal, event: $event:expr, qos: $qos:literal,
        http: $http:expr,
    })*) => {
        /// An action of a person in a room.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Verb { $($(#[doc = $doc])* $verb,)* }

        impl Verb {
            /// All verbs.
            pub const ALL: &[Self] = &[$(Self::$verb,)*];

            /// Returns the level that names the verb in topics.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$verb => $word,)* }
            }
            /// Returns a sentence that describes the verb.
            pub const fn does(self) -> &'static str {
                match self { $(Self::$verb => $does,)* }
            }
            /// Returns who may use it.
            pub const fn allowed_to(self) -> &'static str {
                match self { $(Self::$verb => $allowed_to,)* }
            }
            /// Returns the type of the event that it creates, if any.
            pub const fn event(self) -> Option<&'static str> {
                match self { $(Self::$verb => $event,)* }
            }
            /// Returns the recommended quality of service for publishing it.
            pub const fn qos(self) -> u8 {
                match self { $(Self::$verb => $qos,)* }
            }
            /// Returns its HTTP requests.
            pub const fn http(self) -> &'static [HttpForm] {
                match self { $(Self::$verb => $http,)* }
            }
            /// Returns the name of its payload's type.
            pub fn payload_name(self) -> String {
                match self { $(Self::$verb => <$payload as ToSchema>::name().into_owned(),)* }
            }
            /// Returns the TypeScript declaration of its payload.
            pub fn payload_typescript(self, config: &ts_rs::Config) -> String {
                match self { $(Self::$verb => <$payload as ts_rs::TS>::decl(config),)* }
            }
            /// Returns the JSON schema of its payload.
            pub fn payload_schema(self) -> Value {
                let schema = match self { $(Self::$verb => serde_json::to_value(<$payload as PartialSchema>::schema()),)* };
                schema.unwrap_or_default()
            }
        }
    };
}

verbs! {
    /// Sends a message.
    Send(Send) {
        word: "send", does: "Says something.", allowed_to: "members", event: Some("message"), qos: 1,
        http: &[form!("POST" "/message", query [], says [], body true)],
    }
    /// Changes the text of a message.
    Edit(Edit) {
        word: "edit", does: "Changes the text of a message.", allowed_to: "the sender", event: Some("edit"), qos: 1,
        http: &[form!("PATCH" "/messages/{topic}", query ["seq" => "target"], says [], body true)],
    }
    /// Deletes a message.
    Delete(Delete) {
        word: "delete", does: "Deletes a message: its content is erased.",
        allowed_to: "the sender, owners of the room, administrators", event: Some("delete"), qos: 1,
        http: &[form!("DELETE" "/messages/{topic}", query ["seq" => "target", "msg_id" => "msg_id"], says [], body false)],
    }
    /// Adds an emoji to a message, or removes it.
    React(React) {
        word: "react", does: "Puts an emoji on a message, or takes one's own away.", allowed_to: "members",
        event: Some("react"), qos: 1,
        http: &[
            form!("PUT" "/reactions/{topic}", query ["seq" => "target", "emoji" => "emoji", "msg_id" => "msg_id"],
                says ["on": true], body false),
            form!("DELETE" "/reactions/{topic}", query ["seq" => "target", "emoji" => "emoji", "msg_id" => "msg_id"],
                says ["on": false], body false),
        ],
    }
    /// Moves the sender's read cursor.
    Read(Read) {
        word: "read", does: "Moves one's read cursor; it only moves forward.", allowed_to: "members", event: None, qos: 1,
        http: &[form!("POST" "/read/{topic}", query [], says [], body true)],
    }
    /// Shows that the sender is typing.
    Typing(Typing) {
        word: "typing", does: "Is typing; stands for six seconds, never stored.", allowed_to: "members", event: None,
        qos: 0, http: &[],
    }
}

impl Verb {
    /// Returns the verb with this name in topics.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|verb| verb.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_http_says_are_members_of_the_payload() {
        for verb in Verb::ALL {
            assert_eq!(Verb::parse(verb.word()), Some(*verb));
            let schema = verb.payload_schema();
            for form in verb.http() {
                let members = form.query.iter().map(|(_, member)| *member);
                for member in members.chain(form.says.iter().map(|(member, _)| *member)) {
                    assert!(schema["properties"][member].is_object(), "{verb:?} {member}");
                }
            }
        }
    }
}

//! The bodies of HTTP requests and responses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use ts_rs::TS;
use utoipa::{IntoParams, ToSchema};

use crate::event::{Attachment, Deleted, Event, Quote};
use crate::id::MediaId;
use crate::inbox::PresenceState;
use crate::name::{Name, RoomId};
use crate::verb::Send;

/// The body of `POST /session`, which signs in.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct SignIn {
    /// The account's name.
    pub username: String,
    /// The account's password.
    pub password: String,
    /// A name for the sign-in, by which its owner recognizes it among others, such as "Firefox on Linux".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub label: Option<String>,
}

/// The body of `POST /setup`, which creates the first administrator account.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Setup {
    /// The token from the one-time link that the server printed.
    pub token: String,
    /// The new account's name.
    pub username: String,
    /// The new account's password.
    pub password: String,
    /// A name for the sign-in, as in `POST /session`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub label: Option<String>,
}

/// The response to `GET /setup`: whether the server still has to be set up.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct SetupState {
    /// True until there is an administrator who can sign in.
    pub needed: bool,
    /// True once any account exists; its owner can sign in even if there is no administrator.
    pub accounts: bool,
}

/// The response to a sign-in.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Session {
    /// For `Authorization: Bearer`, and for the password field of an MQTT CONNECT. Shown only once.
    pub token: String,
    /// The account that is signed in.
    pub account: Account,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Account {
    /// The account's name.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub name: Name,
    /// Whether the account is an administrator: it may create accounts and manage every room.
    pub admin: bool,
}

/// The body of `POST /accounts`, with which an administrator creates an account.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct NewAccount {
    /// The new account's name.
    pub username: String,
    /// The initial password.
    pub password: String,
    /// Whether the account is an administrator: it may create accounts and manage every room.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub admin: bool,
}

/// The body of `POST /account/password`, which changes the caller's own password and ends all other sign-ins.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct ChangePassword {
    /// The current password.
    pub current: String,
    /// The new password.
    pub new: String,
}

/// The body of `POST /tokens`, which creates an access token for a device or a program.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS, ToSchema)]
pub struct NewToken {
    /// A description of what the token is for.
    #[serde(default)]
    pub label: String,
}

/// The response to `POST /tokens`. The token itself is shown only here.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct CreatedToken {
    /// The id with which the token can be revoked.
    pub id: u64,
    /// The token.
    pub token: String,
}

/// A sign-in or an access token, without its secret.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct TokenInfo {
    /// The id with which the token can be revoked.
    pub id: u64,
    /// The description given when it was created.
    pub label: String,
    /// The time of creation, RFC 3339.
    pub created_at: String,
    /// The time of the last use, RFC 3339, accurate to the hour; absent if it was never used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub last_used_at: Option<String>,
    /// Whether it is a sign-in; otherwise it is an access token.
    pub sign_in: bool,
    /// Whether this request used it.
    pub current: bool,
}

/// The response to `GET /tokens`.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Tokens {
    /// The sign-ins and tokens, newest first.
    pub tokens: Vec<TokenInfo>,
}

/// The query parameters of a list that is returned in pages.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Maximum number of entries: 1 to 500; 100 by default
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `cursor` of the previous page; absent for the first page
    pub cursor: Option<String>,
}

/// A person who shares a room with the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Person {
    /// The person's name.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub name: Name,
    /// Whether the person is online.
    pub state: PresenceState,
    /// When the person was last online, RFC 3339; absent if never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub last_seen: Option<String>,
    /// Whether changes are published to the caller by MQTT, which is so if the two share a direct conversation or a
    /// small room. If false, ask again.
    pub live: bool,
}

/// The response to `GET /people`: everybody who shares a room with the caller, and the caller.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct People {
    /// The people, sorted by name.
    pub people: Vec<Person>,
    /// The cursor for the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cursor: Option<String>,
}

/// The body of `POST /rooms`, which creates a room. The caller becomes its owner and first member.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct NewRoom {
    /// The room's id, which is also its MQTT topic.
    pub topic: String,
    /// The title to display; the topic by default.
    #[serde(default)]
    #[ts(optional, as = "Option<String>")]
    pub title: String,
    /// What the room is for.
    #[serde(default)]
    #[ts(optional, as = "Option<String>")]
    pub purpose: String,
    /// Whether only people who were added can see the room.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub private: bool,
}

/// The body of `PATCH /rooms/{topic}`. Only the fields that are present change.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS, ToSchema)]
pub struct ChangeRoom {
    /// The title to display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub title: Option<String>,
    /// What the room is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub purpose: Option<String>,
    /// Whether only people who were added can see the room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub private: Option<bool>,
}

/// A room, as the caller sees it.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Room {
    /// The room's id, which is also its MQTT topic.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub topic: RoomId,
    /// The title to display; for a direct conversation, the other person's name.
    pub title: String,
    /// What the room is for.
    pub purpose: String,
    /// Whether only people who were added can see the room.
    pub private: bool,
    /// Whether it is a direct conversation.
    pub direct: bool,
    /// Whether the caller is a member.
    pub member: bool,
    /// Whether the caller is an owner, who may change the room and remove people.
    pub owner: bool,
    /// The number of members.
    pub members: u64,
    /// Identifies the log's history. It changes if the log is rewound, as by restoring a backup; earlier seqs are then
    /// invalid.
    pub epoch: String,
    /// The seq of the room's last event; 0 if there is none.
    pub last_seq: u64,
    /// The caller's read cursor.
    pub read_seq: u64,
    /// The number of other people's messages after the caller's read cursor, counted up to 100.
    pub unread: u64,
    /// The last message, for a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, as = "Option<Event>")]
    #[schema(value_type = Option<Event>)]
    pub last_message: Option<Box<RawValue>>,
}

/// The response to `GET /rooms`, the caller's rooms, and to `GET /rooms?joinable=true`, the public rooms that the
/// caller is not in.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Rooms {
    /// The caller's rooms, the one with the latest event first; or joinable rooms, sorted by topic.
    pub rooms: Vec<Room>,
    /// The cursor for the next page; absent on the last page, and for the caller's rooms, which are not paged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cursor: Option<String>,
}

/// The body of `POST /direct`, which returns the direct conversation with a person and creates it if necessary.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Direct {
    /// The other person's name.
    pub name: String,
}

/// The body of `POST /members/{topic}`, which joins a room or adds a person to it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS, ToSchema)]
pub struct AddMember {
    /// The person to add; by default the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
}

/// A member of a room.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Member {
    /// The member's name.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub name: Name,
    /// Whether the member is an owner, who may change the room and remove people.
    pub owner: bool,
    /// The member's read cursor.
    pub read_seq: u64,
}

/// The response to `GET /members/{topic}`.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Members {
    /// The members, sorted by name.
    pub members: Vec<Member>,
    /// The cursor for the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cursor: Option<String>,
}

/// The body of `POST /message`. [`Send::from_body`] parses it by the same rules as an MQTT payload.
#[derive(Debug, Clone, Serialize, TS, ToSchema)]
pub struct NewMessage {
    /// The room.
    pub topic: String,
    /// The message to send.
    #[serde(flatten)]
    pub send: Send,
}

/// The response to `GET /messages/{topic}`: messages in their current state.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Messages {
    /// The room.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub topic: RoomId,
    /// Identifies the log's history; see `Room`.
    pub epoch: String,
    /// The seq of the room's last event, whatever its type.
    pub last_seq: u64,
    /// The first seq of the stretch of the log that the response covers: every message from here to `to` is in it.
    pub from: u64,
    /// The last seq of the stretch; `from - 1` if it is empty.
    pub to: u64,
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// With `notes=true`: the joins, leaves and changes of the room from `from` to `to`, oldest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "Event[]")]
    pub notes: Option<Vec<Event>>,
}

/// The `type` of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageType {
    /// The only value.
    #[default]
    Message,
}

/// A message in its current state: its event, with the later edits, deletion and reactions applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Message {
    /// The message's seq in the room's log.
    pub seq: u64,
    /// The room.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub topic: RoomId,
    /// The sender's account.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub sender: Name,
    /// When the message was sent, RFC 3339.
    pub sent_at: String,
    /// Always `message`.
    #[serde(rename = "type")]
    pub kind: MessageType,
    /// The key that the sender gave the message.
    pub msg_id: String,
    /// The current text.
    pub text: String,
    /// The message to which this one replies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub original_message: Option<Quote>,
    /// Files and pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Attachment>>")]
    pub attachments: Vec<Attachment>,
    /// Present if the message is deleted; its content is then erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub deleted: Option<Deleted>,
    /// The seq of the last event that changed the message; its own seq if none did. Of two versions, the one with the
    /// larger value is newer.
    pub changed_seq: u64,
    /// The last edit, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub edited: Option<Edited>,
    /// Reactions, ordered by the first reaction with each emoji.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Reaction>>")]
    pub reactions: Vec<Reaction>,
}

/// An edit of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Edited {
    /// The seq of the `edit` event.
    pub seq: u64,
    /// The time of the edit, RFC 3339.
    pub at: String,
}

/// The reactions to a message with one emoji.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// The number of people who reacted with it.
    pub count: u64,
    /// The first people who did, at most 20.
    #[ts(type = "string[]")]
    #[schema(value_type = Vec<String>)]
    pub names: Vec<Name>,
    /// Whether the caller is among them.
    pub mine: bool,
}

/// The response to `GET /events/{topic}`: events of the log, with which a client fills a gap.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Events {
    /// The room.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub topic: RoomId,
    /// Identifies the log's history; see `Room`.
    pub epoch: String,
    /// The seq of the room's last event.
    pub last_seq: u64,
    /// The events, in order. After `after` there are more while the seq of the last one is below `last_seq`; before
    /// `before` there are more while the seq of the first one is above 1.
    #[ts(type = "Event[]")]
    pub events: Vec<Event>,
    /// Whether the client is too far behind; it then has to start over with `/messages`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub reset: bool,
}

/// The response to `GET /broker`: where the caller's clients connect by MQTT, and what the broker supports.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct BrokerInfo {
    /// The WebSocket URL; absent if it is this server's own `/mqtt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub url: Option<String>,
    /// The URLs for devices and scripts: `mqtts://HOST:PORT`, `mqtt://`, `wss://HOST:PORT/mqtt`, `ws://`. Only those
    /// that the caller can reach, the best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub addresses: Vec<String>,
    /// The user name for CONNECT.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub username: Name,
    /// The password for CONNECT. If it is absent, the caller's access token is one; a page of this server's own origin
    /// needs none, as its cookie is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub password: Option<String>,
    /// Whether the broker grants wildcard filters and delivers what the caller may read: `#` then means all of the
    /// caller's rooms. If false, subscribe to each room and each person by name.
    pub wildcards: bool,
    /// Whether a PUBACK means that the message is stored. If false, it is stored once its `msg_id` comes back, in an
    /// inbox note or in the room.
    pub stored_on_ack: bool,
}

/// The response to `POST /media`: the upload as it appears as an attachment.
pub type Media = Attachment;

/// The body of `POST /media/addresses`, which asks for signed addresses of uploads.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct MediaIds {
    /// The ids of the uploads, at most 100.
    #[ts(type = "string[]")]
    #[schema(value_type = Vec<String>, max_items = 100)]
    pub ids: Vec<MediaId>,
}

/// The response to `POST /media/addresses`: addresses that need neither a token nor the cookie.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct MediaAddresses {
    /// For each upload's id its path on this server, with its query. An upload that does not exist or that the caller
    /// may not read is left out.
    pub addresses: BTreeMap<String, String>,
    /// The time from which on they are refused, RFC 3339.
    pub expires_at: String,
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::path::ParameterIn;

    use super::*;
    use crate::limits;

    #[test]
    fn the_document_has_the_limits_of_a_page() {
        let params = Page::into_params(|| Some(ParameterIn::Query));
        let limit = serde_json::to_value(&params[0]).unwrap();
        let most = u64::from(limits::PAGE_MAX);
        let schema = &limit["schema"];
        assert_eq!(
            (schema["minimum"].as_u64(), schema["maximum"].as_u64()),
            (Some(1), Some(most)),
            "{limit}"
        );
        let words = format!("1 to {most}; {} by default", limits::PAGE_DEFAULT);
        assert!(limit["description"].as_str().unwrap().contains(&words), "{limit}");
    }
}

//! The bodies of HTTP requests and responses.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use ts_rs::TS;
use utoipa::{IntoParams, ToSchema};

use crate::event::{Attachment, Deleted, Event, Quote};
use crate::inbox::PresenceState;
use crate::name::{Name, RoomId};
use crate::verb::Send;

/// `POST /session`: sign in.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct SignIn {
    /// The account's name.
    pub username: String,
    /// Its password.
    pub password: String,
}

/// `POST /setup`: the first person makes the administrator's account.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Setup {
    /// From the one-time link that the server printed.
    pub token: String,
    /// The name to have.
    pub username: String,
    /// The password to have.
    pub password: String,
}

/// `GET /setup`: is there anybody yet?
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct SetupState {
    /// True until there is an administrator who can sign in.
    pub needed: bool,
    /// True once there is any account: people may sign in without an administrator.
    pub accounts: bool,
}

/// Signed in.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Session {
    /// For `Authorization: Bearer`, and for the password field of an MQTT CONNECT. Shown only once.
    pub token: String,
    /// Who.
    pub account: Account,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Account {
    /// Its name.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub name: Name,
    /// May make accounts and manage every room.
    pub admin: bool,
}

/// `POST /accounts`: an administrator makes an account.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct NewAccount {
    /// The name to have.
    pub username: String,
    /// The first password.
    pub password: String,
    /// May make accounts and manage every room.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub admin: bool,
}

/// `POST /account/password`: change my own. Signs out everywhere else.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct ChangePassword {
    /// The password so far.
    pub current: String,
    /// The password from now on.
    pub new: String,
}

/// `POST /tokens`: an access token for a device or a program.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS, ToSchema)]
pub struct NewToken {
    /// What it is for, to recognise it by.
    #[serde(default)]
    pub label: String,
}

/// A token just made. The token itself is shown only this once.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct CreatedToken {
    /// To revoke it by.
    pub id: u64,
    /// The token.
    pub token: String,
}

/// A sign-in or an access token, without its secret.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct TokenInfo {
    /// To revoke it by.
    pub id: u64,
    /// What it is for.
    pub label: String,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339; to the hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub last_used_at: Option<String>,
    /// It is the one this request used.
    pub current: bool,
}

/// `GET /tokens`.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Tokens {
    /// Newest first.
    pub tokens: Vec<TokenInfo>,
}

/// The query of a list that comes in pages.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// How many at most: 1 to 500; 100 by default
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// Where to go on: the `cursor` of the page before
    pub cursor: Option<String>,
}

/// Somebody I share a room with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Person {
    /// Their name.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub name: Name,
    /// How reachable they are.
    pub state: PresenceState,
    /// RFC 3339; absent for somebody who was never there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub last_seen: Option<String>,
    /// I am told by MQTT when this changes: we share a direct conversation or a small room. Where it is false, ask
    /// again.
    pub live: bool,
}

/// `GET /people`: everybody I share a room with, me included, by name.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct People {
    /// By name.
    pub people: Vec<Person>,
    /// For the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cursor: Option<String>,
}

/// `POST /rooms`: make a room. Its maker is its owner and first member.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct NewRoom {
    /// Its id, which is its topic.
    pub topic: String,
    /// The title to show; the topic where there is none.
    #[serde(default)]
    #[ts(optional, as = "Option<String>")]
    pub title: String,
    /// What it is for.
    #[serde(default)]
    #[ts(optional, as = "Option<String>")]
    pub purpose: String,
    /// Only those who are added may see it.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub private: bool,
}

/// `PATCH /rooms/{topic}`: what is named changes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS, ToSchema)]
pub struct ChangeRoom {
    /// The title to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub title: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub purpose: Option<String>,
    /// Only those who are added may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub private: Option<bool>,
}

/// A room, as the one who asks sees it.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Room {
    /// Its id, which is its topic.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub topic: RoomId,
    /// The title to show; for a direct conversation the other one's name.
    pub title: String,
    /// What it is for.
    pub purpose: String,
    /// Only those who are added may see it.
    pub private: bool,
    /// A direct conversation.
    pub direct: bool,
    /// I am a member.
    pub member: bool,
    /// I may change it and remove people.
    pub owner: bool,
    /// How many are in it.
    pub members: u64,
    /// Changes when the log was rewound: numbers from before mean nothing then.
    pub epoch: String,
    /// The seq of its last event; 0 when nothing has happened.
    pub last_seq: u64,
    /// My read cursor.
    pub read_seq: u64,
    /// Messages of others after my read cursor, counted up to 100.
    pub unread: u64,
    /// The last message, for a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, as = "Option<Event>")]
    #[schema(value_type = Option<Event>)]
    pub last_message: Option<Box<RawValue>>,
}

/// `GET /rooms`: my rooms; `GET /rooms?joinable=true`: public rooms I am not in.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Rooms {
    /// My rooms: the one where something happened last comes first. Joinable ones by topic.
    pub rooms: Vec<Room>,
    /// For the next page; absent on the last one, and from my rooms, which come in one answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cursor: Option<String>,
}

/// `POST /direct`: begin (or find) the conversation with somebody.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Direct {
    /// With whom.
    pub name: String,
}

/// `POST /members/{topic}`: join, or add somebody.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS, ToSchema)]
pub struct AddMember {
    /// Whom to add; me, where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
}

/// One member of a room.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Member {
    /// Who.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub name: Name,
    /// May change the room and remove people.
    pub owner: bool,
    /// Their read cursor.
    pub read_seq: u64,
}

/// `GET /members/{topic}`.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Members {
    /// By name.
    pub members: Vec<Member>,
    /// For the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cursor: Option<String>,
}

/// `POST /message`. It is read by [`Send::from_body`], by the same rules as an MQTT payload.
#[derive(Debug, Clone, Serialize, TS, ToSchema)]
pub struct NewMessage {
    /// The room.
    pub topic: String,
    /// What to say in it.
    #[serde(flatten)]
    pub send: Send,
}

/// `GET /messages/{topic}`: messages as they stand now.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Messages {
    /// The room.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub topic: RoomId,
    /// Changes when the log was rewound.
    pub epoch: String,
    /// The seq of the room's last event, whatever its type.
    pub last_seq: u64,
    /// Oldest first.
    pub messages: Vec<Message>,
}

/// What a message is, wherever types are told apart by `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageType {
    /// The only one there is.
    #[default]
    Message,
}

/// A message as it stands now: its event, and what has become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Message {
    /// Its place in the room's log.
    pub seq: u64,
    /// The room.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub topic: RoomId,
    /// Who sent it.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub sender: Name,
    /// When, RFC 3339.
    pub sent_at: String,
    /// Always `message`.
    #[serde(rename = "type")]
    pub kind: MessageType,
    /// The sender's own key for it.
    pub msg_id: String,
    /// What it says now.
    pub text: String,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub original_message: Option<Quote>,
    /// Files and pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Attachment>>")]
    pub attachments: Vec<Attachment>,
    /// It is deleted: its content is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub deleted: Option<Deleted>,
    /// The seq of the last event that changed it; its own where none did. Of two versions, the one with the larger is
    /// the newer.
    pub changed_seq: u64,
    /// Its last edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub edited: Option<Edited>,
    /// Reactions, in the order of the first of each kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Reaction>>")]
    pub reactions: Vec<Reaction>,
}

/// An edit of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Edited {
    /// The seq of the `edit` event.
    pub seq: u64,
    /// When, RFC 3339.
    pub at: String,
}

/// One emoji on a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// How many people have put it there.
    pub count: u64,
    /// The first of them.
    #[ts(type = "string[]")]
    #[schema(value_type = Vec<String>)]
    pub names: Vec<Name>,
    /// I am among them.
    pub mine: bool,
}

/// `GET /events/{topic}`: the raw log, to fill a gap.
#[derive(Debug, Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct Events {
    /// The room.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub topic: RoomId,
    /// Changes when the log was rewound.
    pub epoch: String,
    /// The seq of the room's last event.
    pub last_seq: u64,
    /// In order, from the one after `after`. More may follow while the last one's seq is below `last_seq`.
    #[ts(type = "Event[]")]
    pub events: Vec<Event>,
    /// Too far behind: fetch `/messages` afresh.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub reset: bool,
}

/// `GET /broker`: where a client of mine connects by MQTT, and what it may count on there.
#[derive(Clone, Serialize, Deserialize, TS, ToSchema)]
pub struct BrokerInfo {
    /// The WebSocket URL. Left out: this server's own `/mqtt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub url: Option<String>,
    /// Where devices and scripts connect, as URLs: `mqtts://HOST:PORT`, `mqtt://`, `wss://HOST:PORT/mqtt`, `ws://`.
    /// Those that whoever asks can reach, the best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub addresses: Vec<String>,
    /// For CONNECT.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub username: Name,
    /// For CONNECT. Left out: the cookie that this request came with is proof enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub password: Option<String>,
    /// A wildcard is granted and carries what I may read: `#` is all my rooms. If not, each room and each
    /// person is subscribed to by name.
    pub wildcards: bool,
    /// PUBACK means stored. If not, a send is stored when its `msg_id` has come back, in an inbox note or in
    /// the room.
    pub stored_on_ack: bool,
}

/// `POST /media`: what an attachment will be shown as.
pub type Media = Attachment;

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

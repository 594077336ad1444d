//! The interpretation of a client's PUBLISH, whichever broker it arrived on.

use chinwag_broker::Message;
use chinwag_protocol::topic::Topic;
use chinwag_protocol::{ErrorCode, Name, Reason, Refused, Verb};

use crate::access;
use crate::chat::Chat;
use crate::chat::verbs::{self, Wanted};
use crate::chat::way::Way;
use crate::messages;
use crate::store::{AccountId, Action, made_id};

/// The action that a PUBLISH requires.
#[derive(Debug)]
pub enum Meaning {
    /// Commit the action; the acknowledgement follows.
    Store(Action),
    /// Publish this message, which replaces the client's own, to everybody who may read it.
    Publish(Message),
    /// The PUBLISH is accepted, and needs no action.
    Nothing,
}

/// The origin of a PUBLISH; see [`Way`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// A client of the embedded broker.
    Client {
        /// The client id.
        id: &'a str,
        /// The PUBLISH's packet id; 0 if it has none.
        packet: u16,
        /// Whether the client may have sent it before.
        dup: bool,
    },
    /// A will on the embedded broker.
    Will,
    /// An external broker.
    Broker {
        /// The `msg_id` that we gave it when it arrived before, if it did.
        again: Option<&'a str>,
    },
}

/// Interprets a PUBLISH of an authenticated account; returns a refusal if it is not permitted.
pub async fn of(
    chat: &Chat,
    me: AccountId,
    topic: &str,
    payload: &[u8],
    source: Source<'_>,
) -> Result<Meaning, Refused> {
    let mine = || chat.directory.name_of(me).ok_or(Refused::from(Reason::SignInEnded));
    let own = |name: &Name| access::own(&mine()?, name);
    let (verb, name, room) = match Topic::parse(topic)? {
        // Members may also send to the room's own topic.
        Topic::Room(room) => (Verb::Send, mine()?, room),
        Topic::Verb(verb, name, room) => (verb, name, room),
        Topic::Device(name, _) => return own(&name).map(|()| Meaning::Nothing),
        Topic::Activity(..) | Topic::Presence(_) | Topic::Inbox(_) => {
            return Err(Refused::new(ErrorCode::NotAuthorized, "only the server can publish there"));
        }
    };
    own(&name)?;
    let way = match source {
        Source::Client { id, packet, dup } => {
            let sent = made_id::Sent { client: id, packet, room: room.as_str(), payload };
            Way::Packet { sent, resent: dup }
        }
        Source::Will => Way::Once,
        Source::Broker { again } => Way::Broker { again },
    };
    Ok(match verbs::prepare(chat, me, verb, &room, payload, way).await? {
        Wanted::Act(action) => Meaning::Store(action),
        Wanted::Publish(activity) => Meaning::Publish(messages::activity(&name, &room, &activity)),
        Wanted::Nothing => Meaning::Nothing,
    })
}

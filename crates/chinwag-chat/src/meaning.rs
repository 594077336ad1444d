//! What a client's PUBLISH means here, on whichever broker it came.

use chinwag_broker::Message;
use chinwag_protocol::topic::Topic;
use chinwag_protocol::{ErrorCode, Name, Refused, Verb};

use crate::access;
use crate::chat::Chat;
use crate::chat::verbs::{self, Wanted};
use crate::chat::way::Way;
use crate::messages;
use crate::store::{AccountId, Action, made_id};

/// What is to be done with it.
#[derive(Debug)]
pub enum Meaning {
    /// To be committed; the answer comes after.
    Store(Action),
    /// To be published to the subscribers who may read it, as the server wrote it, and not stored.
    Publish(Message),
    /// Understood, and nothing is to be done.
    Nothing,
}

/// How a PUBLISH came here; see [`Way`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// From a client of the embedded broker.
    Client {
        /// The client's id.
        id: &'a str,
        /// The PUBLISH's packet id; 0 where it has none.
        packet: u16,
        /// The client may have sent it before.
        dup: bool,
    },
    /// A will on the embedded broker.
    Will,
    /// From another broker.
    Broker {
        /// The `msg_id` that it got from us when it came before.
        again: Option<&'a str>,
    },
}

/// Understands a PUBLISH of somebody who has signed in; a refusal where they may not.
pub async fn of(
    chat: &Chat,
    me: AccountId,
    topic: &str,
    payload: &[u8],
    source: Source<'_>,
) -> Result<Meaning, Refused> {
    let mine = || chat.directory.name_of(me).ok_or(Refused::from(ErrorCode::NotAuthenticated));
    let own = |name: &Name| access::own(&mine()?, name);
    let (verb, name, room) = match Topic::parse(topic)? {
        // A room's own topic is where its members send to, too.
        Topic::Room(room) => (Verb::Send, mine()?, room),
        Topic::Verb(verb, name, room) => (verb, name, room),
        Topic::Device(name, _) => return own(&name).map(|()| Meaning::Nothing),
        Topic::Activity(..) | Topic::Presence(_) | Topic::Inbox(_) => {
            return Err(Refused::new(ErrorCode::NotAuthorized, "only the server writes there"));
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

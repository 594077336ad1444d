//! What a client's PUBLISH means here, on whichever broker it came.

use chinwag_broker::Message;
use chinwag_protocol::topic::Topic;
use chinwag_protocol::{ErrorCode, Name, Refused, RoomId, Send};

use crate::access;
use crate::app::App;
use crate::chat;
use crate::chat::send::Way;
use crate::mqtt::messages;
use crate::store::{AccountId, Write, made_id};

/// What is to be done with it.
#[derive(Debug)]
pub enum Meaning {
    /// To be committed; the answer comes after.
    Store(Write),
    /// To be told to whoever may read it, in these words of ours.
    Tell(Message),
    /// Understood, and nothing is to be done.
    Nothing,
}

/// How a PUBLISH came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// From a client of the embedded broker, which is read no further until its PUBLISH is understood.
    Client {
        /// The client's id.
        id: &'a str,
        /// The PUBLISH's packet id; 0 where it has none.
        packet: u16,
        /// The client may have sent it before.
        dup: bool,
    },
    /// A will on the embedded broker: its client has gone, and nothing holds back the next one.
    Will,
    /// From another broker, which has given it to whoever may read it before we knew of it. One that waited would
    /// hold up those of everybody else behind it.
    Broker,
}

/// Understands a PUBLISH of somebody who has signed in; a refusal where they may not.
pub async fn of(
    app: &App,
    me: AccountId,
    topic: &str,
    payload: &[u8],
    source: Source<'_>,
) -> Result<Meaning, Refused> {
    let own = |name: &Name| match app.directory().name_of(me) {
        Some(mine) => access::own(&mine, name),
        None => Err(ErrorCode::NotAuthenticated.into()),
    };
    match Topic::parse(topic)? {
        Topic::Room(room) => send(app, me, &room, payload, source).await,
        Topic::Send(name, room) => {
            own(&name)?;
            send(app, me, &room, payload, source).await
        }
        Topic::Read(name, room) => {
            own(&name)?;
            let seq = chat::read::parse_cursor(payload)?;
            chat::read::mark(app, me, &room, seq, source != Source::Broker).map(|()| Meaning::Nothing)
        }
        Topic::Typing(name, room) => {
            own(&name)?;
            Ok(chat::typing::take(app, me, &room, payload)?
                .map_or(Meaning::Nothing, |typing| Meaning::Tell(messages::typing(&name, &room, typing))))
        }
        Topic::Device(name, _) => own(&name).map(|()| Meaning::Nothing),
        Topic::Presence(_) | Topic::Inbox(_) => {
            Err(Refused::new(ErrorCode::NotAuthorized, "only the server writes there"))
        }
    }
}

async fn send(
    app: &App,
    me: AccountId,
    room: &RoomId,
    payload: &[u8],
    source: Source<'_>,
) -> Result<Meaning, Refused> {
    let way = match source {
        Source::Client { id, packet, dup } => {
            let sent = made_id::Sent { client: id, packet, room: room.as_str(), payload };
            Way::Packet { sent, resent: dup }
        }
        Source::Will | Source::Broker => Way::Other,
    };
    chat::send::prepare(app, me, room, Send::from_payload(payload)?, way).await.map(Meaning::Store)
}

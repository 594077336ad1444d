//! What a client's PUBLISH means here, on whichever broker it came.

use chinwag_broker::Message;
use chinwag_protocol::topic::Topic;
use chinwag_protocol::{ErrorCode, Name, Refused, RoomId, Send};

use crate::access;
use crate::app::App;
use crate::chat;
use crate::mqtt::messages;
use crate::store::{AccountId, Write};

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

/// Understands a PUBLISH of somebody who has signed in; a refusal where they may not. `passed_on`: the broker has
/// given it to whoever may read it, before we knew of it.
pub async fn of(
    app: &App,
    me: AccountId,
    topic: &str,
    payload: &[u8],
    passed_on: bool,
) -> Result<Meaning, Refused> {
    let own = |name: &Name| match app.directory().name_of(me) {
        Some(mine) => access::own(&mine, name),
        None => Err(ErrorCode::NotAuthenticated.into()),
    };
    match Topic::parse(topic)? {
        Topic::Room(room) => send(app, me, &room, payload).await,
        Topic::Send(name, room) => {
            own(&name)?;
            send(app, me, &room, payload).await
        }
        Topic::Read(name, room) => {
            own(&name)?;
            let seq = chat::read::parse_cursor(payload)?;
            chat::read::mark(app, me, &room, seq, !passed_on).map(|()| Meaning::Nothing)
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

async fn send(app: &App, me: AccountId, room: &RoomId, payload: &[u8]) -> Result<Meaning, Refused> {
    chat::send::prepare(app, me, room, Send::from_payload(payload)?).await.map(Meaning::Store)
}

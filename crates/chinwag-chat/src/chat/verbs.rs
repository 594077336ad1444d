//! The verbs: from a payload to an action, in one place for MQTT and HTTP.

use chinwag_protocol::inbox::Activity;
use chinwag_protocol::verb::{Delete, Edit, React, Read};
use chinwag_protocol::{Refused, RoomId, Send, Verb};

use super::Chat;
use super::way::Way;
use super::{read, send, typing};
use crate::access::{self, Rule};
use crate::store::{AccountId, Act, Action};

/// The action to perform.
#[derive(Debug)]
pub enum Wanted {
    /// An act to be committed.
    Act(Action),
    /// A notice for the room's members, which is not stored.
    Publish(Activity),
    /// Nothing further.
    Nothing,
}

/// Parses a payload and makes all checks that must pass before the action is performed.
pub async fn prepare(
    chat: &Chat,
    me: AccountId,
    verb: Verb,
    room: &RoomId,
    payload: &[u8],
    way: Way<'_>,
) -> Result<Wanted, Refused> {
    match verb {
        Verb::Send => send::prepare(chat, me, room, Send::from_payload(payload)?, way).await.map(Wanted::Act),
        Verb::Edit => act(chat, me, room, Edit::from_payload(payload)?, way).await,
        Verb::Delete => act(chat, me, room, Delete::from_payload(payload)?, way).await,
        Verb::React => act(chat, me, room, React::from_payload(payload)?, way).await,
        Verb::Read => {
            let Read { seq } = Read::from_payload(payload)?;
            read::mark(chat, me, room, seq).map(|()| Wanted::Nothing)
        }
        Verb::Typing => {
            let typing = typing::take(chat, me, room, payload)?.map(Activity::Typing);
            Ok(typing.map_or(Wanted::Nothing, Wanted::Publish))
        }
    }
}

async fn act<A: Rule + Act>(
    chat: &Chat,
    me: AccountId,
    room: &RoomId,
    act: A,
    way: Way<'_>,
) -> Result<Wanted, Refused> {
    let permit = access::ask(&chat.directory, me, room.as_str(), act)?;
    way.pace(chat, me).await?;
    chat.presence.active(me);
    Ok(Wanted::Act(Action::new(permit)))
}

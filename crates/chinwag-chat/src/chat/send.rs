//! Sending a message to a room.

use chinwag_protocol::{Refused, RoomId, Send};

use super::Chat;
use super::direct;
use super::way::Way;
use crate::access;
use crate::clock;
use crate::store::{AccountId, Acted, Action, Key, Say, made_id};

/// Makes all checks that must pass before a message is stored; returns the action to perform.
pub async fn prepare(
    chat: &Chat,
    sender: AccountId,
    room: &RoomId,
    mut send: Send,
    way: Way<'_>,
) -> Result<Action, Refused> {
    direct::ensure(chat, sender, room).await?;
    let key = key(&mut send, way);
    let permit = access::ask(&chat.directory, sender, room.as_str(), Say { send, key })?;
    way.pace(chat, sender).await?;
    chat.presence.active(sender);
    Ok(Action::new(permit))
}

/// Generates a `msg_id` if the sender has given none.
fn key(send: &mut Send, way: Way<'_>) -> Key {
    if send.msg_id.is_some() {
        return Key::Given;
    }
    match way {
        Way::Packet { sent, resent } if sent.packet != 0 => {
            send.msg_id = Some(made_id::make(&sent, clock::now()));
            if resent { Key::Resent } else { Key::Made }
        }
        Way::Broker { again: Some(again) } => {
            send.msg_id = Some(again.to_owned());
            Key::Given
        }
        Way::Packet { .. } | Way::Once | Way::Broker { again: None } => {
            send.msg_id = Some(clock::fresh_id().to_string());
            Key::Made
        }
    }
}

/// Stores a message that was sent over HTTP.
pub async fn send(chat: &Chat, sender: AccountId, room: &RoomId, send: Send) -> Result<Acted, Refused> {
    let action = prepare(chat, sender, room, send, Way::Once).await?;
    chat.store.act_as(action).await
}

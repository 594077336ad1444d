//! Say something in a room.

use chinwag_protocol::{ErrorCode, Refused, RoomId, Send};

use super::direct;
use crate::access;
use crate::app::App;
use crate::clock;
use crate::store::{AccountId, Key, StoredEvent, Write, Written, made_id};

/// How a message came.
#[derive(Debug, Clone, Copy)]
pub enum Way<'a> {
    /// In a packet of a client that is read no further until the message is understood: one that comes too fast waits.
    /// `resent`: the client may have sent it before.
    Packet {
        /// As it came; packet id 0 where there is none.
        sent: made_id::Sent<'a>,
        /// The client may have sent it before.
        resent: bool,
    },
    /// Otherwise: one that comes too fast is refused, and its sender told so.
    Other,
}

/// Everything that must hold before a message may be stored; gives what to write.
pub async fn prepare(
    app: &App,
    sender: AccountId,
    room: &RoomId,
    mut send: Send,
    way: Way<'_>,
) -> Result<Write, Refused> {
    send.check()?;
    direct::ensure(app, sender, room).await?;
    let mut permit = access::take_part(app.directory(), sender, room)?;
    match way {
        Way::Other => app.rates.send(sender)?,
        Way::Packet { .. } => {
            if app.rates.wait_to_send(sender).await {
                permit = access::take_part(app.directory(), sender, room)?;
            }
        }
    }
    app.presence.active(sender);
    let key = key(&mut send, way);
    Ok(Write::Message { permit, send, key })
}

/// Makes a `msg_id` where the sender gave none.
fn key(send: &mut Send, way: Way<'_>) -> Key {
    if send.msg_id.is_some() {
        return Key::Given;
    }
    match way {
        Way::Packet { sent, resent } if sent.packet != 0 => {
            send.msg_id = Some(made_id::make(&sent, clock::now()));
            if resent { Key::Resent } else { Key::Made }
        }
        Way::Packet { .. } | Way::Other => {
            send.msg_id = Some(clock::fresh_id().to_string());
            Key::Made
        }
    }
}

/// Stores a message; gives it as stored, and whether it had been stored before.
pub async fn send(
    app: &App,
    sender: AccountId,
    room: &RoomId,
    send: Send,
) -> Result<(StoredEvent, bool), Refused> {
    let write = prepare(app, sender, room, send, Way::Other).await?;
    match app.store.write(write).await? {
        Written::Message { event, repeat } => Ok((event, repeat)),
        other => Err(Refused::new(ErrorCode::Internal, format!("not a message: {other:?}"))),
    }
}

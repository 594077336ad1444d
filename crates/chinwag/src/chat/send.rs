//! Say something in a room.

use chinwag_protocol::{ErrorCode, Refused, RoomId, Send};
use uuid::Uuid;

use super::direct;
use crate::access;
use crate::app::App;
use crate::store::{AccountId, StoredEvent, Write, Written};

/// Everything that must hold before a message may be stored; gives what to write.
pub async fn prepare(app: &App, sender: AccountId, room: &RoomId, mut send: Send) -> Result<Write, Refused> {
    send.check()?;
    direct::ensure(app, sender, room).await?;
    let permit = access::take_part(app.directory(), sender, room)?;
    app.rates.send(sender)?;
    app.presence.active(sender);
    let fresh_id = send.msg_id.is_none();
    send.msg_id.get_or_insert_with(|| Uuid::now_v7().to_string());
    Ok(Write::Message { permit, send, fresh_id })
}

/// Stores a message; gives it as stored, and whether it had been stored before.
pub async fn send(
    app: &App,
    sender: AccountId,
    room: &RoomId,
    send: Send,
) -> Result<(StoredEvent, bool), Refused> {
    let write = prepare(app, sender, room, send).await?;
    match app.store.write(write).await? {
        Written::Message { event, repeat } => Ok((event, repeat)),
        other => Err(Refused::new(ErrorCode::Internal, format!("not a message: {other:?}"))),
    }
}

//! Direct conversations: the room `dm/{a}/{b}` is created when either of the two uses it for the first time.

use chinwag_protocol::{ErrorCode, Reason, Refused, RoomId, api, limits, name::normalize};

use super::Chat;
use super::rooms;
use crate::store::{AccountId, AddRoom, NewRoomRow};

/// Creates the room of a direct conversation if it is missing and `account` is one of the two. Does nothing for any
/// other room.
pub async fn ensure(chat: &Chat, account: AccountId, room: &RoomId) -> Result<(), Refused> {
    let directory = &chat.directory;
    let Some((a, b)) = room.direct_pair() else { return Ok(()) };
    if directory.with_room(room.as_str(), |_| ()).is_some() {
        return Ok(());
    }
    let (Some(a), Some(b)) = (directory.account_named(a.as_str()), directory.account_named(b.as_str()))
    else {
        return Ok(());
    };
    if a.id != account && b.id != account {
        return Ok(());
    }
    chat.rates.new_room(account)?;
    let new = NewRoomRow { topic: room.clone(), title: String::new(), purpose: String::new(), private: true };
    let write = AddRoom { room: new, by: Some(account), members: vec![(a.id, false), (b.id, false)] };
    match chat.store.write(write).await {
        // The other participant created it at the same time.
        Err(Refused { code: ErrorCode::AlreadyExists, .. }) | Ok(_) => Ok(()),
        Err(refused) => Err(refused),
    }
}

/// Opens the direct conversation with the person named `with`; creates it if necessary.
pub async fn open(chat: &Chat, account: AccountId, with: &str) -> Result<api::Room, Refused> {
    let directory = &chat.directory;
    let me = directory.name_of(account).ok_or(Reason::SignInEnded)?;
    let name = normalize(with);
    let other = directory.account_named(&name).ok_or(Reason::NoAccount { name: &name })?;
    if other.id == account {
        return Err(Reason::DirectSelf.into());
    }
    let room = RoomId::direct(&me, &other.name).ok_or(Reason::DirectTooLong { limit: limits::ROOM_BYTES })?;
    ensure(chat, account, &room).await?;
    rooms::get(chat, account, &room).await
}

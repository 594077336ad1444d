//! Members of rooms: join, add, leave, remove, list.

use chinwag_protocol::{ErrorCode, Refused, RoomId, api, name::normalize};

use super::Chat;
use super::rooms;
use crate::access;
use crate::directory::AccountEntry;
use crate::store::{Join, Leave};

fn somebody(chat: &Chat, name: &str) -> Result<AccountEntry, Refused> {
    let name = normalize(name);
    chat.directory
        .account_named(&name)
        .ok_or_else(|| Refused::new(ErrorCode::NotFound, format!("there is nobody called {name}")))
}

/// Joins a room, or adds the person named `name` to it.
pub async fn add(
    chat: &Chat,
    account: &AccountEntry,
    room: &RoomId,
    name: Option<&str>,
) -> Result<api::Room, Refused> {
    let whom = match name {
        None => account.id,
        Some(name) => somebody(chat, name)?.id,
    };
    let permit = access::ask(&chat.directory, account.id, room.as_str(), Join { whom })?;
    chat.rates.room_change(account.id)?;
    chat.store.act(permit).await?;
    rooms::get(chat, account.id, room).await
}

/// Leaves a room, or removes the person named `name` from it.
pub async fn remove(
    chat: &Chat,
    account: &AccountEntry,
    room: &RoomId,
    name: Option<&str>,
) -> Result<(), Refused> {
    let whom = match name {
        None => account.id,
        Some(name) => somebody(chat, name)?.id,
    };
    let permit = access::ask(&chat.directory, account.id, room.as_str(), Leave { whom })?;
    chat.rates.room_change(account.id)?;
    chat.store.act(permit).await.map(drop)
}

/// Returns the members of a room that the account is in, sorted by name.
pub async fn list(chat: &Chat, account: &AccountEntry, room: &RoomId) -> Result<api::Members, Refused> {
    let directory = &chat.directory;
    let key = access::take_part(directory, account.id, room)?;
    let states = directory.with_room_key(key, |room| room.members.clone()).unwrap_or_default();
    chat.cursors.settle(account.id).await;
    let cursors = chat.store.reader().read_cursors(key).await?;
    let member = |(id, read_seq)| {
        Some(api::Member { name: directory.name_of(id)?, owner: states.get(&id)?.owner, read_seq })
    };
    let mut members: Vec<_> = cursors.into_iter().filter_map(member).collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(api::Members { members })
}

//! Members of rooms: join, add, leave, remove, list.

use chinwag_protocol::{Name, Reason, Refused, RoomId, api, name::normalize};

use super::Chat;
use super::paging::Slice;
use super::rooms;
use crate::access;
use crate::directory::{AccountEntry, Membership};
use crate::store::{Join, Leave};

fn somebody(chat: &Chat, name: &str) -> Result<AccountEntry, Refused> {
    let name = normalize(name);
    chat.directory.account_named(&name).ok_or_else(|| Reason::NoAccount { name: &name }.into())
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

/// Returns a page of the members of a room that the account is in, sorted by name.
pub async fn list(
    chat: &Chat,
    account: &AccountEntry,
    room: &RoomId,
    page: &api::Page,
) -> Result<api::Members, Refused> {
    let key = access::take_part(&chat.directory, account.id, room)?;
    let slice: Slice<Name> = Slice::of(format!("members/{room}"), page)?;
    let mut found = chat.directory.members_after(key, slice.after(), slice.wanted());
    let cursor = slice.cut(&mut found, |member| &member.name);
    chat.cursors.settle(account.id).await;
    let accounts = found.iter().map(|member| member.id).collect();
    let cursors = chat.store.reader().read_cursors(key, accounts).await?;
    // An account that has left in the meantime has no cursor.
    let member = |Membership { id, name, owner }| {
        Some(api::Member { name, owner, read_seq: cursors.get(&id).copied()? })
    };
    Ok(api::Members { members: found.into_iter().filter_map(member).collect(), cursor })
}

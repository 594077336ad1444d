//! Who is in a room: join, add, leave, remove, list.

use chinwag_protocol::{ErrorCode, Refused, RoomId, api, name::normalize};

use super::rooms;
use crate::access;
use crate::app::App;
use crate::directory::AccountEntry;
use crate::store::{Join, Leave};

fn somebody(app: &App, name: &str) -> Result<AccountEntry, Refused> {
    let name = normalize(name);
    app.directory()
        .account_named(&name)
        .ok_or_else(|| Refused::new(ErrorCode::NotFound, format!("there is nobody called {name}")))
}

/// Joins a room, or adds somebody to it.
pub async fn add(
    app: &App,
    account: &AccountEntry,
    room: &RoomId,
    name: Option<&str>,
) -> Result<api::Room, Refused> {
    let whom = match name {
        None => account.id,
        Some(name) => somebody(app, name)?.id,
    };
    let permit = access::ask(app.directory(), account.id, room.as_str(), Join { whom })?;
    app.rates.room_change(account.id)?;
    app.store.act(permit).await?;
    rooms::get(app, account.id, room).await
}

/// Leaves a room, or removes somebody from it.
pub async fn remove(
    app: &App,
    account: &AccountEntry,
    room: &RoomId,
    name: Option<&str>,
) -> Result<(), Refused> {
    let whom = match name {
        None => account.id,
        Some(name) => somebody(app, name)?.id,
    };
    let permit = access::ask(app.directory(), account.id, room.as_str(), Leave { whom })?;
    app.rates.room_change(account.id)?;
    app.store.act(permit).await.map(drop)
}

/// The members of a room one is in, by name.
pub async fn list(app: &App, account: &AccountEntry, room: &RoomId) -> Result<api::Members, Refused> {
    let directory = app.directory();
    let key = access::take_part(directory, account.id, room)?;
    let states = directory.with_room_key(key, |room| room.members.clone()).unwrap_or_default();
    app.cursors.settle(account.id).await;
    let cursors = app.store.reader().read_cursors(key).await?;
    let member = |(id, read_seq)| {
        Some(api::Member { name: directory.name_of(id)?, owner: states.get(&id)?.owner, read_seq })
    };
    let mut members: Vec<_> = cursors.into_iter().filter_map(member).collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(api::Members { members })
}

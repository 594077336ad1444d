//! `/rooms` and `/direct`.

use std::sync::Arc;

use axum::extract::State;
use chinwag_protocol::{ErrorCode, Refused, api};
use serde::Deserialize;

use super::answer::{Answer, Json, created, ok};
use super::body::{Body, Query, Room};
use super::caller::Caller;
use crate::chat::{self, Chat};

/// Which rooms.
#[derive(Deserialize)]
pub struct Which {
    #[serde(default)]
    joinable: bool,
}

/// My rooms, all of them; or the public ones I am not in, page by page.
#[utoipa::path(get, path = "/rooms", tag = "rooms",
    params(("joinable" = Option<bool>, Query, description = "public rooms I am not in"), api::Page),
    responses((status = 200, body = api::Rooms)))]
pub async fn list(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Query(which): Query<Which>,
    Query(page): Query<api::Page>,
) -> Answer<Json<api::Rooms>> {
    if which.joinable {
        return ok(chat::rooms::joinable(&chat, caller.account.id, &page)?);
    }
    if page.limit.is_some() || page.cursor.is_some() {
        let detail = "limit and cursor are for joinable=true; your own rooms come in one answer";
        return Err(Refused::new(ErrorCode::BadRequest, detail).into());
    }
    ok(chat::rooms::mine(&chat, caller.account.id).await?)
}

/// Makes a room; I am its owner and first member.
#[utoipa::path(post, path = "/rooms", tag = "rooms", request_body = api::NewRoom,
    responses((status = 201, body = api::Room)))]
pub async fn create(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Body(new): Body<api::NewRoom>,
) -> Answer<Json<api::Room>> {
    created(chat::rooms::create(&chat, caller.account.id, &new).await?)
}

/// A room.
#[utoipa::path(get, path = "/rooms/{topic}", tag = "rooms", params(("topic" = String, Path)),
    responses((status = 200, body = api::Room)))]
pub async fn show(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Room(room): Room,
) -> Answer<Json<api::Room>> {
    ok(chat::rooms::get(&chat, caller.account.id, &room).await?)
}

/// Changes what is named. For owners and administrators.
#[utoipa::path(patch, path = "/rooms/{topic}", tag = "rooms", params(("topic" = String, Path)),
    request_body = api::ChangeRoom,
    responses((status = 200, body = api::Room)))]
pub async fn change(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Room(room): Room,
    Body(change): Body<api::ChangeRoom>,
) -> Answer<Json<api::Room>> {
    ok(chat::rooms::change(&chat, &caller.account, room.as_str(), change).await?)
}

/// Begins the direct conversation with somebody, or finds it.
#[utoipa::path(post, path = "/direct", tag = "rooms", request_body = api::Direct,
    responses((status = 200, body = api::Room)))]
pub async fn direct(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Body(direct): Body<api::Direct>,
) -> Answer<Json<api::Room>> {
    ok(chat::direct::open(&chat, caller.account.id, &direct.name).await?)
}

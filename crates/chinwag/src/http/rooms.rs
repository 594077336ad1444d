//! `/rooms` and `/direct`.

use std::sync::Arc;

use axum::extract::State;
use chinwag_protocol::{ErrorCode, Refused, api};
use serde::Deserialize;

use super::answer::{Answer, Json, created, ok};
use super::body::{Body, Query, Room};
use super::caller::Caller;
use crate::chat::{self, Chat};

/// The query that selects rooms.
#[derive(Deserialize)]
pub struct Which {
    #[serde(default)]
    joinable: bool,
}

/// Lists the caller's rooms, all of them, or a page of the public rooms the caller has not joined.
#[utoipa::path(get, path = "/rooms", tag = "rooms",
    params(("joinable" = Option<bool>, Query, description = "public rooms that the caller is not in"), api::Page),
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
        let detail = "limit and cursor are only for joinable=true; your own rooms are returned all at once";
        return Err(Refused::new(ErrorCode::BadRequest, detail).into());
    }
    ok(chat::rooms::mine(&chat, caller.account.id).await?)
}

/// Creates a room; the caller becomes its owner and first member.
#[utoipa::path(post, path = "/rooms", tag = "rooms", request_body = api::NewRoom,
    responses((status = 201, body = api::Room)))]
pub async fn create(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Body(new): Body<api::NewRoom>,
) -> Answer<Json<api::Room>> {
    created(chat::rooms::create(&chat, caller.account.id, &new).await?)
}

/// Returns a room.
#[utoipa::path(get, path = "/rooms/{topic}", tag = "rooms", params(("topic" = String, Path)),
    responses((status = 200, body = api::Room)))]
pub async fn show(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Room(room): Room,
) -> Answer<Json<api::Room>> {
    ok(chat::rooms::get(&chat, caller.account.id, &room).await?)
}

/// Changes the given fields. For owners and administrators.
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

/// Returns the direct conversation with an account; creates it if there is none.
#[utoipa::path(post, path = "/direct", tag = "rooms", request_body = api::Direct,
    responses((status = 200, body = api::Room)))]
pub async fn direct(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Body(direct): Body<api::Direct>,
) -> Answer<Json<api::Room>> {
    ok(chat::direct::open(&chat, caller.account.id, &direct.name).await?)
}

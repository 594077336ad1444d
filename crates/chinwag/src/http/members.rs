//! `/members/{topic}`: a room's members.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use chinwag_protocol::api;
use serde::Deserialize;

use super::answer::{Answer, Json, created, ok};
use super::body::{Body, Query, Room};
use super::caller::Caller;
use crate::chat::{self, Chat};

/// The member to remove.
#[derive(Deserialize)]
pub struct Whom {
    name: Option<String>,
}

/// Lists the members of one of the caller's rooms, by name.
#[utoipa::path(get, path = "/members/{topic}", tag = "rooms", params(("topic" = String, Path), api::Page),
    responses((status = 200, body = api::Members)))]
pub async fn list(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Room(room): Room,
    Query(page): Query<api::Page>,
) -> Answer<Json<api::Members>> {
    ok(chat::members::list(&chat, &caller.account, &room, &page).await?)
}

/// Joins a room, or adds an account to it. The body is optional.
#[utoipa::path(post, path = "/members/{topic}", tag = "rooms", params(("topic" = String, Path)),
    request_body = Option<api::AddMember>,
    responses((status = 201, body = api::Room)))]
pub async fn add(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Room(room): Room,
    request: axum::extract::Request,
) -> Answer<Json<api::Room>> {
    let name = whom(request).await?.name;
    created(chat::members::add(&chat, &caller.account, &room, name.as_deref()).await?)
}

async fn whom(request: axum::extract::Request) -> Answer<api::AddMember> {
    use axum::body::HttpBody as _;
    use axum::extract::FromRequest as _;
    if request.body().is_end_stream() {
        return Ok(api::AddMember::default());
    }
    Body::from_request(request, &()).await.map(|Body(member)| member)
}

/// Leaves a room, or removes the member `name` from it.
#[utoipa::path(delete, path = "/members/{topic}", tag = "rooms",
    params(("topic" = String, Path), ("name" = Option<String>, Query, description = "the person to remove; by default the caller")),
    responses((status = 204)))]
pub async fn remove(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Room(room): Room,
    Query(whom): Query<Whom>,
) -> Answer<StatusCode> {
    chat::members::remove(&chat, &caller.account, &room, whom.name.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

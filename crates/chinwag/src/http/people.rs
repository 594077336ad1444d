//! `/people`.

use axum::extract::State;
use chinwag_protocol::api;

use super::answer::{Answer, Json, ok};
use super::caller::{Caller, Shared};
use crate::chat;

/// Everybody I share a room with, and how reachable they are.
#[utoipa::path(get, path = "/people", tag = "people", responses((status = 200, body = api::People)))]
pub async fn list(State(app): State<Shared>, caller: Caller) -> Answer<Json<api::People>> {
    ok(chat::people::list(&app, caller.account.id))
}

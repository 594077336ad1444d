//! `/people`.

use std::sync::Arc;

use axum::extract::State;
use chinwag_protocol::api;

use super::answer::{Answer, Json, ok};
use super::body::Query;
use super::caller::Caller;
use crate::chat::{self, Chat};

/// Lists everyone with whom the caller shares a room, with their presence, by name.
#[utoipa::path(get, path = "/people", tag = "people", params(api::Page),
    responses((status = 200, body = api::People)))]
pub async fn list(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Query(page): Query<api::Page>,
) -> Answer<Json<api::People>> {
    ok(chat::people::list(&chat, caller.account.id, &page)?)
}

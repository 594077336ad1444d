//! `/read/{topic}`: how far I have read.

use axum::extract::State;
use axum::http::StatusCode;
use chinwag_protocol::api;

use super::answer::{Answer, Body, Room};
use super::caller::{Caller, Shared};
use crate::chat;

/// Moves my read cursor forward.
#[utoipa::path(post, path = "/read/{topic}", tag = "messages", params(("topic" = String, Path)),
    request_body = api::ReadCursor,
    responses((status = 204)))]
pub async fn mark(
    State(app): State<Shared>,
    caller: Caller,
    Room(room): Room,
    Body(cursor): Body<api::ReadCursor>,
) -> Answer<StatusCode> {
    chat::read::mark(&app, caller.account.id, &room, cursor.seq, true)?;
    Ok(StatusCode::NO_CONTENT)
}

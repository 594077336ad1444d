//! `/message`, `/messages/{topic}` and `/events/{topic}`: send messages, read messages and raw events.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{ErrorCode, Refused, RoomId, Send, api, name::normalize};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::answer::Answer;
use super::body::{JsonBytes, Query, Room, not_for_others};
use super::caller::Caller;
use crate::chat::history::Window;
use crate::chat::{self, Chat};
use crate::store::{Head, Shown};

/// Fields that clients may send by mistake.
#[derive(Default, Deserialize)]
struct Posted {
    sender: Option<IgnoredAny>,
}

/// Stores a message, then publishes it. 200 and the original if the caller has already sent this `msg_id`.
#[utoipa::path(post, path = "/message", tag = "messages", request_body = api::NewMessage,
    responses((status = 201, body = chinwag_protocol::Event), (status = 200, body = chinwag_protocol::Event)))]
pub async fn send(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    JsonBytes(body): JsonBytes,
) -> Answer<Response> {
    let (topic, send) = Send::from_body(&body)?;
    not_for_others("sender", serde_json::from_slice::<Posted>(&body).unwrap_or_default().sender)?;
    let room: RoomId = normalize(&topic).parse().map_err(Refused::from)?;
    let acted = chat::send::send(&chat, caller.account.id, &room, send).await?;
    let status = if acted.repeat { StatusCode::OK } else { StatusCode::CREATED };
    let body = acted.event.map(|event| event.body).unwrap_or_default();
    Ok((status, [(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// The query that selects messages.
#[derive(Deserialize)]
pub struct Which {
    limit: Option<u32>,
    before: Option<u64>,
    after: Option<u64>,
    around: Option<u64>,
    at: Option<String>,
    #[serde(default)]
    notes: bool,
}

/// Lists a room's messages in their current state, oldest first: by default the last 20.
#[utoipa::path(get, path = "/messages/{topic}", tag = "messages",
    params(("topic" = String, Path), ("limit" = Option<u32>, Query, description = "1 to 100; 20 by default"),
        ("before" = Option<u64>, Query, description = "the last messages before this seq"),
        ("after" = Option<u64>, Query, description = "the first messages after this seq"),
        ("around" = Option<u64>, Query, description = "messages around this seq"),
        ("at" = Option<String>, Query, description = "messages around this time (RFC 3339)"),
        ("notes" = Option<bool>, Query, description = "also the joins, leaves and changes of the room")),
    responses((status = 200, body = api::Messages)))]
pub async fn list(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Room(room): Room,
    Query(Which { limit, before, after, around, at, notes }): Query<Which>,
) -> Answer<Response> {
    let window = Window { limit, before, after, around, at, notes };
    let page = chat::history::messages(&chat, caller.account.id, &room, window).await?;
    let messages = page.messages.into_iter().map(as_it_stands).collect::<Result<Vec<_>, _>>()?;
    let mut lists = vec![("messages", messages)];
    if let Some(notes) = page.notes {
        lists.push(("notes", notes.into_iter().map(|event| event.body).collect()));
    }
    Ok(write(&room, &page.head, &format!("\"from\":{},\"to\":{},", page.from, page.to), &lists))
}

/// Serializes a message for its readers. Most have never been changed: they are stored as JSON, and get one more
/// member.
fn as_it_stands(Shown { event, altered }: Shown) -> Result<Bytes, Refused> {
    let Some(message) = altered else {
        let mut body = Vec::with_capacity(event.body.len() + 32);
        body.extend_from_slice(event.body.strip_suffix(b"}").unwrap_or(&event.body));
        body.extend_from_slice(format!(",\"changed_seq\":{}}}", event.seq).as_bytes());
        return Ok(body.into());
    };
    serde_json::to_vec(&message).map(Bytes::from).map_err(|_| ErrorCode::Internal.into())
}

/// The query that selects events.
#[derive(Deserialize)]
pub struct Stretch {
    after: Option<u64>,
    before: Option<u64>,
    limit: Option<u32>,
}

/// Returns a part of a room's raw log, to fill a gap. `reset`: too far behind; fetch `/messages` again.
#[utoipa::path(get, path = "/events/{topic}", tag = "messages",
    params(("topic" = String, Path), ("after" = Option<u64>, Query, description = "the last seq that the client has"),
        ("before" = Option<u64>, Query, description = "the last events before this seq instead"),
        ("limit" = Option<u32>, Query, description = "1 to 500")),
    responses((status = 200, body = api::Events)))]
pub async fn events(
    State(chat): State<Arc<Chat>>,
    caller: Caller,
    Room(room): Room,
    Query(Stretch { after, before, limit }): Query<Stretch>,
) -> Answer<Response> {
    let caller = caller.account.id;
    let found = match (after, before) {
        (Some(_), Some(_)) => {
            let detail = "after and before exclude each other; use one of them";
            return Err(Refused::new(ErrorCode::BadRequest, detail).into());
        }
        (_, Some(before)) => chat::history::events_before(&chat, caller, &room, before, limit).await?,
        (after, None) => chat::history::events(&chat, caller, &room, after.unwrap_or(0), limit).await?,
    };
    let events: Vec<Bytes> = found.events.into_iter().map(|event| event.body).collect();
    Ok(write(&room, &found.head, if found.reset { "\"reset\":true," } else { "" }, &[("events", events)]))
}

/// Writes a response from events stored as JSON: they are concatenated, not parsed and serialized again. `more`: further
/// members, each followed by a comma.
fn write(room: &RoomId, head: &Head, more: &str, lists: &[(&str, Vec<Bytes>)]) -> Response {
    let size: usize = lists.iter().flat_map(|(_, items)| items).map(|item| item.len() + 1).sum();
    let mut body = Vec::with_capacity(size + 256);
    // An epoch and a room's id contain no character that JSON would escape.
    let start = format!(r#"{{"topic":"{room}","epoch":"{}","last_seq":{},{more}"#, head.epoch, head.last_seq);
    body.extend_from_slice(start.as_bytes());
    for (index, (member, items)) in lists.iter().enumerate() {
        let start = if index > 0 { format!(",\"{member}\":[") } else { format!("\"{member}\":[") };
        body.extend_from_slice(start.as_bytes());
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                body.push(b',');
            }
            body.extend_from_slice(item);
        }
        body.push(b']');
    }
    body.push(b'}');
    ([(header::CONTENT_TYPE, "application/json")], Bytes::from(body)).into_response()
}

//! The verbs over HTTP: path, query, method and body are combined into the payload that would be published by MQTT, and
//! handled like it.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use chinwag_protocol::verb::HttpForm;
use chinwag_protocol::{ErrorCode, Refused, RoomId, Verb};
use serde_json::{Map, Value};

use super::Http;
use super::answer::Answer;
use super::body::{JsonBytes, Room};
use super::caller::Caller;
use crate::chat::Chat;
use crate::chat::verbs::{self, Wanted};
use crate::chat::way::Way;
use crate::store::Acted;

/// Returns the routes of the verbs that have a path of their own, with their handlers.
pub fn routes() -> Vec<(String, MethodRouter<Http>)> {
    let mut routes: Vec<(String, MethodRouter<Http>)> = Vec::new();
    for (verb, form) in forms() {
        let path = form.path.replace("{topic}", "{*topic}");
        let offered = offer(verb, form);
        match routes.iter().position(|(known, _)| *known == path) {
            Some(at) => {
                let (path, known) = routes.swap_remove(at);
                routes.push((path, known.merge(offered)));
            }
            None => routes.push((path, offered)),
        }
    }
    routes
}

/// Returns every verb with each of its HTTP forms. Sending is missing: its room is in the body, and it has its own
/// handler.
pub fn forms() -> impl Iterator<Item = (Verb, &'static HttpForm)> {
    let all = Verb::ALL.iter().flat_map(|verb| verb.http().iter().map(move |form| (*verb, form)));
    all.filter(|(_, form)| form.path.contains("{topic}"))
}

fn offer(verb: Verb, form: &'static HttpForm) -> MethodRouter<Http> {
    let filter = match form.method {
        "PUT" => MethodFilter::PUT,
        "PATCH" => MethodFilter::PATCH,
        "DELETE" => MethodFilter::DELETE,
        _ => MethodFilter::POST,
    };
    if form.body {
        let with_body = async move |State(chat): State<Arc<Chat>>,
                                    caller: Caller,
                                    Room(room): Room,
                                    uri: Uri,
                                    JsonBytes(body): JsonBytes| {
            perform(&chat, &caller, verb, form, &room, &uri, &body).await
        };
        return on(filter, with_body);
    }
    let without = async move |State(chat): State<Arc<Chat>>, caller: Caller, Room(room): Room, uri: Uri| {
        perform(&chat, &caller, verb, form, &room, &uri, b"{}").await
    };
    on(filter, without)
}

async fn perform(
    chat: &Chat,
    caller: &Caller,
    verb: Verb,
    form: &HttpForm,
    room: &RoomId,
    uri: &Uri,
    body: &[u8],
) -> Answer<Response> {
    let payload = payload(verb, form, uri, body)?;
    match verbs::prepare(chat, caller.account.id, verb, room, &payload, Way::Once).await? {
        Wanted::Act(action) => Ok(answer(chat.store.act_as(action).await?)),
        Wanted::Publish(_) | Wanted::Nothing => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// Returns the event that was created now or by an earlier attempt; 204 if there was nothing to change.
fn answer(acted: Acted) -> Response {
    match acted.event {
        Some(event) => ([(header::CONTENT_TYPE, "application/json")], event.body).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

/// Returns the payload that would be published.
fn payload(verb: Verb, form: &HttpForm, uri: &Uri, body: &[u8]) -> Result<Vec<u8>, Refused> {
    let bad = |detail: String| Refused::new(ErrorCode::BadRequest, detail);
    let body = body.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(body);
    let mut payload: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| bad(format!("the request body is not a JSON object: {error}")))?;
    let Query(asked) =
        Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|error| bad(error.body_text()))?;
    for (name, member) in form.query {
        // Members given by the query must not come from the body.
        payload.remove(*member);
        let value = asked.iter().find(|(asked, _)| asked == name).map(|(_, value)| value.as_str());
        let value = match (*name, value) {
            ("seq", None) => {
                return Err(bad("seq, the seq of the message, is missing from the query".into()));
            }
            ("seq", Some(seq)) => {
                seq.parse::<u64>().map(Value::from).map_err(|_| bad("seq must be a whole number".into()))?
            }
            (_, None) => continue,
            (_, Some(value)) => Value::from(value),
        };
        payload.insert((*member).to_owned(), value);
    }
    for (member, value) in form.says {
        payload.insert((*member).to_owned(), Value::from(*value));
    }
    // The payload of a cursor is the bare number.
    match (verb, payload.get("seq")) {
        (Verb::Read, Some(seq)) => Ok(seq.to_string().into_bytes()),
        _ => Ok(Value::Object(payload).to_string().into_bytes()),
    }
}

//! Extractors for bodies, query strings and paths.

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header;
use axum::http::request::Parts;
use chinwag_protocol::{ErrorCode, Reason, Refused, RoomId, limits};
use futures_util::StreamExt;
use hyper::body::Body as _;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::answer::Failed;
use super::caller::check_again;
use super::serve::BodyPlace;

/// The bytes of a JSON request body.
pub struct JsonBytes(pub Vec<u8>);

impl<S: Sync + Send> FromRequest<S> for JsonBytes {
    type Rejection = Failed;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Failed> {
        let json = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        // Requiring JSON also rejects cross-site HTML forms, which can't send it.
        if !json.is_some_and(|kind| {
            kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
        }) {
            let detail = "send JSON, with the header Content-Type: application/json";
            return Err(Refused::new(ErrorCode::UnsupportedMediaType, detail).into());
        }
        let sender = request.extensions().clone();
        let bytes = whole(request).await?;
        check_again(&sender)?;
        Ok(Self(bytes))
    }
}

/// A parsed JSON request body.
pub struct Body<T>(pub T);

impl<S: Sync + Send, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failed> {
        let JsonBytes(bytes) = JsonBytes::from_request(request, state).await?;
        let json = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(&bytes);
        let value = serde_json::from_slice(json).map_err(|error| {
            Refused::new(ErrorCode::BadRequest, format!("the request body does not match: {error}"))
        })?;
        Ok(Self(value))
    }
}

/// Rejects a field with which a client tries to act for another account: if it were ignored, the client would believe
/// that it worked.
pub fn not_for_others(field: &str, given: Option<IgnoredAny>) -> Result<(), Refused> {
    if given.is_none() {
        return Ok(());
    }
    let detail =
        format!("{field} can't be chosen: it is always the account that is signed in; omit the field");
    Err(Refused::new(ErrorCode::BadRequest, detail))
}

/// Reads a complete body that is no upload, within the limits for one body and for all.
async fn whole(request: Request) -> Result<Vec<u8>, Refused> {
    let place: Option<BodyPlace> = request.extensions().get().cloned();
    let mut room = place.ok_or(ErrorCode::Internal)?.room();
    let body = request.into_body();
    let too_large = Reason::Body { limit: limits::BODY_BYTES };
    if body.size_hint().lower() > limits::BODY_BYTES as u64 {
        return Err(too_large.into());
    }
    let mut bytes = Vec::new();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| Refused {
            detail: format!("the body is incomplete: {error}"),
            ..Reason::Incomplete.into()
        })?;
        let size = bytes.len() + chunk.len();
        if size > limits::BODY_BYTES {
            return Err(too_large.into());
        }
        if !room.fits(size) {
            return Err(Reason::BodiesBusy.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A parsed query string.
pub struct Query<T>(pub T);

impl<S: Sync + Send, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failed> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|error| Refused::new(ErrorCode::BadRequest, error.body_text()).into())
    }
}

/// The room in a path; its slashes may be escaped.
pub struct Room(pub RoomId);

impl<S: Sync + Send> FromRequestParts<S> for Room {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failed> {
        let Path(topic) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error| Refused::new(ErrorCode::TopicInvalid, error.body_text()))?;
        topic.parse().map(Self).map_err(|invalid: chinwag_protocol::InvalidName| Failed(invalid.into()))
    }
}

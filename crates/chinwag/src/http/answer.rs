//! Responses: JSON and problems.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{ErrorCode, Reason, Refused};
use serde::Serialize;

/// A refusal, sent as an RFC 9457 problem.
#[derive(Debug)]
pub struct Failed(pub Refused);

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        Self(refused)
    }
}

impl From<Reason<'_>> for Failed {
    fn from(reason: Reason<'_>) -> Self {
        Self(reason.into())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let problem = self.0.problem();
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            // The rest of the body is not read, so nothing can follow it on this connection (RFC 9112, 9.6).
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = problem.params.number("seconds") {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// The result of a handler.
pub type Answer<T> = Result<T, Failed>;

/// A JSON response with its status.
pub struct Json<T>(pub StatusCode, pub T);

/// Returns a 200 response with JSON.
pub fn ok<T>(value: T) -> Answer<Json<T>> {
    Ok(Json(StatusCode::OK, value))
}

/// Returns a 201 response with JSON.
pub fn created<T>(value: T) -> Answer<Json<T>> {
    Ok(Json(StatusCode::CREATED, value))
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.1) {
            Ok(body) => (self.0, [(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => {
                tracing::error!(%error, "a response cannot be serialized as JSON");
                Failed(ErrorCode::Internal.into()).into_response()
            }
        }
    }
}

//! `/healthz` and `/readyz`.

use axum::extract::State;
use chinwag_protocol::{ErrorCode, Refused};

use super::Http;
use super::answer::Answer;

/// Liveness: the process answers.
#[utoipa::path(get, path = "/healthz", tag = "operation", security(()), responses((status = 200)))]
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Readiness: the database accepts writes, and the broker is reachable.
#[utoipa::path(get, path = "/readyz", tag = "operation", security(()), responses((status = 200)))]
pub async fn ready(State(http): State<Http>) -> Answer<&'static str> {
    let away = |detail: String| Refused::new(ErrorCode::Unavailable, detail);
    http.app.store.takes_writes().await.map_err(away)?;
    http.mqtt.ready()?;
    Ok("ok\n")
}

//! `/healthz` and `/readyz`.

use std::time::Duration;

use axum::extract::State;
use chinwag_protocol::{ErrorCode, Refused};

use super::Http;
use super::answer::Answer;

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "operation", security(()), responses((status = 200)))]
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Whoever asks whether we are ready wants to know soon.
const PATIENCE: Duration = Duration::from_secs(2);

/// The database answers too, and the broker is there.
#[utoipa::path(get, path = "/readyz", tag = "operation", security(()), responses((status = 200)))]
pub async fn ready(State(http): State<Http>) -> Answer<&'static str> {
    let away = |detail: String| Refused::new(ErrorCode::Unavailable, detail);
    let store = &http.app.store;
    if let Some(since) = store.stats().away {
        return Err(away(format!("the database has been away for {} s; sends wait", since.as_secs())).into());
    }
    match tokio::time::timeout(PATIENCE, store.reader().ping()).await {
        Ok(answered) => answered.map_err(Refused::from)?,
        Err(_) => return Err(away("the database does not answer".into()).into()),
    }
    http.mqtt.ready()?;
    Ok("ok\n")
}

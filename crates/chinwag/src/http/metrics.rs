//! `/metrics`: OpenMetrics text for Prometheus and compatible systems. Metrics reveal how many people and rooms there
//! are, so on the HTTP ports they are for administrators only; the separate listener (`--metrics`) is open to everyone
//! who can reach it.

use axum::Router;
use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::IntoResponse;
use axum::routing::get;
use chinwag_protocol::{ErrorCode, Refused};

use super::answer::Answer;
use super::caller::Caller;
use super::{Http, headers, health, nowhere};
use crate::app::App;

/// Counters, gauges and histograms. For administrators; without signing in only on the listener set with `--metrics`.
#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses((status = 200, content_type = "application/openmetrics-text")))]
pub async fn show(State(http): State<Http>, caller: Caller) -> Answer<impl IntoResponse> {
    if !caller.account.admin {
        let detail =
            "only administrators may read metrics; for Prometheus, start the server with --metrics ADDR";
        return Err(Refused::new(ErrorCode::NotAuthorized, detail).into());
    }
    Ok(text(&http).await)
}

/// Returns the routes of the separate metrics listener.
pub fn routes(http: Http) -> Router {
    let open = |State(http): State<Http>| async move { text(&http).await };
    let router = Router::new()
        .route("/metrics", get(open))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(|uri: Uri| async move { nowhere(uri.path()) });
    headers::around(router, &http).with_state(http)
}

async fn text(http: &Http) -> impl IntoResponse + use<> {
    let App { chat, times, media, .. } = &*http.app;
    let text = crate::metrics::render(chat, times, media, &http.mqtt, &http.folder).await;
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
}

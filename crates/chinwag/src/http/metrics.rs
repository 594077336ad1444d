//! `/metrics`: OpenMetrics text for Prometheus and its kin.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::Http;

/// Counters and gauges.
#[utoipa::path(get, path = "/metrics", tag = "operation", security(()),
    responses((status = 200, content_type = "application/openmetrics-text")))]
pub async fn show(State(http): State<Http>) -> impl IntoResponse {
    let text = crate::metrics::render(&http.app, &http.mqtt);
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
}

//! Measures how long requests take, for the metrics.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::metrics::Times;

/// Middleware that measures the time until the response begins, without its body.
pub async fn time(State(times): State<Arc<Times>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map(MatchedPath::as_str);
    times.answered(route, response.status().as_u16(), began.elapsed());
    response
}

//! How long requests take, for the metrics.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::metrics::Times;

/// Around every handler: until the answer begins, its body not counted.
pub async fn time(State(times): State<Arc<Times>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map(MatchedPath::as_str);
    times.answered(route, response.status().as_u16(), began.elapsed());
    response
}

//! Middleware around all routes: security headers, compression, tracing and the handling of panics.

use axum::Router;
use axum::body::Body;
use axum::http::{
    Extensions, HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version, header,
};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use chinwag_protocol::ErrorCode;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

use super::answer::Failed;
use super::{Http, cors, timing};

/// Only the server's own files run, and no page may frame them. Inline styles are allowed: the virtual list positions
/// its rows with them.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; \
    style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; \
    frame-ancestors 'none'; form-action 'self'";

fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// Wraps all routes.
pub fn around(router: Router<Http>, http: &Http) -> Router<Http> {
    // Combined into one layer: separate ones would each be boxed, and cloned for every request.
    let layers = ServiceBuilder::new()
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .layer(always(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(CompressionLayer::new().compress_when(SizeAbove::default().and(is_made_for_the_request)));
    let router = router.layer(layers);
    let router = match http.origins.layer() {
        Some(cors) => router.layer(cors),
        None => router,
    };
    router
        .layer(from_fn_with_state(http.origins.clone(), cors::guard))
        .layer(from_fn_with_state(http.clone(), timing::time))
}

/// Selects JSON and metrics. The web client's files are compressed already, and uploads are sent as they came.
fn is_made_for_the_request(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    ["application/json", "application/problem+json", "application/openmetrics-text"]
        .iter()
        .any(|made| kind.starts_with(made))
}

/// Names a request in the log, without its query: that of a signed address is a secret.
fn span<B>(request: &Request<B>) -> tracing::Span {
    tracing::debug_span!("request", method = %request.method(), path = request.uri().path())
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response<Body> {
    Failed(ErrorCode::Internal.into()).into_response()
}

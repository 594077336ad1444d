//! CORS: what the pages of other origins may do. Those on the operator's list may use the API with an access token;
//! the cookie never counts for them, and they are never given one.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{ErrorCode, Refused};
use reqwest::Url;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::answer::Failed;

/// How long a browser may remember the answer to a preflight: the longest that Chromium accepts.
const REMEMBERED: Duration = Duration::from_secs(2 * 60 * 60);

/// An origin: scheme, host and port, as browsers write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl Origin {
    /// Parses a setting.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.contains('*') {
            return Err(
                "an origin can't have a *, which would open the API to pages that nobody has checked: list \
                        each origin"
                    .into(),
            );
        }
        let exact = Url::parse(text).ok().filter(|url| {
            let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
            let nobody = url.username().is_empty() && url.password().is_none();
            matches!(url.scheme(), "http" | "https") && bare && nobody
        });
        exact
            .and_then(|url| HeaderValue::try_from(url.origin().ascii_serialization()).ok())
            .map(Self)
            .ok_or_else(|| "an origin must be https://HOST or https://HOST:PORT, without a path".into())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.to_str().unwrap_or_default())
    }
}

/// The origins whose pages may use the API.
#[derive(Debug, Clone, Default)]
pub struct Origins(Arc<[Origin]>);

impl Origins {
    /// Allows these origins.
    pub fn new(origins: Vec<Origin>) -> Self {
        Self(origins.into())
    }

    fn has(&self, origin: &HeaderValue) -> bool {
        self.0.iter().any(|Origin(allowed)| allowed == origin)
    }

    /// Returns the layer that tells browsers what these origins may do; `None` if there are none.
    pub fn layer(&self) -> Option<CorsLayer> {
        let origins = (!self.0.is_empty()).then(|| self.0.iter().map(|Origin(origin)| origin.clone()))?;
        let cors = CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([
                Method::GET,
                Method::HEAD,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::RANGE,
                header::IF_NONE_MATCH,
            ])
            .expose_headers([header::CONTENT_RANGE, header::ETAG, header::RETRY_AFTER])
            .max_age(REMEMBERED)
            // The answer to a preflight is in no cache but the browser's own, which knows what it asked.
            .vary([header::ORIGIN]);
        Some(cors)
    }
}

/// Middleware around that layer: refuses preflights of other origins with a reason, and sets no cookie for the pages of
/// another origin.
pub async fn guard(State(origins): State<Origins>, request: Request, next: Next) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else { return next.run(request).await };
    let allowed = origins.has(&origin);
    let preflight = *request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if preflight && !allowed {
        let origin = origin.to_str().unwrap_or("this origin");
        let detail = format!(
            "pages of {origin} may not use this server; its operator can allow them with --allow-origin {origin}"
        );
        return Failed(Refused::new(ErrorCode::NotAuthorized, detail)).into_response();
    }
    let mut response = next.run(request).await;
    if preflight {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    if allowed {
        // On a sibling domain, where SameSite does not keep it away, it would sign in the web client as somebody else.
        response.headers_mut().remove(header::SET_COOKIE);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_understood_as_browsers_write_them_or_explained() {
        for (text, origin) in [
            ("https://app.example", "https://app.example"),
            (" https://App.Example:443/ ", "https://app.example"),
            ("https://app.example:8443", "https://app.example:8443"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:80", "http://[::1]"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().to_string(), origin, "{text}");
        }
        for wrong in ["", "null", "app.example", "//app.example", "ftp://app.example", "file:///", "https://"]
        {
            assert!(Origin::parse(wrong).unwrap_err().contains("https://HOST"), "{wrong}");
        }
        for wrong in
            ["https://a@app.example", "https://app.example/chat", "https://app.example/?a", "https://a/#"]
        {
            assert!(Origin::parse(wrong).unwrap_err().contains("https://HOST"), "{wrong}");
        }
        for wrong in ["*", "https://*", "https://*.example"] {
            assert!(Origin::parse(wrong).unwrap_err().contains("list each origin"), "{wrong}");
        }
    }

    #[test]
    fn only_the_same_origin_is_the_same() {
        let origins = Origins::new(vec![Origin::parse("https://app.example").unwrap()]);
        let has = |origin: &'static str| origins.has(&HeaderValue::from_static(origin));
        assert!(has("https://app.example"));
        for other in
            ["http://app.example", "https://app.example:8443", "https://app.example.evil", "null", ""]
        {
            assert!(!has(other), "{other}");
        }
        assert!(Origins::default().layer().is_none() && origins.layer().is_some());
    }
}

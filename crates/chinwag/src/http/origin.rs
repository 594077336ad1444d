//! Checks which site's page a browser request comes from. A cookie counts only for the server's own pages, whatever the
//! method. The cookie's SameSite=Strict tells the browser so, but browsers do not apply it to pages of a sibling domain,
//! and not all apply it to WebSockets.

use axum::http::{HeaderMap, HeaderName, Method, Uri, Version, header};
use chinwag_protocol::{ErrorCode, Reason, Refused};

use super::public::PublicUrl;

const FORWARDED_PROTO: &str = "x-forwarded-proto";
const FETCH_SITE: &str = "sec-fetch-site";
const FETCH_DEST: &str = "sec-fetch-dest";

/// Checks that a request has exactly one Host header (RFC 9112, 3.2), and at most one Origin.
pub fn check_once(version: Version, headers: &HeaderMap) -> Result<(), Refused> {
    let wrong = |detail: String| Err(Refused::new(ErrorCode::BadRequest, detail));
    let several = |name: HeaderName| headers.get_all(&name).iter().nth(1).map(|_| name);
    if let Some(name) = [header::HOST, header::ORIGIN].into_iter().find_map(several) {
        return wrong(format!("the request has several {name} headers; send one"));
    }
    // Health checks of old load balancers use HTTP/1.0, which has no Host header.
    if version >= Version::HTTP_11 && !headers.contains_key(header::HOST) {
        return wrong("the request has no Host header".into());
    }
    Ok(())
}

/// Checks that the request comes from one of the server's own pages, or from no page.
pub fn same_origin(
    public: Option<&PublicUrl>,
    method: &Method,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<(), Refused> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let own = match headers.get(header::ORIGIN) {
        Some(origin) if public.is_some_and(|public| public.is_origin(origin)) => true,
        Some(origin) => {
            let host = text(header::HOST).or(uri.host());
            let from = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
            from.is_some_and(|(scheme, from)| scheme == self::scheme(headers) && Some(from) == host)
        }
        // Browsers that send no Origin, as for a picture or when a link is followed, send Sec-Fetch-Site. A link may
        // come from anywhere: its target is shown to the person, not to the page with the link.
        None => {
            let site = text(HeaderName::from_static(FETCH_SITE));
            let own = site.is_none_or(|site| matches!(site, "same-origin" | "none"));
            own || (method.is_safe() && text(HeaderName::from_static(FETCH_DEST)) == Some("document"))
        }
    };
    if own {
        return Ok(());
    }
    Err(Reason::OtherSite.into())
}

/// Returns the request's scheme: `https` if the TLS listener or a proxy has set it in a header.
pub fn scheme(headers: &HeaderMap) -> &str {
    let forwarded = headers.get(FORWARDED_PROTO).and_then(|value| value.to_str().ok());
    forwarded.and_then(|schemes| schemes.split(',').next()).map_or("http", str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for &(name, value) in lines {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        headers
    }

    fn own(method: &Method, lines: &[(&'static str, &str)]) -> bool {
        same_origin(None, method, &headers(lines), &Uri::from_static("/")).is_ok()
    }

    #[test]
    fn the_public_url_is_ours_whatever_the_proxy_passes_on() {
        let public = PublicUrl::parse("https://chat.example/chat/").unwrap();
        let post = |origin: &str| {
            let headers = headers(&[("host", "chinwag:8080"), ("origin", origin)]);
            same_origin(Some(&public), &Method::POST, &headers, &Uri::from_static("/")).is_ok()
        };
        assert!(post("https://chat.example") && post("http://chinwag:8080"));
        assert!(!post("http://chat.example") && !post("https://evil.example") && !post("null"));
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let host = ("host", "chat.example:8080");
        let post = |origin: &str| own(&Method::POST, &[host, ("origin", origin)]);
        assert!(post("http://chat.example:8080"));
        for foreign in ["https://chat.example:8080", "http://chat.example", "http://evil.example", "null", ""]
        {
            assert!(!post(foreign), "{foreign}");
        }
        let tls = ("x-forwarded-proto", "https");
        assert!(own(&Method::POST, &[host, tls, ("origin", "https://chat.example:8080")]));
        assert!(!own(&Method::POST, &[host, tls, ("origin", "http://chat.example:8080")]));
        assert!(!own(&Method::GET, &[host, ("origin", "http://evil.example")]));
    }

    #[test]
    fn without_an_origin_the_site_counts_except_for_links() {
        let from = |method: &Method, site: &str, dest: &str| {
            own(method, &[("host", "x"), ("sec-fetch-site", site), ("sec-fetch-dest", dest)])
        };
        assert!(from(&Method::POST, "same-origin", "empty") && from(&Method::POST, "none", "document"));
        assert!(from(&Method::GET, "same-origin", "image") && from(&Method::GET, "none", "document"));
        for site in ["same-site", "cross-site"] {
            assert!(!from(&Method::POST, site, "empty") && !from(&Method::DELETE, site, "empty"));
            assert!(!from(&Method::POST, site, "document"), "a form of another site");
            for dest in ["empty", "image", "script", "iframe"] {
                assert!(!from(&Method::GET, site, dest), "{dest}");
            }
            assert!(from(&Method::GET, site, "document"), "a link that was followed");
        }
        assert!(own(&Method::POST, &[("host", "x")]), "no browser");
    }

    #[test]
    fn host_and_origin_are_said_once() {
        let once = |lines: &[_]| check_once(Version::HTTP_11, &headers(lines)).is_ok();
        assert!(once(&[("host", "x")]) && once(&[("host", "x"), ("origin", "http://x")]));
        assert!(!once(&[]) && !once(&[("host", "x"), ("host", "x")]));
        assert!(!once(&[("host", "x"), ("origin", "http://x"), ("origin", "http://y")]));
        assert!(check_once(Version::HTTP_10, &headers(&[])).is_ok());
    }
}

//! The web client's files, embedded in the binary: compressed at build time (`web/build/compress.ts`) and sent as they
//! are.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::answer::Answer;
use super::nowhere;
use files::{FILES, File, Form};

mod files;

/// Serves a file of the web client. Browsers are redirected to its page from unknown paths.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Answer<Response> {
    let path = uri.path();
    let nothing = || nowhere(path);
    if !is_read(&method) {
        return Err(nothing());
    }
    let name = path.trim_start_matches('/');
    let found = match name {
        _ if name.is_empty() || name.ends_with('/') => FILES.get(format!("{name}index.html").as_str()),
        _ => FILES.get(name),
    };
    if let Some(file) = found {
        return Ok(answer(file, &method, &headers));
    }
    // Both redirects are relative, because a proxy may have stripped a part of the path.
    let last = name.rsplit('/').next().unwrap_or_default();
    if FILES.contains_key(format!("{name}/index.html").as_str()) {
        return Ok(Redirect::permanent(&format!("{last}/")).into_response());
    }
    if wants_page(&headers) && FILES.contains_key("index.html") {
        let up = "../".repeat(name.matches('/').count());
        return Ok(Redirect::to(if up.is_empty() { "./" } else { &up }).into_response());
    }
    Err(nothing())
}

/// Returns the web client's page, if it is embedded.
pub fn page(method: &Method, headers: &HeaderMap) -> Option<Response> {
    FILES.get("index.html").map(|file| answer(file, method, headers))
}

/// Whether the request comes from a browser that wants a page, rather than from an API client.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn answer(file: &File, method: &Method, headers: &HeaderMap) -> Response {
    let Form { coding, etag, bytes } = file.form(|coding| accepts(headers, coding));
    let mut response = if has(headers, etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let body = if *method == Method::HEAD { Default::default() } else { bytes.clone() };
        let length = HeaderValue::from(bytes.len());
        let described = [
            (header::CONTENT_TYPE, HeaderValue::from_static(file.media_type)),
            (header::CONTENT_LENGTH, length),
        ];
        (described, body).into_response()
    };
    let answers = response.headers_mut();
    if let (Some(coding), true) = (coding, answers.contains_key(header::CONTENT_TYPE)) {
        answers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    answers.insert(header::ETAG, etag.clone());
    answers.insert(header::CACHE_CONTROL, HeaderValue::from_static(file.caching));
    answers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// Returns the comma-separated items of all headers with this name.
fn items(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// Whether the client accepts this content coding (RFC 9110, 12.5.3).
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let named = |wanted: &str| {
        items(headers, header::ACCEPT_ENCODING).find_map(|item| {
            let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
            let quality = || parameters.trim().strip_prefix("q=")?.trim().parse::<f32>().ok();
            name.trim().eq_ignore_ascii_case(wanted).then(|| quality().unwrap_or(1.0) > 0.0)
        })
    };
    named(coding).or_else(|| named("*")).unwrap_or(false)
}

/// Whether the client already has this version (RFC 9110, 13.1.2).
fn has(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    items(headers, header::IF_NONE_MATCH)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings_are_accepted_as_the_client_says() {
        let accepts = |line: &'static str, coding| {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(line))]);
            accepts(&headers, coding)
        };
        assert!(accepts("gzip, deflate, br, zstd", "br") && accepts("GZIP", "gzip") && accepts("*", "br"));
        assert!(accepts("br;q=0.1", "br") && accepts("gzip ; q=1.0,br", "gzip"));
        assert!(!accepts("", "br") && !accepts("gzip", "br") && !accepts("br;q=0, *", "br"));
        assert!(!accepts("br;q=0.000", "br") && !accepts("identity, *;q=0", "gzip"));
        assert!(!super::accepts(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn what_a_client_has_is_known_by_its_tag() {
        let has = |line: &'static str| {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(line))]);
            has(&headers, &HeaderValue::from_static("\"a\""))
        };
        assert!(has("\"a\"") && has("\"b\", \"a\"") && has("W/\"a\"") && has("*"));
        assert!(!has("\"b\"") && !has("a") && !has(""));
    }
}

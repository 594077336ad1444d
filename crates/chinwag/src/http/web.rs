//! The web client, out of the binary.

use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::answer::Answer;
use super::nowhere;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Web;

/// A file of the web client; its page for `/` and for the addresses it draws itself.
pub async fn asset(method: Method, uri: Uri, headers: HeaderMap) -> Answer<Response> {
    if !matches!(method, Method::GET | Method::HEAD) {
        return Err(nowhere(uri.path()));
    }
    let path = uri.path().trim_start_matches('/');
    let (name, file) = match Web::get(path) {
        Some(file) => (path, file),
        None if path.is_empty() || wants_page(&headers) => {
            ("index.html", Web::get("index.html").ok_or_else(|| nowhere(uri.path()))?)
        }
        None => return Err(nowhere(uri.path())),
    };
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let mut response = ([(header::CONTENT_TYPE, kind.as_ref())], file.data).into_response();
    // Names under assets/ carry a hash of what is in them.
    let cache = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    Ok(response)
}

/// Does somebody come here with a browser, rather than ask the API?
pub fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

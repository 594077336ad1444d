//! `/media`: uploaded files and pictures.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{Attachment, ErrorCode, MediaId, Refused};
use serde::Deserialize;

use super::answer::{Answer, Failed, Json, created};
use super::body::Query;
use super::caller::Caller;
use crate::media::address::Signature;
use crate::media::{self, Media, Size, Thumbnail};
use crate::store::StoredMedia;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The query of an upload: the file's name.
#[derive(Deserialize)]
pub struct Named {
    #[serde(default)]
    name: String,
}

/// Uploads a file: the body is its bytes. List the `id` in a message's `attachments`.
#[utoipa::path(post, path = "/media", tag = "media",
    params(("name" = Option<String>, Query, description = "the file's name")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Attachment)))]
pub async fn upload(
    State(media): State<Arc<Media>>,
    caller: Caller,
    Query(named): Query<Named>,
    body: Body,
) -> Answer<Json<Attachment>> {
    created(media.upload(caller.signed_in(), &named.name, body.into_data_stream()).await?)
}

/// The query of a download: that of a signed address, or nothing; and the size of a thumbnail.
#[derive(Deserialize)]
pub struct Asked {
    size: Option<Size>,
    #[serde(flatten)]
    signature: Option<Signature>,
}

/// Downloads a file, for its uploader and the members of a room in which it was posted. Supports byte ranges. A signed
/// address, from `POST /media/addresses`, needs neither a token nor the cookie.
///
/// With a `size`, returns a thumbnail of a picture: JPEG or PNG, upright, its first frame only. A picture that is not
/// larger is returned as it is, unless it may be animated. If there is no thumbnail (404), fetch the file itself.
#[utoipa::path(get, path = "/media/{id}", tag = "media",
    params(("id" = String, Path),
        ("size" = Option<u32>, Query, description = "the longest side of a thumbnail, 480 or 1200 pixels"),
        ("signer" = Option<String>, Query, description = "part of a signed address"),
        ("expires" = Option<i64>, Query, description = "part of a signed address"),
        ("signature" = Option<String>, Query, description = "part of a signed address")),
    responses((status = 200, content_type = "application/octet-stream"),
        (status = 206, content_type = "application/octet-stream", description = "the requested range")))]
pub async fn download(
    State(media): State<Arc<Media>>,
    caller: Result<Caller, Failed>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answer<Response> {
    let id: MediaId = id.parse().map_err(|_| media::hidden())?;
    let Some(signature) = asked.signature else {
        let found = media.find(&caller?.account, &id).await?;
        return answer(&media, &found, asked.size, &headers).await;
    };
    let (account, left) = media.signed(&id, &signature).await?;
    let found = media.find(&account, &id).await?;
    let mut response = answer(&media, &found, asked.size, &headers).await?;
    let caching = HeaderValue::try_from(format!("private, max-age={left}, immutable"));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, caching.map_err(|_| Refused::from(ErrorCode::Internal))?);
    // It may be shown in a page of any origin: whoever has the address has the file.
    response.headers_mut().insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    Ok(response)
}

async fn answer(
    media: &Arc<Media>,
    found: &StoredMedia,
    size: Option<Size>,
    headers: &HeaderMap,
) -> Answer<Response> {
    match size {
        Some(size) => thumbnail(media, found, size, headers).await,
        None => file(media, found, headers).await,
    }
}

/// Answers with a thumbnail.
async fn thumbnail(
    media: &Arc<Media>,
    found: &StoredMedia,
    size: Size,
    headers: &HeaderMap,
) -> Answer<Response> {
    let tag = format!("\"{}-{}\"", found.media.id, size.pixels());
    if is_known(headers, &tag) {
        return Ok(with(StatusCode::NOT_MODIFIED, Body::empty(), [(header::ETAG, tag)])?);
    }
    let drawn = match media.thumbnail(found, size).await? {
        Thumbnail::Drawn(drawn) => drawn,
        Thumbnail::Itself => return file(media, found, headers).await,
    };
    let media_type = if drawn.starts_with(&[0xff, 0xd8]) { "image/jpeg" } else { "image/png" };
    let about = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, "inline".to_owned()),
        (header::ETAG, tag),
    ];
    Ok(with(StatusCode::OK, Body::from(drawn), about)?)
}

/// Whether the client has the file with this tag. Files never change, so the entity tag alone decides.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers.get(header::IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == tag.as_bytes())
}

/// Answers with a file, or the part of it that was asked for.
async fn file(media: &Media, found: &StoredMedia, headers: &HeaderMap) -> Answer<Response> {
    let (size, tag) = (found.media.size, format!("\"{}\"", found.media.id));
    if is_known(headers, &tag) {
        return Ok(with(StatusCode::NOT_MODIFIED, Body::empty(), [(header::ETAG, tag)])?);
    }
    let shown = media::is_shown(&found.media.media_type);
    let media_type = if shown { found.media.media_type.as_str() } else { "application/octet-stream" };
    let about = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, disposition(shown, &found.media.name)),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, tag),
    ];
    let (status, range, length, place) = match wanted(headers, size) {
        Wanted::All => (StatusCode::OK, None, size, None),
        Wanted::Part(part) => {
            let place = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            (StatusCode::PARTIAL_CONTENT, Some(part.clone()), part.end - part.start, Some(place))
        }
        Wanted::Nowhere => {
            let place = (header::CONTENT_RANGE, format!("bytes */{size}"));
            return Ok(with(StatusCode::RANGE_NOT_SATISFIABLE, Body::empty(), [place])?);
        }
    };
    let body = Body::from_stream(media.read(found, range).await?);
    let place = place.map(|place| (header::CONTENT_RANGE, place));
    let length = (header::CONTENT_LENGTH, length.to_string());
    Ok(with(status, body, about.into_iter().chain([length]).chain(place))?)
}

/// The part of a file that a request asks for.
enum Wanted {
    All,
    Part(Range<u64>),
    Nowhere,
}

/// Parses the `Range` header. Several ranges and invalid headers are answered with the whole file, as the RFC allows.
fn wanted(headers: &HeaderMap, size: u64) -> Wanted {
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let Some(Ok(ranges)) = range.map(http_range_header::parse_range_header) else { return Wanted::All };
    match ranges.validate(size).as_deref() {
        Ok([one]) => Wanted::Part(*one.start()..*one.end() + 1),
        Ok(_) => Wanted::All,
        Err(_) => Wanted::Nowhere,
    }
}

/// Builds the response, with a policy that keeps browsers from running anything in the file.
fn with(
    status: StatusCode,
    body: Body,
    about: impl IntoIterator<Item = (HeaderName, String)>,
) -> Result<Response, Refused> {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    for (name, value) in about {
        headers.insert(name, HeaderValue::try_from(value).map_err(|_| Refused::from(ErrorCode::Internal))?);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    Ok(response)
}

/// Returns the `Content-Disposition` (RFC 6266): the name in RFC 8187's encoding, which can express any script,
/// preceded by an ASCII form for programs that read only that, such as `curl -OJ`.
fn disposition(shown: bool, name: &str) -> String {
    let kind = if shown { "inline" } else { "attachment" };
    let plain = |c: char| match c {
        ' ' => c,
        '"' | '\\' | '%' | '/' => '_',
        c if c.is_ascii_graphic() => c,
        _ => '_',
    };
    let ascii: String = name.chars().map(plain).collect();
    let mut escaped = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            escaped.push(byte as char);
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{escaped}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_in_both_forms() {
        assert_eq!(disposition(true, "a b.png"), "inline; filename=\"a b.png\"; filename*=UTF-8''a%20b.png");
        assert_eq!(
            disposition(false, "\"é;\\\r\n.txt"),
            "attachment; filename=\"__;___.txt\"; filename*=UTF-8''%22%C3%A9%3B%5C%0D%0A.txt"
        );
    }

    #[test]
    fn a_range_is_a_part_or_everything_or_nowhere() {
        let wanted = |range: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_str(range).unwrap());
            match wanted(&headers, 100) {
                Wanted::All => None,
                Wanted::Part(part) => Some(part),
                Wanted::Nowhere => Some(0..0),
            }
        };
        assert_eq!(wanted("bytes=0-9"), Some(0..10));
        assert_eq!(wanted("bytes=90-"), Some(90..100));
        assert_eq!(wanted("bytes=-5"), Some(95..100));
        assert_eq!(wanted("bytes=90-200"), Some(90..100));
        assert_eq!(wanted("bytes=100-"), Some(0..0));
        assert_eq!(wanted("bytes=0-1,5-6"), None);
        assert_eq!(wanted("lines=0-1"), None);
    }
}

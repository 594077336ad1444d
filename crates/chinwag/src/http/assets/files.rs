//! All files of the web client, with their compressed forms.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{LazyLock, OnceLock};

use axum::body::Bytes;
use axum::http::HeaderValue;
use flate2::read::GzDecoder;
use rust_embed::{EmbeddedFile, RustEmbed};

/// The embedded folder. In a debug build, files are read from disk on the first request.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Embedded;

/// The files by path.
pub static FILES: LazyLock<BTreeMap<String, File>> = LazyLock::new(files);

/// A file with its forms.
pub struct File {
    /// The `Content-Type`.
    pub media_type: &'static str,
    /// The `Cache-Control`.
    pub caching: &'static str,
    /// The smallest first; a compressed file has no plain form here.
    forms: Vec<Form>,
    plain: OnceLock<Form>,
}

/// One encoding of a file.
pub struct Form {
    /// The `Content-Encoding`; `None` for the plain form.
    pub coding: Option<&'static str>,
    /// This form's own: a strong entity tag identifies exact bytes.
    pub etag: HeaderValue,
    /// The encoded content.
    pub bytes: Bytes,
}

impl File {
    /// Returns the smallest form that the client accepts; otherwise the plain one, which is decompressed once.
    pub fn form(&self, accepts: impl Fn(&str) -> bool) -> &Form {
        let suits = |form: &&Form| form.coding.is_none_or(&accepts);
        self.forms.iter().find(suits).unwrap_or_else(|| self.plain.get_or_init(|| plain(&self.forms)))
    }
}

fn plain(forms: &[Form]) -> Form {
    let gzip = forms.iter().find(|form| form.coding == Some("gzip"));
    let (mut bytes, mut tag) = (Vec::new(), String::new());
    if let Some(gzip) = gzip {
        if let Err(error) = GzDecoder::new(&*gzip.bytes).read_to_end(&mut bytes) {
            tracing::error!(%error, "a file of the web client is corrupt");
        }
        tag = gzip.etag.to_str().unwrap_or_default().trim_matches('"').to_owned();
    }
    Form { coding: None, etag: etag(&format!("{tag}-plain")), bytes: bytes.into() }
}

fn etag(tag: &str) -> HeaderValue {
    HeaderValue::try_from(format!("\"{tag}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

fn files() -> BTreeMap<String, File> {
    let mut files = BTreeMap::<String, File>::new();
    for path in Embedded::iter() {
        let Some(file) = Embedded::get(&path) else { continue };
        let (name, coding) = match path.rsplit_once('.') {
            Some((name, "br")) => (name, Some("br")),
            Some((name, "gz")) => (name, Some("gzip")),
            _ => (&*path, None),
        };
        let entry = files.entry(name.to_owned()).or_insert_with(|| File {
            media_type: media_type(name).unwrap_or("application/octet-stream"),
            caching: caching(name),
            forms: Vec::new(),
            plain: OnceLock::new(),
        });
        entry.forms.push(form(file, coding));
        entry.forms.sort_by_key(|form| form.bytes.len());
    }
    files
}

fn form(file: EmbeddedFile, coding: Option<&'static str>) -> Form {
    let hash = file.metadata.sha256_hash();
    let tag: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let bytes = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Form { coding, etag: etag(&tag), bytes }
}

/// Names under assets/ contain a hash of the content, so they may be cached forever.
fn caching(name: &str) -> &'static str {
    if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn media_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_web_client_has_a_type_and_a_plain_form() {
        assert!(FILES.contains_key("index.html"), "build the web client first: make web");
        for (name, file) in &*FILES {
            assert!(media_type(name).is_some(), "{name}");
            let plain = file.form(|_| false);
            assert!(plain.coding.is_none() && !plain.bytes.is_empty(), "{name}");
            let tags: Vec<_> = file.forms.iter().map(|form| &form.etag).collect();
            assert!(file.forms.iter().all(|form| form.coding.is_none()) || !tags.contains(&&plain.etag));
            for coding in ["br", "gzip"] {
                let form = file.form(|accepted| accepted == coding);
                assert!(form.bytes.len() <= plain.bytes.len(), "{name} {coding}");
            }
        }
    }
}

//! The addresses of this server for browsers, and of the broker for devices and scripts, as seen from outside.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderValue, header};
use reqwest::Url;

/// The URL at which browsers reach this server. A proxy strips its path from requests before they arrive here; the web
/// client resolves its URLs relative to its page.
#[derive(Debug, Clone)]
pub struct PublicUrl(Url);

impl PublicUrl {
    /// Parses a setting.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut url = Url::parse(text.trim()).ok().filter(|url| {
            let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
            matches!(url.scheme(), "http" | "https") && plain && url.password().is_none()
        });
        if let Some(url) = url.as_mut().filter(|url| !url.path().ends_with('/')) {
            url.set_path(&format!("{}/", url.path()));
        }
        url.map(Self).ok_or_else(|| "a public URL is https://HOST/ or https://HOST/PATH/".into())
    }

    /// Whether this is the origin of the server's pages.
    pub fn is_origin(&self, origin: &HeaderValue) -> bool {
        *origin == self.0.origin().ascii_serialization().as_str()
    }

    /// Returns the host, and the port unless it is the scheme's default.
    pub fn authority(&self) -> &str {
        self.0.authority()
    }

    /// Returns the URL of a path on this server.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Returns the URL path of a path on this server.
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.0.path())
    }

    /// Whether it is reached over TLS.
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The addresses of this server and the broker.
#[derive(Debug, Default)]
pub struct PublicAddresses {
    /// The web client's URL, if configured.
    pub url: Option<PublicUrl>,
    /// The broker's configured URLs.
    pub configured: Vec<String>,
    /// Scheme, address and path of each of the broker's listeners, the preferred first.
    pub listeners: Vec<(&'static str, SocketAddr, &'static str)>,
}

impl PublicAddresses {
    /// Returns the broker's URLs for the sender of a request with these headers. The host is that of the public URL or
    /// the `Host` header. Loopback listeners are omitted, unless that host is a loopback address too.
    pub fn for_request(&self, headers: &HeaderMap) -> Vec<String> {
        if !self.configured.is_empty() {
            return self.configured.clone();
        }
        let written = || headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let Some(host) = self.url.as_ref().map(PublicUrl::authority).or_else(written).map(without_port)
        else {
            return Vec::new();
        };
        let here = is_here(host);
        let reachable = self.listeners.iter().filter(|(_, address, _)| here || !address.ip().is_loopback());
        reachable
            .map(|(scheme, address, path)| format!("{scheme}://{host}:{}{path}", address.port()))
            .collect()
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_here(host: &str) -> bool {
    let number = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || number.is_ok_and(|number| number.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(configured: &[&str], host: &str) -> Vec<String> {
        let addresses = PublicAddresses {
            url: None,
            configured: configured.iter().map(|&url| url.to_owned()).collect(),
            listeners: vec![
                ("mqtts", "0.0.0.0:8883".parse().unwrap(), ""),
                ("mqtt", "127.0.0.1:1883".parse().unwrap(), ""),
                ("wss", "[::]:8084".parse().unwrap(), "/mqtt"),
            ],
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        addresses.for_request(&headers)
    }

    #[test]
    fn addresses_are_those_that_the_asker_can_reach() {
        let outside = ["mqtts://chat.example:8883", "wss://chat.example:8084/mqtt"];
        assert_eq!(asked(&[], "chat.example"), outside);
        assert_eq!(asked(&[], "chat.example:8443"), outside);
        for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"] {
            let name = host.strip_suffix(":8080").unwrap();
            assert_eq!(asked(&[], host)[1], format!("mqtt://{name}:1883"));
        }
        assert_eq!(asked(&["mqtts://mqtt.example:443"], "chat.example"), ["mqtts://mqtt.example:443"]);
    }

    #[test]
    fn public_urls_are_understood_or_explained() {
        for (text, url) in [
            ("https://example.org", "https://example.org/"),
            ("https://Example.org:443/chat", "https://example.org/chat/"),
            ("http://[::1]:8080/a/b/", "http://[::1]:8080/a/b/"),
        ] {
            assert_eq!(PublicUrl::parse(text).unwrap().to_string(), url);
        }
        for wrong in ["example.org", "/chat/", "ftp://x/", "https://a@x/", "https://x/?a", "https://x/#a", ""]
        {
            assert!(PublicUrl::parse(wrong).unwrap_err().contains("https://HOST/PATH/"), "{wrong}");
        }
        let url = PublicUrl::parse("https://example.org/chat/").unwrap();
        let is_origin = |origin| url.is_origin(&HeaderValue::from_static(origin));
        assert!(is_origin("https://example.org"));
        assert!(!is_origin("http://example.org") && !is_origin("https://example.org:8443"));
        assert_eq!(
            (url.join("setup"), url.path("mqtt")),
            ("https://example.org/chat/setup".into(), "/chat/mqtt".into())
        );
    }
}

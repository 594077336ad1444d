//! The broker's address: `mqtt://USER:PASSWORD@HOST:PORT`, `mqtts://`, `ws://…/mqtt`, `wss://…/mqtt`.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, bail};
use http::Uri;
use percent_encoding::percent_decode_str;

use crate::access::AccessChoice;
use crate::access::broker_api::BrokerApi;
use crate::access::hooks::Secret;

/// The transport of MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Over TCP.
    Mqtt,
    /// Over TLS.
    Mqtts,
    /// Over WebSocket.
    Ws,
    /// Over WebSocket over TLS.
    Wss,
}

/// A broker's address, with the credentials for it.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    /// The transport.
    pub scheme: Scheme,
    /// The host; an IPv6 address in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// For WebSocket: the path.
    pub path: String,
    /// User and password.
    pub credentials: Option<(String, String)>,
}

impl BrokerUrl {
    /// Parses a URL; errors do not contain the password.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        const FORM: &str =
            "a broker's URL must be mqtt://USER:PASSWORD@HOST:PORT, or mqtts://, ws:// or wss://";
        let uri: Uri = text.parse().ok().context(FORM)?;
        let (scheme, default_port) = match uri.scheme_str() {
            Some("mqtt") => (Scheme::Mqtt, 1883),
            Some("mqtts") => (Scheme::Mqtts, 8883),
            Some("ws") => (Scheme::Ws, 80),
            Some("wss") => (Scheme::Wss, 443),
            _ => bail!(FORM),
        };
        let host = uri.host().filter(|host| !host.is_empty()).context(FORM)?.to_owned();
        let port = match (uri.port_u16(), uri.authority()) {
            (Some(port), _) => port,
            // A port is given, but is not a valid number.
            (None, Some(authority)) if !authority.as_str().ends_with(&host) => bail!(FORM),
            (None, _) => default_port,
        };
        let userinfo = uri.authority().and_then(|authority| authority.as_str().rsplit_once('@'));
        let credentials = match userinfo.map(|(userinfo, _)| userinfo.split_once(':')) {
            None => None,
            Some(None) => bail!("{FORM}; a user without a password is not enough"),
            Some(Some((user, password))) => Some((decode(user)?, decode(password)?)),
        };
        let path = match uri.path() {
            "" | "/" => "/mqtt".to_owned(),
            path => path.to_owned(),
        };
        Ok(Self { scheme, host, port, path, credentials })
    }

    /// Returns the user name on the broker; empty if there is none.
    pub fn user(&self) -> &str {
        self.credentials.as_ref().map_or("", |(user, _)| user)
    }

    /// Whether the transport is WebSocket, which browsers could use too.
    pub fn is_websocket(&self) -> bool {
        matches!(self.scheme, Scheme::Ws | Scheme::Wss)
    }
}

fn decode(text: &str) -> anyhow::Result<String> {
    let decoded = percent_decode_str(text).decode_utf8();
    Ok(decoded
        .context("the broker's user and password must be UTF-8, percent-encoded where needed")?
        .into_owned())
}

/// Omits user and password.
impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, path) = match self.scheme {
            Scheme::Mqtt => ("mqtt", ""),
            Scheme::Mqtts => ("mqtts", ""),
            Scheme::Ws => ("ws", self.path.as_str()),
            Scheme::Wss => ("wss", self.path.as_str()),
        };
        write!(f, "{scheme}://{}:{}{path}", self.host, self.port)
    }
}

impl fmt::Debug for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The settings of an external broker.
#[derive(Debug, Clone)]
pub struct BrokerConfig {
    /// The broker's address.
    pub url: BrokerUrl,
    /// The CA certificates, PEM, for the broker's certificate; the system's if not set.
    pub ca: Option<PathBuf>,
    /// The WebSocket URL at which browsers reach the broker.
    pub websocket: Option<String>,
    /// How the broker learns who may do what.
    pub access: AccessChoice,
    /// The secret with which the broker authenticates its requests to the hooks; generated if not set.
    pub secret: Option<Secret>,
    /// The broker's HTTP API, for ending live subscriptions.
    pub api: Option<BrokerApi>,
}

impl BrokerConfig {
    /// Whether the broker returns with each request the proof it got when the client was authenticated, as EMQX does.
    pub fn proves_clients(&self) -> bool {
        self.api.as_ref().is_some_and(BrokerApi::is_emqx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_understood() {
        let url = BrokerUrl::parse("mqtt://chin%40wag:p%3Aw%2F@broker.example").unwrap();
        assert_eq!((url.host.as_str(), url.port), ("broker.example", 1883));
        assert_eq!(url.credentials, Some(("chin@wag".to_owned(), "p:w/".to_owned())));
        assert_eq!(format!("{url} {url:?}"), "mqtt://broker.example:1883 mqtt://broker.example:1883");
        let url = BrokerUrl::parse("wss://u:p@[::1]:8084/ws").unwrap();
        assert_eq!(url.to_string(), "wss://[::1]:8084/ws");
        assert_eq!(BrokerUrl::parse("ws://h:1").unwrap().to_string(), "ws://h:1/mqtt");
    }

    #[test]
    fn what_is_no_broker_is_refused_without_its_password() {
        for text in ["", "broker", "http://u:secret@h", "mqtt://", "mqtt://user@h", "mqtt://u:secret@h:99999"]
        {
            let error = BrokerUrl::parse(text).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}

//! Authentication of requests: by a bearer token, or the web client's cookie.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, Uri, header};
use chinwag_protocol::{Reason, Refused};

use super::Http;
use super::answer::Failed;
use super::origin::{same_origin, scheme};
use crate::accounts::credential::{Credential, ended};
use crate::accounts::sign_in::SignedIn;
use crate::accounts::tokens;
use crate::directory::{AccountEntry, Directory};
use crate::store::BROKER_KEY;

/// The web client's cookie on the scheme's default port. Browsers share cookies between all ports of a host, so on
/// other ports the port is part of the name: otherwise two servers on a host would sign out each other's users.
pub(super) const COOKIE: &str = "chinwag_session";
/// How long a browser keeps it, in seconds; the token itself is valid until it is revoked.
const COOKIE_SECONDS: u64 = 365 * 24 * 60 * 60;

/// The client's address: the TCP peer's, or the one reported by a trusted proxy.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// An authenticated caller.
pub struct Caller {
    /// The account.
    pub account: AccountEntry,
    /// The credential used.
    pub credential: Credential,
}

impl Caller {
    /// Returns account and credential.
    pub fn signed_in(&self) -> SignedIn {
        SignedIn { account: self.account.id, credential: self.credential }
    }

    /// Returns the id of the token in use; for other credentials that of the account's broker key.
    pub fn token(&self) -> i64 {
        match self.credential {
            Credential::Token(token) => token,
            Credential::Key { .. } | Credential::Password { .. } => BROKER_KEY,
        }
    }
}

/// Stored with a request to check the sender again once the body has arrived, which may be much later.
#[derive(Clone)]
struct Sender(Arc<Directory>, SignedIn);

/// Checks that the credential of the request's sender, if it has been authenticated, is still valid.
pub fn check_again(extensions: &Extensions) -> Result<(), Refused> {
    let Some(Sender(directory, SignedIn { account, credential })) = extensions.get() else { return Ok(()) };
    credential.check(directory, *account)
}

impl FromRequestParts<Http> for Caller {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Failed> {
        let caller = identify(http, &parts.method, &parts.headers, &parts.uri).await.map_err(Failed)?;
        parts.extensions.insert(Sender(Arc::clone(http.app.directory()), caller.signed_in()));
        Ok(caller)
    }
}

/// Authenticates the sender of these headers. A cookie counts only on requests of this server's own pages; an access
/// token, which no browser adds by itself, counts whatever page sends it.
pub async fn identify(
    http: &Http,
    method: &Method,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<Caller, Refused> {
    let token = match headers.get(header::AUTHORIZATION) {
        Some(value) => bearer(value).ok_or(Reason::NotSignedIn)?,
        None => {
            let token = cookie(headers).ok_or(Reason::NotSignedIn)?;
            same_origin(http.public.url.as_ref(), method, headers, uri)?;
            token
        }
    };
    let (credential, account) = tokens::check(&http.app.accounts, token).await.ok_or_else(ended)?;
    let account = http.app.directory().account(account).ok_or_else(ended)?;
    Ok(Caller { account, credential })
}

pub(super) fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookie_name(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let port = host.and_then(|host| host.rsplit_once(':')?.1.parse::<u16>().ok());
    port.map_or_else(|| COOKIE.to_owned(), |port| format!("{COOKIE}_{port}"))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let named = |wanted: &str| {
        let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == wanted).map(|(_, token)| token)
    };
    // Sign-ins from before the port was part of the name stay valid.
    named(&cookie_name(headers)).or_else(|| named(COOKIE))
}

/// Returns the `Set-Cookie` value that stores a token or, for `None`, deletes the cookie.
pub fn set_cookie(headers: &HeaderMap, token: Option<&str>) -> HeaderValue {
    // On requests over TLS, also behind a proxy, the browser must send the cookie over TLS only.
    let secure = if scheme(headers) == "https" { "; Secure" } else { "" };
    let name = cookie_name(headers);
    let (token, age) = token.map_or(("", 0), |token| (token, COOKIE_SECONDS));
    // No Path attribute: the default is the folder of the sign-in URL as the browser sees it, which includes a prefix
    // that a proxy strips (RFC 6265, 5.1.4).
    let cookie = format!("{name}={token}; HttpOnly; SameSite=Strict; Max-Age={age}{secure}");
    HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static(""))
}

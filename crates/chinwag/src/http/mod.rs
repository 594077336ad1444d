//! HTTP: all routes in one list, one file per resource.

mod accounts;
mod addresses;
pub mod answer;
mod assets;
mod asyncapi;
mod body;
mod broker;
pub mod caller;
pub mod cors;
mod headers;
mod health;
mod media;
mod members;
mod messages;
pub mod metrics;
mod mqtt;
mod openapi;
mod origin;
mod pace;
mod people;
pub mod proxies;
pub mod public;
mod rooms;
pub mod serve;
mod session;
mod setup;
mod timing;
mod tokens;
mod verbs;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::FromRef;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{any, delete, get, post};
use chinwag_protocol::{ErrorCode, Refused};

use crate::accounts::Accounts;
use crate::app::App;
use crate::chat::Chat;
use crate::media::Media;
use crate::metrics::Times;
use crate::mqtt::Mqtt;
use answer::Failed;
use cors::Origins;
use public::PublicAddresses;

/// The state that handlers share.
#[derive(Clone)]
pub struct Http {
    /// The application.
    pub app: Arc<App>,
    /// The broker.
    pub mqtt: Mqtt,
    /// The addresses of this server and the broker as seen from outside.
    pub public: Arc<PublicAddresses>,
    /// The other origins whose pages may use the API.
    pub origins: Origins,
    /// The data folder.
    pub folder: Arc<Path>,
}

impl FromRef<Http> for Arc<Chat> {
    fn from_ref(http: &Http) -> Self {
        Arc::clone(&http.app.chat)
    }
}

impl FromRef<Http> for Arc<Accounts> {
    fn from_ref(http: &Http) -> Self {
        Arc::clone(&http.app.accounts)
    }
}

impl FromRef<Http> for Arc<Media> {
    fn from_ref(http: &Http) -> Self {
        Arc::clone(&http.app.media)
    }
}

impl FromRef<Http> for Arc<Times> {
    fn from_ref(http: &Http) -> Self {
        Arc::clone(&http.app.times)
    }
}

/// Returns the router with every route.
pub fn routes(http: Http) -> Router {
    let resources = Router::new()
        .route("/setup", get(setup::state).post(setup::set_up))
        .route("/session", get(session::who).post(session::sign_in).delete(session::sign_out))
        .route("/accounts", post(accounts::create))
        .route("/account/password", post(accounts::change_password))
        .route("/tokens", get(tokens::list).post(tokens::create))
        .route("/tokens/{id}", delete(tokens::revoke))
        .route("/people", get(people::list))
        .route("/rooms", get(rooms::list).post(rooms::create))
        .route("/rooms/{*topic}", get(rooms::show).patch(rooms::change))
        .route("/direct", post(rooms::direct))
        .route("/members/{*topic}", get(members::list).post(members::add).delete(members::remove))
        .route("/message", post(messages::send))
        .route("/messages/{*topic}", get(messages::list))
        .route("/events/{*topic}", get(messages::events))
        .route("/broker", get(broker::info))
        .route("/broker/authenticate", post(broker::authenticate))
        .route("/broker/authorize", post(broker::authorize))
        .route("/media", post(media::upload))
        .route("/media/addresses", post(addresses::create))
        .route("/media/{id}", get(media::download));
    // The verbs' routes come from the protocol crate's list.
    let resources = verbs::routes()
        .into_iter()
        .fold(resources, |router, (path, offered)| router.route(&path, offered))
        .method_not_allowed_fallback(|| async { Failed(ErrorCode::MethodNotAllowed.into()) });
    let asyncapi = asyncapi::document(http.public.url.as_ref());
    let about = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::show))
        .route("/openapi.json", get(async || json(openapi::document())))
        .route("/asyncapi.json", get(async move || json(asyncapi)))
        .route("/mqtt", any(mqtt::upgrade));
    let router = resources.merge(about).fallback(assets::serve);
    headers::around(router, &http).with_state(http)
}

/// An already serialized JSON document.
fn json(document: Bytes) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document)
}

/// Returns the error for a path without a route.
fn nowhere(path: &str) -> Failed {
    Failed(Refused::new(
        ErrorCode::NotFound,
        format!("there is nothing at {path}; GET /docs lists what there is"),
    ))
}

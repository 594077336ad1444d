//! `/mqtt`: MQTT over WebSocket on the HTTP port.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chinwag_protocol::{ErrorCode, Refused};
use hyper_util::rt::TokioIo;

use super::Http;
use super::answer::Answer;
use super::caller::{Peer, identify, same_origin};
use crate::mqtt::Mqtt;
use crate::mqtt::embedded::identity;

/// Answers the WebSocket handshake (RFC 6455, 4.2) and hands the connection to the broker. A browser's
/// cookie is proof of who it is; anybody else says so in CONNECT.
pub async fn upgrade(
    State(http): State<Http>,
    Extension(Peer(address)): Extension<Peer>,
    mut request: Request,
) -> Answer<Response> {
    let Mqtt::Embedded(broker) = http.mqtt else {
        let detail = "this server has a broker elsewhere: GET /broker says where";
        return Err(Refused::new(ErrorCode::NotFound, detail).into());
    };
    let headers = request.headers();
    let has = |name, token: &str| {
        let value =
            headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok()).unwrap_or_default();
        value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token))
    };
    let key = headers.get(header::SEC_WEBSOCKET_KEY).cloned();
    let (true, true, true, Some(key)) = (
        has(header::CONNECTION, "upgrade"),
        has(header::UPGRADE, "websocket"),
        has(header::SEC_WEBSOCKET_VERSION, "13"),
        key,
    ) else {
        let detail = "connect here with MQTT over WebSocket, subprotocol mqtt";
        return Err(Refused::new(ErrorCode::BadRequest, detail).into());
    };
    let mqtt = has(header::SEC_WEBSOCKET_PROTOCOL, "mqtt");
    let caller = match same_origin(headers, request.uri()) {
        Ok(()) => identify(&http.app, headers, request.uri(), true).await.ok(),
        Err(_) => None,
    };
    let who = caller.and_then(|caller| identity(&http.app, caller.signed_in()));
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        match upgrade.await {
            Ok(upgraded) => broker.serve_upgraded(TokioIo::new(upgraded), address, who).await,
            Err(error) => tracing::debug!(%error, "a WebSocket handshake broke off"),
        }
    });
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    let answer = [
        (header::CONNECTION, "upgrade".to_owned()),
        (header::UPGRADE, "websocket".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    let mut response = (StatusCode::SWITCHING_PROTOCOLS, answer).into_response();
    if mqtt {
        response
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_PROTOCOL, header::HeaderValue::from_static("mqtt"));
    }
    Ok(response)
}

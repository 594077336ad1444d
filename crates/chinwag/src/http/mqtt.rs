//! `/mqtt`: MQTT over WebSocket on the HTTP port.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use chinwag_protocol::{ErrorCode, Refused};
use hyper_util::rt::TokioIo;

use super::Http;
use super::answer::Answer;
use super::caller::{Peer, identify};
use crate::mqtt::Mqtt;
use crate::mqtt::embedded::identity;

/// Answers the WebSocket handshake (RFC 6455, 4.2) and passes the connection to the broker. This server's own page is
/// authenticated by its cookie; every other client, also a page of another origin, by its CONNECT packet.
pub async fn upgrade(
    State(http): State<Http>,
    Extension(Peer(address)): Extension<Peer>,
    mut request: Request,
) -> Answer<Response> {
    let Mqtt::Embedded(broker) = &http.mqtt else {
        let detail = "this server uses an external broker: GET /broker has its address";
        return Err(Refused::new(ErrorCode::NotFound, detail).into());
    };
    let headers = request.headers();
    let response = chinwag_broker::answer_upgrade(&request).map_err(|_| {
        let detail = "connect here with MQTT over WebSocket, subprotocol mqtt";
        Refused::new(ErrorCode::BadRequest, detail)
    })?;
    let caller = identify(&http, request.method(), headers, request.uri()).await.ok();
    let who = caller.and_then(|caller| identity(http.app.directory(), caller.signed_in()));
    let upgrade = hyper::upgrade::on(&mut request);
    let broker = broker.clone();
    tokio::spawn(async move {
        match upgrade.await {
            Ok(upgraded) => broker.serve_upgraded(TokioIo::new(upgraded), address, who).await,
            Err(error) => tracing::debug!(%error, "a WebSocket handshake was aborted"),
        }
    });
    Ok(response.map(|()| Body::empty()))
}

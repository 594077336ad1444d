//! The HTTP request that opens a WebSocket connection.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tungstenite::handshake::machine::TryParse;
use tungstenite::handshake::server::{Request, create_response_with_body, write_response};
use tungstenite::http::{self, HeaderValue, Response, StatusCode};

/// Maximum size of a request, in bytes.
const LONGEST: usize = 16 << 10;

/// Returns the answer to a request that opens a WebSocket for MQTT, or the status of a refusal: 426 if the request
/// doesn't open a WebSocket, 400 if it offers subprotocols but not MQTT.
///
/// [MQTT-6.0.0-3] [MQTT-6.0.0-4]: the client must offer `mqtt`. The answer selects the name it offered; `mqttv3.1` is
/// the name older clients use. Clients that offer no subprotocol are accepted too.
pub fn answer_upgrade<B>(request: &http::Request<B>) -> Result<Response<()>, StatusCode> {
    let response = create_response_with_body(request, || ());
    let mut response = response.map_err(|_| StatusCode::UPGRADE_REQUIRED)?;
    let offers = request.headers().get_all("Sec-WebSocket-Protocol");
    let mut names = offers.iter().filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
    let chosen = names.find_map(|name| ["mqtt", "mqttv3.1"].into_iter().find(|known| *known == name.trim()));
    match chosen {
        Some(name) => {
            response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(name));
        }
        None if offers.iter().next().is_some() => return Err(StatusCode::BAD_REQUEST),
        None => {}
    }
    Ok(response)
}

/// Answers an upgrade request on a port used only for WebSockets; any path is accepted. Returns the bytes that followed
/// the request, or `None` if it was refused or there was no room. `hold` is called with the number of bytes read so far
/// and returns whether there is room for them.
pub(crate) async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    io: &mut S,
    mut hold: impl FnMut(usize) -> bool,
) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1024);
    let (used, request) = loop {
        if io.read_buf(&mut bytes).await.ok()? == 0 || !hold(bytes.len()) {
            return None;
        }
        match Request::try_parse(&bytes) {
            Ok(Some(parsed)) => break parsed,
            Ok(None) if bytes.len() < LONGEST => {}
            _ => return refuse(io, StatusCode::BAD_REQUEST).await,
        }
    };
    let response = match answer_upgrade(&request) {
        Ok(response) => response,
        Err(status) => return refuse(io, status).await,
    };
    let mut answer = Vec::new();
    write_response(&mut answer, &response).ok()?;
    io.write_all(&answer).await.ok()?;
    bytes.drain(..used);
    Some(bytes)
}

async fn refuse<S: AsyncWrite + Unpin>(io: &mut S, status: StatusCode) -> Option<Vec<u8>> {
    // RFC 9110, 15.5.22: a 426 response names the protocol to upgrade to.
    let upgrade = if status == StatusCode::UPGRADE_REQUIRED { "Upgrade: websocket\r\n" } else { "" };
    let answer = format!("HTTP/1.1 {status}\r\n{upgrade}Content-Length: 0\r\nConnection: close\r\n\r\n");
    // The connection is closed next, whether or not this arrived.
    let _ = io.write_all(answer.as_bytes()).await;
    let _ = io.shutdown().await;
    None
}

//! The HTTP request that opens a WebSocket on a port of its own.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tungstenite::handshake::machine::TryParse;
use tungstenite::handshake::server::{Request, create_response, write_response};
use tungstenite::http::HeaderValue;

/// Longest request read.
const LONGEST: usize = 16 << 10;
const PATH: &str = "/mqtt";

/// Answers an upgrade request. The bytes that followed it, or `None` if it was refused (and answered so).
pub(crate) async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(io: &mut S) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1024);
    let (used, request) = loop {
        if io.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        match Request::try_parse(&bytes) {
            Ok(Some(parsed)) => break parsed,
            Ok(None) if bytes.len() < LONGEST => {}
            _ => return refuse(io, "400 Bad Request").await,
        }
    };
    if request.uri().path() != PATH {
        return refuse(io, "404 Not Found").await;
    }
    let Ok(mut response) = create_response(&request) else {
        return refuse(io, "426 Upgrade Required\r\nUpgrade: websocket").await;
    };
    // [MQTT-6.0.0-3] [MQTT-6.0.0-4]: the client must offer `mqtt`, and gets it. Those that offer nothing are
    // served too; those that offer only something else are not.
    let offers = request.headers().get_all("Sec-WebSocket-Protocol");
    let mut names = offers.iter().filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
    let offered = offers.iter().next().is_some();
    // mqttv3.1 is what clients of that time call themselves.
    let chosen = names.find_map(|name| ["mqtt", "mqttv3.1"].into_iter().find(|known| *known == name.trim()));
    match chosen {
        Some(name) => {
            response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(name));
        }
        None if offered => return refuse(io, "400 Bad Request").await,
        None => {}
    }
    let mut answer = Vec::new();
    write_response(&mut answer, &response).ok()?;
    io.write_all(&answer).await.ok()?;
    bytes.drain(..used);
    Some(bytes)
}

async fn refuse<S: AsyncWrite + Unpin>(io: &mut S, status: &str) -> Option<Vec<u8>> {
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    // It is closed next, whether or not this arrived.
    let _ = io.write_all(answer.as_bytes()).await;
    let _ = io.shutdown().await;
    None
}

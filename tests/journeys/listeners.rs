//! Behavior that every listener shares.

use std::net::SocketAddr;

use chinwag_journeys::{Server, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Requests a WebSocket upgrade; returns the head of the response in lower case.
async fn upgrade(address: SocketAddr, path: &str, protocol: Option<&str>) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let protocol = protocol.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n")).unwrap_or_default();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{protocol}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(answer).unwrap().to_lowercase()
}

/// Both ports that accept WebSockets negotiate the subprotocol in the same way; the WebSocket-only port accepts any
/// path.
#[tokio::test]
async fn subprotocols_are_answered_alike() {
    let server = Server::start().await.unwrap();
    for (address, path) in
        [(server.http, "/mqtt"), (server.ws, "/mqtt"), (server.ws, "/"), (server.ws, "/ws")]
    {
        for name in ["mqtt", "mqttv3.1"] {
            let answer = upgrade(address, path, Some(name)).await;
            assert!(answer.starts_with("http/1.1 101"), "{path} {name}: {answer}");
            assert!(answer.contains(&format!("sec-websocket-protocol: {name}\r\n")), "{path}: {answer}");
        }
        let answer = upgrade(address, path, None).await;
        assert!(answer.starts_with("http/1.1 101"), "{path}: {answer}");
        assert!(!answer.contains("sec-websocket-protocol"), "{path}: {answer}");
        let answer = upgrade(address, path, Some("chat")).await;
        assert!(answer.starts_with("http/1.1 400"), "{path}: {answer}");
    }
    let answer = upgrade(server.http, "/elsewhere", Some("mqtt")).await;
    assert!(!answer.starts_with("http/1.1 101"), "{answer}");
}

/// A peer that loses power sends nothing. TCP keep-alive is enabled on every listener, so that a vanished client is
/// noticed even with MQTT keep-alive 0: its timer is a keep-alive timer (the second `02` in `/proc/net/tcp`, see
/// proc(5)).
#[cfg(target_os = "linux")]
#[tokio::test]
async fn peers_that_vanish_are_asked_for() {
    let server = Server::start().await.unwrap();
    for (what, address) in [("mqtt", server.mqtt), ("ws", server.ws), ("http", server.http)] {
        let stream = TcpStream::connect(address).await.unwrap();
        let port = |address: SocketAddr| format!(":{:04X}", address.port());
        let (local, remote) = (port(address), port(stream.local_addr().unwrap()));
        eventually(&format!("a keep-alive timer on the {what} listener's connection"), async || {
            let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
            table.lines().any(|line| {
                let fields: Vec<_> = line.split_whitespace().collect();
                fields[1].ends_with(&local) && fields[2].ends_with(&remote) && fields[5].starts_with("02:")
            })
        })
        .await;
    }
}

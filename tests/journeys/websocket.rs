//! A bare client for MQTT over WebSocket, whose upgrade request has the headers that a test chooses.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Opens a WebSocket at `/mqtt` with these headers.
pub async fn upgrade(mut stream: TcpStream, headers: &str) -> TcpStream {
    let request = format!(
        "GET /mqtt HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: mqtt\r\n{headers}\r\n",
        stream.peer_addr().unwrap()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    stream
}

/// Sends one packet in one WebSocket frame, masked with zeros.
pub async fn send(stream: &mut TcpStream, packet: &[u8]) {
    let head = [0x82, 0x80 | packet.len() as u8, 0, 0, 0, 0];
    stream.write_all(&[&head, packet].concat()).await.unwrap();
}

/// Sends a 3.1.1 CONNECT with this name and password, or without, so that only those of the upgrade can count; returns
/// the CONNACK code.
pub async fn connect(stream: &mut TcpStream, credentials: Option<(&str, &str)>) -> u8 {
    let text = |text: &str| [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat();
    let flags = if credentials.is_some() { 0xc2 } else { 2 };
    let mut rest = [&text("MQTT")[..], &[4, flags, 0, 0], &text("x")].concat();
    if let Some((name, password)) = credentials {
        rest.extend([text(name), text(password)].concat());
    }
    send(stream, &[&[0x10, rest.len() as u8][..], &rest].concat()).await;
    let mut answer = [0; 6];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer[..5], [0x82, 4, 0x20, 2, 0], "a CONNACK in a frame");
    answer[5]
}

//! MQTT over WebSocket: section 6.

use mqtt_protocol_core::mqtt::packet::Qos;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::common::*;

async fn request(running: &Running, path: &str, protocol: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(running.ws).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{protocol}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => answer.push(byte),
            Err(_) => break,
        }
    }
    (stream, String::from_utf8(answer).unwrap())
}

fn frame(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let mask = [9, 8, 7, 6];
    let header = FrameHeader { opcode, mask: Some(mask), ..FrameHeader::default() };
    let mut out = Vec::new();
    header.format(payload.len() as u64, &mut out).unwrap();
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(a, b)| a ^ b));
    out
}

/// Reads a frame from the broker; returns its first byte and its payload.
async fn read(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let first = stream.read_u8().await.unwrap();
    let length = match stream.read_u8().await.unwrap() {
        126 => usize::from(stream.read_u16().await.unwrap()),
        127 => stream.read_u64().await.unwrap() as usize,
        n => usize::from(n),
    };
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await.unwrap();
    (first, payload)
}

const PROTOCOL: &str = "Sec-WebSocket-Protocol: mqtt\r\n";

/// [MQTT-6.0.0-3] [MQTT-6.0.0-4] The subprotocol is `mqtt`, on any path of a WebSocket port; a client that offers
/// `mqttv3.1` gets that name back. Other protocols and plain HTTP requests are refused.
#[tokio::test]
async fn the_handshake() {
    let running = start(open()).await;
    let (_, answer) = request(&running, "/mqtt", PROTOCOL).await;
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    assert!(answer.to_lowercase().contains("sec-websocket-protocol: mqtt\r\n"), "{answer}");
    assert!(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    for path in ["/", "/ws", "/mqtt/", "/a/b?c=d"] {
        let (_, answer) = request(&running, path, PROTOCOL).await;
        assert!(answer.starts_with("HTTP/1.1 101"), "{path}: {answer}");
    }
    for (offered, expected) in
        [("mqttv3.1", "mqttv3.1"), ("chat, mqtt", "mqtt"), ("mqttv3.1, mqtt", "mqttv3.1")]
    {
        let (_, answer) = request(&running, "/", &format!("Sec-WebSocket-Protocol: {offered}\r\n")).await;
        let expected = format!("sec-websocket-protocol: {expected}\r\n");
        assert!(answer.to_lowercase().contains(&expected), "{offered}: {answer}");
    }
    let (_, answer) = request(&running, "/mqtt", "Sec-WebSocket-Protocol: chat\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let mut stream = TcpStream::connect(running.ws).await.unwrap();
    stream.write_all(b"GET /mqtt HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 426"), "{answer}");
}

/// [MQTT-6.0.0-1] [MQTT-6.0.0-2] Binary frames may be split anywhere; text frames are refused; pings and close frames
/// are answered.
#[tokio::test]
async fn frames() {
    let running = start(open()).await;
    let (mut stream, _) = request(&running, "/mqtt", PROTOCOL).await;
    let bytes = id("a").bytes();
    stream.write_all(&frame(OpCode::Data(Data::Binary), &bytes[..5])).await.unwrap();
    stream.write_all(&frame(OpCode::Control(Control::Ping), b"hello")).await.unwrap();
    let mut rest = bytes[5..].to_vec();
    rest.extend_from_slice(&[0xc0, 0, 0xc0]);
    stream.write_all(&frame(OpCode::Data(Data::Binary), &rest)).await.unwrap();
    stream.write_all(&frame(OpCode::Data(Data::Binary), &[0])).await.unwrap();
    assert_eq!(read(&mut stream).await, (0x8a, b"hello".to_vec()));
    let mut mqtt = Vec::new();
    while mqtt.len() < 5 || !mqtt.ends_with(&[0xd0, 0, 0xd0, 0]) {
        let (first, payload) = read(&mut stream).await;
        assert_eq!(first, 0x82);
        mqtt.extend(payload);
    }
    assert_eq!(mqtt[0], 0x20);
    stream.write_all(&frame(OpCode::Control(Control::Ping), b"again")).await.unwrap();
    assert_eq!(read(&mut stream).await, (0x8a, b"again".to_vec()));
    stream.write_all(&frame(OpCode::Control(Control::Close), &1000_u16.to_be_bytes())).await.unwrap();
    assert_eq!(read(&mut stream).await, (0x88, 1000_u16.to_be_bytes().to_vec()));
    running.handler.until(|inner| inner.events.contains(&Event::Disconnected("a".into()))).await;

    let (mut stream, _) = request(&running, "/mqtt", PROTOCOL).await;
    stream.write_all(&frame(OpCode::Data(Data::Binary), &bytes)).await.unwrap();
    read(&mut stream).await;
    stream.write_all(&frame(OpCode::Data(Data::Text), b"hello")).await.unwrap();
    assert_eq!(read(&mut stream).await, (0x88, 1003_u16.to_be_bytes().to_vec()));
}

/// Pings before CONNECT use no memory: however many there are, only the latest is answered, and the connection
/// continues.
#[tokio::test]
async fn pings_before_connect() {
    let running = start(open()).await;
    let (mut stream, _) = request(&running, "/mqtt", PROTOCOL).await;
    let pings = frame(OpCode::Control(Control::Ping), &[b'x'; 125]).repeat(1_000);
    for _ in 0..50 {
        stream.write_all(&pings).await.unwrap();
    }
    stream.write_all(&frame(OpCode::Control(Control::Ping), b"last")).await.unwrap();
    stream.write_all(&frame(OpCode::Data(Data::Binary), &id("a").bytes())).await.unwrap();
    assert_eq!(read(&mut stream).await, (0x8a, b"last".to_vec()));
    let (first, connack) = read(&mut stream).await;
    assert_eq!((first, connack[0]), (0x82, 0x20));
}

/// Large messages pass in both directions, between WebSocket and TCP.
#[tokio::test]
async fn large_messages() {
    let running = start(open()).await;
    let (mut subscriber, _) = Client::connect(running.tcp, id("s")).await;
    subscriber.subscribe(&[("a", Qos::AtMostOnce)]).await;
    let (mut stream, _) = request(&running, "/mqtt", PROTOCOL).await;
    stream.write_all(&frame(OpCode::Data(Data::Binary), &id("a").bytes())).await.unwrap();
    read(&mut stream).await;
    let subscribe = subscribe_bytes(true, vec![("a", Default::default())], Vec::new());
    stream.write_all(&frame(OpCode::Data(Data::Binary), &subscribe)).await.unwrap();
    read(&mut stream).await;
    for size in [10, 100, 1_000, 70_000, 500_000] {
        let mut publish = vec![0x30];
        let mut length = 4 + size;
        while length >= 128 {
            publish.push((length & 127) as u8 | 128);
            length >>= 7;
        }
        publish.push(length as u8);
        publish.extend_from_slice(&[0, 1, b'a', 0]);
        publish.extend(std::iter::repeat_n(b'x', size));
        stream.write_all(&frame(OpCode::Data(Data::Binary), &publish)).await.unwrap();
        assert_eq!(subscriber.message().await.payload.len(), size);
        let mut back = Vec::new();
        while back.len() < publish.len() {
            back.extend(read(&mut stream).await.1);
        }
        assert_eq!(back, publish);
    }
}

/// A connection whose upgrade was answered by the embedder, with the identity from that request.
#[tokio::test]
async fn upgraded_elsewhere() {
    let running = start(open()).await;
    let (near, mut far) = tokio::io::duplex(4096);
    let credential = Default::default();
    let identity = chinwag_broker::Identity { account: 77, name: "ana".into(), credential };
    let broker = running.broker.clone();
    let address = "10.1.2.3:4".parse().unwrap();
    let serving = tokio::spawn(async move { broker.serve_upgraded(near, address, Some(identity)).await });
    far.write_all(&frame(OpCode::Data(Data::Binary), &id("a").bytes())).await.unwrap();
    let mut answer = [0; 4];
    far.read_exact(&mut answer).await.unwrap();
    assert_eq!((answer[0], answer[2]), (0x82, 0x20));
    assert_eq!(running.broker.connections(77), 1);
    drop(far);
    serving.await.unwrap();
    assert_eq!(running.broker.connections(77), 0);
}

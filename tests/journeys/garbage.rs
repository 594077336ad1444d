//! Meaningless bytes on every port while another client goes on chatting.

use std::net::SocketAddr;
use std::time::Duration;

use chinwag_journeys::{DEADLINE, Mqtt, Options, Server, Version, from_environment};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Sends bytes and closes the sending side; returns the answer. The server may close the connection at any time.
async fn throw(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    throw_on(TcpStream::connect(address).await.unwrap(), bytes).await
}

async fn throw_on(mut stream: TcpStream, bytes: &[u8]) -> Vec<u8> {
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let read = timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the server neither answers nor hangs up on {bytes:?}");
    answer
}

async fn assert_alive(server: &Server, chatting: &mut Mqtt, text: &str) {
    assert_eq!(chatting.publish("general", text.as_bytes(), 1).await.unwrap().code, 0);
    assert_eq!(chatting.chat().await.unwrap()["text"], text);
    assert_eq!(server.as_stranger().get("/healthz").await.unwrap().0, 200);
}

#[tokio::test]
async fn garbage_on_every_port() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let mut chatting = Mqtt::connect(server.mqtt, &ana, &Options::new(Version::V5, "ana")).await.unwrap();
    chatting.must_subscribe("general", 1).await.unwrap();
    let seed = from_environment("GARBAGE_SEED", fastrand::u64(..));
    eprintln!("GARBAGE_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..60 {
        let mut bytes: Vec<u8> = (0..random.usize(1..400)).map(|_| random.u8(..)).collect();
        // Every other round begins with a valid prefix, to get deeper into the parser.
        match round % 6 {
            1 => bytes.splice(0..0, *b"\x10\x20\x00\x04MQTT\x05\x02\x00\x3c").for_each(drop),
            3 => bytes.splice(0..0, *b"GET /messages/general HTTP/1.1\r\nHost: x\r\n").for_each(drop),
            5 => bytes.splice(0..0, *b"\x10\xff\xff\xff\x7f").for_each(drop),
            _ => {}
        }
        for address in [server.mqtt, server.ws, server.http] {
            throw(address, &bytes).await;
        }
    }
    assert_alive(&server, &mut chatting, "still here").await;
}

#[tokio::test]
async fn after_a_good_connect_too() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let mut chatting = Mqtt::connect(server.mqtt, &ana, &Options::new(Version::V5, "ana")).await.unwrap();
    chatting.must_subscribe("general", 1).await.unwrap();
    let seed = from_environment("GARBAGE_SEED", fastrand::u64(..));
    eprintln!("GARBAGE_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut connect = vec![0x10, 0, 0, 4, b'M', b'Q', b'T', b'T', 4, 0xc2, 0, 0, 0, 1, b'g'];
    for field in [&ana.name, &ana.token] {
        connect.extend_from_slice(&u16::try_from(field.len()).unwrap().to_be_bytes());
        connect.extend_from_slice(field.as_bytes());
    }
    connect[1] = u8::try_from(connect.len() - 2).unwrap();
    for _ in 0..60 {
        let mut stream = TcpStream::connect(server.mqtt).await.unwrap();
        stream.write_all(&connect).await.unwrap();
        let mut connack = [0; 4];
        stream.read_exact(&mut connack).await.unwrap();
        assert_eq!(connack, [0x20, 2, 0, 0], "the CONNECT was good");
        let bytes: Vec<u8> = (0..random.usize(1..200)).map(|_| random.u8(..)).collect();
        throw_on(stream, &bytes).await;
    }
    assert_alive(&server, &mut chatting, "still here").await;
}

#[tokio::test]
async fn malformed_http_gets_an_answer_or_the_door() {
    let server = Server::start().await.unwrap();
    let cases: [&[u8]; 7] = [
        b"\r\n\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /messages/%ff%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /message HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /message HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ];
    for case in cases {
        let answer = throw(server.http, case).await;
        let answer = String::from_utf8_lossy(&answer);
        let inside = answer.contains("root:");
        let refused =
            answer.is_empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.0 4");
        // An unknown path may also return the web client's page.
        let page = answer.starts_with("HTTP/1.1 200") && case.starts_with(b"GET /..");
        assert!((refused || page) && !inside, "{}: {answer}", String::from_utf8_lossy(case));
    }
    assert_eq!(server.as_stranger().get("/healthz").await.unwrap().0, 200);
}

#[tokio::test]
async fn those_who_connect_and_say_nothing_are_shown_the_door() {
    let server = Server::start().await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let mut waiting = Vec::new();
    for address in [server.mqtt, server.ws] {
        for beginning in [&b""[..], b"\x10", b"GET /mq"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(beginning).await.unwrap();
            waiting.push((address, stream));
        }
    }
    // Two hundred idle connections must not hold up other clients.
    let mut many = Vec::new();
    for _ in 0..200 {
        many.push(TcpStream::connect(server.mqtt).await.unwrap());
    }
    let mut chatting = Mqtt::connect(server.mqtt, &ana, &Options::new(Version::V5, "ana")).await.unwrap();
    chatting.must_subscribe("general", 1).await.unwrap();
    assert_alive(&server, &mut chatting, "not held up").await;
    for (address, mut stream) in waiting {
        let mut answer = Vec::new();
        let closed = timeout(Duration::from_secs(30), stream.read_to_end(&mut answer)).await;
        assert!(closed.is_ok(), "{address} waits for ever");
    }
}

#[tokio::test]
async fn a_slow_drip_of_http_holds_up_nobody() {
    let server = Server::start().await.unwrap();
    let mut dripping = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        stream.write_all(b"POST /session HTTP/1.1\r\nHost: x\r\nX-Drip: ").await.unwrap();
        dripping.push(stream);
    }
    assert_eq!(server.as_stranger().get("/healthz").await.unwrap().0, 200);
    // A client that sends one byte a second must be disconnected eventually.
    let closed = timeout(Duration::from_secs(60), async {
        let mut first = dripping.remove(0);
        let mut byte = [0];
        loop {
            if timeout(Duration::from_secs(1), first.read(&mut byte)).await.is_ok()
                || first.write_all(b"x").await.is_err()
            {
                return;
            }
        }
    });
    assert!(closed.await.is_ok(), "a request that never ends is never ended");
}

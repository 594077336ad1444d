//! Clients that occupy as many HTTP resources as they can and never release them, next to a client that only wants to
//! chat.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use chinwag_journeys::{DEADLINE, Person, Server, eventually};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// The server's maximum number of HTTP connections.
const EVERY_PLACE: usize = 4_096;
const HONEST: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 200));
/// A stalled client must be disconnected within this time, which is longer than any of the server's deadlines.
const LET_GO: Duration = Duration::from_secs(60);

const BODY: &[u8] =
    b"POST /session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
const CHUNKED: &[u8] = b"POST /session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
    Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n";

/// Raises the limit on file descriptors: each connection needs one at both ends.
fn allow_many_descriptors() {
    let most = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most }).unwrap();
}

async fn connect(from: IpAddr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from, 0))?;
    socket.connect(to).await
}

/// Opens `count` connections from one address and sends the same bytes on each.
async fn take(server: &Server, from: u8, count: usize, bytes: &[u8]) -> Vec<TcpStream> {
    let from = Ipv4Addr::new(127, 0, 0, from).into();
    let mut held = Vec::new();
    for _ in 0..count {
        let Ok(Ok(mut stream)) = timeout(DEADLINE, connect(from, server.http)).await else { break };
        // A connection that the server does not accept fails here, or later.
        let _ = timeout(DEADLINE, stream.write_all(bytes)).await;
        held.push(stream);
    }
    held
}

async fn honest(server: &Server, person: &Person) {
    let client = reqwest::Client::builder().local_address(HONEST).timeout(DEADLINE).build().unwrap();
    let url = |path: &str| format!("http://{}{path}", server.http);
    let healthy = client.get(url("/healthz")).send().await.unwrap();
    assert_eq!(healthy.status(), 200);
    let sign_in = json!({"username": person.name, "password": person.password});
    let signed_in = client.post(url("/session")).json(&sign_in).send().await.unwrap();
    assert_eq!(signed_in.status(), 201);
    let mut stream = connect(HONEST, server.http).await.unwrap();
    let upgrade = format!(
        "GET /mqtt HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: mqtt\r\n\r\n",
        server.http
    );
    stream.write_all(upgrade.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    timeout(DEADLINE, stream.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
}

/// Waits until the server closes the connection; returns what it sent before that.
async fn hung_up(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = timeout(LET_GO, stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "it is held for ever, after {:?}", String::from_utf8_lossy(&answer));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unfinished_bodies_and_heads_leave_room_for_others() {
    allow_many_descriptors();
    let server = Server::start_with(&[]).await.unwrap();
    let ana = server.person("ana").await.unwrap();
    for beginning in [BODY, CHUNKED, b"POST /session HTTP/1.1\r\nHost: x\r\nX: "] {
        let mut held = take(&server, 1, EVERY_PLACE, beginning).await;
        honest(&server, &ana).await;
        let answer = hung_up(&mut held[0]).await;
        assert!(answer.is_empty() || answer.contains("too slowly"), "{answer}");
        honest(&server, &ana).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_unfinished_bodies_do_not_fill_the_memory() {
    allow_many_descriptors();
    let server = Server::start_with(&[]).await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let head = "POST /session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 131072\r\n\r\n";
    let body = [head.as_bytes(), &[b'['; 131_000]].concat();
    let before = server.resident().unwrap();
    let mut held = Vec::new();
    for from in 1..=4 {
        held.push(take(&server, from, 512, &body).await);
    }
    honest(&server, &ana).await;
    let grown = server.resident().unwrap().saturating_sub(before) >> 20;
    assert!(grown < 200, "{grown} MiB, for {} connections", held.iter().map(Vec::len).sum::<usize>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_nobody_reads_are_given_up() {
    let server = Server::start_with(&[]).await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let file = vec![7; 20 << 20];
    let (status, file) = server.as_person(&ana).upload("/media?name=large", file).await.unwrap();
    assert_eq!(status, 201, "{file}");
    let request = format!(
        "GET /media/{} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        file["id"].as_str().unwrap(),
        ana.token
    );
    let held = take(&server, 1, 60, request.as_bytes()).await;
    honest(&server, &ana).await;
    let files = format!("/proc/{}/fd", server.pid().unwrap());
    let open = || std::fs::read_dir(&files).unwrap().count();
    let (began, most) = (std::time::Instant::now(), open());
    while open() + 50 > most {
        assert!(began.elapsed() < LET_GO, "{} of {most} descriptors are still open", open());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_uploads_of_one_account_leave_room_for_others() {
    let server = Server::start_with(&[]).await.unwrap();
    let (slow, ana) = (server.person("slow").await.unwrap(), server.person("ana").await.unwrap());
    let trickle = format!(
        "POST /media?name=x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 1000000\r\n\r\nx",
        slow.token
    );
    let mut held = take(&server, 1, 40, trickle.as_bytes()).await;
    let uploads = server.data().join("media");
    eventually("some of them have begun", async || std::fs::read_dir(&uploads).unwrap().next().is_some())
        .await;
    let (status, answer) =
        timeout(DEADLINE, server.as_person(&ana).upload("/media?name=a", b"hello".to_vec()))
            .await
            .unwrap()
            .unwrap();
    assert_eq!(status, 201, "{answer}");
    let mut answers = Vec::new();
    for stream in &mut held {
        answers.push(hung_up(stream).await);
    }
    let count = |what: &str| answers.iter().filter(|answer| answer.contains(what)).count();
    assert!(count(r#""reason":"uploads_at_once""#) > 0, "{answers:?}");
    assert!(count("too slowly") > 0 && count(r#""reason":"incomplete""#) > 0, "{answers:?}");
}

#[tokio::test]
async fn an_upload_that_is_slow_but_moves_on_is_taken() {
    let server = Server::start_with(&[]).await.unwrap();
    let ana = server.person("ana").await.unwrap();
    let mut stream = connect(HONEST, server.http).await.unwrap();
    let head = format!(
        "POST /media?name=x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Length: 240000\r\n\r\n",
        ana.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // Longer in total than the deadline for an upload that stands still.
    for _ in 0..24 {
        stream.write_all(&[1; 10_000]).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let answer = hung_up(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_trusted_proxy_the_client_counts_and_not_the_proxy() {
    allow_many_descriptors();
    let server = Server::start_with(&["--trusted-proxies", "127.0.0.1/32"]).await.unwrap();
    let proxied = |client: &str, rest: &str| {
        format!("POST /session HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {client}\r\n{rest}")
    };
    let unfinished = "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let _held = take(&server, 1, 2_000, proxied("203.0.113.1", unfinished).as_bytes()).await;
    let ask = async |client: &str| {
        let mut stream = connect(Ipv4Addr::LOCALHOST.into(), server.http).await.unwrap();
        let whole = "Connection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        stream.write_all(proxied(client, whole).as_bytes()).await.unwrap();
        hung_up(&mut stream).await
    };
    let same = ask("203.0.113.1").await;
    assert!(same.starts_with("HTTP/1.1 429") && same.contains(r#""reason":"requests_at_once""#), "{same}");
    let other = ask("203.0.113.2").await;
    assert!(other.starts_with("HTTP/1.1 400"), "{other}");
}

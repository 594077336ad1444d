//! Shared test helpers: a broker with an in-memory handler, and a small client based on the protocol library.

mod client;
mod handler;
mod packet;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chinwag_broker::{Broker, Config};
use tokio::net::TcpListener;

pub use client::*;
pub use handler::*;
pub use packet::*;

/// Longer than anything here takes; a test that waits this long fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A broker on a free port.
pub struct Running {
    pub broker: Broker<Memory>,
    pub handler: Arc<Memory>,
    pub tcp: SocketAddr,
    pub ws: SocketAddr,
}

pub async fn start(config: Config) -> Running {
    start_with(Arc::default(), config).await
}

pub async fn start_with(handler: Arc<Memory>, config: Config) -> Running {
    let broker = Broker::new(Arc::clone(&handler), config);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tcp = listener.local_addr().unwrap();
    let serving = broker.clone();
    tokio::spawn(async move { serving.serve_tcp(listener).await });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ws = listener.local_addr().unwrap();
    let serving = broker.clone();
    tokio::spawn(async move { serving.serve_ws(listener).await });
    Running { broker, handler, tcp, ws }
}

/// Sends raw bytes on a new connection and returns the answer.
pub async fn answer(running: &Running, v5: bool, bytes: &[u8]) -> Option<Packet> {
    let mut client = Client::open(running.tcp).await;
    client.v5 = v5;
    client.send(bytes).await;
    client.recv().await
}

/// Opens a connection without a socket, so that a test can use paused time (`start_paused`).
pub fn pipe(broker: &Broker<Memory>) -> Client {
    let (near, far) = tokio::io::duplex(1 << 20);
    let broker = broker.clone();
    tokio::spawn(async move { broker.serve_stream(near, ([127, 0, 0, 1], 1).into()).await });
    Client::over(far, true)
}

/// Opens such a connection and connects; also returns the session-present flag.
pub async fn inside(broker: &Broker<Memory>, options: Options) -> (Client, bool) {
    let mut client = pipe(broker);
    match client.hello(options).await {
        Packet::Connack { present, code: 0, .. } => (client, present),
        other => panic!("{other:?}"),
    }
}

/// Returns a configuration that allows clients to retain messages and sets no server keep-alive.
pub fn open() -> Config {
    Config { retain_from_clients: true, save_interval: Duration::from_millis(20), ..Config::default() }
}

//! A TCP proxy that simulates a network that can be cut, frozen or degraded.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

/// Bytes read at a time.
const CHUNK: usize = 16 * 1024;
/// Chunks in transit in one direction of one connection; when it is full, the sender blocks, as with a full TCP window.
const WINDOW: usize = 64;
/// Delay of a lost chunk: TCP's minimum retransmission timeout. What follows waits for it.
const RESENT_AFTER: Duration = Duration::from_millis(200);

/// State of the network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Weather {
    /// Everything is forwarded at once.
    Fair,
    /// All connections are reset, new ones too.
    Cut,
    /// Nothing is forwarded, and neither end gets an error.
    Frozen,
    /// Everything is delayed, and some chunks are lost and retransmitted.
    Rough {
        /// Delay in each direction.
        late: Duration,
        /// Share of chunks that are lost at the first attempt, from 0 to 1.
        lost: f64,
    },
}

/// Listens on loopback and forwards connections to another address, according to its [`Weather`].
pub struct Proxy {
    /// Address that clients connect to.
    pub address: SocketAddr,
    weather: watch::Sender<Weather>,
    targets: watch::Sender<Vec<SocketAddr>>,
    task: AbortHandle,
}

impl Proxy {
    /// Starts a proxy for `target`, in fair weather.
    pub async fn before(target: SocketAddr) -> Result<Self> {
        Self::before_any(vec![target]).await
    }

    /// Starts a proxy for several targets: a connection goes to the first one that accepts it.
    pub async fn before_any(targets: Vec<SocketAddr>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (weather, seen) = watch::channel(Weather::Fair);
        let (targets, led_to) = watch::channel(targets);
        let task = tokio::spawn(accept(listener, led_to, seen)).abort_handle();
        Ok(Self { address, weather, targets, task })
    }

    /// Sets the targets of new connections.
    pub fn lead_to(&self, targets: Vec<SocketAddr>) {
        self.targets.send_replace(targets);
    }

    /// Changes the weather, for existing connections too.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    targets: watch::Receiver<Vec<SocketAddr>>,
    weather: watch::Receiver<Weather>,
) {
    while let Ok((client, _)) = listener.accept().await {
        let (weather, targets) = (weather.clone(), targets.borrow().clone());
        tokio::spawn(async move {
            // An error means that the connection ended; both ends notice that themselves.
            let _ = connection(client, &targets, weather).await;
        });
    }
}

async fn connection(
    client: TcpStream,
    targets: &[SocketAddr],
    mut weather: watch::Receiver<Weather>,
) -> io::Result<()> {
    // The peers must see a reset instead of an orderly close, for whatever reason this ends.
    client.set_zero_linger()?;
    if *weather.borrow_and_update() == Weather::Cut {
        return Ok(());
    }
    let server = TcpStream::connect(targets).await?;
    if server.local_addr()? == server.peer_addr()? {
        // TCP self-connect: nothing listens there, and the system happened to choose the same port for this end.
        server.set_zero_linger()?;
        return Ok(());
    }
    server.set_zero_linger()?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let cut = async {
        // An error means that the proxy was dropped.
        let _ = weather.clone().wait_for(|now| *now == Weather::Cut).await;
    };
    // The end of one direction closes both: none of the protocols used here needs half-open connections.
    tokio::select! {
        ended = pass(from_client, to_server, weather.clone()) => ended,
        ended = pass(from_server, to_client, weather.clone()) => ended,
        () = cut => Ok(()),
    }
}

/// Copies bytes in one direction until the end of the stream.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut weather: watch::Receiver<Weather>,
) -> io::Result<()> {
    let mut on_their_way: VecDeque<(Instant, Vec<u8>)> = VecDeque::new();
    let mut buffer = vec![0; CHUNK];
    let mut open = true;
    loop {
        let now = *weather.borrow_and_update();
        let moves = now != Weather::Frozen;
        let due = on_their_way.front().map(|(due, _)| *due);
        if due.is_none() && !open {
            return Ok(());
        }
        tokio::select! {
            changed = weather.changed() => if changed.is_err() { return Ok(()) },
            read = from.read(&mut buffer), if open && moves && on_their_way.len() < WINDOW => {
                let read = read?;
                open = read > 0;
                if open {
                    // Chunks are never reordered.
                    let after = on_their_way.back().map(|(due, _)| *due);
                    let due = arrival(now).max(after.unwrap_or_else(Instant::now));
                    on_their_way.push_back((due, buffer[..read].to_vec()));
                }
            }
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() && moves => {
                if let Some((_, bytes)) = on_their_way.pop_front() {
                    to.write_all(&bytes).await?;
                }
            }
        }
    }
}

fn arrival(weather: Weather) -> Instant {
    let Weather::Rough { late, lost } = weather else { return Instant::now() };
    let again = if fastrand::f64() < lost { RESENT_AFTER } else { Duration::ZERO };
    Instant::now() + late + again
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts an echo server behind a proxy, and connects to it.
    async fn echo() -> (Proxy, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::before(listener.local_addr().unwrap()).await.unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        let stream = TcpStream::connect(proxy.address).await.unwrap();
        (proxy, stream)
    }

    async fn there_and_back(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<Vec<u8>> {
        stream.write_all(bytes).await?;
        let mut back = vec![0; bytes.len()];
        stream.read_exact(&mut back).await?;
        Ok(back)
    }

    #[tokio::test]
    async fn rough_weather_changes_no_byte() {
        let (proxy, mut stream) = echo().await;
        proxy.set(Weather::Rough { late: Duration::from_millis(1), lost: 0.2 });
        let bytes: Vec<u8> = (0..100_000_u32).map(|number| number as u8).collect();
        assert_eq!(there_and_back(&mut stream, &bytes).await.unwrap(), bytes);
    }

    #[tokio::test]
    async fn what_is_frozen_arrives_when_it_thaws() {
        let (proxy, mut stream) = echo().await;
        assert_eq!(there_and_back(&mut stream, b"one").await.unwrap(), b"one");
        proxy.set(Weather::Frozen);
        let waiting = tokio::spawn(async move { there_and_back(&mut stream, b"two").await });
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!waiting.is_finished());
        proxy.set(Weather::Fair);
        assert_eq!(waiting.await.unwrap().unwrap(), b"two");
    }

    #[tokio::test]
    async fn a_cut_ends_connections_and_refuses_new_ones() {
        let (proxy, mut stream) = echo().await;
        assert_eq!(there_and_back(&mut stream, b"one").await.unwrap(), b"one");
        proxy.set(Weather::Cut);
        assert!(there_and_back(&mut stream, b"two").await.is_err());
        let mut another = TcpStream::connect(proxy.address).await.unwrap();
        assert!(there_and_back(&mut another, b"three").await.is_err());
        proxy.set(Weather::Fair);
        let mut after = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(there_and_back(&mut after, b"four").await.unwrap(), b"four");
    }
}

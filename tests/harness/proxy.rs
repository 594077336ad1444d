//! A network between two processes that can be cut, frozen and made rough.

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

/// Bytes taken at a time.
const CHUNK: usize = 16 * 1024;
/// Chunks on their way in one direction of one connection; then the writer waits, as with a full window.
const WINDOW: usize = 64;
/// How long a lost chunk is missing: TCP's own patience before it sends again. What follows waits for it.
const RESENT_AFTER: Duration = Duration::from_millis(200);

/// How the network is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Weather {
    /// Everything passes at once.
    Fair,
    /// All connections are reset, new ones too.
    Cut,
    /// Nothing passes and nobody is told.
    Frozen,
    /// Everything is late, and some of it has to be sent again.
    Rough {
        /// By how much, each way.
        late: Duration,
        /// What share of chunks is lost at first.
        lost: f64,
    },
}

/// Listens on loopback and passes on to another address, as its weather lets it.
pub struct Proxy {
    /// Connect here.
    pub address: SocketAddr,
    weather: watch::Sender<Weather>,
    targets: watch::Sender<Vec<SocketAddr>>,
    task: AbortHandle,
}

impl Proxy {
    /// In fair weather, before `target`.
    pub async fn before(target: SocketAddr) -> Result<Self> {
        Self::before_any(vec![target]).await
    }

    /// The same before several: the first that answers gets the connection.
    pub async fn before_any(targets: Vec<SocketAddr>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (weather, seen) = watch::channel(Weather::Fair);
        let (targets, led_to) = watch::channel(targets);
        let task = tokio::spawn(accept(listener, led_to, seen)).abort_handle();
        Ok(Self { address, weather, targets, task })
    }

    /// New connections lead to these from now on.
    pub fn lead_to(&self, targets: Vec<SocketAddr>) {
        self.targets.send_replace(targets);
    }

    /// Changes the weather, for the connections that stand too.
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
            // An error here is a connection that ended: that is for its two ends to notice.
            let _ = connection(client, &targets, weather).await;
        });
    }
}

async fn connection(
    client: TcpStream,
    targets: &[SocketAddr],
    mut weather: watch::Receiver<Weather>,
) -> io::Result<()> {
    // Whatever ends this, the other end must see a reset and not a polite goodbye.
    client.set_zero_linger()?;
    if *weather.borrow_and_update() == Weather::Cut {
        return Ok(());
    }
    let server = TcpStream::connect(targets).await?;
    if server.local_addr()? == server.peer_addr()? {
        // Nobody listens there, and by chance the system chose the very same port for us.
        server.set_zero_linger()?;
        return Ok(());
    }
    server.set_zero_linger()?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let cut = async {
        // An error: the proxy itself is gone.
        let _ = weather.clone().wait_for(|now| *now == Weather::Cut).await;
    };
    // The end of one direction ends both: none of the protocols here goes on after half a goodbye.
    tokio::select! {
        ended = pass(from_client, to_server, weather.clone()) => ended,
        ended = pass(from_server, to_client, weather.clone()) => ended,
        () = cut => Ok(()),
    }
}

/// Carries bytes one way until they end.
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
                    // Nothing overtakes what was sent before it.
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

    /// A server that sends back what it gets, behind a proxy; and a connection to it.
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

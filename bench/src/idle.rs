//! The cost of idle connections.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tungstenite::Message;
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;

use crate::fleet::{Fleet, connect_from};
use crate::process;
use crate::server::Target;
use crate::wire::{self, Frame, Version};

/// The transport of the connections.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Transport {
    /// Plain TCP.
    Tcp,
    /// WebSocket frames.
    WebSocket,
}

/// Number of threads that open WebSocket connections.
const HANDS: usize = 32;

/// Returns the server's resident bytes per connection, measured with `count` connections.
pub fn resident_each(target: &Target, transport: Transport, count: usize) -> Result<f64> {
    // Warm-up: the first connection makes the server load what it needs only once.
    let warm = hold(target, transport, 0, 1)?;
    let before = settled(target.pid)?;
    let held = hold(target, transport, 1, count)?;
    let after = settled(target.pid)?;
    drop((warm, held));
    Ok(after.saturating_sub(before) as f64 / count as f64)
}

/// Open connections, closed when this is dropped.
enum Held {
    Tcp { _fleet: Fleet<Version> },
    WebSocket { _streams: Vec<std::net::TcpStream> },
}

fn hold(target: &Target, transport: Transport, first: usize, count: usize) -> Result<Held> {
    match transport {
        Transport::Tcp => tcp(target, first, count),
        Transport::WebSocket => {
            let address = target.ws.context("this server has no WebSocket port")?;
            // Many threads, so that a server with a slow event loop handles several handshakes per iteration.
            let hand = |hand: usize| -> Result<Vec<_>> {
                let ids = (first..first + count).skip(hand).step_by(HANDS);
                ids.map(|id| websocket(target, address, id)).collect()
            };
            let hands: Vec<Result<Vec<_>>> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..HANDS).map(|number| scope.spawn(move || hand(number))).collect();
                let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                    thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a thread panicked")))
                };
                threads.into_iter().map(join).collect()
            });
            let streams = hands.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
            Ok(Held::WebSocket { _streams: streams })
        }
    }
}

fn tcp(target: &Target, first: usize, count: usize) -> Result<Held> {
    let mut fleet = Fleet::new(target.version)?;
    let mut accepted = 0;
    for id in first..first + count {
        fleet.open(target.mqtt, &target.connect_packet(id)?)?;
        // At most 200 unaccepted connections at a time, because a listener's queue is finite.
        let most_on_their_way = if id + 1 == first + count { 0 } else { 200 };
        let start = Instant::now();
        while fleet.len() - accepted > most_on_their_way {
            fleet.turn(Duration::from_millis(100), |_, frame| {
                if let Frame::ConnAck(code) = frame {
                    ensure!(code == 0, "connection refused with {code:#x}");
                    accepted += 1;
                }
                Ok(())
            })?;
            ensure!(start.elapsed() < Duration::from_secs(20), "{accepted} connections accepted, then none");
        }
    }
    Ok(Held::Tcp { _fleet: fleet })
}

fn websocket(target: &Target, address: SocketAddr, id: usize) -> Result<std::net::TcpStream> {
    let source = Ipv4Addr::new(127, 0, 0, u8::try_from(1 + id / 15_000)?);
    let stream = connect_from(source, address)?;
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut request = format!("ws://{address}/mqtt").into_client_request()?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("mqtt"));
    let (mut socket, _) =
        tungstenite::client(request, stream).with_context(|| format!("WebSocket handshake {id}"))?;
    socket.send(Message::Binary(target.connect_packet(id)?.into()))?;
    let answer = socket.read().with_context(|| format!("CONNACK {id}"))?.into_data();
    let accepted = matches!(wire::frame(target.version, &answer)?, Some((Frame::ConnAck(0), _)));
    ensure!(accepted, "connection refused: {answer:?}");
    // Only the socket is kept; ten thousand client-side buffers would waste memory.
    Ok(socket.get_ref().try_clone()?)
}

/// Returns the resident memory in bytes once it has stopped changing.
fn settled(pid: u32) -> Result<u64> {
    let mut last = process::resident(pid)?;
    let mut calm = 0;
    let start = Instant::now();
    while calm < 5 && start.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(100));
        let now = process::resident(pid)?;
        calm = if now == last { calm + 1 } else { 0 };
        last = now;
    }
    Ok(last)
}

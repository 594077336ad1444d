//! Starts the real binary and talks to it as anyone outside would: over its sockets and its command line.
//! The MQTT codec here is not the one that the broker is built on, so that the two do not share mistakes.

mod disk;
mod http;
mod mosquitto;
mod mqtt;
mod postgres;
mod proxy;
mod rmqtt;
mod server;
mod witness;

pub use disk::Disk;
pub use http::Http;
pub use mosquitto::Mosquitto;
pub use mqtt::{Ack, Connected, Message, Mqtt, Options, Packet, Version};
pub use postgres::Postgres;
pub use proxy::{Proxy, Weather};
pub use rmqtt::Rmqtt;
pub use server::{AWAY, Beside, Person, Server, binary};
pub use witness::{Attempt, Book, Entry, Heard, Journal, Witness};

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

/// Patience with anything that must happen.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Asks again and again until the answer is true.
///
/// # Panics
/// When it does not become true before the deadline.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    let start = Instant::now();
    while !ask().await {
        assert!(start.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A number from the environment: how long a long test takes is the caller's choice.
pub fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// So many addresses on which nobody listens, with ports that the system gives to nobody by itself: what was killed is
/// started again on the same ones, and meanwhile a client's own connection must not come to lie there.
///
/// # Errors
/// What the system says when it has no sockets left.
pub fn free_addresses<const COUNT: usize>() -> std::io::Result<[SocketAddr; COUNT]> {
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); COUNT];
    let mut held = Vec::new();
    while held.len() < COUNT {
        addresses[held.len()].set_port(fastrand::u16(10_000..32_000));
        match TcpListener::bind(addresses[held.len()]) {
            Ok(listener) => held.push(listener),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error),
        }
    }
    Ok(addresses)
}

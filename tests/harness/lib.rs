//! Runs the real binary and tests it from outside, through its sockets and its command line.
//! The MQTT codec here differs from the one in the broker, so that both ends do not share the same mistakes.

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
pub use mqtt::{Ack, Connected, Message, Mqtt, Options, Packet, Version, Words};
pub use postgres::Postgres;
pub use proxy::{Proxy, Weather};
pub use rmqtt::Rmqtt;
pub use server::{AWAY, Beside, Person, Server, binary};
pub use witness::{Attempt, Book, Entry, Heard, Journal, Witness};

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

/// How long to wait for something that must happen.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Polls `ask` until it returns true.
///
/// # Panics
/// If it does not return true within [`DEADLINE`].
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    let start = Instant::now();
    while !ask().await {
        assert!(start.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Returns a number from an environment variable, so that the caller decides how long a long test runs.
pub fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Returns addresses on which nothing listens. Their ports lie outside the ephemeral range, so that a killed process
/// can be restarted on the same ports: no outgoing connection can occupy one in the meantime.
///
/// # Errors
/// The error of the operating system if no socket can be opened.
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

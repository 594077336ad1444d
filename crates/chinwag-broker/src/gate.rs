//! Admission: connection limits, and delays after failed authentications.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::Limits;

/// How long a failed authentication is remembered.
const MEMORY: Duration = Duration::from_secs(60);
/// The longest delay of an authentication attempt.
const LONGEST: Duration = Duration::from_secs(8);
/// Maximum number of addresses and names whose failures are remembered. Beyond this, expired entries are removed; if
/// that isn't enough, all are.
const REMEMBERED: usize = 10_000;
/// Bytes each connection may always buffer, incoming and outgoing, however much the other connections use.
pub(crate) const ALWAYS: usize = 4 << 10;

/// Failures per address (no name), and per user name tried from that address.
type Failed = HashMap<(IpAddr, Option<Box<str>>), Failures>;

#[derive(Debug, Default)]
pub(crate) struct Gate {
    doors: Mutex<Doors>,
    failures: Mutex<Failed>,
    /// Bytes of incomplete or waiting incoming packets, over all connections.
    incoming: AtomicUsize,
}

#[derive(Debug, Default)]
struct Doors {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

/// A connection's place in the limits; released when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    gate: Arc<Gate>,
    address: IpAddr,
    /// How many bytes of the gate's `incoming` belong to this connection.
    incoming: usize,
}

/// Returns the address that identifies a host where clients are counted by address: an IPv4 address, or an IPv6 network
/// of 64 bits, in which a host can have any number of addresses.
pub fn host(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let s = v6.segments();
            IpAddr::V6(Ipv6Addr::new(s[0], s[1], s[2], s[3], 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

impl Gate {
    /// Reserves a place for one more connection; `None` if a limit is reached.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr, limits: &Limits) -> Option<Place> {
        let address = host(address);
        let mut doors = self.doors.lock();
        if doors.total >= limits.connections {
            return None;
        }
        let here = doors.by_address.entry(address).or_default();
        if *here >= limits.connections_per_address {
            return None;
        }
        *here += 1;
        doors.total += 1;
        Some(Place { gate: Arc::clone(self), address, incoming: 0 })
    }

    /// Returns how long an attempt from this address for this user name must wait: zero until there are too many
    /// failures, then half a second, doubling with each further failure. Failures from other addresses don't count.
    pub(crate) fn delay(&self, address: IpAddr, name: Option<&str>, limits: &Limits) -> Duration {
        let failures = self.failures.lock();
        let wait = |name: Option<Box<str>>, allowed: u32| {
            let Some(failed) = failures.get(&(host(address), name)) else { return Duration::ZERO };
            if failed.count < allowed || failed.last.elapsed() > MEMORY {
                return Duration::ZERO;
            }
            let excess = (failed.count - allowed).min(4);
            (Duration::from_millis(500) * 2_u32.pow(excess)).min(LONGEST)
        };
        let by_name =
            name.map_or(Duration::ZERO, |name| wait(Some(name.into()), limits.auth_failures_per_account));
        by_name.max(wait(None, limits.auth_failures_per_address))
    }

    /// Counts a failed attempt.
    pub(crate) fn failed(&self, address: IpAddr, name: Option<&str>) {
        let mut failures = self.failures.lock();
        if failures.len() >= REMEMBERED {
            failures.retain(|_, failed| failed.last.elapsed() <= MEMORY);
        }
        if failures.len() >= REMEMBERED {
            failures.clear();
        }
        let names = [None, Some(name.unwrap_or_default().into())];
        for name in names {
            let now = Instant::now();
            let failed = failures.entry((host(address), name)).or_insert(Failures { count: 0, last: now });
            if failed.last.elapsed() > MEMORY {
                failed.count = 0;
            }
            failed.count = failed.count.saturating_add(1);
            failed.last = now;
        }
    }

    /// Forgets the failures of this user name from this address after a successful attempt.
    pub(crate) fn succeeded(&self, address: IpAddr, name: Option<&str>) {
        self.failures.lock().remove(&(host(address), Some(name.unwrap_or_default().into())));
    }
}

impl Place {
    /// Records that this connection holds `bytes` of incomplete or waiting packets. Returns false if all connections
    /// together hold more than `limit` and this one holds more than a small amount.
    pub(crate) fn hold(&mut self, bytes: usize, limit: usize) -> bool {
        let before = std::mem::replace(&mut self.incoming, bytes);
        if bytes <= before {
            if bytes < before {
                self.gate.incoming.fetch_sub(before - bytes, Ordering::Relaxed);
            }
            return true;
        }
        let total = self.gate.incoming.fetch_add(bytes - before, Ordering::Relaxed) + bytes - before;
        bytes <= ALWAYS || total <= limit
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.hold(0, 0);
        let mut doors = self.gate.doors.lock();
        doors.total -= 1;
        if let Some(here) = doors.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                doors.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn places_are_counted_and_given_back() {
        let gate = Arc::new(Gate::default());
        let limits = Limits { connections: 3, connections_per_address: 2, ..Limits::default() };
        let first = gate.enter(ip("2001:db8::1"), &limits).unwrap();
        let _second = gate.enter(ip("2001:db8::2"), &limits).unwrap();
        assert!(gate.enter(ip("2001:db8::3"), &limits).is_none(), "the same /64");
        let _third = gate.enter(ip("10.0.0.1"), &limits).unwrap();
        assert!(gate.enter(ip("10.0.0.2"), &limits).is_none(), "all taken");
        drop(first);
        assert!(gate.enter(ip("2001:db8::3"), &limits).is_some());
    }

    #[test]
    fn what_is_on_its_way_in_is_counted() {
        let gate = Arc::new(Gate::default());
        let mut one = gate.enter(ip("10.0.0.1"), &Limits::default()).unwrap();
        let mut two = gate.enter(ip("10.0.0.1"), &Limits::default()).unwrap();
        assert!(one.hold(60_000, 100_000));
        assert!(!two.hold(50_000, 100_000));
        assert!(two.hold(ALWAYS, 0), "a little is always allowed");
        assert!(one.hold(10, 100_000));
        assert!(two.hold(90_000, 100_000));
        drop((one, two));
        assert_eq!(gate.incoming.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn failures_slow_down_their_own_address_only() {
        let gate = Gate::default();
        let limits =
            Limits { auth_failures_per_account: 2, auth_failures_per_address: 5, ..Limits::default() };
        let (bad, good) = (ip("10.0.0.1"), ip("10.0.0.2"));
        for _ in 0..3 {
            gate.failed(bad, Some("ana"));
        }
        assert_eq!(gate.delay(bad, Some("ana"), &limits), Duration::from_secs(1));
        assert_eq!(gate.delay(good, Some("ana"), &limits), Duration::ZERO);
        assert_eq!(gate.delay(bad, Some("bo"), &limits), Duration::ZERO);
        for _ in 0..3 {
            gate.failed(bad, Some("bo"));
        }
        assert!(gate.delay(bad, Some("carl"), &limits) > Duration::ZERO);
        gate.succeeded(bad, Some("bo"));
        assert!(gate.delay(bad, Some("bo"), &limits) > Duration::ZERO, "the address is still suspect");
    }
}

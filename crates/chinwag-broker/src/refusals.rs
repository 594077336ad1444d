//! Refusals, as reported to operators: counters by reason, and log lines that identify the client, limited per address
//! and in total.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;
use tracing::Level;

use crate::Client;
use crate::gate::host;
use crate::stats::{RefusalCount, RefusedPacket};

/// Length of the window in which log lines are limited.
const WINDOW: Duration = Duration::from_secs(60);
/// Maximum number of lines about one address per window.
const LINES_PER_ADDRESS: u32 = 20;
/// Maximum number of lines about all addresses per window.
const LINES: u32 = 1_000;
/// Maximum number of addresses counted at a time; any others share one count.
const ADDRESSES: usize = 10_000;
/// Maximum number of characters of a client's string in a line.
const SHOWN: usize = 100;
/// The first reason code that means a refusal.
const FIRST_CODE: u8 = 0x80;

/// The client a log line is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who<'a> {
    pub address: SocketAddr,
    /// The account's name, or the user name in the CONNECT.
    pub account: &'a str,
    pub client_id: &'a str,
}

impl<'a> From<&'a Client> for Who<'a> {
    fn from(client: &'a Client) -> Self {
        Self { address: client.address, account: &client.identity.name, client_id: &client.client_id }
    }
}

/// Number of lines in the current window.
#[derive(Debug, Clone, Copy)]
struct Lines {
    since: Instant,
    count: u32,
    suppressed: u64,
}

impl Lines {
    fn new() -> Self {
        Self { since: Instant::now(), count: 0, suppressed: 0 }
    }

    /// Counts one more line, if it is allowed; returns how many were suppressed since the last one.
    fn take(&mut self, most: u32) -> Option<u64> {
        if self.since.elapsed() > WINDOW {
            *self = Self { suppressed: self.suppressed, ..Self::new() };
        }
        if self.count >= most {
            self.suppressed += 1;
            return None;
        }
        self.count += 1;
        Some(std::mem::take(&mut self.suppressed))
    }
}

#[derive(Debug)]
pub(crate) struct Refusals {
    counts: [[AtomicU64; 128]; RefusedPacket::ALL.len()],
    lines: Mutex<(Lines, HashMap<Option<IpAddr>, Lines>)>,
}

impl Default for Refusals {
    fn default() -> Self {
        let counts = [const { [const { AtomicU64::new(0) }; 128] }; RefusedPacket::ALL.len()];
        Self { counts, lines: Mutex::new((Lines::new(), HashMap::new())) }
    }
}

impl Refusals {
    /// Counts a refusal and logs it at this level.
    pub(crate) fn note(&self, packet: RefusedPacket, level: Level, who: Who<'_>, code: u8, reason: &str) {
        let code = code.max(FIRST_CODE);
        self.counts[packet as usize][usize::from(code - FIRST_CODE)].fetch_add(1, Ordering::Relaxed);
        self.say(level, packet.what(), who, format_args!("{code:#04x}"), reason);
    }

    /// Logs a line about a client, if one more is allowed. Strings chosen by clients are escaped and truncated.
    pub(crate) fn say(
        &self,
        level: Level,
        what: &'static str,
        Who { address, account, client_id }: Who<'_>,
        code: fmt::Arguments<'_>,
        reason: &str,
    ) {
        macro_rules! line {
            ($level:ident) => {
                if tracing::enabled!(Level::$level)
                    && let Some(suppressed) = self.take(address.ip())
                {
                    let address = address.ip().to_canonical();
                    let (account, client_id, reason) = (cut(account), cut(client_id), cut(reason));
                    tracing::event!(
                        Level::$level, %address, %code, ?account, ?client_id, ?reason, suppressed, "{what}"
                    );
                }
            };
        }
        match level {
            Level::WARN => line!(WARN),
            Level::INFO => line!(INFO),
            _ => line!(DEBUG),
        }
    }

    fn take(&self, address: IpAddr) -> Option<u64> {
        let mut lines = self.lines.lock();
        let (all, by_address) = &mut *lines;
        if by_address.len() >= ADDRESSES {
            by_address.retain(|_, lines| lines.since.elapsed() <= WINDOW);
        }
        let address = Some(host(address));
        let full = by_address.len() >= ADDRESSES && !by_address.contains_key(&address);
        let here = by_address.entry(if full { None } else { address }).or_insert_with(Lines::new);
        let suppressed = here.take(LINES_PER_ADDRESS)?;
        let others = all.take(LINES);
        if others.is_none() {
            all.suppressed += suppressed;
        }
        others.map(|others| suppressed + others)
    }

    /// Returns the number of refusals by packet and reason code, where there were any.
    pub(crate) fn counts(&self) -> Vec<RefusalCount> {
        let all = RefusedPacket::ALL.iter().zip(&self.counts);
        all.flat_map(|(&packet, counts)| {
            let counts = counts
                .iter()
                .zip(FIRST_CODE..=u8::MAX)
                .map(|(count, code)| (count.load(Ordering::Relaxed), code));
            counts.filter(|(count, _)| *count > 0).map(move |(count, code)| RefusalCount {
                packet,
                code,
                count,
            })
        })
        .collect()
    }
}

/// Returns the first [`SHOWN`] characters.
fn cut(text: &str) -> &str {
    text.char_indices().nth(SHOWN).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines about a flooding address are suppressed and counted; other addresses still get their lines.
    #[tokio::test(start_paused = true)]
    async fn lines_are_bounded() {
        let refusals = Refusals::default();
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let said = |address, times| (0..times).filter(|_| refusals.take(ip(address)).is_some()).count();
        assert_eq!(said("2001:db8::1", 500), 20);
        assert_eq!(said("2001:db8::2", 500), 0, "the same host");
        assert_eq!(said("192.0.2.1", 1), 1);
        tokio::time::advance(WINDOW * 2).await;
        assert_eq!(refusals.take(ip("2001:db8::3")), Some(980));
        assert_eq!(refusals.take(ip("2001:db8::3")), Some(0));
        for n in 0..2 * ADDRESSES as u128 {
            refusals.take(IpAddr::from((n << 64).to_be_bytes()));
        }
        assert!(refusals.lines.lock().1.len() <= ADDRESSES + 1);
        let said = (0..5_000_u32).filter(|n| refusals.take(IpAddr::from(n.to_be_bytes())).is_some());
        assert_eq!(said.count(), 0, "all together have a bound, too");
    }

    #[test]
    fn what_is_refused_is_counted_by_its_reason() {
        let refusals = Refusals::default();
        let who = Who { address: ([127, 0, 0, 1], 1).into(), account: "ana", client_id: "a" };
        for code in [0x86, 0x86, 0x97, 0] {
            refusals.note(RefusedPacket::Connect, Level::DEBUG, who, code, "no");
        }
        refusals.note(RefusedPacket::Publish, Level::DEBUG, who, 0xff, "no");
        let counts = refusals.counts().into_iter().map(|one| (one.packet.name(), one.code, one.count));
        let expected =
            [("connect", 0x80, 1), ("connect", 0x86, 2), ("connect", 0x97, 1), ("publish", 0xff, 1)];
        assert_eq!(counts.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(cut(&"é".repeat(200)).chars().count(), SHOWN);
        assert_eq!(cut("short"), "short");
    }
}

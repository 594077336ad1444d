//! One thing to measure: what it is, what it yields, and how it runs.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::arrivals;
use crate::goal::Goal;
use crate::idle::{self, Transport};
use crate::load::{self, Figures, Outcome, Pace, Senders, Timing, Workload};
use crate::populate::{ACCOUNTS, Contents};
use crate::server::{Kind, Target};
use crate::spread;
use crate::wire::Version;

/// A scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Short and stable; in a series, its name, a colon and the number that changes.
    pub id: String,
    /// For people; in a series, what the number counts.
    pub title: String,
    /// What happens, in whole sentences.
    pub what: &'static str,
    /// What is done.
    pub job: Job,
    /// The figures that the report shows.
    pub shows: &'static [&'static str],
    /// What some of them should be.
    pub goals: Vec<Goal>,
    /// The servers that it runs on besides ours.
    pub beside: Beside,
    /// Messages stored in the room before it begins.
    pub history: u64,
}

/// Which of the other servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// None.
    Nobody,
    /// The one that was named first.
    First,
    /// All.
    All,
}

/// What is done.
#[derive(Debug, Clone, Copy)]
pub enum Job {
    /// Senders and listeners.
    Load(Workload),
    /// This number of idle connections.
    Idle(Transport, usize),
    /// Sends into one of so many rooms and into all, with so many messages stored in them before.
    Spread {
        /// How many rooms.
        rooms: usize,
        /// How many messages, in all.
        stored: u64,
    },
    /// So many people who come.
    Arrivals(usize),
}

impl Scenario {
    /// The title, with the number of one in a series.
    pub fn heading(&self) -> String {
        match self.id.split_once(':') {
            Some((_, count)) => format!("{count} {}", self.title),
            None => self.title.clone(),
        }
    }

    /// How many of so many servers it runs on: ours, and the others in their order.
    pub fn servers(&self, all: usize) -> usize {
        match self.beside {
            Beside::Nobody => 1,
            Beside::First => all.min(2),
            Beside::All => all,
        }
    }
}

impl Job {
    /// What there must be on a server of ours.
    fn contents(self) -> Contents {
        match self {
            Self::Load(workload) => Contents { accounts: ACCOUNTS, rooms: workload.rooms },
            Self::Idle(..) => Contents { accounts: ACCOUNTS, rooms: 0 },
            Self::Spread { rooms, .. } => Contents { accounts: ACCOUNTS, rooms },
            Self::Arrivals(people) => Contents { accounts: people, rooms: 0 },
        }
    }
}

/// Runs a scenario once on a newly started server.
pub fn run(
    scenario: &Scenario,
    kind: &Kind,
    version: Version,
    timing: Timing,
    work: &Path,
) -> Result<Figures> {
    let target = Target::start(kind, version, work, scenario.job.contents())?;
    match scenario.job {
        Job::Load(workload) => {
            if scenario.history > 0 {
                store(&target, version, scenario.history)?;
            }
            Ok(figures(&load::run(&target, version, workload, timing)?))
        }
        // A server without a WebSocket port has no figure for it, nor has another than ours for what only ours can do.
        Job::Idle(Transport::WebSocket, _) if target.ws.is_none() => Ok(Figures::new()),
        Job::Spread { .. } | Job::Arrivals(_) if target.http.is_none() => Ok(Figures::new()),
        Job::Idle(transport, count) => {
            let each = idle::resident_each(&target, transport, count)?;
            Ok([("resident_kb_each".to_owned(), each / 1024.0)].into())
        }
        Job::Spread { rooms, stored } => spread::run(&target, rooms, stored, timing),
        Job::Arrivals(_) => Ok([("presence_each".to_owned(), arrivals::deliveries_each(&target)?)].into()),
    }
}

/// Fills a room's log before the measurement.
fn store(target: &Target, version: Version, messages: u64) -> Result<()> {
    let workload = Workload {
        rooms: 1,
        readers: 1,
        senders: Senders::Apart(1),
        qos: 1,
        pace: Pace::Unacknowledged(1000),
    };
    let mut stored = 0;
    let second = Timing { warm_up: Duration::ZERO, measured: Duration::from_secs(1) };
    while stored < messages {
        stored += load::run(target, version, workload, second)?.acknowledged.max(1);
    }
    Ok(())
}

fn figures(outcome: &Outcome) -> Figures {
    let connections = outcome.connections as f64;
    let kilobytes = |bytes: u64| bytes as f64 / 1024.0;
    [
        ("cpu_us_per_delivery", outcome.cpu_per_delivery()),
        ("deliveries_per_s", outcome.rate()),
        ("acknowledged_per_s", outcome.acknowledged_rate()),
        ("p50_ms", outcome.p50 as f64 / 1000.0),
        ("p99_ms", outcome.p99 as f64 / 1000.0),
        ("max_ms", outcome.max as f64 / 1000.0),
        ("server_cpu_share", outcome.server_cpu / outcome.seconds),
        ("generator_cpu_share", outcome.generator_cpu / outcome.seconds),
        (
            "resident_kb_per_connection",
            kilobytes(outcome.resident_connected.saturating_sub(outcome.resident_before)) / connections,
        ),
        ("resident_mb_after", kilobytes(outcome.resident_after) / 1024.0),
        ("resident_mb_peak", kilobytes(outcome.resident_peak) / 1024.0),
        ("missing", outcome.missing as f64),
        ("repeated", outcome.repeated as f64),
        ("disordered", outcome.disordered as f64),
    ]
    .into_iter()
    .chain(outcome.cpu_per_message().map(|cost| ("cpu_us_per_message", cost)))
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

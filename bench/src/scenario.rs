//! The list of scenarios, and how each is run.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::idle::{self, Transport};
use crate::load::{self, Outcome, Pace, Senders, Timing, Workload};
use crate::server::{Kind, Target};
use crate::wire::Version;

/// A scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// A short, stable identifier.
    pub id: String,
    /// The title for the report.
    pub title: String,
    /// What is measured.
    pub job: Job,
    /// The figures that the report shows.
    pub shows: &'static [&'static str],
    /// Number of messages stored in the room before the run.
    pub history: u64,
}

/// The kind of measurement.
#[derive(Debug, Clone, Copy)]
pub enum Job {
    /// Senders and listeners.
    Load(Workload),
    /// This number of idle connections.
    Idle(Transport, usize),
}

/// The figures of one run, by name.
pub type Figures = std::collections::BTreeMap<String, f64>;

const PACED: &[&str] = &["cpu_us_per_delivery", "p50_ms", "p99_ms", "max_ms"];
const SATURATED: &[&str] = &["deliveries_per_s", "cpu_us_per_delivery"];
const STORING: &[&str] = &["acknowledged_per_s", "cpu_us_per_delivery"];
const MEMORY: &[&str] = &["resident_kb_each"];

fn fan_out(qos: u8, readers: usize, pace: Pace) -> Job {
    Job::Load(Workload { rooms: 1, readers, senders: Senders::Apart(1), qos, pace })
}

fn scenario(id: &str, title: &str, job: Job, shows: &'static [&'static str]) -> Scenario {
    Scenario { id: id.into(), title: title.into(), job, shows, history: 0 }
}

/// Returns the scenarios of the table in the README.
pub fn comparison() -> Vec<Scenario> {
    let everyone =
        Workload { rooms: 100, readers: 10, senders: Senders::Readers, qos: 1, pace: Pace::Undelivered(4) };
    vec![
        scenario("fan-q1-20", "1→500, QoS 1, 20/s", fan_out(1, 500, Pace::PerSecond(20.0)), PACED),
        scenario("fan-q0-40", "1→500, QoS 0, 40/s", fan_out(0, 500, Pace::PerSecond(40.0)), PACED),
        scenario("fan-q1-max", "1→500, QoS 1, saturated", fan_out(1, 500, Pace::Undelivered(32)), SATURATED),
        scenario("fan-q0-max", "1→500, QoS 0, saturated", fan_out(0, 500, Pace::Undelivered(32)), SATURATED),
        scenario("rooms", "100 rooms × 10, all talking, QoS 1", Job::Load(everyone), SATURATED),
        scenario(
            "sender-16",
            "one publisher, 16 in flight",
            fan_out(1, 1, Pace::Unacknowledged(16)),
            STORING,
        ),
        scenario("idle-tcp", "10,000 idle, TCP", Job::Idle(Transport::Tcp, 10_000), MEMORY),
        scenario("idle-ws", "10,000 idle, WebSocket", Job::Idle(Transport::WebSocket, 10_000), MEMORY),
    ]
}

/// Returns the scenarios for how cost grows: each series keeps the delivery rate constant and varies one parameter.
pub fn growth(short: bool) -> Vec<Scenario> {
    let cost = &["cpu_us_per_delivery"][..];
    let mut all = Vec::new();
    for readers in [10_usize, 100, 1000, 5000] {
        let job = fan_out(1, readers, Pace::PerSecond(10_000.0 / readers as f64));
        all.push(scenario(&format!("members:{readers}"), "members of one room", job, cost));
    }
    // An account can be in at most a thousand rooms, including general.
    for rooms in [1_usize, 10, 100, 900] {
        let pace = Pace::PerSecond(1000.0 / rooms as f64);
        let job = Job::Load(Workload { rooms, readers: 10, senders: Senders::Apart(1), qos: 1, pace });
        all.push(scenario(&format!("rooms:{rooms}"), "rooms of ten members", job, cost));
    }
    for history in [0_u64, 10_000, 100_000, 1_000_000] {
        let job = fan_out(1, 500, Pace::PerSecond(20.0));
        let mut entry = scenario(&format!("history:{history}"), "messages stored before", job, cost);
        entry.history = history;
        all.push(entry);
    }
    for count in [1000, 5000, 10_000, 18_000] {
        let job = Job::Idle(Transport::Tcp, count);
        all.push(scenario(&format!("connections:{count}"), "connections", job, MEMORY));
    }
    if short {
        let long = ["000000", ":1000", ":900"];
        all.retain(|entry| !long.iter().any(|end| entry.id.ends_with(end)));
    }
    all
}

/// Runs a scenario once on a newly started server.
pub fn run(
    scenario: &Scenario,
    kind: &Kind,
    version: Version,
    timing: Timing,
    work: &Path,
) -> Result<Figures> {
    let rooms = match scenario.job {
        Job::Load(workload) => workload.rooms,
        Job::Idle(..) => 0,
    };
    let target = Target::start(kind, version, work, rooms)?;
    match scenario.job {
        Job::Load(workload) => {
            if scenario.history > 0 {
                store(&target, version, scenario.history)?;
            }
            Ok(figures(&load::run(&target, version, workload, timing)?))
        }
        // A server without a WebSocket port has no such figure.
        Job::Idle(Transport::WebSocket, _) if target.ws.is_none() => Ok(Figures::new()),
        Job::Idle(transport, count) => {
            let each = idle::resident_each(&target, transport, count)?;
            Ok([("resident_kb_each".to_owned(), each / 1024.0)].into())
        }
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
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

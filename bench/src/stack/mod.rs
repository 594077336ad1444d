//! `chinwag-bench stack`: compares `POST /message` on Chinwag and on the tutorial's own stack in one session.

pub mod http;
mod load;
mod stacks;

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::load::Timing;
use crate::measure;
use crate::mosquitto;
use crate::process;
use crate::report::{Spread, short};
use load::{Outcome, Workload};
use stacks::{Engines, Kind};

/// Measures `POST /message` on Chinwag and on Node, Express, mqtt and pg.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Chinwag's release binary.
    #[arg(long)]
    chinwag: PathBuf,
    /// The script of the Node server.
    #[arg(long, default_value = "bench/tutorial-stack/server.mjs")]
    node: PathBuf,
    /// Mosquitto's binary.
    #[arg(long, default_value = "/usr/sbin/mosquitto")]
    mosquitto: PathBuf,
    /// How many times each workload runs on each stack, in turn.
    #[arg(long, default_value_t = 4)]
    rounds: usize,
    /// Seconds measured per run.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// File to write the report to.
    #[arg(long)]
    out: Option<PathBuf>,
}

const WORKLOADS: [(&str, Workload); 2] = [
    ("as fast as possible: 64 connections", Workload { connections: 64, per_second: None }),
    ("at the same rate: 300 messages a second", Workload { connections: 64, per_second: Some(300.0) }),
];

struct Measured {
    workload: usize,
    kind: Kind,
    round: usize,
    outcome: Outcome,
}

/// The name of a figure, and how it is computed from an outcome.
type Figure = (&'static str, fn(&Outcome) -> f64);

const FIGURES: [Figure; 6] = [
    ("accepted/s", |outcome| outcome.accepted as f64 / outcome.seconds),
    ("server CPU, µs each", |outcome| each(outcome, 0)),
    ("broker CPU, µs each", |outcome| each(outcome, 1)),
    ("database CPU, µs each", |outcome| each(outcome, 2)),
    ("p50, ms", |outcome| outcome.p50 as f64 / 1000.0),
    ("p99, ms", |outcome| outcome.p99 as f64 / 1000.0),
];

/// Returns the CPU microseconds of one part per accepted message.
fn each(outcome: &Outcome, part: usize) -> f64 {
    outcome.cpu[part].as_secs_f64() * 1e6 / outcome.accepted.max(1) as f64
}

/// Runs all measurements and prints the report.
#[expect(clippy::print_stdout, reason = "the result is what it prints")]
pub fn run(arguments: &Arguments) -> Result<()> {
    let machine = format!("{}, {}.", measure::machine()?, mosquitto::name(&arguments.mosquitto)?);
    process::allow_open_files(10_000);
    let timing = Timing {
        warm_up: Duration::from_secs_f64((arguments.seconds / 4.0).max(1.0)),
        measured: Duration::from_secs_f64(arguments.seconds),
    };
    let work = std::env::current_exe()?.parent().context("where the binary is")?.join("bench-work");
    let engines = Engines::start(&arguments.chinwag, &arguments.mosquitto, &arguments.node, &work)?;
    let mut all = Vec::new();
    let mut id = 0;
    for round in 0..arguments.rounds {
        for (workload, (title, load)) in WORKLOADS.iter().enumerate() {
            let mut kinds = Kind::ALL;
            // Rotate which stack goes first.
            kinds.rotate_left(round % Kind::ALL.len());
            for kind in kinds {
                id += 1;
                let stack = engines.stack(kind)?;
                let outcome = load::run(&stack, *load, timing, id)
                    .with_context(|| format!("{}: {title}", kind.title()))?;
                let measured = Measured { workload, kind, round, outcome };
                println!("{round} · {title} · {}: {}", kind.title(), figures(&outcome));
                ensure!(outcome.unpublished == 0, "{} messages were not published", outcome.unpublished);
                all.push(measured);
            }
        }
    }
    let page = page(&machine, arguments, &all);
    println!("\n{page}");
    if let Some(out) = &arguments.out {
        std::fs::write(out, page)?;
        println!("written to {}", out.display());
    }
    Ok(())
}

fn figures(outcome: &Outcome) -> String {
    let shown: Vec<_> =
        FIGURES.iter().map(|(name, figure)| format!("{name} {}", short(figure(outcome)))).collect();
    let generator = outcome.cpu[3].as_secs_f64() / outcome.seconds;
    format!("{}, generator {generator:.2} cores", shown.join(", "))
}

/// Returns the spread of a figure, or of its ratio to Node's in the same round.
fn spread(
    all: &[Measured],
    workload: usize,
    kind: Kind,
    figure: fn(&Outcome) -> f64,
    ratio: bool,
) -> Option<Spread> {
    let runs = |kind: Kind| all.iter().filter(move |run| run.workload == workload && run.kind == kind);
    let samples = runs(kind).filter_map(|run| {
        if !ratio {
            return Some(figure(&run.outcome));
        }
        let node = runs(Kind::Node).find(|node| node.round == run.round)?;
        let node = figure(&node.outcome);
        (node > 0.0).then(|| figure(&run.outcome) / node)
    });
    Spread::of(samples.collect())
}

fn page(machine: &str, arguments: &Arguments, all: &[Measured]) -> String {
    let mut page = format!(
        "# Compared with a plain Node.js stack\n\n{machine} {} rounds of {} s; each round runs every stack in turn.\n\n\
         Made by `make bench-stack`. Every stack stores each message in the same PostgreSQL (fsync on), and one \
         listener on its broker receives it. Node and Chinwag use the same Mosquitto; Chinwag also runs with its \
         embedded broker. Chinwag checks who sends, whether they may, and whether the message was sent before; \
         Mosquitto checks Chinwag's messages against its access rules, but not Node's. The Node server is in \
         `bench/tutorial-stack`. CPU is the user and system time of the named processes, divided by the number of \
         accepted messages. The column \"to Node\" is the ratio to Node in the same round: its median, and its spread \
         over the rounds.\n",
        arguments.rounds, arguments.seconds
    );
    for (workload, (title, _)) in WORKLOADS.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "\n## {}\n\n| | figure | value | to Node | spread |\n|---|---|--:|--:|---|",
            capital(title)
        );
        for kind in Kind::ALL {
            for (index, (name, figure)) in FIGURES.iter().enumerate() {
                let value = spread(all, workload, kind, *figure, false);
                let value = value.map_or("–".into(), |value| short(value.middle));
                let ratio = spread(all, workload, kind, *figure, true).filter(|_| kind != Kind::Node);
                let times = ratio.map_or(String::new(), |ratio| format!("{:.2}×", ratio.middle));
                let range = ratio.map_or(String::new(), |ratio| format!("{:.2}–{:.2}", ratio.min, ratio.max));
                let title = if index == 0 { kind.title() } else { String::new() };
                let _ = writeln!(page, "| {title} | {name} | {value} | {times} | {range} |");
            }
        }
    }
    page
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

//! `make bench`: compares Chinwag, which stores every message, with Mosquitto, which stores nothing, in one session.

mod arrivals;
mod fleet;
mod goal;
mod idle;
mod load;
mod measure;
mod mosquitto;
mod page;
mod plot;
mod populate;
mod process;
mod report;
mod scenario;
mod server;
mod shapes;
mod spread;
mod stack;
mod verdict;
mod web;
mod wire;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};

/// Measures Chinwag beside Mosquitto and draws the plots.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    /// A comparison with something other than Mosquitto.
    #[command(subcommand)]
    command: Option<Comparison>,
    /// Chinwag's release binary.
    #[arg(long)]
    chinwag: Option<PathBuf>,
    /// Mosquitto's binary; given more than once, several versions of it. How cost grows is compared with the first.
    #[arg(long, default_value = "/usr/sbin/mosquitto")]
    mosquitto: Vec<PathBuf>,
    /// Instead of Chinwag any open broker that runs already: mqtt://ADDRESS:PORT. Needs --pid.
    #[arg(long, requires = "pid")]
    server: Option<String>,
    /// The process id of --server.
    #[arg(long)]
    pid: Option<u32>,
    /// Measures only scenarios whose id contains this text.
    #[arg(long)]
    only: Option<String>,
    /// How many times each scenario runs on each server, in turn.
    #[arg(long)]
    rounds: Option<usize>,
    /// Seconds measured per run.
    #[arg(long)]
    seconds: Option<f64>,
    /// Quick run: fewer and shorter rounds.
    #[arg(long)]
    short: bool,
    /// Skips the scenarios that measure how cost grows.
    #[arg(long)]
    no_growth: bool,
    /// The MQTT version: 3 or 5.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(3..=5))]
    mqtt: u8,
    /// Folder for the plots, the table and the raw figures. By default nothing is written.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Redraws the plots from OUT/results.json without measuring.
    #[arg(long, requires = "out")]
    redraw: bool,
}

/// Other comparisons.
#[derive(Debug, Subcommand)]
enum Comparison {
    /// The tutorial's own stack: Node, Express, mqtt and pg
    Stack(stack::Arguments),
}

#[expect(clippy::print_stdout, reason = "the result is what it prints")]
fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(Comparison::Stack(stack)) = &arguments.command {
        return stack::run(stack);
    }
    if let (true, Some(out)) = (arguments.redraw, &arguments.out) {
        let report = serde_json::from_str(&std::fs::read_to_string(out.join("results.json"))?)?;
        return page::write(&report, out);
    }
    let report = measure::measure(&arguments)?;
    println!("\n{}", page::summary(&report));
    if let Some(out) = &arguments.out {
        page::write(&report, out)?;
        println!("written to {}", out.display());
    }
    ensure!(report.failures.is_empty(), "not everything ran to its end");
    Ok(())
}

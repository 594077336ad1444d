//! `make bench`: compares Chinwag, which stores every message, with Mosquitto, which stores nothing, in one session.

mod fleet;
mod idle;
mod load;
mod plot;
mod process;
mod report;
mod scenario;
mod server;
mod stack;
mod wire;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};

use load::Timing;
use report::{Report, Run};
use scenario::Scenario;
use server::Kind;
use wire::Version;

/// Compares Chinwag with Mosquitto and draws the plots.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    /// A comparison with something other than Mosquitto.
    #[command(subcommand)]
    command: Option<Comparison>,
    /// Chinwag's release binary.
    #[arg(long)]
    chinwag: Option<PathBuf>,
    /// Mosquitto's binary.
    #[arg(long, default_value = "/usr/sbin/mosquitto")]
    mosquitto: PathBuf,
    /// Measures an open broker that is already running instead of Chinwag: mqtt://ADDRESS:PORT. Needs --pid.
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
        return stack::run(stack, &machine(&arguments.mosquitto)?);
    }
    if let (true, Some(out)) = (arguments.redraw, &arguments.out) {
        let report = serde_json::from_str(&std::fs::read_to_string(out.join("results.json"))?)?;
        return write(&report, out);
    }
    let report = measure(&arguments)?;
    println!("\n{}\n{}", report.machine, report.table(&listed(&report)));
    let faults = report.faults();
    println!("lost, doubled or out of order: {}", if faults.is_empty() { "nothing" } else { "" });
    faults.iter().for_each(|fault| println!("  {fault}"));
    if let Some(out) = &arguments.out {
        write(&report, out)?;
        println!("written to {}", out.display());
    }
    Ok(())
}

/// Settings shared by all runs.
struct Setting<'a> {
    version: Version,
    timing: Timing,
    /// Folder in which the results are saved after each run.
    out: Option<&'a Path>,
}

fn measure(arguments: &Arguments) -> Result<Report> {
    let ours = match (&arguments.chinwag, &arguments.server, arguments.pid) {
        (_, Some(server), Some(pid)) => {
            let address: SocketAddr = server.trim_start_matches("mqtt://").parse().context("--server")?;
            Kind::Running(address, pid)
        }
        (Some(binary), ..) => Kind::Chinwag(binary.clone()),
        _ => bail!("name --chinwag BINARY, or --server with --pid"),
    };
    let names = [if matches!(ours, Kind::Chinwag(_)) { "Chinwag" } else { "broker" }, "Mosquitto"];
    let servers = [ours, Kind::Mosquitto(arguments.mosquitto.clone())];
    let version = if arguments.mqtt == 5 { Version::V5 } else { Version::V3 };
    let files = process::allow_open_files(250_000);
    let rounds = arguments.rounds.unwrap_or(if arguments.short { 2 } else { 5 });
    let seconds = arguments.seconds.unwrap_or(if arguments.short { 3.0 } else { 8.0 });
    let timing = Timing {
        warm_up: Duration::from_secs_f64((seconds / 4.0).max(1.0)),
        measured: Duration::from_secs_f64(seconds),
    };
    let machine = format!(
        "{} {files} open files allowed; {rounds} rounds of {seconds} s, 200-byte payloads, generator and server on \
         the same machine.",
        machine(&arguments.mosquitto)?
    );
    let setting = Setting { version, timing, out: arguments.out.as_deref() };
    let mut report = Report { machine, servers: names.map(str::to_owned), runs: vec![] };
    let wanted = |scenario: &Scenario| arguments.only.as_ref().is_none_or(|part| scenario.id.contains(part));
    for scenario in scenario::comparison().iter().filter(|entry| wanted(entry)) {
        for round in 0..rounds {
            // Alternate which server goes first.
            for server in if round % 2 == 0 { [0, 1] } else { [1, 0] } {
                once(&mut report, scenario, round, server, &servers[server], &setting)?;
            }
        }
    }
    if !arguments.no_growth {
        for scenario in scenario::growth(arguments.short).iter().filter(|entry| wanted(entry)) {
            for (server, kind) in servers.iter().enumerate() {
                // Mosquitto has no history.
                if server == 0 || scenario.history == 0 {
                    once(&mut report, scenario, 0, server, kind, &setting)?;
                }
            }
        }
    }
    Ok(report)
}

#[expect(clippy::print_stdout, reason = "progress of a command that runs for long")]
fn once(
    report: &mut Report,
    scenario: &Scenario,
    round: usize,
    server: usize,
    kind: &Kind,
    setting: &Setting<'_>,
) -> Result<()> {
    let Setting { version, timing, out } = *setting;
    let work = std::env::current_exe()?.parent().context("where the binary is")?.join("bench-work");
    let figures = scenario::run(scenario, kind, version, timing, &work)
        .with_context(|| format!("{} on {}", scenario.id, report.servers[server]))?;
    let shown: Vec<_> =
        figures.iter().map(|(figure, value)| format!("{figure} {}", report::short(*value))).collect();
    println!("{} · {} · {}: {}", scenario.id, round, report.servers[server], shown.join(", "));
    report.runs.push(Run { scenario: scenario.id.clone(), round, server, figures });
    // Saved after each run, so that an aborted session keeps its results.
    if let Some(out) = out {
        save(report, out)?;
    }
    Ok(())
}

fn save(report: &Report, out: &Path) -> Result<()> {
    std::fs::create_dir_all(out)?;
    Ok(std::fs::write(out.join("results.json"), serde_json::to_string_pretty(report)?)?)
}

/// Returns the scenarios for which the report has runs.
fn listed(report: &Report) -> Vec<Scenario> {
    let mut all = scenario::comparison();
    all.extend(scenario::growth(false));
    all.retain(|scenario| report.runs.iter().any(|run| run.scenario == scenario.id));
    for scenario in &mut all {
        if let Some((_, count)) = scenario.id.split_once(':') {
            scenario.title = format!("{count} {}", scenario.title);
        }
    }
    all
}

fn write(report: &Report, out: &Path) -> Result<()> {
    save(report, out)?;
    let faults = report.faults();
    let checked = if faults.is_empty() {
        "No message was lost, duplicated or out of order in any run.".to_owned()
    } else {
        faults.iter().map(|fault| format!("- {fault}\n")).collect()
    };
    let text = format!(
        "# Benchmark results\n\n{}\n\nMade by `make bench`. The ratio is Chinwag's figure divided by Mosquitto's: its \
         median and spread over the rounds.\n\n{}\n{checked}\n",
        report.machine,
        report.table(&listed(report))
    );
    std::fs::write(out.join("results.md"), text)?;
    for (name, svg) in plot::all(report) {
        std::fs::write(out.join(name), svg)?;
    }
    Ok(())
}

fn machine(mosquitto: &Path) -> Result<String> {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo")?;
    let cpu = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("");
    let cores = std::thread::available_parallelism()?;
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let output = std::process::Command::new(mosquitto).arg("-h").output().context("running mosquitto -h")?;
    let version = String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or("mosquitto").to_owned();
    Ok(format!(
        "{cores} cores ({}), Linux {}, {version}.",
        cpu.trim_start_matches([' ', '\t', ':']),
        kernel.trim()
    ))
}

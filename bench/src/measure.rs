//! Measuring: every scenario on its servers, one run after the other.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::Arguments;
use crate::load::Timing;
use crate::mosquitto;
use crate::page;
use crate::process;
use crate::report::{Report, Run, name, short};
use crate::scenario::{self, Scenario};
use crate::server::Kind;
use crate::shapes;
use crate::wire::Version;

/// The same for every run.
struct Setting<'a> {
    servers: Vec<Kind>,
    version: Version,
    timing: Timing,
    /// Where the servers have their data.
    work: PathBuf,
    /// Where the figures go as they come.
    out: Option<&'a Path>,
}

/// One run to do.
struct Step<'a> {
    scenario: &'a Scenario,
    round: usize,
    server: usize,
}

/// Does everything that the arguments ask for.
pub fn measure(arguments: &Arguments) -> Result<Report> {
    let rounds = arguments.rounds.unwrap_or(if arguments.short { 2 } else { 5 });
    let seconds = arguments.seconds.unwrap_or(if arguments.short { 2.0 } else { 6.0 });
    let ours = ours(arguments)?;
    let mut names = vec![if matches!(ours, Kind::Chinwag(_)) { "Chinwag" } else { "broker" }.to_owned()];
    let mut servers = vec![ours];
    for binary in &arguments.mosquitto {
        names.push(mosquitto::name(binary)?);
        servers.push(Kind::Mosquitto(binary.clone()));
    }
    let files = process::allow_open_files(250_000);
    let setting = Setting {
        servers,
        version: if arguments.mqtt == 5 { Version::V5 } else { Version::V3 },
        timing: Timing {
            warm_up: Duration::from_secs_f64((seconds / 4.0).max(1.0)),
            measured: Duration::from_secs_f64(seconds),
        },
        work: std::env::current_exe()?.parent().context("where the binary is")?.join("bench-work"),
        out: arguments.out.as_deref(),
    };
    let machine = format!(
        "{}, {}. {files} open files allowed; {rounds} rounds of {seconds} s, 200-byte payloads, generator and server on \
         the same machine.",
        machine()?,
        names[1..].join(", ")
    );
    let mut report = Report { machine, servers: names, ..Report::default() };
    let scenarios = wanted(arguments);
    let steps = steps(&scenarios, rounds, setting.servers.len());
    ensure!(!steps.is_empty(), "no scenario's id contains that");
    for (number, step) in steps.iter().enumerate() {
        once(&mut report, step, &format!("{}/{}", number + 1, steps.len()), &setting)?;
    }
    Ok(report)
}

fn ours(arguments: &Arguments) -> Result<Kind> {
    match (&arguments.chinwag, &arguments.server, arguments.pid) {
        (_, Some(server), Some(pid)) => {
            let address: SocketAddr = server.trim_start_matches("mqtt://").parse().context("--server")?;
            Ok(Kind::Running(address, pid))
        }
        (Some(binary), ..) => Ok(Kind::Chinwag(binary.clone())),
        _ => bail!("name --chinwag BINARY, or --server with --pid"),
    }
}

/// The scenarios that were asked for, each with whether it runs for several rounds.
fn wanted(arguments: &Arguments) -> Vec<(Scenario, bool)> {
    let comparison = shapes::comparison(arguments.short).into_iter().map(|entry| (entry, true));
    let growth = shapes::growth(arguments.short).into_iter().map(|entry| (entry, false));
    let wanted =
        |scenario: &Scenario| arguments.only.as_ref().is_none_or(|part| scenario.id.contains(part.as_str()));
    comparison
        .chain(growth.filter(|_| !arguments.no_growth))
        .filter(|(scenario, _)| wanted(scenario))
        .collect()
}

fn steps(scenarios: &[(Scenario, bool)], rounds: usize, servers: usize) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for (scenario, repeated) in scenarios {
        for round in 0..if *repeated { rounds } else { 1 } {
            let mut order: Vec<_> = (0..scenario.servers(servers)).collect();
            // Who begins changes from round to round.
            let first = round % order.len();
            order.rotate_left(first);
            steps.extend(order.into_iter().map(|server| Step { scenario, round, server }));
        }
    }
    steps
}

/// One run. What fails is noted, and the others go on.
#[expect(clippy::print_stdout, reason = "progress of a command that runs for long")]
fn once(report: &mut Report, step: &Step<'_>, progress: &str, setting: &Setting<'_>) -> Result<()> {
    let Step { scenario, round, server } = *step;
    let what = format!("{} · {round} · {}", scenario.id, report.servers[server]);
    let kind = &setting.servers[server];
    match scenario::run(scenario, kind, setting.version, setting.timing, &setting.work) {
        Ok(figures) => {
            let shown =
                scenario.shows.iter().filter_map(|figure| Some((name(figure), figures.get(*figure)?)));
            let shown: Vec<_> = shown.map(|(name, value)| format!("{name} {}", short(*value))).collect();
            println!("{progress} · {what}: {}", shown.join(", "));
            report.runs.push(Run { scenario: scenario.id.clone(), round, server, figures });
        }
        Err(error) => {
            println!("{progress} · {what}: FAILED: {error:#}");
            report.failures.push(format!("{what}: {error:#}"));
        }
    }
    // If this ends early, what was measured so far is there.
    match setting.out {
        Some(out) => page::save(report, out),
        None => Ok(()),
    }
}

/// What it is measured on.
pub fn machine() -> Result<String> {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo")?;
    let cpu = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("");
    let cores = std::thread::available_parallelism()?;
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    Ok(format!("{cores} cores ({}), Linux {}", cpu.trim_start_matches([' ', '\t', ':']), kernel.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_begins_a_round_in_turn_and_growth_runs_once_beside_one() {
        let scenarios = [(shapes::comparison(true).remove(0), true), (shapes::growth(true).remove(0), false)];
        let order: Vec<_> = steps(&scenarios, 2, 3)
            .iter()
            .map(|step| (step.scenario.id.as_str(), step.round, step.server))
            .collect();
        let (fan, members) = ("fan-q1-20", "members:10");
        let expected = [
            (fan, 0, 0),
            (fan, 0, 1),
            (fan, 0, 2),
            (fan, 1, 1),
            (fan, 1, 2),
            (fan, 1, 0),
            (members, 0, 0),
            (members, 0, 1),
        ];
        assert_eq!(order, expected);
    }
}

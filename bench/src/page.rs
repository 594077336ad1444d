//! The page `results.md`, the raw figures and the plots, written to a folder.

use std::path::Path;

use anyhow::Result;

use crate::plot;
use crate::report::Report;
use crate::scenario::Scenario;
use crate::shapes;

/// Writes everything.
pub fn write(report: &Report, out: &Path) -> Result<()> {
    save(report, out)?;
    std::fs::write(out.join("results.md"), page(report))?;
    for (name, svg) in plot::all(report) {
        std::fs::write(out.join(name), svg)?;
    }
    Ok(())
}

/// Writes the raw figures.
pub fn save(report: &Report, out: &Path) -> Result<()> {
    std::fs::create_dir_all(out)?;
    Ok(std::fs::write(out.join("results.json"), serde_json::to_string_pretty(report)?)?)
}

/// What the command prints at its end: the tables, and what went wrong.
pub fn summary(report: &Report) -> String {
    let all = shapes::all();
    format!(
        "{}\n\n{}\n{}\n{}",
        report.machine,
        goals(report, &all),
        report.table(&measured(report, all.clone())),
        checked(report)
    )
}

fn page(report: &Report) -> String {
    let all = shapes::all();
    let missing = if report.servers.len() > 2 {
        ""
    } else {
        " Only one Mosquitto was given, so there is nothing here about others: CONTRIBUTING.md says how to measure beside \
         several."
    };
    format!(
        "# Benchmark results\n\n{}\n\nMade by `make bench`. Chinwag stores every message before it acknowledges it; \
         Mosquitto stores nothing here. A ratio is Chinwag's figure divided by Mosquitto's in the same round: its median \
         and, in parentheses, its spread over the rounds.{missing}\n\n\
         ## Goals\n\n{}\n\
         ## All figures\n\n{}\n{}\n\
         ## What is measured\n\n{}",
        report.machine,
        goals(report, &all),
        report.table(&measured(report, all.clone())),
        checked(report),
        explained(&measured(report, all.clone()))
    )
}

/// The goals of all scenarios, whether they were measured or not.
fn goals(report: &Report, all: &[Scenario]) -> String {
    let mut out = "| what | goal | measured (spread) | |\n|---|--:|--:|---|\n".to_owned();
    for scenario in all {
        for goal in &scenario.goals {
            out.push_str(&goal.row(report, scenario));
            out.push('\n');
        }
    }
    out
}

/// The scenarios that the report has runs of.
fn measured(report: &Report, mut all: Vec<Scenario>) -> Vec<Scenario> {
    all.retain(|scenario| report.runs.iter().any(|run| run.scenario == scenario.id));
    all
}

/// What happens in each scenario; in a series, once.
fn explained(scenarios: &[Scenario]) -> String {
    let mut out = String::new();
    for (index, scenario) in scenarios.iter().enumerate() {
        let same = |other: &&Scenario| other.what == scenario.what;
        if scenarios[..index].iter().any(|earlier| same(&earlier)) {
            continue;
        }
        let mut titles: Vec<_> = scenarios.iter().filter(same).map(|entry| entry.title.as_str()).collect();
        titles.dedup();
        out.push_str(&format!("- **{}**: {}\n", titles.join("; "), scenario.what));
    }
    out
}

fn checked(report: &Report) -> String {
    let faults = report.faults();
    let mut out = if faults.is_empty() {
        "No message was lost, duplicated or out of order in any run.\n".to_owned()
    } else {
        faults.iter().map(|fault| format!("- {fault}\n")).collect()
    };
    for failure in &report.failures {
        out.push_str(&format!("- did not run to its end: {failure}\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Run;

    #[test]
    fn the_page_has_every_goal_and_explains_what_was_measured() {
        let run = |scenario: &str, figure: &str, server, value| Run {
            scenario: scenario.into(),
            round: 0,
            server,
            figures: [(figure.to_owned(), value)].into(),
        };
        let report = Report {
            servers: vec!["Chinwag".into(), "Mosquitto 2.0.11".into()],
            runs: vec![
                run("fan-q1-20", "cpu_us_per_delivery", 0, 6.0),
                run("fan-q1-20", "cpu_us_per_delivery", 1, 10.0),
                run("arrivals:50", "presence_each", 0, 50.0),
                run("arrivals:800", "presence_each", 0, 100.5),
            ],
            ..Report::default()
        };
        let page = page(&report);
        let cpu = "1→500, QoS 1, 20/s: CPU per delivery, µs, ratio to Mosquitto";
        for line in [
            &format!("| {cpu} 2.0 | ≤ 0.7× | 0.60× (0.60–0.60) | met |"),
            &format!("| {cpu} 2.1 | ≤ 0.85× | – | not measured |"),
            "| 800 people arriving: presence deliveries per person | ≤ 100 | 100 (100–100) | **not met** |",
            "| 1→500, QoS 1, 20/s | CPU per delivery, µs | 6.00 | 10.0 | 0.60× |",
            "| 50 people arriving | presence deliveries per person | 50.0 | – | – |",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
        }
        assert_eq!(page.matches("- **people arriving**: ").count(), 1);
        assert!(page.contains("Only one Mosquitto was given"));
        assert!(!page.contains("- **10,000 idle"), "explained without having been measured");
    }
}

//! The results: stored as JSON, shown as a table.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::load::Figures;
use crate::scenario::Scenario;

/// A whole session of measuring.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// A description of the machine.
    pub machine: String,
    /// The names of the servers, ours first.
    pub servers: Vec<String>,
    /// All runs in their order.
    pub runs: Vec<Run>,
    /// What did not run to its end, and why.
    #[serde(default)]
    pub failures: Vec<String>,
}

/// One run of a scenario on one server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// The scenario's id.
    pub scenario: String,
    /// The round, from 0.
    pub round: usize,
    /// Index into the servers.
    pub server: usize,
    /// The figures measured.
    pub figures: Figures,
}

/// Median and range of some samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The smallest sample.
    pub min: f64,
    /// The median.
    pub middle: f64,
    /// The largest sample.
    pub max: f64,
}

impl Spread {
    /// Returns the spread of the samples, or None if there are none.
    pub fn of(mut samples: Vec<f64>) -> Option<Self> {
        samples.sort_by(f64::total_cmp);
        let half = samples.len() / 2;
        let middle = match samples.len() {
            0 => return None,
            odd if odd % 2 == 1 => samples[half],
            _ => f64::midpoint(samples[half - 1], samples[half]),
        };
        Some(Self { min: samples[0], middle, max: samples[samples.len() - 1] })
    }
}

impl Report {
    /// Returns the spread of one figure over all rounds.
    pub fn spread(&self, scenario: &str, server: usize, figure: &str) -> Option<Spread> {
        Spread::of(self.samples(scenario, server, figure).into_iter().map(|(_, value)| value).collect())
    }

    /// Ours divided by another server's, round by round.
    pub fn ratio(&self, scenario: &str, other: usize, figure: &str) -> Option<Spread> {
        let theirs = self.samples(scenario, other, figure);
        let ratios = self.samples(scenario, 0, figure).into_iter().filter_map(|(round, ours)| {
            let (_, other) = theirs.iter().find(|(other_round, _)| *other_round == round)?;
            (*other > 0.0).then_some(ours / other)
        });
        Spread::of(ratios.collect())
    }

    fn samples(&self, scenario: &str, server: usize, figure: &str) -> Vec<(usize, f64)> {
        self.runs
            .iter()
            .filter(|run| run.scenario == scenario && run.server == server)
            .filter_map(|run| Some((run.round, *run.figures.get(figure)?)))
            .collect()
    }

    /// Returns a description of every run with lost, duplicated or out-of-order messages.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for run in &self.runs {
            for fault in ["missing", "repeated", "disordered"] {
                let count = run.figures.get(fault).copied().unwrap_or(0.0);
                if count > 0.0 {
                    let server = &self.servers[run.server];
                    faults.push(format!("{server}, {}, round {}: {count} {fault}", run.scenario, run.round));
                }
            }
        }
        faults
    }

    /// A table in Markdown: our figures, and beside each other server's figures the ratio.
    pub fn table(&self, scenarios: &[Scenario]) -> String {
        let (ours, others) =
            self.servers.split_first().map_or(("", &[][..]), |(ours, others)| (ours, others));
        let mut out = format!("| | figure | {ours} |");
        others.iter().for_each(|other| out.push_str(&format!(" {other} | ratio (spread) |")));
        out.push_str("\n|---|---|--:|");
        others.iter().for_each(|_| out.push_str("--:|--:|"));
        out.push('\n');
        for scenario in scenarios {
            for (index, figure) in scenario.shows.iter().enumerate() {
                let title = if index == 0 { scenario.heading() } else { String::new() };
                let cell = |server| self.spread(&scenario.id, server, figure).map_or("–".into(), number);
                let beside =
                    |other| format!(" {} | {} |", cell(other), self.times(&scenario.id, other, figure));
                let beside: String = (1..self.servers.len()).map(beside).collect();
                // Writing to a String cannot fail.
                let _ = writeln!(out, "| {title} | {} | {} |{beside}", name(figure), cell(0));
            }
        }
        out
    }

    fn times(&self, scenario: &str, other: usize, figure: &str) -> String {
        self.ratio(scenario, other, figure).map_or("–".into(), |ratio| {
            let Spread { min, middle, max } = ratio;
            if min < max { format!("{middle:.2}× ({min:.2}–{max:.2})") } else { format!("{middle:.2}×") }
        })
    }
}

/// Returns the display name of a figure.
pub fn name(figure: &str) -> &str {
    match figure {
        "cpu_us_per_delivery" => "CPU per delivery, µs",
        "cpu_us_per_message" => "CPU per message, µs",
        "deliveries_per_s" => "deliveries/s",
        "acknowledged_per_s" => "acknowledged/s",
        "p50_ms" => "latency p50, ms",
        "p99_ms" => "latency p99, ms",
        "max_ms" => "latency max, ms",
        "resident_kb_each" => "resident kB each",
        "one_room_per_s" => "acknowledged/s, into one room",
        "all_rooms_per_s" => "acknowledged/s, spread over 999 rooms",
        "all_to_one_room" => "spread over 999 rooms ÷ into one",
        "room_list_ms" => "`GET /rooms`, median, ms",
        "presence_each" => "presence deliveries per person",
        other => other,
    }
}

fn number(spread: Spread) -> String {
    short(spread.middle)
}

/// Formats a value with about three significant figures.
pub fn short(value: f64) -> String {
    match value {
        v if v >= 10_000.0 => format!("{:.0} k", v / 1000.0),
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(round: usize, server: usize, value: f64) -> Run {
        Run { scenario: "s".into(), round, server, figures: [("p99_ms".to_owned(), value)].into() }
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        let report = Report {
            servers: vec!["a".into(), "b".into()],
            runs: vec![run(0, 0, 1.0), run(0, 1, 2.0), run(1, 1, 10.0), run(1, 0, 30.0), run(2, 0, 9.0)],
            ..Report::default()
        };
        assert_eq!(report.ratio("s", 1, "p99_ms"), Some(Spread { min: 0.5, middle: 1.75, max: 3.0 }));
        assert_eq!(report.ratio("s", 1, "p50_ms"), None);
    }
}

//! Whether the goals are met.

use crate::goal::{Bound, Goal, Of};
use crate::report::{Report, Spread, name, short};
use crate::scenario::Scenario;

/// Whether a goal is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Met,
    /// It isn't.
    Missed,
    /// There is no such figure.
    NotMeasured,
}

impl Goal {
    /// What was measured.
    fn measured(&self, report: &Report, scenario: &str) -> Option<Spread> {
        match self.of {
            Of::Ours => report.spread(scenario, 0, self.figure),
            Of::RatioTo(prefix) => {
                let other = report.servers.iter().position(|server| server.starts_with(prefix))?;
                report.ratio(scenario, other, self.figure)
            }
        }
    }

    /// Whether it is met by the median.
    pub fn verdict(&self, report: &Report, scenario: &str) -> Verdict {
        let met = self.measured(report, scenario).map(|spread| match self.bound {
            Bound::AtMost(most) => spread.middle <= most,
            Bound::AtLeast(least) => spread.middle >= least,
        });
        met.map_or(Verdict::NotMeasured, |met| if met { Verdict::Met } else { Verdict::Missed })
    }

    /// A row of the table: what it is about, the bound, what was measured, whether it is met.
    pub fn row(&self, report: &Report, scenario: &Scenario) -> String {
        let (to, sign) = match self.of {
            Of::Ours => (String::new(), ""),
            Of::RatioTo(prefix) => (format!(", ratio to {prefix}"), "×"),
        };
        let bound = match self.bound {
            Bound::AtMost(most) => format!("≤ {most}{sign}"),
            Bound::AtLeast(least) => format!("≥ {least}{sign}"),
        };
        let measured = self.measured(report, &scenario.id).map_or("–".to_owned(), |spread| {
            let [min, middle, max] = [spread.min, spread.middle, spread.max].map(short);
            format!("{middle}{sign} ({min}–{max})")
        });
        let verdict = match self.verdict(report, &scenario.id) {
            Verdict::Met => "met",
            Verdict::Missed => "**not met**",
            Verdict::NotMeasured => "not measured",
        };
        format!("| {}: {}{to} | {bound} | {measured} | {verdict} |", scenario.heading(), name(self.figure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Run;

    fn report(ours: f64, theirs: f64) -> Report {
        let run = |server, value| Run {
            scenario: "s".into(),
            round: 0,
            server,
            figures: [("p99_ms".to_owned(), value)].into(),
        };
        Report {
            servers: vec!["Chinwag".into(), "Mosquitto 2.1.2".into()],
            runs: vec![run(0, ours), run(1, theirs)],
            ..Report::default()
        }
    }

    #[test]
    fn a_goal_is_met_up_to_its_bound() {
        let goal = |of, bound| Goal { figure: "p99_ms", of, bound };
        let ratio = goal(Of::RatioTo("Mosquitto 2.1"), Bound::AtMost(0.5));
        assert_eq!(ratio.verdict(&report(1.0, 2.0), "s"), Verdict::Met);
        assert_eq!(ratio.verdict(&report(1.1, 2.0), "s"), Verdict::Missed);
        let ours = goal(Of::Ours, Bound::AtLeast(1.0));
        assert_eq!(ours.verdict(&report(1.0, 9.0), "s"), Verdict::Met);
        assert_eq!(ours.verdict(&report(0.9, 9.0), "s"), Verdict::Missed);
    }

    #[test]
    fn without_the_server_or_the_figure_a_goal_is_not_measured() {
        let older = Goal { figure: "p99_ms", of: Of::RatioTo("Mosquitto 2.0"), bound: Bound::AtMost(9.0) };
        assert_eq!(older.verdict(&report(1.0, 2.0), "s"), Verdict::NotMeasured);
        let other = Goal { figure: "p50_ms", of: Of::Ours, bound: Bound::AtMost(9.0) };
        assert_eq!(other.verdict(&report(1.0, 2.0), "s"), Verdict::NotMeasured);
    }
}

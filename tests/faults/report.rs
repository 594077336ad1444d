//! The report: lines printed during the run, and a Markdown page.

use std::fmt::Write;
use std::time::Duration;

use crate::fault::Fault;
use crate::shape::Shape;

/// The effect of one fault, as clients saw it.
#[derive(Debug, Clone)]
pub struct Felt {
    /// The fault.
    pub fault: Fault,
    /// Time from its injection until it was repaired.
    pub lasted: Duration,
    /// The longest time in which no message of any sender was acknowledged.
    pub silence: Duration,
    /// The longest time from a message's first attempt to its acknowledgement.
    pub slowest: Duration,
    /// Number of messages acknowledged during the run.
    pub messages: usize,
    /// Number of events that listeners received live, and number of events published to them.
    pub heard: (usize, usize),
}

impl Felt {
    fn cells(&self) -> [String; 6] {
        let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
        let (heard, all) = self.heard;
        [
            self.fault.name(),
            seconds(self.lasted),
            seconds(self.silence),
            seconds(self.slowest),
            self.messages.to_string(),
            if heard == all { "all".to_owned() } else { format!("{heard} of {all}") },
        ]
    }

    /// Returns the line of the table.
    pub fn line(&self) -> String {
        line(&self.cells().each_ref().map(String::as_str))
    }
}

const HEAD: [&str; 6] = ["fault", "lasted", "silence", "slowest", "messages", "heard live"];

fn line([fault, cells @ ..]: &[&str; 6]) -> String {
    cells.iter().fold(format!("  {fault:<36}"), |line, cell| format!("{line} {cell:>12}"))
}

/// Returns the title and the header line of a table.
pub fn head(shape: Shape) -> String {
    format!("{}\n{}", shape.title(), line(&HEAD))
}

/// The results so far.
#[derive(Debug, Default)]
pub struct Report(Vec<(Shape, Felt)>);

impl Report {
    /// Adds a result.
    pub fn add(&mut self, shape: Shape, felt: Felt) {
        self.0.push((shape, felt));
    }

    /// Returns whether there are no results.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns a one-sentence summary; it claims that every check passed.
    pub fn summary(&self) -> String {
        let faults = self.0.iter().filter(|(_, felt)| felt.fault != Fault::None).count();
        let messages: usize = self.0.iter().map(|(_, felt)| felt.messages).sum();
        format!("{faults} faults, {messages} messages acknowledged: none lost or duplicated, one order")
    }

    /// Returns the report as a Markdown page.
    pub fn markdown(&self) -> String {
        let mut page = format!(
            "# Fault injection\n\n{}.\n\n\
             Made by `make faults`: five senders and two listeners run under steady load while one thing fails and is \
             repaired. *Silence* is the longest time in which no message of any sender was acknowledged. *Slowest* is \
             the longest time that one message took from its first attempt to its acknowledgement, including its \
             sender's retries. *Heard live* counts what the listeners received over MQTT without requesting it from \
             `/events`.\n",
            self.summary()
        );
        let mut last = None;
        for (shape, felt) in &self.0 {
            // Writing to a String cannot fail.
            if last.replace(shape) != Some(shape) {
                let _ = write!(
                    page,
                    "\n## {}\n\n| {} |\n|---|--:|--:|--:|--:|--:|\n",
                    shape.title(),
                    HEAD.join(" | ")
                );
            }
            let _ = writeln!(page, "| {} |", felt.cells().join(" | "));
        }
        page
    }
}

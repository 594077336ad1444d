//! What was felt: as lines while it runs, and as a page.

use std::fmt::Write;
use std::time::Duration;

use crate::fault::Fault;
use crate::shape::Shape;

/// How one fault was felt from outside.
#[derive(Debug, Clone)]
pub struct Felt {
    /// Which.
    pub fault: Fault,
    /// From the first thing that broke until all was mended.
    pub lasted: Duration,
    /// The longest time in which no message of anybody was acknowledged.
    pub silence: Duration,
    /// The longest from a message's first try to its acknowledgement.
    pub slowest: Duration,
    /// Messages acknowledged around it.
    pub messages: usize,
    /// Events that live listeners heard, and events that there were for them to hear.
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

    /// One line of the table.
    pub fn line(&self) -> String {
        line(&self.cells().each_ref().map(String::as_str))
    }
}

const HEAD: [&str; 6] = ["fault", "lasted", "silence", "slowest", "messages", "heard live"];

fn line([fault, cells @ ..]: &[&str; 6]) -> String {
    cells.iter().fold(format!("  {fault:<36}"), |line, cell| format!("{line} {cell:>12}"))
}

/// What the table says above its lines.
pub fn head(shape: Shape) -> String {
    format!("{}\n{}", shape.title(), line(&HEAD))
}

/// All of it.
#[derive(Debug, Default)]
pub struct Report(Vec<(Shape, Felt)>);

impl Report {
    /// One more.
    pub fn add(&mut self, shape: Shape, felt: Felt) {
        self.0.push((shape, felt));
    }

    /// Nothing was done.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In one sentence; it is only reached when every check held.
    pub fn summary(&self) -> String {
        let faults = self.0.iter().filter(|(_, felt)| felt.fault != Fault::None).count();
        let messages: usize = self.0.iter().map(|(_, felt)| felt.messages).sum();
        format!("{faults} faults, {messages} messages acknowledged: none lost or duplicated, one order")
    }

    /// As a page.
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

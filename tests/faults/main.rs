//! `make faults`: things break on purpose under a steady load from outside, one after the other; then what clients
//! tried, were told and heard is held against the logs. Prints how long each fault was felt.

mod clients;
mod fault;
mod installation;
mod report;
mod shape;
mod world;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Parser;

use fault::Fault;
use report::Report;
use shape::Shape;
use world::World;

/// Breaks things on purpose and checks every guarantee against what clients saw.
#[derive(Debug, Parser)]
struct Arguments {
    /// These shapes of installation; all but RMQTT's otherwise.
    #[arg(long)]
    shape: Vec<Shape>,
    /// Only faults whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// The few that `make test` has time for, and briefly.
    #[arg(long)]
    short: bool,
    /// How often each shape goes through its faults.
    #[arg(long, default_value_t = 1)]
    rounds: u32,
    /// Also writes what was felt into this file, as Markdown.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// How the load goes on before and after a fault.
#[derive(Debug, Clone, Copy)]
struct Pace {
    before: Duration,
    after: Duration,
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the result is what it prints")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let millis = Duration::from_millis;
    let pace = if arguments.short {
        Pace { before: millis(500), after: millis(500) }
    } else {
        Pace { before: millis(2000), after: millis(2000) }
    };
    let mut report = Report::default();
    let shapes = if arguments.shape.is_empty() { &Shape::ORDINARY[..] } else { &arguments.shape };
    for &shape in shapes {
        let mut faults = shape.faults(arguments.short);
        faults
            .retain(|fault| arguments.only.as_ref().is_none_or(|part| fault.name().contains(part.as_str())));
        if faults.is_empty() {
            continue;
        }
        println!("\n{}", report::head(shape));
        let mut world = World::begin(shape).await?;
        if world.disk().is_none() && faults.contains(&Fault::FullDisk) {
            println!("  no small disk may be mounted here: the full disk is left out");
            faults.retain(|fault| *fault != Fault::FullDisk);
        }
        for _ in 0..arguments.rounds {
            for fault in std::iter::once(Fault::None).chain(faults.iter().copied()) {
                let felt = world.under(fault, pace).await.map_err(|error| world.explain(fault, error))?;
                println!("{}", felt.line());
                report.add(shape, felt);
            }
        }
        world.end().await?;
    }
    ensure!(!report.is_empty(), "no fault is called that");
    println!("\n{}", report.summary());
    if let Some(out) = &arguments.out {
        std::fs::write(out, report.markdown())?;
        println!("written to {}", out.display());
    }
    Ok(())
}

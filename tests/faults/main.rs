//! `make faults`: injects one fault after the other under steady load from outside, then compares what clients sent and
//! received with the logs. Prints the effect of each fault.

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

/// Injects faults and checks every guarantee against what clients saw.
#[derive(Debug, Parser)]
struct Arguments {
    /// Only these shapes of installation; by default all except RMQTT's.
    #[arg(long)]
    shape: Vec<Shape>,
    /// Only faults whose name contains this text.
    #[arg(long)]
    only: Option<String>,
    /// Only the few faults that `make test` has time for, with less load around each.
    #[arg(long)]
    short: bool,
    /// How many times each shape runs through its faults.
    #[arg(long, default_value_t = 1)]
    rounds: u32,
    /// Also writes the report to this file, as Markdown.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// How long the load runs before and after a fault.
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

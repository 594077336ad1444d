//! Runs the fuzz targets (see `fuzz/`) on their seeds and on some pseudorandom inputs: connections that receive
//! arbitrary bytes, and well-behaved clients checked against a model.

#![expect(clippy::unwrap_used, reason = "in a test's helpers too, what cannot be is the test's end")]

mod bytes;
mod model;
#[path = "../it/common/packet.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use the rest")]
mod packet;
mod world;

use std::panic::{catch_unwind, resume_unwind};
use std::path::Path;

/// A small generator of our own, so that a failing seed gives the same bytes forever.
fn chance(mut seed: u64, length: usize) -> Vec<u8> {
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 32) as u8
    };
    (0..length).map(|_| next()).collect()
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

/// Number of pseudorandom inputs: few by default, or `FUZZED_ROUNDS`.
fn rounds() -> u64 {
    std::env::var("FUZZED_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(60)
}

#[test]
fn any_bytes() {
    let seeds = seeds("bytes");
    assert!(!seeds.is_empty());
    for (n, seed) in seeds.iter().enumerate() {
        bytes::run(seed);
        // Each seed again with one byte changed.
        for round in 0..rounds() / 4 {
            let mut bent = seed.clone();
            let dice = chance(1 + round + 1_000 * n as u64, 6);
            let at = usize::from(dice[0]) * 7 % bent.len().max(1);
            bent[at] = dice[1];
            bytes::run(&bent);
        }
    }
    (1..=rounds()).for_each(|round| bytes::run(&chance(round, 500)));
}

#[test]
fn any_sequence_of_packets() {
    for seed in seeds("model") {
        holds(model::steps(&seed), "a seed");
    }
    for round in 1..=rounds() {
        holds(model::steps(&chance(round, 900)), &format!("round {round}"));
    }
}

/// Runs the steps; on failure, prints a minimized sequence.
fn holds(steps: Vec<model::Op>, which: &str) {
    if let Err(panic) = catch_unwind(|| model::run(&steps)) {
        eprintln!("{which}, made shorter:");
        shorter(steps).iter().for_each(|step| eprintln!("  {step:?}"));
        resume_unwind(panic);
    }
}

/// Removes steps that are not needed for the failure.
fn shorter(mut steps: Vec<model::Op>) -> Vec<model::Op> {
    let fails = |steps: &[model::Op]| catch_unwind(|| model::run(steps)).is_err();
    let mut size = steps.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + size).min(fewer.len()));
            if fails(&fewer) {
                steps = fewer;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    steps
}

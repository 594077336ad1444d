//! Well-behaved clients checked against a model: see `tests/fuzzed/model`.

#![no_main]

#[path = "../tests/fuzzed/model/mod.rs"]
mod model;
#[path = "../tests/it/common/packet.rs"]
#[expect(dead_code, reason = "each target uses a part of it")]
mod packet;
#[path = "../tests/fuzzed/world.rs"]
mod world;

libfuzzer_sys::fuzz_target!(|input: &[u8]| model::run(&model::steps(input)));

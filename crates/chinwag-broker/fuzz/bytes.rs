//! Arbitrary bytes on several connections: see `tests/fuzzed/bytes.rs`.

#![no_main]

#[path = "../tests/fuzzed/bytes.rs"]
mod bytes;
#[path = "../tests/it/common/packet.rs"]
#[expect(dead_code, reason = "each target uses a part of it")]
mod packet;
#[path = "../tests/fuzzed/world.rs"]
#[expect(dead_code, reason = "each target uses a part of it")]
mod world;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bytes::run(input));

//! The body is in the tests of `launch`, which replay the corpus.
#![no_main]

#[path = "../../crates/launch/tests/any_bytes/address.rs"]
mod body;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| body::run(input));

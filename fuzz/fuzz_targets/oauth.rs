//! The body is in the tests of `sdk`, which replay the corpus.
#![no_main]

#[path = "../../crates/sdk/tests/any_bytes/oauth.rs"]
mod body;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| body::run(input));

//! The body is in the tests of `supply`, which replay the corpus.
#![no_main]

#[path = "../../crates/supply/tests/any_bytes/git_names.rs"]
mod body;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| body::run(input));

//! The body is in the tests of `inspect`, which replay the corpus.
#![no_main]

#[path = "../../crates/inspect/tests/any_bytes/inspect.rs"]
mod body;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| body::run(input));

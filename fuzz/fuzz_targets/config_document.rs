//! The body is in the tests of `scan`, which replay the corpus.
#![no_main]

#[path = "../../crates/scan/tests/any_bytes/config_document.rs"]
mod body;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| body::run(input));

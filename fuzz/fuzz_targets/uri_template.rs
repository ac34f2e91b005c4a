//! The body is in the tests of `wire`, which replay the corpus.
#![no_main]

#[path = "../../crates/wire/tests/any_bytes/uri_template.rs"]
mod body;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| body::run(input));

//! The client: any calls, and any lines of a server, in any order. The events are in the tests of the SDK.
#![no_main]

#[path = "../../crates/sdk/tests/client/any_order.rs"]
mod any_order;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|script: &[u8]| any_order::run(script));

//! Any bytes as an address: the body of the fuzz target `address`, and its corpus.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test helpers fail by panicking"
)]

#[path = "any_bytes/address.rs"]
mod address;
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[test]
fn address_keeps_its_promises() {
    replay::replay("address", address::run);
}

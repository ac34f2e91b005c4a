//! Any bytes as a client's configuration: the body of the fuzz target `config_document`, and its corpus.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

#[path = "any_bytes/config_document.rs"]
mod config_document;

#[path = "../../../fuzz/replay.rs"]
mod replay;

use replay::replay;

#[test]
fn config_document_keeps_its_promises() {
    replay("config_document", config_document::run);
}

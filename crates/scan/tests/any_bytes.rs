//! Any bytes as a client's configuration: the body of the fuzz target `config_document`, and its corpus.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

#[path = "any_bytes/config_document.rs"]
mod config_document;

use std::path::Path;

/// Runs a target's body over every input of its corpus.
fn replay(target: &str, body: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let files =
        std::fs::read_dir(&corpus).unwrap_or_else(|error| panic!("{}: {error}", corpus.display()));
    let mut inputs = 0;
    for file in files {
        let path = file.unwrap().path();
        let input = std::fs::read(&path).unwrap();
        if let Err(panic) = std::panic::catch_unwind(|| body(&input)) {
            panic!("{}: {panic:?}", path.display());
        }
        // What begins well and ends anywhere.
        for cut in [
            input.len() / 3,
            input.len() / 2,
            input.len().saturating_sub(1),
        ] {
            body(&input[..cut]);
        }
        inputs += 1;
    }
    assert!(inputs > 1, "{} lost its inputs", corpus.display());
}

#[test]
fn config_document_keeps_its_promises() {
    replay("config_document", config_document::run);
}

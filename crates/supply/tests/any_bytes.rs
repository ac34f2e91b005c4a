//! The bodies of the fuzz targets of this crate, each over its corpus, which `cargo xtask fuzz` grows and a finding joins. A
//! target without a corpus fails, so that none is forgotten.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

#[path = "any_bytes/advisories.rs"]
mod advisories;
#[path = "any_bytes/files.rs"]
mod files;
#[path = "any_bytes/listing.rs"]
mod listing;
#[path = "any_bytes/lock.rs"]
mod lock;
#[path = "any_bytes/packument.rs"]
mod packument;
#[path = "any_bytes/provenance.rs"]
mod provenance;
#[path = "any_bytes/tar.rs"]
mod tar;
#[path = "any_bytes/wheel.rs"]
mod wheel;
#[path = "any_bytes/zip.rs"]
mod zip;

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
fn advisories_keeps_its_promises() {
    replay("advisories", advisories::run);
}

#[test]
fn listing_keeps_its_promises() {
    replay("listing", listing::run);
}

#[test]
fn lock_keeps_its_promises() {
    replay("lock", lock::run);
}

#[test]
fn packument_keeps_its_promises() {
    replay("packument", packument::run);
}

#[test]
fn provenance_keeps_its_promises() {
    replay("provenance", provenance::run);
}

#[test]
fn tar_keeps_its_promises() {
    replay("tar", tar::run);
}

#[test]
fn wheel_keeps_its_promises() {
    replay("wheel", wheel::run);
}

#[test]
fn zip_keeps_its_promises() {
    replay("zip", zip::run);
}

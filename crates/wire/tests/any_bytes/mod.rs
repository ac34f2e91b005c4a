//! The bodies of the fuzz targets of this crate, each over its corpus, which `cargo xtask fuzz` grows and a finding joins. A
//! target without a corpus fails, so that none is forgotten.

pub(crate) mod framing;
pub(crate) mod header;
pub(crate) mod json;
pub(crate) mod resource_uri;
pub(crate) mod schema;
pub(crate) mod session;
pub(crate) mod sse;
pub(crate) mod uri_template;

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
        let path = file.expect("a directory is read").path();
        let input = std::fs::read(&path).expect("an input is read");
        if let Err(panic) = std::panic::catch_unwind(|| body(&input)) {
            panic!("{}: {panic:?}", path.display());
        }
        inputs += 1;
    }
    assert!(inputs > 1, "{} lost its inputs", corpus.display());
}

#[test]
fn framing_keeps_its_promises() {
    replay("framing", framing::run);
}

#[test]
fn header_keeps_its_promises() {
    replay("header", header::run);
}

#[test]
fn json_keeps_its_promises() {
    replay("json", json::run);
}

#[test]
fn resource_uri_keeps_its_promises() {
    replay("resource_uri", resource_uri::run);
}

#[test]
fn session_keeps_its_promises() {
    replay("session", session::run);
}

#[test]
fn sse_keeps_its_promises() {
    replay("sse", sse::run);
}

#[test]
fn uri_template_keeps_its_promises() {
    replay("uri_template", uri_template::run);
}

#[test]
fn schema_keeps_its_promises() {
    replay("schema", schema::run);
}

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

#[path = "../../../../fuzz/replay.rs"]
mod replay;

use replay::replay;

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

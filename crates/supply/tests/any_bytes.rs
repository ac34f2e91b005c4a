//! The bodies of the fuzz targets of this crate, each over its corpus, which `cargo xtask fuzz` grows and a finding joins. A
//! target without a corpus fails, so that none is forgotten.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test helpers fail by panicking"
)]

#[path = "any_bytes/advisories.rs"]
mod advisories;
#[path = "any_bytes/build_project.rs"]
mod build_project;
#[path = "any_bytes/files.rs"]
mod files;
#[path = "any_bytes/git_names.rs"]
mod git_names;
#[path = "any_bytes/git_pack.rs"]
mod git_pack;
#[path = "any_bytes/image.rs"]
mod image;
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

#[path = "../../../fuzz/replay.rs"]
mod replay;

use replay::replay;

#[test]
fn advisories_keeps_its_promises() {
    replay("advisories", advisories::run);
}

#[test]
fn build_project_keeps_its_promises() {
    replay("build_project", build_project::run);
}

#[test]
fn git_names_keeps_its_promises() {
    replay("git_names", git_names::run);
}

#[test]
fn git_pack_keeps_its_promises() {
    replay("git_pack", git_pack::run);
}

#[test]
fn image_keeps_its_promises() {
    replay("image", image::run);
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

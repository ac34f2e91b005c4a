//! The bodies of the fuzz targets of this crate, each over its corpus, which `cargo xtask fuzz` grows and a finding joins. A
//! target without a corpus fails, so that none is forgotten.

pub(crate) mod oauth;
pub(crate) mod request_state;
pub(crate) mod server_session;
pub(crate) mod skill;

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
fn oauth_keeps_its_promises() {
    replay("oauth", oauth::run);
}

#[test]
fn request_state_keeps_its_promises() {
    replay("request_state", request_state::run);
}

#[test]
fn server_session_keeps_its_promises() {
    replay("server_session", server_session::run);
}

#[test]
fn skill_keeps_its_promises() {
    replay("skill", skill::run);
}

#[test]
fn client_keeps_its_promises() {
    replay("client", crate::client::any_order::run);
}

//! The bodies of the fuzz targets of this crate, each over its corpus, which `cargo xtask fuzz` grows and a finding joins. A
//! target without a corpus fails, so that none is forgotten.

pub(crate) mod oauth;
pub(crate) mod request_state;
pub(crate) mod server_session;
pub(crate) mod skill;

#[path = "../../../../fuzz/replay.rs"]
mod replay;

use replay::replay;

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

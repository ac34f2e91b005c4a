//! The built `interlock`, used as people, clients and attackers use it: one module a theme.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected fails there and then"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests start the command and measure real time"
)]

mod advised;
mod approval;
mod attested;
mod audit;
mod check;
mod client;
mod container;
mod engines;
mod forge;
mod forgery;
mod git;
mod lacking;
mod lock;
mod machine;
mod newcomer;
mod origin;
mod policy;
mod refusal;
mod relay;
mod scan;
mod sdist;
mod sdist_judged;
mod secret;
mod shell;
mod shutdown;
mod sources;
mod store;
#[path = "../../../supply/tests/support/mod.rs"]
mod support;
mod told;
mod uvx;
mod uvx_kept;
mod vouched;
mod withdrawn;
mod world;
mod wrap;
mod wrap_links;

//! Judging a launch request by its shape alone.
//!
//! What it does: reads the request with the launcher's own grammar, names what would run, and gives reasons. What it
//! does not: no file is looked at, no name resolved, nothing started, no clock or environment read. Whether
//! a file exists or what it contains is resolution's business.

mod class;
mod judgement;
mod reason;

pub use class::{
    BinaryRef, Class, ContainerRef, Ecosystem, MountRef, PackageRef, ScriptKind, ScriptRef,
};
pub use judgement::{Decision, Judgement, Unlock};
pub use reason::{Reason, Severity};

use crate::request::Request;

/// Judges one request. Pure: the same request always gives the same judgement.
pub fn judge(_request: &Request) -> Judgement {
    Judgement {
        class: Class::Unknown,
        reasons: vec![Reason {
            code: "unknown-launcher",
            text: "not judged yet".to_owned(),
            severity: Severity::Danger,
        }],
        server_args: Vec::new(),
        child_env: Vec::new(),
        wrappers: Vec::new(),
    }
}

//! What is asked to run and what was approved: grammars, resolution, fingerprints, approvals.

mod judge;
mod request;

pub use judge::{
    BinaryRef, Class, ContainerRef, Decision, Ecosystem, Judgement, MountRef, PackageRef, Reason,
    ScriptKind, ScriptRef, Severity, Unlock, judge,
};
pub use request::Request;

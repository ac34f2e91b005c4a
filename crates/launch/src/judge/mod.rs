//! Judging a launch request by its shape alone.
//!
//! What it does: reads the request with the launcher's own grammar, names what would run, and gives reasons. What it
//! does not: no file is looked at, no name resolved, nothing started, no clock or environment read. Whether
//! a file exists or what it contains is resolution's business.

mod case;
mod class;
mod flow;
mod image;
mod judgement;
pub(crate) mod paths;
mod reason;
pub(crate) mod rules;

pub(crate) use case::{Case, CwdRole};
pub use class::{
    BinaryRef, Class, ContainerRef, Ecosystem, MountRef, PackageRef, ProjectRef, ScriptKind,
    ScriptRef,
};
pub use flow::judge;
pub use image::image_repository;
pub use judgement::{Decision, Judgement, Unlock};
pub use paths::is_sensitive;
pub use reason::{Reason, Severity};
pub(crate) use rules::Rule;
pub use rules::reason_codes;

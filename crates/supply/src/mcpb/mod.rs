//! MCPB bundles: a zip with a `manifest.json` that says what to start.
//!
//! The manifest (versions 0.1 to 0.4) is read strictly: the command has to be the one that the declared kind of server has, the entry
//! point and every path stay inside the bundle, and what would start is judged as any launch. The names in the zip are judged before
//! anything is unpacked. With a person's settings it becomes exact words and variables ([`ready`]). Nothing here reads a file or starts
//! a process.

mod about;
mod entries;
mod filled;
mod manifest;
mod settings;
mod start;

pub(crate) use about::about;
pub(crate) use entries::judge_entries;
pub(crate) use manifest::{Whole, judge_manifest};
pub use start::BundleError;
pub(crate) use start::{Ready, read, ready};

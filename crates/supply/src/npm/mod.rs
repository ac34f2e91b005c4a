//! The npm ecosystem: configuration, registry, versions, dependency trees.
//!
//! Versions are chosen and places laid out as npm would; no script of a package runs, and nothing of a project's own configuration is read.

mod config;
mod entry;
mod name;
mod node;
mod packument;
mod pick;
mod registry;
mod resolve;
mod spec;

pub use config::{Config, ConfigError};
pub use entry::EntryError;
pub(crate) use entry::interpreter_of;
pub use name::{NameError, PackageName, Version, VersionError};
pub use node::node_version;
pub use packument::{Dist, Manifest, Packument, PackumentError};
pub use pick::{PickError, pick};
pub use registry::{Registry, RegistryError};
pub use resolve::{
    LockError, Locked, Locker, Skipped, Unmet, UnmetPeer, Wants, Wish, is_asked_for,
};
pub(crate) use resolve::{entry_in_tree, is_node};
pub use spec::{Spec, SpecError, Wanted};

//! Tidy checks: the shape that ARCHITECTURE.md promises, read off the sources.
//!
//! Each check returns a list of [`Untidy`] places, empty when all is well.

mod dependencies;
mod edges;
mod makers;
mod shape;
mod sources;

pub use dependencies::{lock_size, undocumented_dependencies};
pub use edges::{ALLOWED, forbidden_edges};
pub use makers::made_elsewhere;
pub use shape::{Shape, long_files, long_functions, measure, unsafe_outside_sys};
pub use sources::{SourceFile, all_sources, library_sources, workspace_root};

use std::fmt;

/// One place that breaks a rule of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untidy {
    /// File or manifest, relative to the repository.
    pub place: String,
    /// What is wrong and what to do about it.
    pub problem: String,
}

impl fmt::Display for Untidy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

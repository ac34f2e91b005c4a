//! The Python ecosystem: configuration, index, versions, requirements, wheels, dependency trees.
//!
//! Only wheels: to install a source archive is to run its code. An sdist-only package is refused with that reason, except where the
//! caller brings a [`DangerBuilder`], which runs that code where it can do no harm.

mod config;
mod index;
mod interpreter;
mod listing;
mod marker;
mod metadata;
mod name;
mod requirement;
mod resolve;
mod sdist;
mod tags;
mod version;

pub use config::{Config, ConfigError};
pub use index::{Index, IndexError};
pub use interpreter::{InterpreterError, Python};
pub use listing::{ListedWheel, Listing, ListingError};
pub use marker::{Environment, Marker, MarkerError, Operand, Operator};
pub use metadata::{Claims, EntryPoint, Metadata, MetadataError};
pub use name::{Name, NameError};
pub use requirement::{Requirement, RequirementError};
pub use resolve::{
    Compiler, LockError, Locked, Locker, NoWheel, Seen, SourceError, Unmet, Why, Wish, claims,
    is_asked_for, seen,
};
pub(crate) use resolve::{PLACE, entry_in_tree, names_beside, start_of_file, started, wish_for};
pub use sdist::{
    Broken, Build, BuildError, DangerBuilder, FromElsewhere, Project, ProjectError, Refusal, Task,
    Unbuilt, is_static,
};
pub use tags::{Fit, WheelName};
pub use version::{Specifiers, Version, VersionError};

//! Looking for files where the table says that clients keep them, on a machine, in homes and in projects.
//!
//! Reads only, and regular files only. Whatever stands at such a path and is none (a pipe, a device, a directory, a loop of links), or
//! cannot be read, is reported as what it is.

mod file;
mod known;
mod limits;
mod machine;
mod open;
mod paths;
mod run;
mod walk;
mod watched;

pub use file::{ConfigFile, Content, Meta, Unreadable, read_place, read_text};
pub use known::known_projects;
pub use limits::{Limits, Progress};
pub use machine::{Home, Machine};
pub use run::{Discovery, Skipped, discover};
pub use watched::watched;

//! A repository of this machine, read without `git`: one file as it was in a revision.
//!
//! Does: find the repository around a directory, name a commit as people do (`HEAD~2`, `main`, `main@{1}`, `v1.0`, an abbreviated hash),
//! and read what that commit leads to. Names are read from files and from tables (`reftable`); objects from loose files and packs, the
//! repository's own and those that it borrows (`alternates`). Objects have to have the hash by which they were asked for.
//! Doesn't: write, follow configuration, filters or hooks, or know dates (`main@{yesterday}`).

mod alternates;
mod files;
mod loose;
mod objects;
mod pack;
mod references;
mod reftable;
mod revision;
mod table;

pub use revision::{Local, LocalError};

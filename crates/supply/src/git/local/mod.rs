//! A repository of this machine, read without `git`: one file as it was in a revision.
//!
//! Does: find the repository around a directory, name a commit as people do (`HEAD~2`, `main`, `v1.0`, an abbreviated hash), and read
//! what that commit leads to. Objects are taken from loose files and packs, and have to have the hash by which they were asked for.
//! Doesn't: write, follow configuration, filters or hooks, or read other people's objects (`alternates`), reflogs and dates.

mod objects;
mod pack;
mod references;
mod revision;

pub use revision::{Local, LocalError};

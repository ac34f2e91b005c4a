//! Git at a commit: the files of a repository, proven to be those of that commit.
//!
//! No `git` is run, neither for a host's repository nor for one of this machine ([`Local`]). The smart protocol (version 2) is spoken over the crate's own HTTPS client: one commit without its history
//! is asked for, the pack that comes back is taken apart into objects, each object is named by the hash of its own bytes, and
//! only what those names lead to (commit, trees, blobs) is looked at. Whoever served the pack can therefore withhold, but not
//! change. SHA-1 is computed with the detection of collisions that Git itself has; repositories with SHA-256 work alike.
//!
//! What is kept is plain files at plain paths, as of any other archive. Hooks, configuration, attributes, filters, submodules
//! and LFS are not followed: nothing that a repository says makes anything run here.

mod address;
mod checkout;
mod delta;
mod entry;
mod error;
mod fetch;
mod id;
mod local;
mod lock;
mod object;
mod pack;
mod packet;
mod remote;
#[cfg(test)]
mod sample;
mod standing;
mod wish;

pub use address::{AddressError, Repository};
pub use error::{ObjectError, RemoteError};
pub(crate) use fetch::GitTree;
pub use fetch::{Checkout, GitError, Project, unpack_commit_into};
pub use id::{ObjectFormat, ObjectId};
pub use local::{Local, LocalError};
pub(crate) use lock::entry_in_tree;
pub use lock::{FileError, stored_as, stored_before};
pub use remote::{Host, Resolved};
pub use standing::Standing;
pub use wish::{PythonWish, Runner, Wish};

//! What can go wrong with files, from the caller's view.

use std::io;

use interlock_wire::resource_uri::{RootFault, UriFault};
use thiserror::Error;

/// Why a directory cannot be served.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RootError {
    /// It is no absolute path, or a place that nobody means to hand out as a whole.
    #[error("cannot serve `{path}`; serve a directory in it, or see `danger_beneath`")]
    Refused {
        /// The path as given.
        path: String,
        /// What is wrong with it.
        source: RootFault,
    },
    /// It cannot be opened as a directory.
    #[error("cannot open `{path}`")]
    Open {
        /// The path as given.
        path: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The kernel cannot keep names beneath a directory.
    #[error("this kernel has no `openat2`; files are served on Linux 5.6 and later")]
    Kernel,
}

/// Why a file is not served. Nothing of it tells a peer about files outside of the root.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// The URI is not one that may be asked for.
    #[error("the URI was refused")]
    Uri(#[source] UriFault),
    /// There is no such file beneath the root, or a link is on the way.
    #[error("no such file")]
    NotFound,
    /// It is a directory, a device, a pipe or a socket.
    #[error("not a regular file")]
    NotRegular,
    /// It is longer than the limit.
    #[error("file over the limit of {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// Reading failed.
    #[error("cannot read the file")]
    Io(#[source] io::Error),
}

//! Package archives to files on disk, without trusting them.
//!
//! An archive is untrusted even after its digest was verified: the digest says that it is the
//! published one, not that it is harmless. Only plain files come out, at plain paths, with one of two
//! modes. Links, devices, colliding names and absurd sizes refuse the whole archive.

mod names;
mod tarball;

pub use tarball::UnpackLimits;
pub(crate) use tarball::unpack;

use crate::locked::TreePathError;
use std::io;

#[cfg(test)]
mod tests;

/// Why an archive was refused.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// An entry's path leaves the directory, is not plain, or has characters that no package needs.
    #[error("entry `{path}` is refused")]
    Path {
        /// The path, escaped.
        path: String,
        /// Why.
        source: TreePathError,
    },
    /// A link, a device, or anything else but a plain file or a directory.
    #[error("entry `{path}` is a {kind}; packages may hold plain files only")]
    Kind {
        /// The path, escaped.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// Two entries that are one file on some file system, or two files at one path.
    #[error("entries `{first}` and `{second}` collide")]
    Collision {
        /// The earlier one.
        first: String,
        /// The later one.
        second: String,
    },
    /// More or larger files than any package needs.
    #[error("the archive holds more than {limit} {what}")]
    Excess {
        /// Of what.
        what: &'static str,
        /// How many are allowed.
        limit: u64,
    },
    /// Something follows the end of the archive, which another reader may take for files.
    #[error("data follows the end of the archive")]
    Trailing,
    /// No file in it.
    #[error("the archive holds no file")]
    Empty,
    /// Not a gzip-compressed tar archive, or damaged.
    #[error("the archive is damaged")]
    Damaged(#[source] io::Error),
    /// Our own disk.
    #[error("unpacked files cannot be written")]
    Write(#[source] io::Error),
}

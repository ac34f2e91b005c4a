//! Package archives to files on disk, without trusting them.
//!
//! An archive is untrusted even after its digest was verified: the digest says that it is the
//! published one, not that it is harmless. Only plain files come out, at plain paths, with one of two
//! modes. Links, devices, colliding names and absurd sizes refuse the whole archive.

mod names;
mod release;
mod tarball;
mod wheel;
mod zip;

pub(crate) use names::Names;
pub(crate) use release::{Packed, Signature, unpack_bundle, unpack_release};
pub use tarball::UnpackLimits;
pub(crate) use tarball::{Outer, unpack};
pub(crate) use wheel::{SCRIPTS, SITE, placed_by, unpack_wheel};

use crate::locked::TreePathError;
use std::io;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod wheel_sample;
#[cfg(test)]
mod wheel_tests;

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
    /// The parts of a zip archive do not make one.
    #[error("the archive is refused: {0}")]
    Structure(&'static str),
    /// The two descriptions of an entry differ, so that readers would see different archives.
    #[error("the archive describes entry `{0}` in two ways")]
    Disagreement(String),
    /// An entry is not of the size or checksum that its description has.
    #[error("entry `{0}` is not what the archive says it is")]
    Content(String),
    /// A wheel's list of files and its files differ.
    #[error("the wheel's RECORD: `{path}` {what}")]
    Record {
        /// The path, escaped.
        path: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Not a gzip-compressed tar archive, or damaged.
    #[error("the archive is damaged")]
    Damaged(#[source] io::Error),
    /// Our own disk.
    #[error("unpacked files cannot be written")]
    Write(#[source] io::Error),
}

/// Unpacks a wheel into an existing empty directory as the store does, and says where its files are, relative to that.
///
/// # Errors
/// When it is refused; what was unpacked before that stays in the directory.
pub fn unpack_wheel_into(
    archive: &[u8],
    name: &crate::pypi::WheelName,
    directory: &std::path::Path,
    limits: &UnpackLimits,
) -> Result<Vec<crate::TreePath>, UnpackError> {
    let files = unpack_wheel(io::Cursor::new(archive), name, directory, limits)?;
    Ok(files.into_iter().map(|file| file.path).collect())
}

/// Unpacks an npm archive into an existing empty directory as the store does, and says where its files are, relative to that.
///
/// # Errors
/// When it is refused; what was unpacked before that stays in the directory.
pub fn unpack_tarball_into(
    archive: &[u8],
    directory: &std::path::Path,
    limits: &UnpackLimits,
) -> Result<Vec<crate::TreePath>, UnpackError> {
    let files = unpack(archive, Outer::Dropped, directory, limits)?;
    Ok(files.into_iter().map(|file| file.path).collect())
}

/// An entry of a zip archive that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZipMember {
    /// Its name as it is written; no path that was judged.
    pub name: String,
    /// Bytes of its content.
    pub size: u64,
    /// Digest of its content; of nothing for a directory.
    pub sha256: crate::Sha256,
}

/// Reads every entry of a zip archive that all readers see alike; writes nothing.
///
/// # Errors
/// When readers could see different archives, or it holds more than the limits.
pub fn list_zip(archive: &[u8], limits: &UnpackLimits) -> Result<Vec<ZipMember>, UnpackError> {
    let mut zip = zip::Zip::open(io::Cursor::new(archive), limits)?;
    let entries = zip.entries.clone();
    let member = |entry: zip::ZipEntry| {
        Ok(ZipMember {
            sha256: zip.copy(&entry, io::sink())?,
            size: entry.size,
            name: entry.name,
        })
    };
    entries.into_iter().map(member).collect()
}

/// A path from an archive, safe to print.
fn escaped(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    text.chars()
        .take(200)
        .flat_map(char::escape_default)
        .collect()
}

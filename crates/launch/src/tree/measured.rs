//! Trees whose files the kernel keeps from changing: what is remembered of them holds without reading them.
//!
//! Of a sealed tree two keys are remembered. One is what `stat` says, as of any tree, with the measured digest of every file: a file
//! that lost its seal, or has that of other bytes, makes another key even where its times were put back below the file system. The
//! other has no inode and no times, but names, kinds, permissions and measured digests: it outlasts another hard link and other numbers
//! of devices. A backup that was put back is of files without seals. A tree that is not known by either key is read.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::{Found, TreeError, side_by_side, stat_list, text};
use crate::digest::Digest;
use crate::digest_cache::stat_bytes;
use crate::guarded::NO_FOLLOW;
use crate::verity::Verity;
use sha2::{Digest as _, Sha256};

/// The kernel's digests of a tree's files, as long as its list of names; empty for a tree that is not sealed.
pub(super) struct Measured(Vec<Option<Digest>>);

impl Measured {
    /// Nothing is known.
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// Asks for the digest of every file. The first one decides for all whether there is anything to ask for: a tree whose first
    /// file is not sealed is one of a file system without such a thing, or from before it was used.
    pub(super) fn of(root: &Path, found: &[Found], verity: Verity) -> Result<Self, TreeError> {
        let first = found.iter().find(|entry| has_bytes(entry));
        if first
            .and_then(|entry| measure(root, entry, verity))
            .is_none()
        {
            return Ok(Self::none());
        }
        let all = side_by_side(found, |entry| {
            Ok(has_bytes(entry)
                .then(|| measure(root, entry, verity))
                .flatten())
        });
        all.map(Self)
    }

    /// Every entry with what its file has to measure when it is read.
    pub(super) fn beside<'a>(&self, found: &'a [Found]) -> Vec<(&'a Found, Option<Digest>)> {
        let digests = self.0.iter().copied().chain(std::iter::repeat(None));
        found.iter().zip(digests).collect()
    }

    /// The key of a tree by what `stat` says of it.
    pub(super) fn seen(&self, found: &[Found]) -> Digest {
        let mut seen = stat_list(found, false);
        if !self.0.is_empty() {
            seen.extend(b"\0interlock measured v1\0");
            for digest in &self.0 {
                seen.push(u8::from(digest.is_some()));
                seen.extend(digest.iter().flat_map(Digest::as_bytes));
            }
        }
        Digest::of(&seen)
    }

    /// The key of a tree by what it is, where every file that has bytes is sealed.
    pub(super) fn held(&self, found: &[Found]) -> Option<Digest> {
        if self.0.is_empty() {
            return None;
        }
        let mut hash = Sha256::new();
        hash.update(b"interlock held tree v2\0");
        for (entry, digest) in self.beside(found) {
            text(&mut hash, &entry.name);
            hash.update(entry.metadata.mode().to_be_bytes());
            text(&mut hash, entry.target.as_deref().unwrap_or_default());
            // Told before it comes: without this, a digest could be read as the entry of an empty file.
            hash.update([u8::from(digest.is_some())]);
            match digest {
                Some(digest) => hash.update(digest.as_bytes()),
                None if has_bytes(entry) => return None,
                None => {}
            }
        }
        Some(Digest::from_bytes(hash.finalize().into()))
    }
}

/// Of an empty file its size says all.
fn has_bytes(entry: &Found) -> bool {
    entry.metadata.is_file() && entry.metadata.size() > 0
}

/// The kernel's digest of the very file that was seen.
fn measure(root: &Path, entry: &Found, verity: Verity) -> Option<Digest> {
    let mut options = File::options();
    let file = options
        .read(true)
        .custom_flags(NO_FOLLOW)
        .open(root.join(&entry.name))
        .ok()?;
    let digest = (verity.measure)(file.as_fd())?;
    let same = stat_bytes(&file.metadata().ok()?) == stat_bytes(&entry.metadata);
    same.then_some(digest)
}

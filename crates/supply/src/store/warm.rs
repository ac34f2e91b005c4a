//! What a tree's files looked like when they were last hashed, so that an untouched tree need not be
//! hashed again: device, inode, size, mode and times of every file and directory.
//!
//! A file whose times are as young as the look at them may change again without its times changing;
//! such a stamp is not believed (git's "racily clean").

use super::{
    Store, StoreError,
    check::{Stamp, Stamps},
    replace,
};
use crate::digest::TreeDigest;
use std::{fs, os::fd::BorrowedFd, path::PathBuf};

/// Kernel times are as coarse as its tick, at most 10 ms; ten times that.
const RACY_NANOSECONDS: i128 = 100_000_000;

const MAGIC: &[u8] = b"interlock warm 1\n";

/// What the stored stamps say about a tree.
pub(super) enum Warmth {
    /// Every file and directory is untouched since it was hashed.
    Untouched,
    /// These paths have to be looked at again; the others are untouched.
    Doubtful { stamps: Stamps, paths: Vec<String> },
    /// Nothing is known.
    Unknown,
}

impl Store {
    fn warm_path(&self, digest: &TreeDigest) -> PathBuf {
        self.join("warm").join(digest.to_string())
    }

    /// Compares every stored stamp with the file as it is now.
    pub(super) fn warmth(&self, digest: &TreeDigest, root: BorrowedFd<'_>) -> Warmth {
        let Ok(raw) = fs::read(self.warm_path(digest)) else {
            return Warmth::Unknown;
        };
        let mut doubtful = Vec::new();
        let known = each(&raw, digest, |path, stamp, settled| {
            if !settled || Stamp::at(root, path).ok() != Some(stamp) {
                doubtful.push(path.to_owned());
            }
        });
        match known {
            None => Warmth::Unknown,
            Some(()) if doubtful.is_empty() => Warmth::Untouched,
            Some(()) => {
                let mut stamps = Stamps::new();
                each(&raw, digest, |path, stamp, _| {
                    stamps.insert(path.to_owned(), stamp);
                });
                Warmth::Doubtful {
                    stamps,
                    paths: doubtful,
                }
            }
        }
    }

    /// Stores the stamps of a tree that was just hashed.
    pub(super) fn remember(&self, digest: &TreeDigest, stamps: &Stamps) -> Result<(), StoreError> {
        let now = now();
        let mut raw = Vec::with_capacity(64 + stamps.len() * 140);
        raw.extend_from_slice(MAGIC);
        raw.extend_from_slice(digest.as_bytes());
        raw.extend_from_slice(&(stamps.len() as u64).to_le_bytes());
        for (path, stamp) in stamps {
            let changed = i128::from(stamp.changed.0) * 1_000_000_000 + i128::from(stamp.changed.1);
            write(&mut raw, path, stamp, now - changed > RACY_NANOSECONDS);
        }
        replace(&self.warm_path(digest), &self.scratch()?, &raw)
    }

    pub(super) fn forget(&self, digest: &TreeDigest) {
        // A stale record is harmless: it is compared with what is there.
        let _ = fs::remove_file(self.warm_path(digest));
    }
}

fn now() -> i128 {
    // The clock that the kernel stamps files with.
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec)
}

fn write(raw: &mut Vec<u8>, path: &str, stamp: &Stamp, settled: bool) {
    raw.extend_from_slice(&u16::try_from(path.len()).unwrap_or(u16::MAX).to_le_bytes());
    raw.extend_from_slice(path.as_bytes());
    raw.push(u8::from(settled));
    for number in [stamp.device, stamp.inode, stamp.size] {
        raw.extend_from_slice(&number.to_le_bytes());
    }
    raw.extend_from_slice(&stamp.mode.to_le_bytes());
    for (seconds, nanoseconds) in [stamp.modified, stamp.changed] {
        raw.extend_from_slice(&seconds.to_le_bytes());
        raw.extend_from_slice(&nanoseconds.to_le_bytes());
    }
}

/// Calls `visit` for every record; `None` when the text is not a whole one for this tree.
fn each(raw: &[u8], digest: &TreeDigest, mut visit: impl FnMut(&str, Stamp, bool)) -> Option<()> {
    let mut rest = raw
        .strip_prefix(MAGIC)?
        .strip_prefix(digest.as_bytes().as_slice())?;
    let count = u64::from_le_bytes(take(&mut rest)?);
    for _ in 0..count {
        let length = usize::from(u16::from_le_bytes(take(&mut rest)?));
        let (path, after) = rest.split_at_checked(length)?;
        rest = after;
        let path = std::str::from_utf8(path).ok()?;
        let [settled] = take(&mut rest)?;
        let stamp = Stamp {
            device: u64::from_le_bytes(take(&mut rest)?),
            inode: u64::from_le_bytes(take(&mut rest)?),
            size: u64::from_le_bytes(take(&mut rest)?),
            mode: u32::from_le_bytes(take(&mut rest)?),
            modified: (
                i64::from_le_bytes(take(&mut rest)?),
                u32::from_le_bytes(take(&mut rest)?),
            ),
            changed: (
                i64::from_le_bytes(take(&mut rest)?),
                u32::from_le_bytes(take(&mut rest)?),
            ),
        };
        visit(path, stamp, settled == 1);
    }
    rest.is_empty().then_some(())
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

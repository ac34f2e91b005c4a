//! What a tree's files looked like when they were last hashed, so that an untouched tree need not be
//! hashed again: device, inode, size, mode and times of every file and directory, and the kernel's digest of a file that it keeps
//! from changing.
//!
//! A file whose times are as young as the look at them may change again without its times changing;
//! such a stamp is not believed (git's "racily clean"), unless the file measures as it did. A file that does not, or is no longer
//! sealed, is looked at again whatever its stamp says.

use super::{
    Store, StoreError,
    check::{Seen, Stamp, Stamps},
    replace,
};
use crate::digest::TreeDigest;
use interlock_launch::{Digest as Measured, Verity};
use rustix::fs::{Mode, OFlags, openat};
use std::{
    fs,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::PathBuf,
};

/// Kernel times are as coarse as its tick, at most 10 ms; ten times that.
const RACY_NANOSECONDS: i128 = 100_000_000;

/// A record of another version says nothing.
const MAGIC: &[u8] = b"interlock warm 2\n";

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
        let mut records = Vec::new();
        if each(&raw, digest, |path, seen, settled| {
            records.push((path, seen, settled))
        })
        .is_none()
        {
            return Warmth::Unknown;
        }
        let doubtful = doubtful(root, &records, self.sealing.verity);
        if doubtful.is_empty() {
            return Warmth::Untouched;
        }
        let stamps = records
            .iter()
            .map(|(path, seen, _)| ((*path).to_owned(), *seen));
        Warmth::Doubtful {
            stamps: stamps.collect(),
            paths: doubtful,
        }
    }

    /// Stores the stamps of a tree that was just hashed.
    pub(super) fn remember(&self, digest: &TreeDigest, stamps: &Stamps) -> Result<(), StoreError> {
        let now = now();
        let mut raw = Vec::with_capacity(64 + stamps.len() * 170);
        raw.extend_from_slice(MAGIC);
        raw.extend_from_slice(digest.as_bytes());
        raw.extend_from_slice(&(stamps.len() as u64).to_le_bytes());
        // Grouped by directory, so that each is opened once when they are looked at.
        let mut all: Vec<(&String, &Seen)> = stamps.iter().collect();
        all.sort_by_key(|(path, _)| split(path));
        for (path, seen) in all {
            let (seconds, nanoseconds) = seen.stamp.changed;
            let changed = i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
            write(&mut raw, path, seen, now - changed > RACY_NANOSECONDS);
        }
        replace(&self.warm_path(digest), &self.scratch()?, &raw)
    }

    pub(super) fn forget(&self, digest: &TreeDigest) {
        // A stale record is harmless: it is compared with what is there.
        let _ = fs::remove_file(self.warm_path(digest));
    }
}

/// A path, what was seen of it, and whether its stamp is old enough to be believed.
type Record<'a> = (&'a str, Seen, bool);

/// So many looks take about as long as starting a thread for them.
const WORTH_A_THREAD: usize = 300;

/// The paths that are not as their records say. A look takes a microsecond, so several threads look.
fn doubtful(root: BorrowedFd<'_>, records: &[Record<'_>], verity: Verity) -> Vec<String> {
    let look = |records: &[Record<'_>]| {
        let mut looking = Looking {
            root,
            verity,
            directory: None,
            doubtful: Vec::new(),
        };
        for (path, seen, settled) in records {
            looking.at(path, *seen, *settled);
        }
        looking.doubtful
    };
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(4));
    let share = records.len().div_ceil(threads).max(WORTH_A_THREAD);
    std::thread::scope(|scope| {
        let mut chunks = records.chunks(share);
        let first = chunks.next().unwrap_or_default();
        let running: Vec<_> = chunks
            .map(|chunk| (chunk, scope.spawn(move || look(chunk))))
            .collect();
        let mut all = look(first);
        for (chunk, thread) in running {
            // What a thread that died had to look at was not looked at.
            let lost = |_| chunk.iter().map(|(path, ..)| (*path).to_owned()).collect();
            all.extend(thread.join().unwrap_or_else(lost));
        }
        all
    })
}

/// Compares stamps with what is there, one directory after the other.
struct Looking<'a> {
    root: BorrowedFd<'a>,
    verity: Verity,
    /// The directory of the last path, open, if it could be.
    directory: Option<(String, Option<OwnedFd>)>,
    doubtful: Vec<String>,
}

impl Looking<'_> {
    fn at(&mut self, path: &str, known: Seen, settled: bool) {
        let (parent, name) = split(path);
        if self
            .directory
            .as_ref()
            .is_none_or(|(open, _)| open != parent)
        {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            let opened = openat(self.root, parent, flags, Mode::empty()).ok();
            self.directory = Some((parent.to_owned(), opened));
        }
        let directory = self
            .directory
            .as_ref()
            .and_then(|(_, directory)| directory.as_ref());
        let is_same = directory.is_some_and(|directory| {
            let seen = Stamp::at(directory.as_fd(), name).ok();
            let holds = match known.measured {
                Some(measured) => measure(directory.as_fd(), name, self.verity) == Some(measured),
                None => settled,
            };
            holds && seen == Some(known.stamp)
        });
        if !is_same {
            self.doubtful.push(path.to_owned());
        }
    }
}

fn measure(directory: BorrowedFd<'_>, name: &str, verity: Verity) -> Option<Measured> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = openat(directory, name, flags, Mode::empty()).ok()?;
    (verity.measure)(file.as_fd())
}

/// A path's directory and the name in it.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or((".", path))
}

fn now() -> i128 {
    // The clock that the kernel stamps files with.
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec)
}

fn write(raw: &mut Vec<u8>, path: &str, seen: &Seen, settled: bool) {
    let stamp = &seen.stamp;
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
    raw.push(u8::from(seen.measured.is_some()));
    raw.extend(seen.measured.iter().flat_map(Measured::as_bytes));
}

/// Calls `visit` for every record; `None` when the text is not a whole one for this tree.
fn each<'a>(
    raw: &'a [u8],
    digest: &TreeDigest,
    mut visit: impl FnMut(&'a str, Seen, bool),
) -> Option<()> {
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
        let measured = match take(&mut rest)? {
            [0] => None,
            [1] => Some(Measured::from_bytes(take(&mut rest)?)),
            _ => return None,
        };
        visit(path, Seen { stamp, measured }, settled == 1);
    }
    rest.is_empty().then_some(())
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

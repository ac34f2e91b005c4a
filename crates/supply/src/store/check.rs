//! Comparing a directory with its manifest: every name, kind, mode and byte.

use super::{Store, manifest::FileRecord};
use crate::{digest::Sha256, locked::TreePath};
use interlock_launch::{Digest as Measured, Verity};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, openat, statat};
use sha2::Digest;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read},
    os::fd::{AsFd, BorrowedFd},
    path::Path,
};

/// One thing in a stored directory that is not as it was stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Damage {
    /// It is gone.
    #[error("`{0}` is missing")]
    Missing(String),
    /// It could not be read now, which says nothing of what it is.
    #[error("`{0}` could not be read")]
    Unread(String),
    /// It was not there.
    #[error("`{0}` was added")]
    Added(String),
    /// Another kind of file, size, mode or other bytes.
    #[error("`{0}` was changed")]
    Changed(String),
    /// The list of what ought to be there is itself gone or changed.
    #[error("the manifest was changed")]
    Manifest,
}

impl Damage {
    /// What it is about, where that is one path.
    fn path(&self) -> Option<&str> {
        match self {
            Self::Missing(path) | Self::Unread(path) | Self::Added(path) | Self::Changed(path) => {
                Some(path)
            }
            Self::Manifest => None,
        }
    }

    /// Whether it says nothing of what is stored.
    pub(super) fn is_unread(&self) -> bool {
        matches!(self, Self::Unread(_))
    }

    /// What an error at opening or reading says of a stored file or directory.
    fn by(path: &str, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            // Its owner may read whatever is stored.
            io::ErrorKind::PermissionDenied => Self::Changed(path),
            _ if is_lost(error) => Self::Missing(path),
            _ => Self::Unread(path),
        }
    }
}

/// Whether what was to be read is not there, or is something else. Too many open files or a bad disk say nothing of that.
pub(super) fn is_lost(error: &io::Error) -> bool {
    let is_link = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    let kinds = [
        io::ErrorKind::NotFound,
        io::ErrorKind::NotADirectory,
        io::ErrorKind::IsADirectory,
        io::ErrorKind::InvalidData,
    ];
    is_link || kinds.contains(&error.kind())
}

/// What identifies a file's content as unchanged without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) size: u64,
    pub(super) mode: u32,
    pub(super) modified: (i64, u32),
    pub(super) changed: (i64, u32),
}

impl Stamp {
    pub(super) fn of(stat: &Stat) -> Self {
        // The fields' types differ between architectures; all of them fit.
        #[expect(
            clippy::cast_sign_loss,
            clippy::unnecessary_cast,
            clippy::cast_possible_truncation,
            reason = "field types of `stat` differ between architectures"
        )]
        Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: stat.st_size as u64,
            mode: stat.st_mode as u32,
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as u32),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as u32),
        }
    }

    pub(super) fn at(directory: BorrowedFd<'_>, path: &str) -> io::Result<Self> {
        Ok(Self::of(&statat(
            directory,
            path,
            AtFlags::SYMLINK_NOFOLLOW,
        )?))
    }
}

/// The one mode that directories have: whoever may write to one may put files into it.
pub(super) const DIRECTORY_MODE: u32 = 0o555;

/// What is known of a file or directory that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) stamp: Stamp,
    /// The kernel's digest of a file that it kept from changing while it was read.
    pub(super) measured: Option<Measured>,
}

/// What a checked directory looked like: relative path (the directory itself is `.`) to what was seen.
pub(super) type Stamps = BTreeMap<String, Seen>;

/// How files are compared with their records.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) verity: Verity,
    /// A file that measures as it did then need not be read.
    pub(super) known: &'a Stamps,
}

impl Store {
    /// Reads every byte, whatever is known.
    pub(super) fn reading(&self) -> Reading<'static> {
        static NOTHING: Stamps = Stamps::new();
        self.reading_what_is_not(&NOTHING)
    }

    /// Reads what does not measure as it did then.
    pub(super) fn reading_what_is_not<'a>(&self, known: &'a Stamps) -> Reading<'a> {
        Reading {
            verity: self.sealing.verity,
            known,
        }
    }
}

/// Looks at everything under `root` and compares with `files`.
pub(super) fn full(
    root: &Path,
    files: &[FileRecord],
    reading: Reading<'_>,
) -> Result<Stamps, Vec<Damage>> {
    let missing = |error: rustix::io::Errno| vec![Damage::by(".", &error.into())];
    let handle = rustix::fs::open(
        root,
        OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW,
        Mode::empty(),
    );
    let handle = handle.map_err(missing)?;
    let mut damages = Vec::new();
    // Stamps of directories are taken before they are listed and of files before they are read: a change
    // meanwhile shows in the next stamp.
    let mut stamps = directories(handle.as_fd(), files, &mut damages);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(4));
    let share = files.len().div_ceil(threads).max(1);
    let results: Vec<_> = std::thread::scope(|scope| {
        let work = |chunk| {
            let handle = handle.as_fd();
            scope.spawn(move || some(handle, chunk, reading))
        };
        let running: Vec<_> = files.chunks(share).map(work).collect();
        running
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect()
    });
    for (seen, found) in results {
        stamps.extend(seen);
        damages.extend(found);
    }
    // A thread that died reported nothing: what it had to check counts as not checked.
    let told: BTreeSet<String> = damages
        .iter()
        .filter_map(|damage: &Damage| damage.path().map(str::to_owned))
        .collect();
    let unchecked = files.iter().filter(|file| {
        !stamps.contains_key(file.path.as_str()) && !told.contains(file.path.as_str())
    });
    damages.extend(unchecked.map(|file| Damage::Missing(file.path.to_string())));
    damages.sort();
    damages.dedup();
    if damages.is_empty() {
        Ok(stamps)
    } else {
        Err(damages)
    }
}

fn some(root: BorrowedFd<'_>, files: &[FileRecord], reading: Reading<'_>) -> (Stamps, Vec<Damage>) {
    let mut stamps = Stamps::new();
    let mut damages = Vec::new();
    for record in files {
        match file(root, record, reading) {
            Ok(seen) => {
                stamps.insert(record.path.to_string(), seen);
            }
            Err(damage) => damages.push(damage),
        }
    }
    (stamps, damages)
}

/// Compares one file with its record: reads it, unless it measures as it is known to.
pub(super) fn file(
    root: BorrowedFd<'_>,
    record: &FileRecord,
    reading: Reading<'_>,
) -> Result<Seen, Damage> {
    let missing = |error: io::Error| Damage::by(record.path.as_str(), &error);
    let changed = || Damage::Changed(record.path.to_string());
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let handle = match openat(root, record.path.as_str(), flags, Mode::empty()) {
        Ok(handle) => handle,
        Err(rustix::io::Errno::LOOP) => return Err(changed()),
        Err(error) => return Err(missing(error.into())),
    };
    let stat = rustix::fs::fstat(&handle).map_err(|error| missing(error.into()))?;
    let stamp = Stamp::of(&stat);
    let plain = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    if !plain || stamp.size != record.size || stamp.mode & 0o7777 != record.mode() {
        return Err(changed());
    }
    // INVARIANT: it is measured before it is read, so that what is remembered is the measure of what was read.
    let measured = (reading.verity.measure)(handle.as_fd());
    let known = reading.known.get(record.path.as_str());
    let known = known.and_then(|seen| seen.measured);
    let is_known = measured.is_some() && measured == known;
    if !is_known && hash(File::from(handle)).map_err(missing)? != record.sha256 {
        return Err(changed());
    }
    Ok(Seen { stamp, measured })
}

fn hash(mut file: File) -> io::Result<Sha256> {
    let mut hasher = sha2::Sha256::new();
    let mut buffer = [0; 64 << 10];
    loop {
        let count = file.read(&mut buffer)?;
        match buffer.get(..count) {
            Some(data) if count > 0 => hasher.update(data),
            _ => return Ok(Sha256::from_bytes(hasher.finalize().into())),
        }
    }
}

/// Lists every directory that the manifest implies and finds what it does not.
fn directories(root: BorrowedFd<'_>, files: &[FileRecord], damages: &mut Vec<Damage>) -> Stamps {
    let expected = names(files);
    let mut stamps = Stamps::new();
    for (directory, names) in &expected {
        match listed(root, directory) {
            Ok((stamp, _)) if stamp.mode & 0o7777 != DIRECTORY_MODE => {
                damages.push(Damage::Changed((*directory).into()));
            }
            Ok((stamp, found)) => {
                let measured = None;
                stamps.insert((*directory).into(), Seen { stamp, measured });
                let under = |name: &str| match *directory {
                    "." => name.to_owned(),
                    directory => format!("{directory}/{name}"),
                };
                for name in found.iter().filter(|name| !names.contains(name.as_str())) {
                    damages.push(Damage::Added(under(name)));
                }
            }
            Err(error) => damages.push(Damage::by(directory, &error)),
        }
    }
    stamps
}

/// Every directory of a manifest and the names in it.
fn names(files: &[FileRecord]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::from([(".", BTreeSet::new())]);
    for file in files {
        let mut path = file.path.as_str();
        loop {
            let (directory, name) = path.rsplit_once('/').unwrap_or((".", path));
            // Where the name is known, so are the directories above it.
            if !all.entry(directory).or_default().insert(name) || directory == "." {
                break;
            }
            path = directory;
        }
    }
    all
}

fn listed(root: BorrowedFd<'_>, directory: &str) -> io::Result<(Stamp, Vec<String>)> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let handle = openat(root, directory, flags, Mode::empty())?;
    let stamp = Stamp::of(&rustix::fs::fstat(&handle)?);
    let mut found = Vec::new();
    for entry in rustix::fs::Dir::new(handle)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != "." && name != ".." {
            found.push(name);
        }
    }
    Ok((stamp, found))
}

/// A readable path from the manifest for a person.
pub(super) fn directories_of(files: &[FileRecord]) -> Vec<TreePath> {
    let texts = names(files).into_keys().filter(|text| *text != ".");
    texts.filter_map(|text| TreePath::new(text).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn what_cannot_be_read_now_is_neither_lost_nor_changed() {
        for (errno, expected) in [
            (Errno::NOENT, Damage::Missing("a".into())),
            (Errno::NOTDIR, Damage::Missing("a".into())),
            (Errno::LOOP, Damage::Missing("a".into())),
            (Errno::ACCESS, Damage::Changed("a".into())),
            (Errno::MFILE, Damage::Unread("a".into())),
            (Errno::NFILE, Damage::Unread("a".into())),
            (Errno::NOMEM, Damage::Unread("a".into())),
            (Errno::IO, Damage::Unread("a".into())),
        ] {
            assert_eq!(Damage::by("a", &errno.into()), expected);
        }
    }
}

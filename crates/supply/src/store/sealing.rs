//! Having the kernel keep stored files from changing (fs-verity), where the file system can.
//!
//! Every file that has bytes is sealed, small ones too: one line of a script is enough to do harm. It happens where work is in
//! progress, before anything has its name in the store: whoever is killed half way leaves rubbish, and what is in the store is
//! sealed or was never going to be. What cannot be sealed is stored as it is; its stamps are what is known of it.

use super::StoreError;
use interlock_launch::Verity;
use rustix::{
    fs::{FileType, Mode, OFlags, fchmod, fstat, openat},
    io::Errno,
};
use std::{
    fs::File,
    io,
    os::fd::{AsFd, BorrowedFd},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Each file is waited for until the disk has it, so more of them are on their way than there are processors.
const THREADS: usize = 8;
/// So many take about as long as starting a thread.
const WORTH_A_THREAD: usize = 8;

/// Seals the files of one store.
#[derive(Debug, Clone)]
pub(super) struct Sealing {
    pub(super) verity: Verity,
    /// The file system has no such thing: found out with the first file, and not asked again.
    impossible: Arc<AtomicBool>,
}

impl Sealing {
    pub(super) fn new(verity: Verity) -> Self {
        Self {
            verity,
            impossible: Arc::default(),
        }
    }

    /// Seals the files with these paths under `root`.
    ///
    /// # Errors
    /// When one cannot be given back its permissions. That one cannot be sealed is no error.
    pub(super) fn seal(&self, root: &Path, paths: &[&str]) -> Result<(), StoreError> {
        if self.impossible.load(Ordering::Relaxed) {
            return Ok(());
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let root_handle = rustix::fs::open(root, flags, Mode::empty());
        let handle = root_handle.map_err(|error| StoreError::at("open", root)(error.into()))?;
        let share = paths.len().div_ceil(THREADS).max(WORTH_A_THREAD);
        let sealed: io::Result<()> = std::thread::scope(|scope| {
            let mut chunks = paths.chunks(share);
            let first = chunks.next().unwrap_or_default();
            let running: Vec<_> = chunks
                .map(|chunk| scope.spawn(|| self.some(handle.as_fd(), chunk)))
                .collect();
            let mut all = self.some(handle.as_fd(), first);
            for thread in running {
                let lost = |_| Err(io::Error::other("a thread died"));
                all = all.and(thread.join().unwrap_or_else(lost));
            }
            all
        });
        sealed.map_err(StoreError::at("change the permissions in", root))
    }

    fn some(&self, root: BorrowedFd<'_>, paths: &[&str]) -> io::Result<()> {
        for path in paths {
            if self.impossible.load(Ordering::Relaxed) {
                break;
            }
            self.one(root, path)?;
        }
        Ok(())
    }

    fn one(&self, root: BorrowedFd<'_>, path: &str) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let Ok(handle) = openat(root, path, flags, Mode::empty()) else {
            return Ok(());
        };
        let file = File::from(handle);
        let stat = fstat(&file)?;
        // Of an empty one nothing can be changed that its size does not tell.
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_size == 0 {
            return Ok(());
        }
        // The kernel seals for those only who could write; nobody may afterwards. Two names of one file may be at it at a time.
        let mode = Mode::from_raw_mode(stat.st_mode) - (Mode::WUSR | Mode::WGRP | Mode::WOTH);
        fchmod(&file, mode | Mode::WUSR)?;
        let sealed = (self.verity.seal)(file.as_fd());
        fchmod(&file, mode)?;
        if sealed.is_err_and(|error| is_for_all(&error)) {
            self.impossible.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Whether what went wrong with one file goes wrong with every file of this file system.
fn is_for_all(error: &io::Error) -> bool {
    let Some(error) = Errno::from_io_error(error) else {
        return false;
    };
    [
        // No such call, or none of this file system.
        Errno::NOTTY,
        Errno::NOSYS,
        Errno::OPNOTSUPP,
        // Not with blocks of this size.
        Errno::INVAL,
        // Not for this user, or only with a signature.
        Errno::PERM,
        Errno::KEYREJECTED,
        Errno::ROFS,
    ]
    .contains(&error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_it_is_impossible_nothing_is_opened_again() {
        type Case = (fn(BorrowedFd<'_>) -> io::Result<()>, bool);
        let cases: [Case; 2] = [
            (|_| Err(Errno::OPNOTSUPP.into()), true),
            (|_| Err(Errno::TXTBSY.into()), false),
        ];
        for (seal, of_all) in cases {
            let measure = |_: BorrowedFd<'_>| None;
            let sealing = Sealing::new(Verity { seal, measure });
            let root = tempfile::tempdir().unwrap();
            std::fs::write(root.path().join("a"), "bytes").unwrap();
            let gone = root.path().join("gone");
            assert!(sealing.seal(&gone, &["a"]).is_err());
            sealing.seal(root.path(), &["a"]).unwrap();
            assert_eq!(sealing.seal(&gone, &["a"]).is_ok(), of_all);
        }
    }
}

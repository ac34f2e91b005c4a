//! Opening beneath a directory, by descriptor.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, fstat, openat2};
use rustix::io::Errno;

use super::FileError;

/// How often a name is resolved anew when something was renamed while the kernel walked along it.
const ATTEMPTS: usize = 16;

/// No way out of the root: not upwards, not by symbolic links, not by the kernel's own.
const BENEATH: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS);

/// Opens `relative` (the root itself when empty) for reading. Whatever it is, opening it does not wait.
pub(super) fn beneath(
    root: BorrowedFd<'_>,
    relative: &str,
    extra: OFlags,
) -> Result<OwnedFd, Errno> {
    let flags =
        OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let path = if relative.is_empty() { "." } else { relative };
    let mut result = Err(Errno::AGAIN);
    for _ in 0..ATTEMPTS {
        result = openat2(root, path, flags | extra, Mode::empty(), BENEATH);
        if !matches!(result, Err(Errno::AGAIN | Errno::INTR)) {
            break;
        }
    }
    result
}

/// Opens a regular file and tells its size.
pub(super) fn regular(root: BorrowedFd<'_>, relative: &str) -> Result<(OwnedFd, u64), FileError> {
    let file = beneath(root, relative, OFlags::empty()).map_err(|errno| match errno {
        // A link and a way out look like nothing: a peer learns nothing about either.
        Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV | Errno::ACCESS | Errno::AGAIN => {
            FileError::NotFound
        }
        // A socket, or a device without a driver.
        Errno::NXIO | Errno::NODEV | Errno::OPNOTSUPP => FileError::NotRegular,
        other => FileError::Io(other.into()),
    })?;
    let facts = fstat(&file).map_err(|errno| FileError::Io(errno.into()))?;
    if FileType::from_raw_mode(facts.st_mode) != FileType::RegularFile {
        return Err(FileError::NotRegular);
    }
    Ok((file, u64::try_from(facts.st_size).unwrap_or(0)))
}

/// Opens the root, which may be reached by links: whoever configured it chose them.
pub(super) fn root(path: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

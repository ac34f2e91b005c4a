//! Reading one file without being held up by what stands there.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use super::file::{Meta, Unreadable};
use crate::document::LARGEST_FILE;

/// What the system says about `path`, and its bytes. Only a regular file is opened, never waiting for anything.
pub(super) fn read(path: &Path) -> (Meta, Result<Vec<u8>, Unreadable>) {
    let own = match std::fs::symlink_metadata(path) {
        Ok(own) => own,
        Err(error) => return (Meta::default(), Err(reason(&error))),
    };
    let mut meta = Meta {
        real: std::fs::canonicalize(path).ok().filter(|real| real != path),
        directory_shared: path.parent().is_some_and(is_shared),
        ..Meta::default()
    };
    describe(&mut meta, &own);
    if own.is_symlink() {
        meta.link = std::fs::read_link(path).ok();
    }
    let target = match std::fs::metadata(path) {
        Ok(target) => target,
        Err(error) if own.is_symlink() && error.kind() == ErrorKind::NotFound => {
            return (meta, Err(Unreadable::Dangling));
        }
        Err(error) => return (meta, Err(reason(&error))),
    };
    describe(&mut meta, &target);
    let bytes = regular(&target).and_then(|()| bytes_of(path));
    (meta, bytes)
}

fn regular(found: &Metadata) -> Result<(), Unreadable> {
    if !found.is_file() {
        return Err(Unreadable::NotAFile(kind(found)));
    }
    if found.len() > LARGEST_FILE as u64 {
        return Err(Unreadable::TooLarge(found.len()));
    }
    Ok(())
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let file = open(path).map_err(|error| reason(&error))?;
    // Another thing may stand there by now.
    let opened = file.metadata().map_err(|error| reason(&error))?;
    regular(&opened)?;
    let size = usize::try_from(opened.len()).unwrap_or(0);
    let mut bytes = Vec::with_capacity(size.min(LARGEST_FILE).saturating_add(1));
    let most = LARGEST_FILE as u64 + 1;
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| reason(&error))?;
    if bytes.len() > LARGEST_FILE {
        return Err(Unreadable::TooLarge(bytes.len() as u64));
    }
    Ok(bytes)
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;

    // A pipe that took the file's place must not be waited for, nor a terminal become ours.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or(0);
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

#[cfg(unix)]
fn describe(meta: &mut Meta, found: &Metadata) {
    use std::os::unix::fs::MetadataExt;

    meta.mode = Some(found.mode() & 0o7777);
    meta.owner = Some(found.uid());
    meta.size = found.len();
}

#[cfg(not(unix))]
fn describe(meta: &mut Meta, found: &Metadata) {
    meta.size = found.len();
}

/// Whether others than the owner can put another file into this directory.
#[cfg(unix)]
fn is_shared(directory: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    std::fs::metadata(directory).is_ok_and(|found| found.mode() & 0o1002 == 0o002)
}

#[cfg(not(unix))]
fn is_shared(_: &Path) -> bool {
    false
}

#[cfg(unix)]
fn kind(found: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;

    let kind = found.file_type();
    if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn kind(found: &Metadata) -> &'static str {
    if found.is_dir() {
        "a directory"
    } else {
        "a device"
    }
}

/// An error of the system as a reason. None of them is told from another by its text.
pub(super) fn reason(error: &io::Error) -> Unreadable {
    match error.kind() {
        ErrorKind::PermissionDenied => Unreadable::Denied,
        ErrorKind::NotFound => Unreadable::Missing,
        _ if is_loop(error) => Unreadable::Loop,
        kind => Unreadable::Other(kind.to_string()),
    }
}

#[cfg(unix)]
fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_loop(_: &io::Error) -> bool {
    false
}

//! Removing directories that were made read-only.

use std::{fs, io, os::unix::fs::PermissionsExt, path::Path};

/// How often somebody else may be faster in the middle of it.
const TRIES: usize = 16;

/// Removes `path` and everything below it; follows no link. Something that is not there is removed, and so is what somebody else
/// removes at the same time.
pub(super) fn all(path: &Path) -> io::Result<()> {
    for _ in 1..TRIES {
        match once(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => return done,
        }
    }
    once(path)
}

fn once(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => {
            unlock(path)?;
            fs::remove_dir_all(path)
        }
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Entries can be removed from writable directories only.
fn unlock(directory: &Path) -> io::Result<()> {
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            unlock(&entry.path())?;
        }
    }
    Ok(())
}

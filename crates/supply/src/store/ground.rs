//! Who may change what is in a directory of the store.
//!
//! Only this user and root: what is verified once is believed while nobody else could have touched it. Directories above the store
//! are not looked at; where they are is the user's own choice.

use super::{Store, StoreError};
use rustix::fs::{Access, access};
use std::{fs, os::unix::fs::MetadataExt, path::Path};

/// Refuses a directory that users other than this one and root may write to.
pub(super) fn check(path: &Path) -> Result<(), StoreError> {
    let meta = fs::symlink_metadata(path).map_err(StoreError::at("open", path))?;
    if !meta.is_dir() {
        let error = std::io::ErrorKind::NotADirectory.into();
        return Err(StoreError::at("open", path)(error));
    }
    judge(
        path,
        meta.uid(),
        meta.mode(),
        rustix::process::geteuid().as_raw(),
    )
}

fn judge(path: &Path, owner: u32, mode: u32, user: u32) -> Result<(), StoreError> {
    if owner != user && owner != 0 {
        return Err(StoreError::Foreign {
            path: path.into(),
            owner,
        });
    }
    if mode & 0o022 != 0 {
        return Err(StoreError::Writable {
            path: path.into(),
            mode: mode & 0o7777,
        });
    }
    Ok(())
}

impl Store {
    /// Whether nothing can be added to it, and so nothing be removed from it by others of its kind either.
    pub(super) fn is_read_only(&self) -> bool {
        access(&self.root, Access::WRITE_OK).is_err()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_and_modes() {
        for (owner, mode, user, expected) in [
            (1000, 0o700, 1000, ""),
            (1000, 0o755, 1000, ""),
            (0, 0o755, 1000, ""),
            (0, 0o700, 0, ""),
            (1001, 0o700, 1000, "belongs to user 1001"),
            (1001, 0o755, 0, "belongs to user 1001"),
            (1000, 0o770, 1000, "mode 770"),
            (1000, 0o702, 1000, "mode 702"),
            (0, 0o1777, 1000, "mode 1777"),
            (0, 0o2775, 1000, "mode 2775"),
        ] {
            let found = judge(Path::new("/s"), owner, mode, user)
                .map_or_else(|error| error.to_string(), |()| String::new());
            let good = found.contains(expected) && found.is_empty() == expected.is_empty();
            assert!(good, "{owner} {mode:o} {user}: {found}");
        }
    }
}

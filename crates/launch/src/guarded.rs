//! Files whose owner and mode are checked before their content is believed, and how they are replaced.
//!
//! Nothing here follows a symbolic link in the last part of a path.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use thiserror::Error;

/// `O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK`: no link is followed, and opening a pipe does not wait for its other end.
pub(crate) const NO_FOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW
    .union(rustix::fs::OFlags::CLOEXEC)
    .union(rustix::fs::OFlags::NONBLOCK)
    .bits()
    .cast_signed();

/// Why a file's content is not believed.
#[derive(Debug, Error)]
pub enum GuardError {
    /// The system would not give it.
    #[error("`{path}` cannot be read")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// It is a symbolic link, a directory or something else.
    #[error("`{0}` is no regular file: replace it with one")]
    NotAFile(String),
    /// It belongs to somebody else.
    #[error(
        "`{path}` belongs to user {found}, not {wanted}: run `chown {wanted} {path}` if it is yours"
    )]
    Owner {
        /// The file or directory.
        path: String,
        /// Who owns it.
        found: u32,
        /// Who has to own it.
        wanted: u32,
    },
    /// Others can write or, where it is secret, read it.
    #[error("`{path}` has mode {mode:03o}: run `chmod {wanted} {path}`")]
    Mode {
        /// The file or directory.
        path: String,
        /// Its permission bits.
        mode: u32,
        /// What to give to `chmod`.
        wanted: &'static str,
    },
    /// It does not hold what its name says.
    #[error("`{path}` is not {what}")]
    Malformed {
        /// The file.
        path: String,
        /// What it should be.
        what: &'static str,
    },
    /// It is larger than any such file.
    #[error("`{path}` is larger than {most} bytes")]
    TooLarge {
        /// The file.
        path: String,
        /// The bound.
        most: u64,
    },
}

/// Who may do what with a file that is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Privacy {
    /// Only the owner may write it; anybody may read it.
    OwnerWrites,
    /// Only the owner may read it.
    OwnerReads,
}

/// Reads a whole file of at most `most` bytes that `owner` has and nobody else can write. A missing file is `None`.
pub(crate) fn read(
    path: &Path,
    owner: u32,
    privacy: Privacy,
    most: u64,
) -> Result<Option<Vec<u8>>, GuardError> {
    let io = |source| GuardError::Io {
        path: shown(path),
        source,
    };
    let file = match OpenOptions::new()
        .read(true)
        .custom_flags(NO_FOLLOW)
        .open(path)
    {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if rustix::io::Errno::from_io_error(&error) == Some(rustix::io::Errno::LOOP) => {
            return Err(GuardError::NotAFile(shown(path)));
        }
        Err(error) => return Err(io(error)),
    };
    let metadata = file.metadata().map_err(io)?;
    if !metadata.is_file() {
        return Err(GuardError::NotAFile(shown(path)));
    }
    check(path, &metadata, owner, privacy)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > most {
        return Err(GuardError::TooLarge {
            path: shown(path),
            most,
        });
    }
    Ok(Some(bytes))
}

/// Checks a directory's owner and mode, and that it is no link.
pub(crate) fn check_directory(path: &Path, owner: u32) -> Result<(), GuardError> {
    let metadata = std::fs::symlink_metadata(path).map_err(|source| GuardError::Io {
        path: shown(path),
        source,
    })?;
    if !metadata.is_dir() {
        return Err(GuardError::NotAFile(shown(path)));
    }
    check(path, &metadata, owner, Privacy::OwnerWrites)
}

/// Checks that nobody but root and `owner` can replace anything on the way to `path`, `path` included.
pub(crate) fn check_chain(path: &Path, owner: u32) -> Result<(), GuardError> {
    for directory in path.ancestors() {
        let metadata = std::fs::symlink_metadata(directory).map_err(|source| GuardError::Io {
            path: shown(directory),
            source,
        })?;
        let sticky = metadata.mode() & 0o1000 != 0;
        if metadata.uid() != 0 || (metadata.mode() & 0o022 != 0 && !sticky) {
            check(directory, &metadata, owner, Privacy::OwnerWrites)?;
        }
    }
    Ok(())
}

fn check(path: &Path, metadata: &Metadata, owner: u32, privacy: Privacy) -> Result<(), GuardError> {
    if metadata.uid() != owner {
        return Err(GuardError::Owner {
            path: shown(path),
            found: metadata.uid(),
            wanted: owner,
        });
    }
    let (forbidden, wanted) = match privacy {
        Privacy::OwnerWrites => (0o022, "go-w"),
        Privacy::OwnerReads => (0o077, "600"),
    };
    if metadata.mode() & forbidden != 0 {
        return Err(GuardError::Mode {
            path: shown(path),
            mode: metadata.mode() & 0o7777,
            wanted,
        });
    }
    Ok(())
}

/// Whether `owner` alone can read and write an open file.
pub(crate) fn is_private(metadata: &Metadata, owner: u32) -> bool {
    metadata.is_file() && metadata.uid() == owner && metadata.mode() & 0o077 == 0
}

/// Makes a directory that only `owner` can enter, with its parents, or checks the one that is there.
pub(crate) fn make_directory(path: &Path, owner: u32) -> Result<(), GuardError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| GuardError::Io {
        path: shown(path),
        source,
    })?;
    check_directory(path, owner)
}

/// Writes a file that only its owner can read, so that after a crash either the old or the new one is there.
///
/// With `fresh`, a file that is there already is an error ([`io::ErrorKind::AlreadyExists`]).
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: u32, fresh: bool) -> io::Result<()> {
    let directory = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let mut name = path
        .file_name()
        .ok_or(io::ErrorKind::InvalidInput)?
        .to_owned();
    name.push(format!(".{:016x}.tmp", u64::from_be_bytes(random)));
    let temporary = directory.join(name);
    let written = write_new(&temporary, bytes, mode).and_then(|()| {
        if fresh {
            // A hard link fails where a rename would replace.
            std::fs::hard_link(&temporary, path)?;
            std::fs::remove_file(&temporary)
        } else {
            std::fs::rename(&temporary, path)
        }
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written?;
    File::open(directory)?.sync_all()
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    let mut file = options.custom_flags(NO_FOLLOW).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

pub(crate) fn shown(path: &Path) -> String {
    path.to_string_lossy().escape_debug().to_string()
}

/// Opens and locks a file, waiting for whoever has it. The lock goes with the file.
pub(crate) fn lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.custom_flags(NO_FOLLOW).open(path)?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn uid(path: &Path) -> u32 {
        fs::metadata(path).unwrap().uid()
    }

    #[test]
    fn only_the_owners_plain_files_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let owner = uid(dir.path());
        let get = |privacy| read(&path, owner, privacy, 8);
        assert!(matches!(get(Privacy::OwnerReads), Ok(None)));
        fs::write(&path, "12345678").unwrap();
        for (mode, secret, shared) in [
            (0o600, true, true),
            (0o400, true, true),
            (0o640, false, true),
            (0o644, false, true),
            (0o620, false, false),
            (0o602, false, false),
        ] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(get(Privacy::OwnerReads).is_ok(), secret, "{mode:o}");
            assert_eq!(get(Privacy::OwnerWrites).is_ok(), shared, "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let other = read(&path, owner + 1, Privacy::OwnerReads, 8);
        assert!(matches!(other, Err(GuardError::Owner { .. })));
        let large = read(&path, owner, Privacy::OwnerReads, 7);
        assert!(matches!(large, Err(GuardError::TooLarge { .. })));
        let link = dir.path().join("l");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let linked = read(&link, owner, Privacy::OwnerReads, 8);
        assert!(matches!(linked, Err(GuardError::NotAFile(_))), "{linked:?}");
        let directory = read(dir.path(), owner, Privacy::OwnerReads, 8);
        assert!(directory.is_err());
    }

    #[test]
    fn a_pipe_does_not_make_us_wait() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).unwrap();
        let refused = read(&path, uid(dir.path()), Privacy::OwnerReads, 8);
        assert!(matches!(refused, Err(GuardError::NotAFile(_))));
    }

    #[test]
    fn replacing_is_whole_private_and_never_over_what_must_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        replace(&path, b"one", 0o600, true).unwrap();
        let again = replace(&path, b"two", 0o600, true).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        replace(&path, b"three", 0o600, false).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            1,
            "no temporary file stays"
        );
        // A link in the way is replaced, not followed.
        let link = dir.path().join("l");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        replace(&link, b"four", 0o600, false).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
    }

    #[test]
    fn directories_of_ours_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let owner = uid(dir.path());
        let path = dir.path().join("a/b");
        make_directory(&path, owner).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o770)).unwrap();
        assert!(make_directory(&path, owner).is_err());
        std::os::unix::fs::symlink(&path, dir.path().join("l")).unwrap();
        assert!(check_directory(&dir.path().join("l"), owner).is_err());
    }

    #[test]
    fn a_chain_is_as_weak_as_its_weakest_directory() {
        let dir = tempfile::tempdir().unwrap();
        let owner = uid(dir.path());
        let root = dir.path().canonicalize().unwrap();
        let path = root.join("a/b");
        make_directory(&path, owner).unwrap();
        // The temporary directory itself is sticky and root's, as `/tmp` is.
        check_chain(&path, owner).unwrap();
        fs::set_permissions(root.join("a"), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(check_chain(&path, owner).is_err());
    }
}

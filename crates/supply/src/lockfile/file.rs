//! The file itself: finding a project's lock, reading it bounded, replacing it whole.

use super::{Lockfile, ReadError, read::MOST_BYTES};
use rustix::fs::{Mode, OFlags};
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// The name of the file in a project's directory.
pub const FILE_NAME: &str = "interlock.lock";

/// Why there is no lock to work with.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be opened or read.
    #[error("`{}` cannot be read", .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A pipe, a device or a directory.
    #[error("`{}` is not a plain file", .0.display())]
    NotAFile(PathBuf),
    /// It is not a lock.
    #[error("`{}` cannot be used", .path.display())]
    Refused {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
}

/// Why a lock could not be written. The old one is still there.
#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot be written", .path.display())]
pub struct SaveError {
    path: PathBuf,
    source: io::Error,
}

/// The lock of the project around `start`: in it or above it, no higher than the repository's root, nor than the home. Outside of
/// both, `start` alone is looked at: a file that somebody left in `/tmp` is nobody's project.
#[must_use]
pub fn find(start: &Path, home: &Path) -> Option<PathBuf> {
    let is_root = |directory: &Path| fs::symlink_metadata(directory.join(".git")).is_ok();
    let mut last = start.ancestors().find(|directory| is_root(directory));
    if start.starts_with(home) {
        // The repository's root counts when it is below the home.
        last = last.filter(|root| root.starts_with(home)).or(Some(home));
    }
    let last = last.unwrap_or(start);
    start
        .ancestors()
        .take_while(|directory| directory.starts_with(last))
        .map(|directory| directory.join(FILE_NAME))
        .find(|path| fs::symlink_metadata(path).is_ok())
}

/// Reads a lock.
///
/// # Errors
/// When it is not there, not a plain file, or not a lock.
pub fn load(path: &Path) -> Result<Lockfile, LoadError> {
    let unreadable = |source: io::Error| LoadError::Unreadable {
        path: path.into(),
        source,
    };
    // Not to wait for whoever might write to a pipe of that name.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let handle = rustix::fs::open(path, flags, Mode::empty());
    let file = File::from(handle.map_err(|error| unreadable(error.into()))?);
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(LoadError::NotAFile(path.into()));
    }
    load_from(file, path)
}

/// Reads a lock from a stream; `path` names it in errors.
///
/// # Errors
/// When it cannot be read or is not a lock.
pub fn load_from(stream: impl Read, path: &Path) -> Result<Lockfile, LoadError> {
    let mut bytes = Vec::new();
    let limit = MOST_BYTES as u64 + 1;
    let read = stream.take(limit).read_to_end(&mut bytes);
    let text = read.and_then(|_| {
        String::from_utf8(bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
    });
    let text = text.map_err(|source| LoadError::Unreadable {
        path: path.into(),
        source,
    })?;
    text.parse().map_err(|source| LoadError::Refused {
        path: path.into(),
        source,
    })
}

/// Writes a lock so that after a crash either the old or the new one is there, whole. Nothing is touched when it is the same.
///
/// # Errors
/// When the directory cannot be written.
pub fn save(path: &Path, lock: &Lockfile) -> Result<(), SaveError> {
    let text = lock.to_string();
    if fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    let failed = |source: io::Error| SaveError {
        path: path.into(),
        source,
    };
    // A link stays one: what it leads to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let temporary = path.with_extension(format!("lock.{}", std::process::id()));
    // New, so that no link that a repository brought along is followed, and nothing of others is removed below.
    let mut file = File::create_new(&temporary).map_err(failed)?;
    let written = file.write_all(text.as_bytes());
    let written = written.and_then(|()| file.sync_all());
    let placed = written.and_then(|()| fs::rename(&temporary, &path));
    placed.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        failed(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Directories that exist, files that are there, where one stands, and which lock is found.
    fn check(marks: &[&str], start: &str, expected: Option<&str>) {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for mark in marks {
            let path = root.join(mark);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        fs::create_dir_all(root.join(start)).unwrap();
        let found = find(&root.join(start), &root.join("home/u"));
        assert_eq!(
            found,
            expected.map(|path| root.join(path)),
            "{marks:?} {start}"
        );
    }

    #[test]
    fn a_lock_is_looked_for_no_higher_than_the_project() {
        let lock = "home/u/p/interlock.lock";
        check(&[lock], "home/u/p", Some(lock));
        check(&[lock], "home/u/p/a/b", Some(lock));
        check(&[lock, "home/u/p/a/.git"], "home/u/p/a/b", None);
        check(&[lock, "home/u/p/.git"], "home/u/p/a/b", Some(lock));
        check(
            &["home/u/interlock.lock"],
            "home/u/p/a",
            Some("home/u/interlock.lock"),
        );
        check(&["home/interlock.lock"], "home/u/p", None);
        check(&["home/interlock.lock", "home/.git"], "home/u/p", None);
        check(&["interlock.lock"], "srv/p", None);
        check(&["srv/interlock.lock"], "srv/p", None);
        check(
            &["srv/p/interlock.lock"],
            "srv/p",
            Some("srv/p/interlock.lock"),
        );
        check(
            &["srv/interlock.lock", "srv/.git"],
            "srv/p/a",
            Some("srv/interlock.lock"),
        );
    }

    #[test]
    fn what_is_written_is_read_again_and_a_link_stays_one() {
        let directory = tempfile::tempdir().unwrap();
        let (real, link) = (
            directory.path().join("real"),
            directory.path().join(FILE_NAME),
        );
        std::os::unix::fs::symlink(&real, &link).unwrap();
        fs::write(&real, "").unwrap();
        save(&link, &Lockfile::default()).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(load(&link).unwrap(), Lockfile::default());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_is_no_plain_file_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            Mode::RUSR | Mode::WUSR,
            0,
        )
        .unwrap();
        assert!(matches!(load(&pipe), Err(LoadError::NotAFile(_))));
        assert!(matches!(
            load(directory.path()),
            Err(LoadError::NotAFile(_))
        ));
        let gone = load(&directory.path().join("gone"));
        assert!(matches!(gone, Err(LoadError::Unreadable { .. })));
        let endless = load_from(io::repeat(b'\n'), Path::new("-"));
        let expected = Err(ReadError::TooLarge);
        let found = endless.map_err(|error| match error {
            LoadError::Refused { source, .. } => source,
            other => panic!("{other}"),
        });
        assert_eq!(found, expected);
    }
}

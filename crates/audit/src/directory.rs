//! The log's directory, opened strictly: who owns it and who may write to it is part of the evidence.
//!
//! Every file is opened relative to the directory's descriptor and without following symbolic links, so
//! nothing that happens to the path afterwards leads a write elsewhere.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags};
use thiserror::Error;

/// Why the log's directory or one of its files was not used.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// It could not be created or opened.
    #[error("cannot open `{}`; check that it is a directory of yours on a writable disk", .path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is a symbolic link, a device or anything else that a log is not kept in.
    #[error("`{}` is not a plain {expected}; move it away and try again", .path.display())]
    Kind {
        /// Which one.
        path: PathBuf,
        /// `directory` or `file`.
        expected: &'static str,
    },
    /// Another user owns it, or it has a second name.
    #[error("`{}` does not belong to this user alone (owner {owner}, names {links}); move it away and try again", .path.display())]
    Owner {
        /// Which one.
        path: PathBuf,
        /// The owner's user id.
        owner: u32,
        /// How many names (hard links) a file has.
        links: u64,
    },
    /// Others may read or write it.
    #[error("`{}` is open to other users (mode {mode:03o}); try `chmod go= {}`", .path.display(), .path.display())]
    Mode {
        /// Which one.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

/// An open directory that belongs to this user alone.
#[derive(Debug)]
pub(crate) struct Directory {
    file: File,
    path: PathBuf,
    /// How its files are opened.
    access: OFlags,
}

impl Directory {
    /// Opens `path`, creating it (0700) with its parents where it does not exist.
    pub(crate) fn open(path: &Path) -> Result<Self, DirectoryError> {
        let io_error = |source: io::Error| DirectoryError::Io {
            path: path.to_owned(),
            source,
        };
        create(path).map_err(io_error)?;
        Self::open_with(path, OFlags::RDWR)
    }

    /// Opens `path` for reading only; `None` where it does not exist.
    pub(crate) fn open_existing(path: &Path) -> Result<Option<Self>, DirectoryError> {
        match Self::open_with(path, OFlags::RDONLY) {
            Err(DirectoryError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            other => other.map(Some),
        }
    }

    fn open_with(path: &Path, access: OFlags) -> Result<Self, DirectoryError> {
        let io_error = |source: io::Error| DirectoryError::Io {
            path: path.to_owned(),
            source,
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = match fs::open(path, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP) => {
                return Err(DirectoryError::Kind {
                    path: path.to_owned(),
                    expected: "directory",
                });
            }
            Err(errno) => return Err(io_error(errno.into())),
        };
        let stat = fs::fstat(&file).map_err(|errno| io_error(errno.into()))?;
        check_owner_and_mode(path, &stat, false)?;
        Ok(Self {
            file,
            path: path.to_owned(),
            access,
        })
    }

    /// The path it was opened by, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file as the directory was opened; `None` where there is none.
    pub(crate) fn existing(&self, name: &str) -> Result<Option<File>, DirectoryError> {
        self.file_with(name, OFlags::empty())
    }

    /// Opens a file for reading and writing, creating it (0600) where there is none.
    pub(crate) fn file(&self, name: &str) -> Result<File, DirectoryError> {
        match self.file_with(name, OFlags::CREATE)? {
            Some(file) => Ok(file),
            None => Err(self.io(name, io::ErrorKind::NotFound.into())),
        }
    }

    /// Creates a file (0600) that must not exist yet; `None` where it does.
    pub(crate) fn new_file(&self, name: &str) -> Result<Option<File>, DirectoryError> {
        match self.file_with(name, OFlags::CREATE | OFlags::EXCL) {
            Err(DirectoryError::Io { source, .. })
                if source.kind() == io::ErrorKind::AlreadyExists =>
            {
                Ok(None)
            }
            other => other,
        }
    }

    fn file_with(&self, name: &str, extra: OFlags) -> Result<Option<File>, DirectoryError> {
        let path = self.path.join(name);
        // NONBLOCK: a FIFO planted under the name must not hang us; it is refused below.
        let flags = self.access | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | extra;
        let file = match fs::openat(&self.file, name, flags, Mode::RUSR | Mode::WUSR) {
            Ok(fd) => File::from(fd),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::LOOP | rustix::io::Errno::ISDIR) => {
                return Err(DirectoryError::Kind {
                    path,
                    expected: "file",
                });
            }
            Err(errno) => return Err(self.io(name, errno.into())),
        };
        let stat = fs::fstat(&file).map_err(|errno| self.io(name, errno.into()))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(DirectoryError::Kind {
                path,
                expected: "file",
            });
        }
        check_owner_and_mode(&path, &stat, true)?;
        Ok(Some(file))
    }

    /// Gives a file another name, replacing what had it.
    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), DirectoryError> {
        fs::renameat(&self.file, from, &self.file, to).map_err(|errno| self.io(to, errno.into()))
    }

    /// Removes a file if it is there.
    pub(crate) fn remove(&self, name: &str) -> Result<(), DirectoryError> {
        match fs::unlinkat(&self.file, name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(errno) => Err(self.io(name, errno.into())),
        }
    }

    /// Its descriptor, which is flushed to make new and renamed files durable.
    pub(crate) const fn descriptor(&self) -> &File {
        &self.file
    }

    /// The numbers of the log's files, ascending.
    pub(crate) fn segments(&self) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in fs::Dir::read_from(&self.file)? {
            numbers.extend(entry?.file_name().to_str().ok().and_then(segment_number));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    pub(crate) fn io(&self, name: &str, source: io::Error) -> DirectoryError {
        DirectoryError::Io {
            path: self.path.join(name),
            source,
        }
    }
}

fn create(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

fn check_owner_and_mode(path: &Path, stat: &fs::Stat, is_file: bool) -> Result<(), DirectoryError> {
    let (owner, mode) = (stat.st_uid, stat.st_mode & 0o777);
    // Its type differs between architectures.
    #[expect(
        clippy::unnecessary_cast,
        reason = "`st_nlink` is 32 bits wide on some architectures"
    )]
    let links = stat.st_nlink as u64;
    if owner != rustix::process::geteuid().as_raw() || (is_file && links != 1) {
        return Err(DirectoryError::Owner {
            path: path.to_owned(),
            owner,
            links,
        });
    }
    if mode & 0o077 != 0 {
        return Err(DirectoryError::Mode {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

/// The name of the `number`th file of a log.
pub(crate) fn segment_name(number: u64) -> String {
    format!("log-{number:08}.jsonl")
}

/// The number of a log file by its name; `None` for files that are not the log's.
pub(crate) fn segment_number(name: &str) -> Option<u64> {
    let number = name
        .strip_prefix("log-")?
        .strip_suffix(".jsonl")?
        .parse()
        .ok()?;
    (segment_name(number) == name).then_some(number)
}

#[cfg(test)]
#[path = "directory_tests.rs"]
mod tests;

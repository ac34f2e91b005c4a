//! What was in a file before it was wrapped, so that `unwrap` can give it back.
//!
//! One directory a file, named after the digest of its path, with one record a rewriting: `AFTER.original`, the bytes as they
//! were, and `AFTER.json`, which says what was changed; `AFTER` is the digest of what was written. The record is on disk before the
//! file is touched, so a crash leaves a record too many, never one too few. Configurations hold secrets: all of it is for the
//! user alone.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use interlock_launch::Digest;
use rustix::fs::OFlags;
use thiserror::Error;

use super::record::Record;
use super::replace::shown;

/// Why there is no record.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The system refused.
    #[error("the backup in `{path}` cannot be read or written")]
    Io {
        /// The file or directory.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A record that is not one of ours, or was edited.
    #[error("`{0}` is no record of `interlock wrap`: move it away, then try again")]
    Malformed(String),
}

/// The directory of records.
#[derive(Debug)]
pub struct Journal {
    directory: PathBuf,
    /// Held until the journal is dropped: two of us never rewrite at the same time. None where there is no journal to be read.
    _lock: Option<File>,
}

/// Nothing larger is read back.
const LARGEST: u64 = 64 << 20;

impl Journal {
    /// Opens the journal below Interlock's state directory, waiting for another process that has it.
    ///
    /// # Errors
    /// When the directory cannot be made or locked.
    pub fn open(state: &Path) -> Result<Self, JournalError> {
        let directory = state.join("wrap");
        make(&directory)?;
        let path = directory.join("lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let lock = options
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path)
            .and_then(|file| {
                rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
                Ok(file)
            })
            .map_err(|source| JournalError::Io {
                path: shown(&path),
                source,
            })?;
        Ok(Self {
            directory,
            _lock: Some(lock),
        })
    }

    /// Opens the journal to look at it alone, and writes nothing at all: where there is none, it is an empty one.
    ///
    /// # Errors
    /// When there is one that cannot be locked.
    pub fn look(state: &Path) -> Result<Self, JournalError> {
        let directory = state.join("wrap");
        let path = directory.join("lock");
        let opened = OpenOptions::new()
            .read(true)
            .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
            .open(&path);
        let lock = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            opened => Some(
                opened
                    .and_then(|file| {
                        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockShared)?;
                        Ok(file)
                    })
                    .map_err(|source| JournalError::Io {
                        path: shown(&path),
                        source,
                    })?,
            ),
        };
        Ok(Self {
            directory,
            _lock: lock,
        })
    }

    /// Keeps a record, on disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written; the file must not be rewritten then.
    pub fn keep(&self, record: &Record) -> Result<(), JournalError> {
        let directory = self.of(&record.path);
        make(&directory)?;
        let sequence = self
            .records(&record.path)?
            .first()
            .map_or(0, |record| record.sequence + 1);
        write(
            &directory.join(format!("{}.original", record.after)),
            &record.original,
        )?;
        let text = record.to_json(sequence).to_string();
        write(
            &directory.join(format!("{}.json", record.after)),
            text.as_bytes(),
        )?;
        sync(&directory)?;
        sync(&self.directory)
    }

    /// The records of a file, the newest first.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn records(&self, path: &Path) -> Result<Vec<Record>, JournalError> {
        records(&self.of(path))
    }

    /// Every file that has records, and what is wrong with the records of others: those do not keep anybody from these.
    ///
    /// # Errors
    /// When the journal itself cannot be read.
    pub fn paths(&self) -> Result<(Vec<PathBuf>, Vec<JournalError>), JournalError> {
        let (mut paths, mut damaged) = (Vec::new(), Vec::new());
        for name in names(&self.directory)? {
            let directory = self.directory.join(name);
            if directory.is_dir() {
                match records(&directory) {
                    Ok(records) => {
                        paths.extend(records.into_iter().next().map(|record| record.path));
                    }
                    Err(error) => damaged.push(error),
                }
            }
        }
        paths.sort();
        Ok((paths, damaged))
    }

    /// Drops the records of a file, but for the one of `kept`.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn forget(&self, path: &Path, kept: Option<Digest>) -> Result<(), JournalError> {
        let directory = self.of(path);
        let kept = kept.map(|digest| digest.to_string());
        for name in names(&directory)? {
            if kept
                .as_ref()
                .is_none_or(|kept| !name.starts_with(kept.as_str()))
            {
                let path = directory.join(name);
                std::fs::remove_file(&path).map_err(|source| JournalError::Io {
                    path: shown(&path),
                    source,
                })?;
            }
        }
        if kept.is_none() {
            let _empty = std::fs::remove_dir(&directory);
        }
        Ok(())
    }

    fn of(&self, path: &Path) -> PathBuf {
        self.directory
            .join(Digest::of(path.as_os_str().as_encoded_bytes()).to_string())
    }
}

fn records(directory: &Path) -> Result<Vec<Record>, JournalError> {
    let mut records = Vec::new();
    for name in names(directory)? {
        if let Some(after) = name.strip_suffix(".json") {
            let path = directory.join(&name);
            let text = read(&path)?;
            let original = read(&directory.join(format!("{after}.original")))?;
            let record = Record::from_json(&text, original)
                .filter(|record| record.after.to_string() == after);
            records.push(record.ok_or_else(|| JournalError::Malformed(shown(&path)))?);
        }
    }
    records.sort_by_key(|record| std::cmp::Reverse(record.sequence));
    Ok(records)
}

/// The names in a directory; none where there is no directory.
fn names(directory: &Path) -> Result<Vec<String>, JournalError> {
    let io = |source| JournalError::Io {
        path: shown(directory),
        source,
    };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(
            entry
                .map_err(io)?
                .file_name()
                .to_string_lossy()
                .into_owned(),
        );
    }
    names.sort();
    Ok(names)
}

fn make(directory: &Path) -> Result<(), JournalError> {
    let made = DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory);
    made.map_err(|source| JournalError::Io {
        path: shown(directory),
        source,
    })
}

fn sync(directory: &Path) -> Result<(), JournalError> {
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(|source| JournalError::Io {
        path: shown(directory),
        source,
    })
}

/// Writes a private file whole.
fn write(path: &Path, bytes: &[u8]) -> Result<(), JournalError> {
    let temporary = path.with_extension("new");
    let _stale = std::fs::remove_file(&temporary);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let written = options
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|source| {
        let _partial = std::fs::remove_file(&temporary);
        JournalError::Io {
            path: shown(path),
            source,
        }
    })
}

fn read(path: &Path) -> Result<Vec<u8>, JournalError> {
    let mut options = OpenOptions::new();
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let mut bytes = Vec::new();
    options
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .and_then(|file| file.take(LARGEST).read_to_end(&mut bytes))
        .map_err(|source| JournalError::Io {
            path: shown(path),
            source,
        })?;
    Ok(bytes)
}

//! What is verified: the sizes of the files and the head, as they were at one moment.
//!
//! They are read under the writers' lock, which is then released: a long verification holds nobody up, and
//! what is appended meanwhile is not looked at. A copy of a log has nobody to exclude.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::report::VerifyError;
use crate::directory::{segment_name, segment_number};
use crate::head::HEAD_FILE;
use crate::key;
use crate::log::LOCK_FILE;

/// A file of the log and how much of it there was.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) number: u64,
    pub(super) path: PathBuf,
    pub(super) size: u64,
}

/// The log at one moment.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) segments: Vec<Segment>,
    /// The head's content; empty where there is none.
    pub(super) head: Vec<u8>,
    /// The key file's content, where it can be read.
    pub(super) key: Option<Vec<u8>>,
}

impl Snapshot {
    pub(super) fn take(dir: &Path) -> Result<Self, VerifyError> {
        // Released when the file is closed, at the end of this function.
        let _lock = match File::open(dir.join(LOCK_FILE)) {
            Ok(lock) => {
                let locked = flock(&lock, FlockOperation::LockShared);
                locked.map_err(|errno| read_error(dir.join(LOCK_FILE))(errno.into()))?;
                Some(lock)
            }
            Err(_) => None,
        };
        let segments = segments(dir).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => VerifyError::NoLog {
                path: dir.to_owned(),
            },
            _ => read_error(dir.to_owned())(source),
        })?;
        let head = optional(&dir.join(HEAD_FILE))?.unwrap_or_default();
        let key = optional(&dir.join(key::FILE)).unwrap_or_default();
        if segments.is_empty() && head.is_empty() {
            return Err(VerifyError::NoLog {
                path: dir.to_owned(),
            });
        }
        Ok(Self {
            segments,
            head,
            key,
        })
    }
}

fn segments(dir: &Path) -> io::Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if let Some(number) = entry.file_name().to_str().and_then(segment_number) {
            let path = dir.join(segment_name(number));
            let size = std::fs::metadata(&path)?.len();
            segments.push(Segment { number, path, size });
        }
    }
    segments.sort_unstable_by_key(|segment| segment.number);
    Ok(segments)
}

fn optional(path: &Path) -> Result<Option<Vec<u8>>, VerifyError> {
    match std::fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(read_error(path.to_owned())(source)),
    }
}

pub(super) fn read_error(path: PathBuf) -> impl FnOnce(io::Error) -> VerifyError {
    move |source| VerifyError::Read { path, source }
}

//! Locks between processes. The kernel lets go of them when their holder dies.

use super::{Store, StoreError};
use rustix::fs::{FlockOperation, flock};
use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// Holds a lock until dropped.
pub(crate) struct Guard {
    _file: File,
}

impl Store {
    /// Keeps what is added from being removed meanwhile; any number may hold it.
    pub(crate) fn adding(&self) -> Result<Guard, StoreError> {
        lock(&self.join("lock"), FlockOperation::LockShared)
    }

    /// Keeps everybody else from adding.
    pub(super) fn removing(&self) -> Result<Guard, StoreError> {
        lock(&self.join("lock"), FlockOperation::LockExclusive)
    }

    /// Makes one process at a time fetch what `key` names; `waiting` is called when another one is at it.
    pub(crate) fn fetching(&self, key: &str, waiting: &dyn Fn()) -> Result<Guard, StoreError> {
        let path: PathBuf = self.join("locks").join(key.replace('/', "+"));
        let file = open(&path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Guard { _file: file }),
            Err(rustix::io::Errno::WOULDBLOCK) => waiting(),
            Err(error) => return Err(StoreError::at("lock", &path)(error.into())),
        }
        lock(&path, FlockOperation::LockExclusive)
    }
}

fn open(path: &Path) -> Result<File, StoreError> {
    let options = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    options.map_err(StoreError::at("open", path))
}

fn lock(path: &Path, operation: FlockOperation) -> Result<Guard, StoreError> {
    let file = open(path)?;
    loop {
        match flock(&file, operation) {
            Ok(()) => return Ok(Guard { _file: file }),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(StoreError::at("lock", path)(io::Error::from(error))),
        }
    }
}

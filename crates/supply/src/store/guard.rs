//! Locks between processes. The kernel lets go of them when their holder dies.

use super::{Store, StoreError};
use rustix::fs::{FlockOperation, flock};
use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// Holds a lock until dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    _file: File,
}

impl Store {
    /// Keeps what is added from being removed meanwhile; any number may hold it.
    pub(crate) fn adding(&self) -> Result<Guard, StoreError> {
        lock(&self.join("lock"), FlockOperation::LockShared)
    }

    /// Keeps everybody else from adding; `waiting` is called when somebody is at it.
    pub(super) fn removing(&self, waiting: &dyn Fn()) -> Result<Guard, StoreError> {
        exclusive(&self.join("lock"), waiting)
    }

    /// Makes one process at a time fetch what `key` names; `waiting` is called when another one is at it.
    pub(crate) fn fetching(&self, key: &str, waiting: &dyn Fn()) -> Result<Guard, StoreError> {
        let path: PathBuf = self.join("locks").join(key.replace('/', "+"));
        exclusive(&path, waiting)
    }
}

/// Makes a file and holds it; none when there is one already.
pub(super) fn hold_new(path: &Path) -> Result<Option<Guard>, StoreError> {
    let file = match File::create_new(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
        Err(error) => return Err(StoreError::at("create", path)(error)),
    };
    flock(&file, FlockOperation::NonBlockingLockExclusive)
        .map_err(|error| StoreError::at("lock", path)(error.into()))?;
    Ok(Some(Guard { _file: file }))
}

/// Whether somebody holds a file. One that is gone is held by nobody.
pub(super) fn is_held(path: &Path) -> Result<bool, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(StoreError::at("open", path)(error)),
    };
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(false),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(StoreError::at("lock", path)(error.into())),
    }
}

fn open(path: &Path) -> Result<File, StoreError> {
    let options = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    match options {
        // Nothing can be added to a store on read-only ground, but it can be looked at.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied
            ) =>
        {
            File::open(path).map_err(|_| StoreError::at("open", path)(error))
        }
        opened => opened.map_err(StoreError::at("open", path)),
    }
}

fn exclusive(path: &Path, waiting: &dyn Fn()) -> Result<Guard, StoreError> {
    let file = open(path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => return Ok(Guard { _file: file }),
        Err(rustix::io::Errno::WOULDBLOCK) => waiting(),
        Err(error) => return Err(StoreError::at("lock", path)(error.into())),
    }
    drop(file);
    lock(path, FlockOperation::LockExclusive)
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

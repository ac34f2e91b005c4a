//! What can go wrong when the log is opened or written to.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::directory::DirectoryError;
use crate::key::KeyError;

/// Why a log was not opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Its directory was not accepted.
    #[error("the audit log's directory cannot be used")]
    Directory(#[from] DirectoryError),
    /// There is no key to sign with.
    #[error("the audit log cannot be signed")]
    Key(#[from] KeyError),
    /// The lock was not to be had.
    #[error("the audit log cannot be locked; its file system must support `flock`")]
    Lock(#[source] io::Error),
    /// The end of the chain could not be found or recorded.
    #[error("the audit log cannot be taken up")]
    TakeUp(#[source] AppendError),
}

/// Why something was not recorded. What it was to authorise must not happen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The disk did not take it. Nothing half-written stays.
    #[error("cannot write to `{}`; check that the disk is not full: `df -h {}`", .path.display(), .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It was written, but the disk does not say that it would survive a loss of power.
    #[error("cannot flush the audit log; check the disk with `dmesg`")]
    Flush {
        /// What the system said.
        source: io::Error,
    },
    /// The record would be longer than a record may be.
    #[error(
        "a record of {bytes} bytes is longer than the audit log takes (1 MiB); leave out the arguments"
    )]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The lock was not to be had.
    #[error("the audit log cannot be locked; its file system must support `flock`")]
    Lock {
        /// What the system said.
        source: io::Error,
    },
    /// The file was removed while the log was open.
    #[error("`{}` was removed while it was in use; run `interlock audit verify`", .path.display())]
    Removed {
        /// The file.
        path: PathBuf,
    },
    /// There is a file that no writer of ours made.
    #[error("`{}` was made by something else; run `interlock audit verify`", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// One of its files was not accepted.
    #[error("one of the audit log's files cannot be used")]
    Directory(#[from] DirectoryError),
    /// It could not be read.
    #[error("the audit log cannot be read")]
    Read(#[from] io::Error),
}

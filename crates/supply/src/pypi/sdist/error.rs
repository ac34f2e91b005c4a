//! Why no wheel came out of a source archive.

use super::{Broken, FromElsewhere, ProjectError, Refusal};
use crate::digest::Integrity;
use crate::pypi::{LockError, RequirementError};

/// Why a source archive was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Nobody allowed it.
    #[error("to build it is to run its code, which was not allowed")]
    NotAllowed,
    /// Who lets things be built does not let this one, or not with these tools.
    #[error("it is not built: {}", .0.what)]
    Refused(Refusal),
    /// What was to be built before it was not, so nothing more is run.
    #[error("it was not built, because the build of `{0}` came to nothing")]
    After(String),
    /// Nobody waits for it any more.
    #[error("it was not built, because nobody waits for it any more")]
    Unwanted,
    /// The project does not say how.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// What it is built with, or needs, is not of the index.
    #[error(transparent)]
    Elsewhere(#[from] FromElsewhere),
    /// What the build runs with cannot be had.
    #[error("what it is built with cannot be had; that has to be wheels of the index")]
    Tools(#[source] Box<LockError>),
    /// The tools that a lock names are others than those that the sources ask for.
    #[error("the tools that the lock names are not what its build asks for")]
    LockedTools(#[source] Box<LockError>),
    /// The backend asks for more than any needs: each of it is looked up, by a name that its code chose.
    #[error("its build backend asks for {0} packages besides what the project says")]
    Asks(usize),
    /// What the backend asks for changes with what it is given.
    #[error("its build backend asks for something else whenever it is given what it asked for")]
    Unsettled,
    /// The backend wants something that is no package of the index.
    #[error("its build backend asks for something that cannot be had")]
    Requirement(#[source] RequirementError),
    /// The backend failed.
    #[error("its build, in the sandbox and without network, failed: {}", .0.why)]
    Backend(Broken),
    /// Another number of wheels than one.
    #[error("its build left {0} wheels behind instead of one")]
    Wheels(usize),
    /// A wheel of another package, another version, or no wheel.
    #[error("its build made `{found}`, which is no wheel of {wanted}")]
    Other {
        /// The file's name; escaped.
        found: String,
        /// Name and version.
        wanted: String,
    },
    /// A wheel for other interpreters or systems.
    #[error("its build made `{0}`, which is not for this interpreter")]
    OtherTarget(String),
    /// A lock was made where the same archive and the same tools gave other files.
    #[error(
        "the wheel that was built here is not the one that was locked: its files are {found}, locked are {expected}; \
         either this build is not the same everywhere, or the lock is not of these sources"
    )]
    Different {
        /// As locked.
        expected: Integrity,
        /// As built.
        found: Integrity,
    },
    /// A lock was written by somebody else than Interlock.
    #[error("the lock describes its build otherwise than it went")]
    Misrecorded,
}

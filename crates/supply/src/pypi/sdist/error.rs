//! Why no wheel came out of a source archive.

use super::{Broken, ProjectError};
use crate::digest::Integrity;
use crate::pypi::{LockError, RequirementError};

/// Why a source archive was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Nobody allowed it.
    #[error("to build it is to run its code, which was not allowed")]
    NotAllowed,
    /// The project does not say how.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// What the build runs with cannot be had.
    #[error("what it is built with cannot be had; that has to be wheels of the index")]
    Tools(#[source] Box<LockError>),
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

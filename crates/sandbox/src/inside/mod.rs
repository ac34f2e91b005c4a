//! What runs between fork and exec: in the first process of the new namespaces, then in the server.
//!
//! INVARIANT: nothing in here allocates, frees, locks or unwinds: the process is a copy of one that may have had other
//! threads. Everything is in the [`Prepared`] that was made before.

mod init;
mod memory;
mod network;
mod reaper;
mod root;
mod server;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use interlock_sys::wipe::StartBlock;
use rustix::io::Errno;

use crate::egress::PreparedInside;
use crate::plan::Plan;
use crate::spawn::stage::{Failure, Stage};

pub(crate) use init::run;
pub(crate) use reaper::{Report, encode_signal};

/// A plan with the descriptors of one launch.
pub(crate) struct Prepared<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) start_block: StartBlock,
    /// The server's ends of the standard streams.
    pub(crate) stdio: [OwnedFd; 3],
    /// Failures go here; closed by exec, which is how the supervisor learns of success.
    pub(crate) status: OwnedFd,
    /// The other end is the supervisor's life.
    pub(crate) life: OwnedFd,
    /// The host's `/proc`.
    pub(crate) host_proc: OwnedFd,
    pub(crate) egress: Option<PreparedInside>,
    /// User namespaces that translate the owners of granted files, by mount.
    pub(crate) id_maps: Vec<Option<OwnedFd>>,
    /// Whether the reaper has to watch the memory of the tree.
    pub(crate) watch_memory: bool,
    /// A try-out: stops before exec.
    pub(crate) dry_run: bool,
}

impl Prepared<'_> {
    fn status(&self) -> BorrowedFd<'_> {
        self.status.as_fd()
    }
}

/// Names the stage that a system call belongs to.
trait At<T> {
    fn at(self, stage: Stage) -> Result<T, Failure>;
    fn at_item(self, stage: Stage, item: usize) -> Result<T, Failure>;
}

impl<T> At<T> for Result<T, Errno> {
    fn at(self, stage: Stage) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(stage, 0, error))
    }

    fn at_item(self, stage: Stage, item: usize) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(stage, item, error))
    }
}

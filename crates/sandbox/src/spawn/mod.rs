//! The supervisor's side of a start.

mod error;
pub(crate) mod stage;

pub use error::SpawnError;

use std::os::fd::{AsFd, OwnedFd};

use interlock_sys::process::{Namespaces, Process, Stack, clone_process};
use interlock_sys::wipe::StartBlock;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::cgroup::Cgroup;
use crate::confined::{Confined, Parts};
use crate::egress::{self, PreparedInside, PreparedOutside};
use crate::inside::{self, Prepared};
use crate::layer::{Enforced, Layer, MemoryLimit};
use crate::plan::Plan;
use crate::stdio::{Ends, Stdio3};
use stage::{FAILURE_SIZE, Failure};

/// What the supervisor keeps of a launch while the new processes start.
struct Outside {
    stdin: Option<OwnedFd>,
    stdout: Option<OwnedFd>,
    stderr: Option<OwnedFd>,
    status: OwnedFd,
    life: OwnedFd,
    egress: Option<PreparedOutside>,
    cgroup: Option<Cgroup>,
}

impl Plan {
    /// Starts the server and returns when it has been executed.
    ///
    /// The tree ends with the thread that calls this (the kernel's parent-death signal is of threads), with this
    /// process however it ends, with [`Confined::kill`] and with dropping [`Confined`].
    ///
    /// # Errors
    /// [`SpawnError`]; then nothing of it is running.
    pub fn spawn(&self, stdio: Stdio3) -> Result<Confined, SpawnError> {
        let (prepared, mut outside) = self.prepare(stdio, false)?;
        let process = self.start(prepared, outside.status, &mut outside.cgroup)?;
        let memory = match &outside.cgroup {
            Some(_) => MemoryLimit::Cgroup,
            None if self.skip.contains(&Layer::Proc) => MemoryLimit::EachProcess,
            None => MemoryLimit::Watched,
        };
        Ok(Confined::new(Parts {
            process,
            life: outside.life,
            stdin: outside.stdin,
            stdout: outside.stdout,
            stderr: outside.stderr,
            egress: outside.egress,
            enforced: self.enforced(memory),
            cgroup: outside.cgroup,
        }))
    }

    /// Does all of it but the exec, in a child that ends at once. For the report on this kernel.
    pub(crate) fn try_out(&self) -> Result<(), SpawnError> {
        let null = || crate::stdio::Stdio::Null;
        let stdio = Stdio3 {
            stdin: null(),
            stdout: null(),
            stderr: null(),
        };
        let (prepared, mut outside) = self.prepare(stdio, true)?;
        let process = self.start(prepared, outside.status, &mut outside.cgroup)?;
        process.wait(true).map_err(SpawnError::System)?;
        Ok(())
    }

    fn prepare(&self, stdio: Stdio3, dry_run: bool) -> Result<(Prepared<'_>, Outside), SpawnError> {
        let Ends {
            inner: in0,
            outer: stdin,
        } = stdio.stdin.open(true).map_err(SpawnError::System)?;
        let Ends {
            inner: in1,
            outer: stdout,
        } = stdio.stdout.open(false).map_err(SpawnError::System)?;
        let Ends {
            inner: in2,
            outer: stderr,
        } = stdio.stderr.open(false).map_err(SpawnError::System)?;
        let (status, status_inside) = pipe_with(PipeFlags::CLOEXEC).map_err(SpawnError::System)?;
        let (life, life_inside) = socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )
        .map_err(SpawnError::System)?;
        let (egress_inside, egress) = self.prepare_egress()?;
        let cgroup = Cgroup::create(&self.kernel, &self.limits);
        let prepared = Prepared {
            plan: self,
            start_block: StartBlock::find().map_err(SpawnError::System)?,
            stdio: [in0, in1, in2],
            status: status_inside,
            life: life_inside,
            host_proc: open_proc().map_err(SpawnError::System)?,
            egress: egress_inside,
            id_maps: crate::idmap::for_steps(self).map_err(SpawnError::System)?,
            watch_memory: cgroup.is_none(),
            dry_run,
        };
        Ok((
            prepared,
            Outside {
                stdin,
                stdout,
                stderr,
                status,
                life,
                egress,
                cgroup,
            },
        ))
    }

    fn prepare_egress(
        &self,
    ) -> Result<(Option<PreparedInside>, Option<PreparedOutside>), SpawnError> {
        match &self.egress {
            None => Ok((None, None)),
            Some(rules) => {
                let (inside, outside) =
                    egress::prepare(rules.clone()).map_err(SpawnError::Egress)?;
                Ok((Some(inside), Some(outside)))
            }
        }
    }

    /// Makes the processes; `prepared`, with the server's ends of everything, is gone from this process after it.
    fn start(
        &self,
        mut prepared: Prepared<'_>,
        status: OwnedFd,
        cgroup: &mut Option<Cgroup>,
    ) -> Result<Process, SpawnError> {
        // The network's follows: see `inside::network`.
        let first = Namespaces::ALL_BUT_USER.without(Namespaces::NETWORK);
        let namespaces = match self.identity.privileged {
            true => first,
            false => first.and(Namespaces::USER),
        };
        let mut stack = Stack::new();
        let inside = cgroup.as_ref().map(AsFd::as_fd);
        let mut process = clone_process(namespaces, inside, &mut || {
            inside::run(&prepared, &mut stack)
        });
        if process.is_err() && cgroup.take().is_some() {
            // A cgroup that may be made may still not be entered from ours.
            prepared.watch_memory = true;
            process = clone_process(namespaces, None, &mut || inside::run(&prepared, &mut stack));
        }
        let process = process.map_err(SpawnError::Namespaces)?;
        drop(prepared);
        match read_failure(&status) {
            Ok(None) => Ok(process),
            Ok(Some(failure)) => {
                let _ = process.kill();
                let _ = process.wait(true);
                Err(SpawnError::of(self, failure))
            }
            Err(error) => {
                let _ = process.kill();
                let _ = process.wait(true);
                Err(SpawnError::System(error))
            }
        }
    }

    fn enforced(&self, memory: MemoryLimit) -> Enforced {
        let cgroup = memory == MemoryLimit::Cgroup;
        let applied = |layer: &Layer| match layer {
            Layer::Cgroup => cgroup,
            other => !self.skip.contains(other),
        };
        Enforced {
            layers: Layer::ALL.into_iter().filter(applied).collect(),
            landlock_abi: self
                .locks
                .landlock
                .as_ref()
                .map_or(0, |_| self.kernel.landlock_abi()),
            outer_uid: self.identity.outer_uid,
            memory,
        }
    }
}

fn open_proc() -> Result<OwnedFd, Errno> {
    open(
        c"/proc",
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// Waits until the pipe is closed by exec, or a failure comes.
fn read_failure(status: &OwnedFd) -> Result<Option<Failure>, Errno> {
    let mut bytes = [0u8; FAILURE_SIZE];
    loop {
        match rustix::io::read(status.as_fd(), &mut bytes) {
            Ok(0) => return Ok(None),
            // Written at once, and shorter than what a pipe splits.
            Ok(FAILURE_SIZE) => return Failure::decode(bytes).map(Some).ok_or(Errno::PROTO),
            Ok(_) => return Err(Errno::PROTO),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither arguments nor environment: they may hold secrets.
        f.debug_struct("Plan")
            .field("program", &self.program)
            .field("skip", &self.skip)
            .finish_non_exhaustive()
    }
}

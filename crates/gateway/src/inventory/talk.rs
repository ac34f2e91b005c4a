//! The conversation of [`super::asking`] over a server's pipes.

use std::os::fd::AsFd;
use std::time::Duration;

use interlock_wire::{Frame, Limits, LineBuffer, Revision};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::asking::{AskError, Asking};
use super::{Inventory, Tool, Unlisted};
use crate::clock::Clock;
use crate::io::{Read, Wrote, nonblocking, read, write};
use crate::outcome::Exit;
use crate::relay::driver::{Pipes, Process};
use crate::stderr::Stderr;

/// So much of a server's stderr is kept.
const DIAGNOSTICS: usize = 64 * 1024;

/// Asks until all tools are known, the time is over, or the server is gone.
pub(super) fn talk(
    process: &mut impl Process,
    pipes: Pipes,
    patience: Duration,
    clock: &impl Clock,
) -> Result<Inventory, Unlisted> {
    let limits = Limits::default();
    let (asking, first) = Asking::new(limits.clone());
    let until = clock.now().elapsed + patience;
    let mut talk = Talk {
        asking,
        lines: LineBuffer::new(&limits),
        outgoing: first,
        stderr: Stderr::new(clock.now().elapsed),
        diagnostics: Vec::new(),
        complains: true,
        ended: false,
    };
    for pipe in [&pipes.stdin, &pipes.stdout, &pipes.stderr] {
        // A pipe that cannot be set waits where it should not; the time limit is then the server's to miss.
        let _set = nonblocking(pipe);
    }
    let asked = talk.until_known(process, &pipes, until, clock);
    // Whatever came of it: what the server wrote is all there is to explain it.
    let diagnostics = talk.said(&pipes, clock);
    match asked {
        Ok((tools, revision)) => Ok(Inventory {
            tools,
            revision: revision.name(),
            diagnostics,
        }),
        Err(None) => Err(Unlisted {
            error: AskError::Late(patience.as_secs()),
            diagnostics,
        }),
        Err(Some(error)) => Err(Unlisted { error, diagnostics }),
    }
}

/// How a server ended whose stdout is closed: its last process has a moment to be gone.
fn last(process: &mut impl Process) -> Exit {
    let mut fds = [PollFd::from_borrowed_fd(process.ended(), PollFlags::IN)];
    let moment = Timespec {
        tv_sec: 0,
        tv_nsec: 500_000_000,
    };
    let _found = poll(&mut fds, Some(&moment));
    process.exit().unwrap_or(Exit::Unknown)
}

struct Talk {
    asking: Asking,
    lines: LineBuffer,
    outgoing: Vec<u8>,
    stderr: Stderr,
    diagnostics: Vec<u8>,
    complains: bool,
    ended: bool,
}

impl Talk {
    /// The tools; no error at all when the time is over.
    fn until_known(
        &mut self,
        process: &mut impl Process,
        pipes: &Pipes,
        until: Duration,
        clock: &impl Clock,
    ) -> Result<(Vec<Tool>, Revision), Option<AskError>> {
        loop {
            if let Some(found) = self.asking.finished() {
                return Ok(found);
            }
            let left = until.checked_sub(clock.now().elapsed).ok_or(None)?;
            if self.ended {
                return Err(Some(AskError::Ended(last(process))));
            }
            self.wait(process, pipes, left);
            self.turn(pipes, clock).map_err(Some)?;
        }
    }

    /// Sleeps until something can be done.
    fn wait(&self, process: &impl Process, pipes: &Pipes, left: Duration) {
        // An end that is closed is always ready, so it is not waited for.
        let mut fds = vec![
            PollFd::from_borrowed_fd(pipes.stdout.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(process.ended(), PollFlags::IN),
        ];
        if self.complains {
            fds.push(PollFd::from_borrowed_fd(
                pipes.stderr.as_fd(),
                PollFlags::IN,
            ));
        }
        if !self.outgoing.is_empty() {
            fds.push(PollFd::from_borrowed_fd(
                pipes.stdin.as_fd(),
                PollFlags::OUT,
            ));
        }
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        let _found = poll(&mut fds, Some(&timeout));
    }

    /// Takes a piece of what the server wrote to stderr; `false` when there is none now.
    fn listen(&mut self, pipes: &Pipes, clock: &impl Clock) -> bool {
        let mut scratch = [0; 4096];
        match read(&pipes.stderr, &mut scratch) {
            Read::Bytes(count) => {
                let said = scratch.get(..count).unwrap_or_default();
                self.stderr.push(said, clock.now().elapsed);
                self.keep_diagnostics();
                return true;
            }
            Read::Later => {}
            Read::End => self.complains = false,
        }
        false
    }

    fn turn(&mut self, pipes: &Pipes, clock: &impl Clock) -> Result<(), AskError> {
        self.listen(pipes, clock);
        match read(&pipes.stdout, self.lines.spare()) {
            Read::Bytes(count) => self.lines.filled(count),
            Read::Later => {}
            Read::End => self.ended = true,
        }
        while let Some(frame) = self.lines.next_frame() {
            if let Frame::Line(line) = frame {
                let out = self.asking.line(line)?;
                self.outgoing.extend(out);
            }
        }
        if !self.outgoing.is_empty() {
            match write(&pipes.stdin, [&self.outgoing, &[]]) {
                Wrote::Bytes(count) => {
                    self.outgoing.drain(..count.min(self.outgoing.len()));
                }
                Wrote::Later => {}
                Wrote::Broken => self.ended = true,
            }
        }
        Ok(())
    }

    fn keep_diagnostics(&mut self) {
        let said = self.stderr.outgoing();
        let room = DIAGNOSTICS.saturating_sub(self.diagnostics.len());
        let kept = said.get(..room.min(said.len())).unwrap_or_default();
        self.diagnostics.extend_from_slice(kept);
        self.stderr.wrote(said.len());
    }

    fn said(&mut self, pipes: &Pipes, clock: &impl Clock) -> String {
        while self.diagnostics.len() < DIAGNOSTICS && self.listen(pipes, clock) {}
        self.stderr.finish(clock.now().elapsed);
        self.keep_diagnostics();
        String::from_utf8_lossy(&self.diagnostics).into_owned()
    }
}

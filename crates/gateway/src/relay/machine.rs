//! Two lanes, a judge between them, and how it ends.

use std::time::Duration;

use interlock_audit::BatchReceipt;

use super::judge::{Judge, Ruling, Setup};
use super::lane::{Lane, Next};
use super::life::{Life, Why};
use crate::clock::Now;
use crate::journal::{Direction, Journal};
use crate::outcome::Exit;

/// See the module's head.
pub(crate) struct Relay {
    /// From the client to the server.
    pub(super) up: Lane,
    /// From the server to the client.
    pub(super) down: Lane,
    pub(super) judge: Judge,
    pub(super) life: Life,
}

/// A call without the proof that it was recorded. Nothing was released.
#[derive(Debug)]
pub(super) struct NoReceipt;

impl Relay {
    pub(crate) fn new(setup: Setup, now: Now) -> Self {
        let most = setup.limits.max_message;
        Self {
            up: Lane::new(most),
            down: Lane::new(most),
            judge: Judge::new(setup, now),
            life: Life::new(),
        }
    }

    /// Why it ended, once it has.
    pub(crate) fn why(&self) -> Option<Why> {
        self.life.why()
    }

    /// Whether the server ever spoke MCP.
    pub(crate) fn has_spoken(&self) -> bool {
        self.judge.has_spoken()
    }

    /// Whether what it said was something else.
    pub(crate) fn is_foreign(&self) -> bool {
        self.judge.is_foreign()
    }

    /// What an end means, in words for the client.
    pub(crate) fn ending(&self, exit: Exit) -> String {
        self.judge.ending(self.life.why(), exit)
    }

    /// Whether the client is to be read. Answers that it does not read stop that.
    pub(super) fn wants_client(&self) -> bool {
        self.up.wants_input() && !self.down.is_crowded()
    }

    /// Whether the server is to be read.
    pub(super) fn wants_server(&self) -> bool {
        self.down.wants_input() && !self.up.is_crowded()
    }

    /// Whether everything that the client will ever send is with the server.
    pub(super) fn has_said_all(&self) -> bool {
        self.up.is_closed() && self.up.is_flushed() && !self.down.is_crowded()
    }

    /// Judges every whole line that came. Nothing leaves before [`Relay::release`].
    pub(super) fn judge(&mut self, now: Now, journal: &mut Journal) {
        self.judge.tick(now);
        self.judge_client(now, journal);
        self.judge_server(now, journal);
        if self.judge.failed_gate(now) {
            self.up.close();
            self.life.end(Why::NotMcp, now.elapsed);
        }
    }

    fn judge_client(&mut self, now: Now, journal: &mut Journal) {
        while !self.down.is_crowded() {
            let (line, ruling) = match self.up.next() {
                Next::Nothing => break,
                Next::Line(line) => {
                    let ruling = self.judge.client_line(self.up.line(&line), now, journal);
                    (line, ruling)
                }
                Next::TooLong(line) => {
                    let ruling = self
                        .judge
                        .long_client_line(self.up.line(&line), now, journal);
                    (line, ruling)
                }
            };
            match ruling {
                Ruling::Pass => self.up.pass(line),
                Ruling::Drop => self.up.skip(&line),
                Ruling::Replace(bytes) => self.up.replace(&line, &bytes),
                Ruling::Answer(bytes) => {
                    self.up.skip(&line);
                    self.down.inject(&bytes);
                }
            }
        }
        if self.up.is_closed() && self.up.leftover() > 0 && !self.down.is_crowded() {
            let bytes = self.up.drop_leftover();
            journal.reject(now, Direction::ToServer, "no-line-end", bytes, None);
        }
    }

    fn judge_server(&mut self, now: Now, journal: &mut Journal) {
        while !self.up.is_crowded() {
            let (line, ruling) = match self.down.next() {
                Next::Nothing => break,
                Next::Line(line) => {
                    let ruling = self.judge.server_line(self.down.line(&line), now, journal);
                    (line, ruling)
                }
                Next::TooLong(line) => {
                    let ruling = self
                        .judge
                        .long_server_line(self.down.line(&line), now, journal);
                    (line, ruling)
                }
            };
            match ruling {
                Ruling::Pass => self.down.pass(line),
                Ruling::Drop => self.down.skip(&line),
                Ruling::Replace(bytes) => self.down.replace(&line, &bytes),
                Ruling::Answer(bytes) => {
                    self.down.skip(&line);
                    self.up.inject(&bytes);
                }
            }
        }
        if self.down.is_closed() && self.down.leftover() > 0 && !self.up.is_crowded() {
            let bytes = self.down.drop_leftover();
            self.judge.stray(bytes);
        }
    }

    /// Lets what was judged leave. Each tool call among it consumes a receipt.
    pub(super) fn release(&mut self, receipts: Option<BatchReceipt>) -> Result<(), NoReceipt> {
        let calls = self.judge.take_unreleased();
        let recorded = match receipts {
            Some(mut receipts) => (0..calls).all(|_| receipts.take().is_some()),
            None => calls == 0,
        };
        if !recorded {
            return Err(NoReceipt);
        }
        self.up.release();
        self.down.release();
        Ok(())
    }

    /// What was judged could not be recorded, so it never leaves.
    pub(super) fn abandon(&mut self) {
        self.up.close();
        self.up.retract();
        self.down.retract();
    }

    /// The server is gone: every open request of the client gets an error that says why.
    pub(super) fn answer_open(&mut self, exit: Exit, now: Now, journal: &mut Journal) {
        self.up.close();
        self.up.discard_output();
        let answers = self.judge.answer_open(self.life.why(), exit, now, journal);
        self.down.inject(&answers);
        // These are our own words; nothing that they announce is still to happen.
        self.down.release();
    }

    /// When the next deadline is.
    pub(super) fn due(&self) -> Option<Duration> {
        // A gate that has closed is not waited for again.
        let gate = self.judge.due().filter(|_| self.life.is_running());
        [self.life.due(), gate].into_iter().flatten().min()
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;

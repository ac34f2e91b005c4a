//! The front of a server that does not run: every request is answered with the reason.
//!
//! A client that starts us waits for an answer to its first request; told nothing, it would show a crash or a time-out.
//! In either era, an error that names the command to run is what it can show its user.

use std::os::fd::AsFd;
use std::time::Duration;

use interlock_wire::error_reply::{REFUSED, refusal};
use interlock_wire::{Kind, Limits, parse};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::clock::Clock;
use crate::front::Client;
use crate::io::{Read, Reader, Writer, Wrote};
use crate::relay::lane::{Lane, Next};

/// How long a client that says nothing is kept when there is nothing behind us.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Tells a client why nothing could be tried for it: whatever it asks, until it closes or says nothing for long.
///
/// For callers that cannot even gather what [`run`](crate::run) needs.
pub fn turn_away(client: &Client<'_>, why: &str, clock: &impl Clock) {
    refuse(client, why, &Limits::default(), PATIENCE, clock);
}

/// Answers the client until it closes, until a signal comes, or until nothing came for `patience`.
pub(crate) fn refuse(
    client: &Client<'_>,
    message: &str,
    limits: &Limits,
    patience: Duration,
    clock: &impl Clock,
) {
    let mut front = Front::new(limits, message);
    let (input, output) = (Reader::new(client.input), Writer::new(client.output));
    let mut until = clock.now().elapsed + patience;
    loop {
        let now = clock.now().elapsed;
        if now >= until || front.is_over() {
            return;
        }
        let interest = match front.wants_input() {
            true => PollFd::from_borrowed_fd(input.as_fd(), PollFlags::IN),
            false => PollFd::from_borrowed_fd(output.as_fd(), PollFlags::OUT),
        };
        let signals = PollFd::from_borrowed_fd(client.signals.as_fd(), PollFlags::IN);
        let mut fds = [interest, signals];
        let left = until - now;
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        // An interrupted poll is a poll that found nothing.
        let _found = poll(&mut fds, Some(&timeout));
        let [interest, signals] = fds.map(|fd| !fd.revents().is_empty());
        if signals && client.signals.take() > 0 {
            return;
        }
        if interest && !front.turn(&input, &output) {
            return;
        }
        if interest {
            until = clock.now().elapsed + patience;
        }
    }
}

/// The two lanes of a front with nothing behind it.
struct Front<'a> {
    asked: Lane,
    answers: Lane,
    limits: &'a Limits,
    message: &'a str,
}

impl<'a> Front<'a> {
    fn new(limits: &'a Limits, message: &'a str) -> Self {
        Self {
            asked: Lane::new(limits.max_message),
            answers: Lane::new(0),
            limits,
            message,
        }
    }

    fn wants_input(&self) -> bool {
        self.answers.is_flushed()
    }

    fn is_over(&self) -> bool {
        self.asked.is_closed() && self.answers.is_flushed()
    }

    /// Reads or writes what a poll announced; `false` when nobody is there any more.
    fn turn(&mut self, input: &Reader<impl AsFd>, output: &Writer<impl AsFd>) -> bool {
        if self.wants_input() {
            let Ok(space) = self.asked.space() else {
                return false;
            };
            match input.read(space) {
                Read::Bytes(count) => self.asked.filled(count),
                Read::Later => {}
                Read::End => self.asked.close(),
            }
        }
        loop {
            self.answer();
            if !self.answers.has_output() {
                return true;
            }
            match output.write(self.answers.outgoing()) {
                Wrote::Bytes(count) => self.answers.wrote(count),
                Wrote::Later => return true,
                Wrote::Broken => return false,
            }
            if output.waits() {
                return true;
            }
        }
    }

    fn answer(&mut self) {
        while !self.answers.is_crowded() {
            let line = match self.asked.next() {
                Next::Nothing => break,
                Next::TooLong(line) => {
                    self.asked.skip(&line);
                    continue;
                }
                Next::Line(line) => line,
            };
            let reply = reply(self.asked.line(&line), self.message, self.limits);
            self.asked.skip(&line);
            if let Some(reply) = reply {
                self.answers.inject(&reply);
            }
        }
        self.answers.release();
    }
}

/// The answer to one line, where it wants one.
fn reply(line: &[u8], message: &str, limits: &Limits) -> Option<Vec<u8>> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let mut reply = match parse(line, limits) {
        Ok(parsed) => match parsed.kind {
            Kind::Request { id, .. } => refusal(Some(&id), REFUSED, message, None),
            _ => return None,
        },
        Err(reject) if reject.response => return None,
        Err(reject) => refusal(Some(&reject.id?), REFUSED, message, None),
    };
    reply.push(b'\n');
    Some(reply)
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;

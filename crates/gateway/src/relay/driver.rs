//! The relay's loop: one poll for everything, then read, judge, record, write.
//!
//! Everything that is ready is judged as one batch; the batch is recorded with one write; only then do its bytes
//! leave. No thread, no runtime, no allocation while messages of ordinary size pass.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::alarm::Alarm;
use super::judge::tell_stray;
use super::life::{Act, Why};
use super::machine::Relay;
use super::rare::{Event, Rare};
use crate::clock::{Clock, Now};
use crate::front::Client;
use crate::io::{Read, Reader, Signals, Writer, Wrote, nonblocking, read, write};
use crate::journal::Journal;
use crate::outcome::Exit;
use crate::stderr::Stderr;

/// A large buffer that was not needed for so long is given back.
const IDLE: Duration = Duration::from_secs(1);

/// How long the last words for people may take to be taken, each piece.
const LAST_WORDS: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

/// What the pipes are asked to hold once large messages come (the most that any user may ask for).
const WIDE: usize = 1024 * 1024;

/// A server's process, as the loop needs it. Its whole tree is gone when the value is dropped.
pub(crate) trait Process {
    /// Readable once the first process has ended.
    fn ended(&self) -> BorrowedFd<'_>;
    /// How it ended, once it has.
    fn exit(&mut self) -> Option<Exit>;
    /// Asks it to end.
    fn terminate(&mut self);
    /// Ends its whole tree.
    fn kill(&mut self);
}

/// Our ends of the server's standard streams.
pub(crate) struct Pipes {
    pub(crate) stdin: OwnedFd,
    pub(crate) stdout: OwnedFd,
    pub(crate) stderr: OwnedFd,
}

/// Runs the relay until it is over. The process is still the caller's: what is left of its tree dies with it.
pub(crate) fn drive<P: Process>(
    relay: &mut Relay,
    process: &mut P,
    pipes: Pipes,
    client: &Client<'_>,
    journal: &mut Journal,
    clock: &impl Clock,
) -> io::Result<Exit> {
    let mut now = clock.now();
    let mut driver = Driver::new(relay, process, pipes, client, journal, now)?;
    loop {
        let ready = driver.wait(now)?;
        now = clock.now();
        if driver.turn(&ready, now)? {
            return Ok(driver.exit.unwrap_or(Exit::Unknown));
        }
    }
}

struct Driver<'a, P> {
    relay: &'a mut Relay,
    process: &'a mut P,
    journal: &'a mut Journal,
    client_in: Reader<BorrowedFd<'a>>,
    client_out: Writer<BorrowedFd<'a>>,
    diagnostics: Option<BorrowedFd<'a>>,
    signals: &'a Signals,
    server_in: Option<OwnedFd>,
    server_out: Option<OwnedFd>,
    server_err: Option<OwnedFd>,
    stderr: Stderr,
    exit: Option<Exit>,
    client_gone: bool,
    flush_until: Option<Duration>,
    large_until: Option<Duration>,
    wide: bool,
    rare: Rare,
    alarm: Alarm,
    scratch: Box<[u8]>,
}

/// What a poll found.
#[derive(Debug, Default)]
struct Ready {
    client_in: bool,
    client_hangup: bool,
    client_out: bool,
    server_in: bool,
    server_out: bool,
    server_err: bool,
    diagnostics: bool,
    ended: bool,
    signals: bool,
    alarm: bool,
}

impl Ready {
    fn note(&mut self, event: Event) {
        match event {
            Event::Signal => self.signals = true,
            Event::Ended => self.ended = true,
            Event::Stderr => self.server_err = true,
            Event::Alarm => self.alarm = true,
        }
    }
}

impl<'a, P: Process> Driver<'a, P> {
    fn new(
        relay: &'a mut Relay,
        process: &'a mut P,
        pipes: Pipes,
        client: &Client<'a>,
        journal: &'a mut Journal,
        now: Now,
    ) -> io::Result<Self> {
        for pipe in [&pipes.stdin, &pipes.stdout, &pipes.stderr] {
            nonblocking(pipe)?;
        }
        let rare = Rare::new()?;
        rare.add(Event::Signal, client.signals)?;
        rare.add(Event::Ended, process.ended())?;
        rare.add(Event::Stderr, &pipes.stderr)?;
        let alarm = Alarm::new()?;
        rare.add(Event::Alarm, &alarm)?;
        Ok(Self {
            relay,
            process,
            journal,
            client_in: Reader::new(client.input),
            client_out: Writer::new(client.output),
            diagnostics: Some(client.diagnostics),
            signals: client.signals,
            server_in: Some(pipes.stdin),
            server_out: Some(pipes.stdout),
            server_err: Some(pipes.stderr),
            stderr: Stderr::new(now.elapsed),
            exit: None,
            client_gone: false,
            flush_until: None,
            large_until: None,
            wide: false,
            rare,
            alarm,
            scratch: vec![0; 8 * 1024].into_boxed_slice(),
        })
    }

    /// Sleeps until something is ready or due.
    fn wait(&mut self, now: Now) -> io::Result<Ready> {
        self.alarm.set(self.due(), now.elapsed)?;
        let mut set = PollSet::new(self.rare.as_fd());
        self.interests(&mut set);
        let fds = set.fds.get_mut(..set.len).unwrap_or_default();
        match poll(fds, None) {
            Ok(_) | Err(Errno::INTR) => Ok(set.ready(&self.rare)),
            Err(error) => Err(error.into()),
        }
    }

    fn interests<'s>(&'s self, set: &mut PollSet<'s>) {
        set.add(Who::Rare, self.rare.as_fd(), PollFlags::IN);
        let client_out = self.relay.down.has_output();
        if self.relay.wants_client() {
            set.add(Who::ClientIn, self.client_in.as_fd(), PollFlags::IN);
        } else if self.relay.life.is_running() {
            set.add(
                Who::ClientHangup,
                self.client_in.as_fd(),
                PollFlags::empty(),
            );
        }
        if client_out {
            set.add(Who::ClientOut, self.client_out.as_fd(), PollFlags::OUT);
        }
        if let Some(fd) = self
            .server_in
            .as_ref()
            .filter(|_| self.relay.up.has_output())
        {
            set.add(Who::ServerIn, fd.as_fd(), PollFlags::OUT);
        }
        if let Some(fd) = self
            .server_out
            .as_ref()
            .filter(|_| self.relay.wants_server())
        {
            set.add(Who::ServerOut, fd.as_fd(), PollFlags::IN);
        }
        if let Some(fd) = self
            .diagnostics
            .filter(|_| !self.stderr.outgoing().is_empty())
        {
            set.add(Who::Diagnostics, fd, PollFlags::OUT);
        }
    }

    fn due(&self) -> Option<Duration> {
        [self.relay.due(), self.large_until, self.flush_until]
            .into_iter()
            .flatten()
            .min()
    }

    /// One turn; `true` when it is over.
    fn turn(&mut self, ready: &Ready, now: Now) -> io::Result<bool> {
        if ready.alarm {
            self.alarm.rang();
        }
        self.take_signals(ready, now);
        self.read_client(ready, now)?;
        self.read_server(ready)?;
        self.read_stderr(ready, now);
        self.see_end(ready, now);
        self.judge(now);
        self.write_server();
        self.write_client(ready.client_out, now);
        self.write_diagnostics(ready.diagnostics);
        self.keep_time(now);
        Ok(self.act(now))
    }

    fn take_signals(&mut self, ready: &Ready, now: Now) {
        if !ready.signals {
            return;
        }
        self.relay.up.close();
        for _ in 0..self.signals.take() {
            if self.relay.life.is_running() {
                self.relay.life.end(Why::Stopped, now.elapsed);
            } else {
                self.relay.life.hurry(now.elapsed);
            }
        }
    }

    fn read_client(&mut self, ready: &Ready, now: Now) -> io::Result<()> {
        if ready.client_hangup {
            // The server does not take what was read already. What is left in the pipe still goes to it, but it
            // has the time of a closed client to take it.
            self.relay.life.end(Why::ClientClosed, now.elapsed);
        }
        if !ready.client_in {
            return Ok(());
        }
        match self.client_in.read(self.relay.up.space()?) {
            Read::Bytes(count) => self.relay.up.filled(count),
            Read::Later => {}
            Read::End => {
                self.relay.up.close();
                self.relay.life.end(Why::ClientClosed, now.elapsed);
            }
        }
        Ok(())
    }

    fn read_server(&mut self, ready: &Ready) -> io::Result<()> {
        let Some(fd) = self.server_out.as_ref().filter(|_| ready.server_out) else {
            return Ok(());
        };
        match read(fd, self.relay.down.space()?) {
            Read::Bytes(count) => self.relay.down.filled(count),
            Read::Later => {}
            Read::End => {
                self.relay.down.close();
                self.server_out = None;
            }
        }
        Ok(())
    }

    fn read_stderr(&mut self, ready: &Ready, now: Now) {
        let Some(fd) = self.server_err.as_ref().filter(|_| ready.server_err) else {
            return;
        };
        match read(fd, &mut self.scratch) {
            Read::Bytes(count) => {
                let bytes = self.scratch.get(..count).unwrap_or_default();
                self.stderr.push(bytes, now.elapsed);
            }
            Read::Later => {}
            Read::End => {
                self.rare.remove(fd);
                self.server_err = None;
            }
        }
    }

    fn see_end(&mut self, ready: &Ready, now: Now) {
        if ready.ended && self.exit.is_none() {
            self.exit = self.process.exit();
            if self.exit.is_some() {
                self.rare.remove(self.process.ended());
                self.relay.life.server_ended(now.elapsed);
                self.server_in = None;
            }
        }
    }

    /// Judges what is there and records it. What cannot be recorded does not leave.
    fn judge(&mut self, now: Now) {
        self.relay.judge(now, self.journal);
        let recorded = match self.journal.commit(now) {
            Ok(receipts) => self.relay.release(receipts).is_ok(),
            Err(_) => false,
        };
        let flushed = self.journal.flush_due(now);
        if !recorded || flushed.is_err() {
            self.relay.abandon();
            self.relay.life.end(Why::Unrecorded, now.elapsed);
        }
        self.flush_until = flushed.ok().flatten().map(|after| now.elapsed + after);
    }

    fn write_server(&mut self) {
        let Some(fd) = &self.server_in else {
            self.relay.up.discard_output();
            return;
        };
        if self.relay.up.has_output() {
            match write(fd, self.relay.up.outgoing()) {
                Wrote::Bytes(count) => self.relay.up.wrote(count),
                Wrote::Later => {}
                Wrote::Broken => self.server_in = None,
            }
        }
        if self.relay.has_said_all() {
            self.server_in = None;
        }
    }

    fn write_client(&mut self, ready: bool, now: Now) {
        if self.client_gone {
            self.relay.down.discard_output();
            return;
        }
        // What cannot be made non-blocking is written after a poll only.
        if !self.relay.down.has_output() || (self.client_out.waits() && !ready) {
            return;
        }
        match self.client_out.write(self.relay.down.outgoing()) {
            Wrote::Bytes(count) => self.relay.down.wrote(count),
            Wrote::Later => {}
            Wrote::Broken => {
                self.client_gone = true;
                self.relay.down.discard_output();
                self.relay.life.end(Why::ClientClosed, now.elapsed);
            }
        }
    }

    fn write_diagnostics(&mut self, ready: bool) {
        let Some(fd) = self.diagnostics.filter(|_| ready) else {
            return;
        };
        // In pieces for which a poll's promise holds: the description may be shared, so it stays as it is.
        let bytes = self.stderr.outgoing();
        match write(fd, [bytes.get(..4096).unwrap_or(bytes), &[]]) {
            Wrote::Bytes(count) => self.stderr.wrote(count),
            Wrote::Later => {}
            Wrote::Broken => {
                self.diagnostics = None;
                self.stderr.discard();
            }
        }
    }

    /// Gives the memory of large messages back when none came for a while.
    fn keep_time(&mut self, now: Now) {
        let large = self.relay.up.is_large() || self.relay.down.is_large();
        match self.large_until {
            None if large => {
                self.large_until = Some(now.elapsed + IDLE);
                self.widen();
            }
            Some(until) if now.elapsed >= until => {
                self.relay.up.tidy();
                self.relay.down.tidy();
                self.large_until = None;
            }
            _ => {}
        }
    }

    /// Lets the pipes hold more, so that a large message takes fewer turns. What is no pipe, or may not grow, stays.
    fn widen(&mut self) {
        if std::mem::replace(&mut self.wide, true) {
            return;
        }
        let ours = [&self.server_in, &self.server_out].into_iter().flatten();
        let client = [self.client_in.as_fd(), self.client_out.as_fd()];
        for fd in ours.map(AsFd::as_fd).chain(client) {
            let _kept = rustix::pipe::fcntl_setpipe_size(fd, WIDE);
        }
    }

    fn act(&mut self, now: Now) -> bool {
        let drained = self.server_out.is_none() && self.server_err.is_none();
        let flushed = self.relay.down.is_flushed();
        match self.relay.life.act(now.elapsed, drained, flushed) {
            Act::Wait => false,
            Act::Terminate => {
                self.server_in = None;
                self.process.terminate();
                false
            }
            Act::Kill => {
                self.server_in = None;
                self.process.kill();
                false
            }
            Act::Answer => {
                self.relay
                    .answer_open(self.exit.unwrap_or(Exit::Unknown), now, self.journal);
                self.relay.life.answered(now.elapsed);
                self.finish_stderr(now);
                self.write_client(false, now);
                false
            }
            Act::Leave => true,
        }
    }

    fn finish_stderr(&mut self, now: Now) {
        self.stderr.finish(now.elapsed);
        let cut = self.stderr.left_out();
        if cut.lines > 0 {
            tell_stray("stderr", cut, now, self.journal);
        }
        self.flush_diagnostics();
    }

    /// Writes what is left for people, as long as somebody takes it.
    fn flush_diagnostics(&mut self) {
        while let Some(fd) = self
            .diagnostics
            .filter(|_| !self.stderr.outgoing().is_empty())
        {
            let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::OUT)];
            let found = poll(&mut fds, Some(&LAST_WORDS));
            if found != Ok(1) {
                return;
            }
            self.write_diagnostics(true);
        }
    }
}

/// Whose descriptor is polled.
#[derive(Debug, Clone, Copy)]
enum Who {
    Rare,
    ClientIn,
    ClientHangup,
    ClientOut,
    ServerIn,
    ServerOut,
    Diagnostics,
}

/// All that one poll can wait for, on the stack.
struct PollSet<'a> {
    fds: [PollFd<'a>; 7],
    who: [Who; 7],
    len: usize,
}

impl<'a> PollSet<'a> {
    fn new(any: BorrowedFd<'a>) -> Self {
        Self {
            fds: std::array::from_fn(|_| PollFd::from_borrowed_fd(any, PollFlags::empty())),
            who: [Who::Rare; 7],
            len: 0,
        }
    }

    fn add(&mut self, who: Who, fd: BorrowedFd<'a>, flags: PollFlags) {
        if let (Some(slot), Some(name)) = (self.fds.get_mut(self.len), self.who.get_mut(self.len)) {
            *slot = PollFd::from_borrowed_fd(fd, flags);
            *name = who;
            self.len += 1;
        }
    }

    fn ready(&self, rare: &Rare) -> Ready {
        let mut ready = Ready::default();
        for (fd, who) in self.fds.iter().zip(self.who).take(self.len) {
            let is = !fd.revents().is_empty();
            match who {
                Who::Rare if is => rare.take().for_each(|event| ready.note(event)),
                Who::Rare => {}
                Who::ClientIn => ready.client_in = is,
                Who::ClientHangup => ready.client_hangup = is,
                Who::ClientOut => ready.client_out = is,
                Who::ServerIn => ready.server_in = is,
                Who::ServerOut => ready.server_out = is,
                Who::Diagnostics => ready.diagnostics = is,
            }
        }
        ready
    }
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;

//! A client over standard streams: calls one after the other, or many in flight.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use crate::Fallible;
use crate::figures::percentile;
use crate::lines::Lines;
use crate::machine::{Tree, pin};
use crate::message::{Call, Era, INITIALIZED, id_of, initialize};

/// The generator's core.
pub const OUR_CORE: usize = 0;
/// The core of everything that is measured.
pub const THEIR_CORE: usize = 1;
/// How long a silent server is waited for.
const PATIENCE: Timespec = Timespec {
    tv_sec: 30,
    tv_nsec: 0,
};
/// Of what waits to be written, at most about so much is made at a time.
const AHEAD: usize = 4 << 20;

/// What one run of calls cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Microseconds from the write of a call to its answer, at the median.
    pub p50: f64,
    /// The same for the slowest in a hundred.
    pub p99: f64,
    /// Calls in a second of wall time.
    pub calls: f64,
    /// Microseconds of processor time a call, of the whole tree.
    pub cpu: f64,
}

/// A running server, or whatever stands before it, after its handshake.
#[derive(Debug)]
pub struct Session {
    child: Child,
    input: ChildStdin,
    output: Lines<ChildStdout>,
    id: u64,
}

impl Session {
    /// Starts it on the measured core and opens the session.
    ///
    /// # Errors
    /// When it does not start or does not answer.
    pub fn open(command: &mut Command) -> Fallible<Self> {
        Self::open_in(command, Era::Legacy)
    }

    /// The same in either era; the modern one has no handshake.
    ///
    /// # Errors
    /// When it does not start or does not answer.
    pub fn open_in(command: &mut Command, era: Era) -> Fallible<Self> {
        let mut session = spawned(command)?;
        if era == Era::Modern {
            return Ok(session);
        }
        match session.initialize() {
            Ok(()) => Ok(session),
            Err(error) => {
                session.close();
                Err(error)
            }
        }
    }

    fn initialize(&mut self) -> Fallible<()> {
        self.input.write_all(initialize().as_bytes())?;
        self.input.write_all(b"\n")?;
        self.wait_for(0, |answer| {
            if memchr::memmem::find(answer, b"\"protocolVersion\"").is_some() {
                Ok(())
            } else {
                Err(String::from_utf8_lossy(answer).into_owned().into())
            }
        })?;
        self.input.write_all(INITIALIZED.as_bytes())?;
        Ok(self.input.write_all(b"\n")?)
    }

    /// The processes as they are now.
    #[must_use]
    pub fn tree(&self) -> Tree {
        Tree::of(self.child.id())
    }

    /// One call whose answer is compared byte by byte.
    ///
    /// # Errors
    /// When it is another.
    pub fn verify(&mut self, call: &Call) -> Fallible<()> {
        let id = self.send(call)?;
        self.wait_for(id, |answer| {
            if call.is_echoed(answer) {
                return Ok(());
            }
            let shown = answer.get(..300).unwrap_or(answer);
            Err(format!("not an echo: {}", String::from_utf8_lossy(shown)).into())
        })
    }

    /// Calls one after the other.
    ///
    /// # Errors
    /// When an answer does not come.
    pub fn sequential(&mut self, call: &Call, count: usize) -> Fallible<Cost> {
        let mut latencies = Vec::with_capacity(count);
        let tree = self.tree();
        let (cpu, begin) = (tree.cpu_nanos(), Instant::now());
        for _ in 0..count {
            let sent = Instant::now();
            let id = self.send(call)?;
            self.wait_for(id, |answer| plausible(call, answer))?;
            latencies.push(sent.elapsed());
        }
        Ok(cost(&latencies, begin.elapsed(), tree.cpu_nanos() - cpu))
    }

    fn send(&mut self, call: &Call) -> io::Result<u64> {
        let id = self.id;
        self.id += 1;
        let mut line = Vec::with_capacity(256);
        call.write(id, &mut line);
        line.push(b'\n');
        self.input.write_all(&line)?;
        Ok(id)
    }

    fn wait_for(&mut self, id: u64, check: impl Fn(&[u8]) -> Fallible<()>) -> Fallible<()> {
        loop {
            let line = self.output.next()?;
            let line = self.output.bytes(line);
            if id_of(line) == Some(id) {
                return check(line);
            }
        }
    }

    /// Calls with `depth` of them in flight.
    ///
    /// # Errors
    /// When an answer does not come.
    pub fn pipelined(&mut self, call: &Call, count: usize, depth: usize) -> Fallible<Cost> {
        for fd in [self.input.as_fd(), self.output.source().as_fd()] {
            fcntl_setfl(fd, fcntl_getfl(fd)? | OFlags::NONBLOCK)?;
        }
        let tree = self.tree();
        let (cpu, begin) = (tree.cpu_nanos(), Instant::now());
        let mut window = Window::new(self.id, count, depth);
        while !window.is_done() {
            window.fill(call);
            window.write(&mut self.input)?;
            wait(&self.input, self.output.source(), window.is_writing())?;
            window.read(call, &mut self.output)?;
        }
        self.id += count as u64;
        let cost = cost(&window.latencies, begin.elapsed(), tree.cpu_nanos() - cpu);
        for fd in [self.input.as_fd(), self.output.source().as_fd()] {
            fcntl_setfl(fd, fcntl_getfl(fd)? - OFlags::NONBLOCK)?;
        }
        Ok(cost)
    }

    /// Closes the session; what does not end by itself is killed.
    pub fn close(self) {
        let Self {
            mut child,
            input,
            mut output,
            ..
        } = self;
        drop(input);
        // Its end shows as the end of its output.
        while output.fill().is_ok() {
            while output.ready().is_some() {}
        }
        reap(&mut child);
    }
}

/// A server on the measured core that was told nothing yet.
fn spawned(command: &mut Command) -> Fallible<Session> {
    let mut child = spawn(command)?;
    let input = child.stdin.take().ok_or("no stdin")?;
    let output = Lines::new(child.stdout.take().ok_or("no stdout")?);
    Ok(Session {
        child,
        input,
        output,
        id: 1,
    })
}

/// Starts a command on the measured core, with its diagnostics thrown away unless `BENCH_STDERR` is set.
///
/// # Errors
/// When it cannot be started.
pub fn spawn(command: &mut Command) -> Fallible<Child> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    if std::env::var_os("BENCH_STDERR").is_none() {
        command.stderr(Stdio::null());
    }
    // A child begins where its parent runs.
    pin(THEIR_CORE)?;
    let child = command.spawn();
    pin(OUR_CORE)?;
    child.map_err(|error| format!("{:?}: {error}", command.get_program()).into())
}

/// Waits for an end that was asked for; kills what does not come to one.
pub fn reap(child: &mut Child) {
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let (_killed, _waited) = (child.kill(), child.wait());
}

fn plausible(call: &Call, answer: &[u8]) -> Fallible<()> {
    if call.is_plausible(answer) {
        return Ok(());
    }
    let shown = answer.get(..300).unwrap_or(answer);
    Err(format!("a short answer: {}", String::from_utf8_lossy(shown)).into())
}

pub(crate) fn cost(latencies: &[Duration], wall: Duration, cpu_nanos: u64) -> Cost {
    let count = latencies.len() as f64;
    let mut micros: Vec<f64> = latencies
        .iter()
        .map(|time| time.as_secs_f64() * 1e6)
        .collect();
    Cost {
        p50: percentile(&mut micros, 50),
        p99: percentile(&mut micros, 99),
        calls: count / wall.as_secs_f64(),
        cpu: cpu_nanos as f64 / 1e3 / count,
    }
}

fn wait(input: &ChildStdin, output: &ChildStdout, writing: bool) -> Fallible<()> {
    let mut fds = [
        PollFd::new(output, PollFlags::IN),
        PollFd::new(
            input,
            if writing {
                PollFlags::OUT
            } else {
                PollFlags::empty()
            },
        ),
    ];
    match poll(&mut fds, Some(&PATIENCE))? {
        0 => Err("no answer within 30 s".into()),
        _ => Ok(()),
    }
}

/// The calls in flight.
struct Window {
    first: u64,
    count: usize,
    depth: usize,
    sent: Vec<Instant>,
    latencies: Vec<Duration>,
    waiting: Vec<u8>,
    written: usize,
}

impl Window {
    fn new(first: u64, count: usize, depth: usize) -> Self {
        Self {
            first,
            count,
            depth,
            sent: Vec::with_capacity(count),
            latencies: Vec::with_capacity(count),
            waiting: Vec::new(),
            written: 0,
        }
    }

    fn is_done(&self) -> bool {
        self.latencies.len() >= self.count
    }

    fn is_writing(&self) -> bool {
        self.written < self.waiting.len()
    }

    fn fill(&mut self, call: &Call) {
        while self.sent.len() < self.count
            && self.sent.len() - self.latencies.len() < self.depth
            && self.waiting.len() - self.written < AHEAD
        {
            call.write(self.first + self.sent.len() as u64, &mut self.waiting);
            self.waiting.push(b'\n');
            self.sent.push(Instant::now());
        }
    }

    fn write(&mut self, input: &mut ChildStdin) -> io::Result<()> {
        while let Some(bytes) = self
            .waiting
            .get(self.written..)
            .filter(|rest| !rest.is_empty())
        {
            match input.write(bytes) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        if !self.is_writing() {
            self.waiting.clear();
            self.written = 0;
        } else if self.written > AHEAD / 4 {
            self.waiting.drain(..self.written);
            self.written = 0;
        }
        Ok(())
    }

    fn read<R: Read>(&mut self, call: &Call, output: &mut Lines<R>) -> Fallible<()> {
        match output.fill() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            other => other?,
        }
        let now = Instant::now();
        while let Some(line) = output.ready() {
            let line = output.bytes(line);
            let index = id_of(line).and_then(|id| id.checked_sub(self.first));
            let Some(sent) = index.and_then(|index| self.sent.get(usize::try_from(index).ok()?))
            else {
                continue;
            };
            plausible(call, line)?;
            self.latencies.push(now - *sent);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server in a shell would be another benchmark; `sed` makes good answers of calls.
    fn echo() -> Command {
        let mut sed = Command::new("sed");
        sed.args([
            "-un",
            r#"s/^{"jsonrpc":"2.0","id":\([0-9]*\),"method":"initialize".*/{"id":\1,"result":{"protocolVersion":"x"}}/p;
               s/^{"jsonrpc":"2.0","id":\([0-9]*\),.*{"text":\(".*"\)}}}$/{"id":\1,"result":{"content":[{"text":\2}]}}/p"#,
        ]);
        sed
    }

    #[test]
    fn calls_are_counted_and_checked() {
        let call = Call::new("echo", 16);
        let mut session = Session::open(&mut echo()).unwrap();
        session.verify(&call).unwrap();
        let one = session.sequential(&call, 50).unwrap();
        let many = session.pipelined(&call, 500, 64).unwrap();
        for cost in [one, many] {
            assert!(cost.p50 > 0.0 && cost.p50 <= cost.p99 && cost.calls > 1.0 && cost.cpu > 0.0);
        }
        session.verify(&call).unwrap();
        session.close();
    }

    #[test]
    fn what_does_not_answer_is_told() {
        assert!(Session::open(&mut Command::new("true")).is_err());
        assert!(Session::open(&mut Command::new("/does/not/exist")).is_err());
        let mut wrong = Command::new("sh");
        wrong.args(["-c", r#"read line; echo '{"id":0,"error":{}}'"#]);
        let error = Session::open(&mut wrong).unwrap_err();
        assert!(error.to_string().contains("error"), "{error}");
    }
}

//! A server that runs on pipes: written to and read from by threads of their own, so that no case can hang.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::era::Era;

/// How long an answer is waited for. Scripts on a busy machine take their time.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A running server. What is left of it when it is dropped is killed.
pub struct Peer {
    child: Child,
    input: Option<Sender<Vec<u8>>>,
    reading: Option<SyncSender<()>>,
    output: Receiver<Vec<u8>>,
    seen: VecDeque<Value>,
    /// The era that [`Peer::call`] speaks.
    pub era: Era,
}

impl Peer {
    /// Starts it, opens the session where the era has one, and reads what it says.
    pub fn open(command: &[String], era: Era) -> Result<Self, String> {
        let mut peer = Self::start(command, era)?;
        peer.read();
        peer.handshake()?;
        Ok(peer)
    }

    /// Starts it and says nothing; nothing is read before [`Peer::read`].
    pub fn start(command: &[String], era: Era) -> Result<Self, String> {
        let (program, arguments) = command.split_first().ok_or("no command")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("`{program}` did not start: {error}"))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let stdin = stdin.ok_or("no stdin")?;
        let stdout = stdout.ok_or("no stdout")?;
        let (input, lines) = channel();
        std::thread::spawn(move || write_all(stdin, &lines));
        let (reading, gate) = sync_channel(1);
        let (give, output) = sync_channel(1 << 16);
        std::thread::spawn(move || {
            if gate.recv().is_ok() {
                read_lines(BufReader::new(stdout), &give);
            }
        });
        Ok(Self {
            child,
            input: Some(input),
            reading: Some(reading),
            output,
            seen: VecDeque::new(),
            era,
        })
    }

    /// Begins to read what the server says.
    pub fn read(&mut self) {
        if let Some(reading) = &self.reading {
            let _begun_already = reading.try_send(());
        }
    }

    /// Lets go of the server's output without reading it.
    pub fn stop_reading(&mut self) {
        self.reading = None;
    }

    /// The handshake of the era.
    pub fn handshake(&mut self) -> Result<(), String> {
        if self.era == Era::Legacy {
            self.send_line(&self.era.initialize("open", "2025-11-25"));
            let answer = self.answer("\"open\"")?;
            if answer.pointer("/result/protocolVersion").is_none() {
                return Err(format!("`initialize` was answered with {answer}"));
            }
            self.send_line(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        }
        Ok(())
    }

    /// Writes bytes as they are.
    pub fn send(&mut self, bytes: impl Into<Vec<u8>>) {
        if let Some(input) = &self.input {
            // A server that is gone shows in what it does not answer.
            let _gone = input.send(bytes.into());
        }
    }

    /// Writes a line.
    pub fn send_line(&mut self, line: &str) {
        self.send(format!("{line}\n"));
    }

    /// Calls a tool, in the peer's era.
    pub fn call(&mut self, id: u64, tool: &str, arguments: Value) {
        let line = self.era.call(id, tool, arguments);
        self.send_line(&line);
    }

    /// The fixture's tool `echo`.
    pub fn echo(&mut self, id: u64, text: &str) {
        self.call(id, "echo", serde_json::json!({ "text": text }));
    }

    /// The server still serves: it echoes.
    pub fn still_echoes(&mut self, id: u64) -> Result<(), String> {
        self.echo(id, "still here");
        expect_text(&self.answer(&id.to_string())?, "still here")
    }

    /// Ends the server's input once everything was written.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// The next message; none at the end of the output.
    pub fn next(&mut self, patience: Duration) -> Result<Option<Value>, String> {
        if let Some(message) = self.seen.pop_front() {
            return Ok(Some(message));
        }
        match self.output.recv_timeout(patience) {
            Ok(line) => message(&line).map(Some),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => Err(format!("nothing was said in {patience:?}")),
        }
    }

    /// The answer with this id, as JSON; other messages are kept for [`Peer::next`].
    pub fn answer(&mut self, id: &str) -> Result<Value, String> {
        let until = Instant::now() + PATIENCE;
        let mut passed = VecDeque::new();
        let found = loop {
            let left = until.saturating_duration_since(Instant::now());
            let message = match self.next(left) {
                Ok(Some(message)) => message,
                Ok(None) => break Err(format!("no answer to {id}: the output ended")),
                Err(error) => break Err(format!("no answer to {id}: {error}")),
            };
            let answers = message.get("result").or(message.get("error")).is_some();
            let wanted =
                serde_json::from_str::<Value>(id).is_ok_and(|id| at(&message, "/id") == &id);
            if answers && wanted {
                break Ok(message);
            }
            passed.push_back(message);
        };
        passed.append(&mut self.seen);
        self.seen = passed;
        found
    }

    /// Everything that is said until the output ends.
    pub fn rest(&mut self) -> Result<Vec<Value>, String> {
        let mut rest = Vec::new();
        while let Some(message) = self.next(PATIENCE)? {
            rest.push(message);
        }
        Ok(rest)
    }

    /// Everything that is said for a while.
    pub fn said_within(&mut self, time: Duration) -> Result<Vec<Value>, String> {
        let until = Instant::now() + time;
        let mut said = Vec::from(std::mem::take(&mut self.seen));
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(line) => said.push(message(&line)?),
                Err(_) => return Ok(said),
            }
        }
    }

    /// How it ended, if it does in time.
    pub fn exit(&mut self, patience: Duration) -> Result<ExitStatus, String> {
        let until = Instant::now() + patience;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(2));
                }
                Ok(None) => return Err(format!("it still runs after {patience:?}")),
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let (_gone, _waited) = (self.child.kill(), self.child.wait());
    }
}

fn write_all(mut stdin: ChildStdin, lines: &Receiver<Vec<u8>>) {
    while let Ok(bytes) = lines.recv() {
        if stdin.write_all(&bytes).is_err() {
            return;
        }
    }
}

fn read_lines(mut stdout: impl BufRead, give: &SyncSender<Vec<u8>>) {
    loop {
        let mut line = Vec::new();
        match stdout.read_until(b'\n', &mut line) {
            Ok(count) if count > 0 && give.send(line).is_ok() => {}
            _ => return,
        }
    }
}

/// Every line is a message of JSON-RPC: the specification's first rule of this transport.
fn message(line: &[u8]) -> Result<Value, String> {
    let shown = || String::from_utf8_lossy(line.get(..200).unwrap_or(line)).into_owned();
    let whole = line
        .strip_suffix(b"\n")
        .ok_or_else(|| format!("half a line: {}", shown()))?;
    let message: Value = serde_json::from_slice(whole)
        .map_err(|error| format!("a line that is no message ({error}): {}", shown()))?;
    match message.get("jsonrpc") {
        Some(version) if version == "2.0" => Ok(message),
        _ => Err(format!("a line that is no message: {}", shown())),
    }
}

/// What is at a JSON pointer; null where there is nothing.
pub fn at<'a>(message: &'a Value, pointer: &str) -> &'a Value {
    message.pointer(pointer).unwrap_or(&Value::Null)
}

/// The answer of `echo`.
pub fn expect_text(answer: &Value, text: &str) -> Result<(), String> {
    let given = answer.pointer("/result/content/0/text");
    if given.and_then(Value::as_str) == Some(text) {
        return Ok(());
    }
    let shown: String = answer.to_string().chars().take(300).collect();
    Err(format!("not the echo of what was sent: {shown}"))
}

/// The code of an error.
pub fn expect_error(answer: &Value) -> Result<i64, String> {
    let code = answer.pointer("/error/code").and_then(Value::as_i64);
    code.ok_or_else(|| format!("not an error: {answer}"))
}

//! An MCP client of `interlock run`, line by line; it waits for every answer, but not for ever.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::world::Said;

/// No answer of a test takes longer, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"tests","version":"1"}}}"#;
pub(crate) const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
pub(crate) const CALL: &str = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"add","arguments":{"a":1,"b":2}}}"#;

/// The newer era: every request says who asks, and nothing was agreed on before.
pub(crate) fn stateless(method: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":"x1","method":"{method}","params":{{"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{{"name":"tests","version":"1"}},"io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
    )
}

pub(crate) struct Client {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    diagnostics: Option<JoinHandle<String>>,
    heard: Vec<String>,
}

impl Client {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut errors = child.stderr.take().unwrap();
        let (send, lines) = sync_channel(1024);
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        let diagnostics = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ended = errors.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Self {
            input: child.stdin.take(),
            child,
            lines,
            diagnostics: Some(diagnostics),
            heard: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// The next line; empty at the end.
    #[track_caller]
    pub(crate) fn receive(&mut self) -> String {
        use std::sync::mpsc::RecvTimeoutError;
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                self.heard.push(line.clone());
                line
            }
            Err(RecvTimeoutError::Disconnected) => String::new(),
            Err(RecvTimeoutError::Timeout) => panic!("no answer within {PATIENCE:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.send(line);
        self.receive()
    }

    #[track_caller]
    pub(crate) fn greet(&mut self) {
        let welcome = self.ask(INITIALIZE);
        assert!(welcome.contains(r#""serverInfo""#), "{welcome}");
        self.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    }

    /// The text that the tool answers with.
    #[track_caller]
    pub(crate) fn call(&mut self) -> String {
        let answer: serde_json::Value = serde_json::from_str(&self.ask(CALL)).unwrap();
        let text = answer["result"]["content"][0]["text"].as_str();
        text.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Says no more, and waits for the end.
    pub(crate) fn close(mut self) -> Said {
        self.input = None;
        self.end()
    }

    /// Waits for the end while the input stays open.
    pub(crate) fn end(mut self) -> Said {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "interlock did not end");
            std::thread::park_timeout(Duration::from_millis(5));
        };
        self.heard.extend(self.lines.iter());
        Said {
            code: status.code().unwrap_or(-1),
            out: self.heard.join("\n"),
            err: self.diagnostics.take().unwrap().join().unwrap(),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

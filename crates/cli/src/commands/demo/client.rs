//! The client of the demonstration: starts `interlock run` as any MCP client would, and speaks to it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use super::world::World;
use crate::exit::{Exit, Failure};

/// A session with a server through `interlock run`.
pub struct Session {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next: u64,
}

fn broken(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Internal, "the demonstration's session broke").because(error)
}

impl Session {
    /// Starts `interlock run` with these words and initialises the session; the answer may be a refusal.
    ///
    /// # Errors
    /// When the process cannot be started or says nothing.
    pub fn start(world: &World, words: &[&str]) -> Result<(Self, Value), Failure> {
        let mut command = world.command(&["run"]);
        command
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| broken(&error))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::new(
                Exit::Internal,
                "the demonstration's session has no pipes",
            ));
        };
        let mut session = Self {
            child,
            input: Some(input),
            output: BufReader::new(output),
            next: 0,
        };
        let hello = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "interlock-demo", "version": env!("CARGO_PKG_VERSION") },
        });
        let answer = session.request("initialize", &hello)?;
        if answer.get("result").is_some() {
            session.send(
                &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string(),
            )?;
        }
        Ok((session, answer))
    }

    /// Sends a request and reads its answer, a result or an error.
    ///
    /// # Errors
    /// When the session is over.
    pub fn request(&mut self, method: &str, parameters: &Value) -> Result<Value, Failure> {
        self.next += 1;
        let request =
            json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": parameters });
        self.send(&request.to_string())?;
        self.answer()
    }

    /// Calls a tool: its text, or why not.
    ///
    /// # Errors
    /// When the session is over.
    pub fn call(
        &mut self,
        tool: &str,
        arguments: &Value,
    ) -> Result<Result<String, String>, Failure> {
        let answer = self.request(
            "tools/call",
            &json!({ "name": tool, "arguments": arguments }),
        )?;
        if let Some(message) = answer.pointer("/error/message").and_then(Value::as_str) {
            return Ok(Err(message.to_owned()));
        }
        let text = answer
            .pointer("/result/content/0/text")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let failed = answer
            .pointer("/result/isError")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        Ok(if failed {
            Err(text.to_owned())
        } else {
            Ok(text.to_owned())
        })
    }

    /// Sends one line as it is.
    ///
    /// # Errors
    /// When the session is over.
    pub fn send(&mut self, line: &str) -> Result<(), Failure> {
        let Some(input) = &mut self.input else {
            return Err(Failure::new(
                Exit::Internal,
                "the demonstration's session is over",
            ));
        };
        writeln!(input, "{line}").map_err(|error| broken(&error))
    }

    /// Reads one answer.
    ///
    /// # Errors
    /// When the session is over.
    pub fn answer(&mut self) -> Result<Value, Failure> {
        let mut line = String::new();
        self.output
            .read_line(&mut line)
            .map_err(|error| broken(&error))?;
        serde_json::from_str(&line).map_err(|error| {
            Failure::new(
                Exit::Internal,
                "the demonstration's session ended without an answer",
            )
            .because(&error)
        })
    }

    /// The process id of `interlock run`.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Closes standard input and waits, as clients do.
    ///
    /// # Errors
    /// When the process cannot be waited for.
    pub fn close(mut self) -> Result<i32, Failure> {
        self.input = None;
        let status = self.child.wait().map_err(|error| broken(&error))?;
        Ok(status.code().unwrap_or(-1))
    }
}

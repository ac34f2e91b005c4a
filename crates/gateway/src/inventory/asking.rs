//! The conversation that lists a server's tools, without IO: lines in, lines out.
//!
//! `initialize` first, because servers of that era may never answer what they do not know; a server that refuses it
//! is asked again in the era without a handshake. Requests of the server's own are answered, so that it does not wait.

use interlock_wire::error_reply::{METHOD_NOT_FOUND, refusal};
use interlock_wire::{Id, Kind, Limits, Message, Method, Revision, json, parse, tools};
use thiserror::Error;

use super::Tool;
use crate::outcome::Exit;

/// Pages and tools that are taken from one server.
const PAGES: usize = 256;
const TOOLS: usize = 4096;

/// Why a server did not list its tools.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AskError {
    /// It answered with an error.
    #[error("it answered `{method}` with error {code}: {message}")]
    Refused {
        /// What it was asked.
        method: &'static str,
        /// The error's code.
        code: i64,
        /// Its message, made harmless.
        message: String,
    },
    /// Its answer is not what the protocol says.
    #[error("its answer to `{0}` is not what the protocol says")]
    Answer(&'static str),
    /// It has more tools, or pages, than anyone could look at.
    #[error("it lists more than {TOOLS} tools on {PAGES} pages")]
    TooMany,
    /// Two tools have one name.
    #[error("two of its tools are called `{0}`")]
    Twice(String),
    /// It did not answer in time.
    #[error("it did not answer within {0} s")]
    Late(u64),
    /// It ended.
    #[error("it ended with {0}; its stderr may say why")]
    Ended(Exit),
}

/// What the conversation waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Initialize,
    Discover,
    List(Revision),
    Done(Revision),
}

/// See the module's head.
#[derive(Debug)]
pub(super) struct Asking {
    phase: Phase,
    id: i64,
    pages: usize,
    tools: Vec<Tool>,
    limits: Limits,
}

const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"interlock","version":"0.1.0"},"io.modelcontextprotocol/clientCapabilities":{}}"#;

impl Asking {
    /// The conversation and its first line.
    pub(super) fn new(limits: Limits) -> (Self, Vec<u8>) {
        let asking = Self {
            phase: Phase::Initialize,
            id: 1,
            pages: 0,
            tools: Vec::new(),
            limits,
        };
        let first = br#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"interlock","version":"0.1.0"}}}"#;
        (asking, ended(first.to_vec()))
    }

    /// The tools, once all are there.
    pub(super) fn finished(&mut self) -> Option<(Vec<Tool>, Revision)> {
        match self.phase {
            Phase::Done(revision) => Some((std::mem::take(&mut self.tools), revision)),
            _ => None,
        }
    }

    /// Takes a line of the server; gives what to send. What is no message of MCP is passed over.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<Vec<u8>, AskError> {
        let Ok(message) = parse(line, &self.limits) else {
            return Ok(Vec::new());
        };
        match &message.kind {
            Kind::Request { id, .. } => Ok(answer(id, message.method())),
            Kind::Notification { .. } => Ok(Vec::new()),
            Kind::Response { id, result } if *id == Id::Number(self.id) => self.result(result),
            Kind::Error {
                id: Some(id),
                error,
            } if *id == Id::Number(self.id) => self.refused(&message, error),
            _ => Ok(Vec::new()),
        }
    }

    fn result(&mut self, result: &[u8]) -> Result<Vec<u8>, AskError> {
        match self.phase {
            Phase::Initialize => {
                let version = json::member(result, "protocolVersion").and_then(json::as_str);
                let revision = version.and_then(|version| Revision::from_name(&version));
                let revision = revision.ok_or(AskError::Answer("initialize"))?;
                self.phase = Phase::List(revision);
                let mut out =
                    ended(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_vec());
                out.extend(self.list(None));
                Ok(out)
            }
            Phase::Discover => {
                self.phase = Phase::List(Revision::V2026_07_28);
                Ok(self.list(None))
            }
            Phase::List(revision) => self.page(result, revision),
            Phase::Done(_) => Ok(Vec::new()),
        }
    }

    fn page(&mut self, result: &[u8], revision: Revision) -> Result<Vec<u8>, AskError> {
        if !json::member(result, "tools").is_some_and(|tools| tools.starts_with(b"[")) {
            return Err(AskError::Answer("tools/list"));
        }
        for tool in tools::definitions(result) {
            let digest = tools::digest(tool.raw).map_err(|_| AskError::Answer("tools/list"))?;
            if self.tools.iter().any(|known| known.name == tool.name) {
                return Err(AskError::Twice(crate::text::visible(&tool.name)));
            }
            self.tools.push(Tool {
                name: tool.name.into_owned(),
                definition: tool.raw.to_vec(),
                digest,
            });
        }
        self.pages += 1;
        if self.tools.len() > TOOLS || self.pages > PAGES {
            return Err(AskError::TooMany);
        }
        match json::member(result, "nextCursor").filter(|cursor| cursor.starts_with(b"\"")) {
            Some(cursor) => Ok(self.list(Some(cursor))),
            None => {
                self.phase = Phase::Done(revision);
                Ok(Vec::new())
            }
        }
    }

    fn refused(&mut self, message: &Message<'_>, error: &[u8]) -> Result<Vec<u8>, AskError> {
        let method = match self.phase {
            // Of the era without a handshake, or so it says: ask in that one's words.
            Phase::Initialize => {
                self.phase = Phase::Discover;
                return Ok(self.request("server/discover", META));
            }
            // A server without tools may not know the question.
            Phase::List(revision) if message.error_code() == Some(METHOD_NOT_FOUND) => {
                self.phase = Phase::Done(revision);
                return Ok(Vec::new());
            }
            Phase::Discover => "server/discover",
            Phase::List(_) | Phase::Done(_) => "tools/list",
        };
        let text = json::member(error, "message").and_then(json::as_str);
        let text: String = text.unwrap_or_default().chars().take(500).collect();
        Err(AskError::Refused {
            method,
            code: message.error_code().unwrap_or_default(),
            message: crate::text::visible(&text),
        })
    }

    fn list(&mut self, cursor: Option<&[u8]>) -> Vec<u8> {
        let modern = self.phase == Phase::List(Revision::V2026_07_28);
        let cursor = cursor.map(|raw| format!("\"cursor\":{}", String::from_utf8_lossy(raw)));
        let params: Vec<&str> = [Some(META).filter(|_| modern), cursor.as_deref()]
            .into_iter()
            .flatten()
            .collect();
        self.request("tools/list", &params.join(","))
    }

    fn request(&mut self, method: &str, params: &str) -> Vec<u8> {
        self.id += 1;
        let id = self.id;
        let line =
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{params}}}}}"#);
        ended(line.into_bytes())
    }
}

/// What a server gets that asks something itself.
fn answer(id: &Id<'_>, method: Method) -> Vec<u8> {
    if method != Method::Ping {
        let text = "this client answers no requests";
        return ended(refusal(Some(id), METHOD_NOT_FOUND, text, None));
    }
    let mut out = br#"{"jsonrpc":"2.0","id":"#.to_vec();
    id.write(&mut out);
    out.extend_from_slice(br#","result":{}}"#);
    ended(out)
}

fn ended(mut line: Vec<u8>) -> Vec<u8> {
    line.push(b'\n');
    line
}

#[cfg(test)]
#[path = "asking_tests.rs"]
mod tests;

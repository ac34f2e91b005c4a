//! A peer of a server that writes and reads lines as they are, over a simulated stream.

use std::collections::HashMap;

use interlock_sdk::duplex::ServeError;
use interlock_sdk::server::{Context, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::task::JoinHandle;

use super::wire::{Line, Reader, Writer};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Echo {
    text: String,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Wait {
    milliseconds: u64,
}

/// `echo` answers at once, `wait` after a while.
pub(crate) fn server() -> Server {
    builder().build()
}

pub(crate) fn builder() -> interlock_sdk::server::Builder {
    Server::builder("simulated", "1.0.0")
        .tool(
            "echo",
            "Gives a text back",
            async |echo: Echo, _cx: Context| Ok(echo.text),
        )
        .tool(
            "wait",
            "Answers after a while",
            async |wait: Wait, _cx: Context| {
                tokio::time::sleep(std::time::Duration::from_millis(wait.milliseconds)).await;
                Ok("waited")
            },
        )
}

/// The two eras, and how a peer of each writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    Legacy,
    Modern,
}

pub(crate) const ERAS: [Era; 2] = [Era::Legacy, Era::Modern];

impl Era {
    /// What comes before the first call.
    pub(crate) fn opening(self) -> String {
        match self {
            Self::Modern => String::new(),
            Self::Legacy => {
                let params = json!({"protocolVersion": "2025-11-25", "capabilities": {},
                    "clientInfo": {"name": "raw", "version": "1"}});
                let initialize = self.request(json!("open"), "initialize", params);
                let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
                format!("{initialize}{initialized}\n")
            }
        }
    }

    pub(crate) fn request(self, id: Value, method: &str, mut params: Value) -> String {
        if self == Self::Modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
            });
        }
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        format!("{request}\n")
    }

    pub(crate) fn call(self, id: impl Into<Value>, tool: &str, arguments: Value) -> String {
        let params = json!({"name": tool, "arguments": arguments});
        self.request(id.into(), "tools/call", params)
    }

    pub(crate) fn echo(self, id: impl Into<Value>, text: &str) -> String {
        self.call(id, "echo", json!({"text": text}))
    }
}

/// A server that runs, and its peer's ends.
pub(crate) struct Raw {
    pub(crate) input: Writer,
    pub(crate) output: Lines<BufReader<Reader>>,
    pub(crate) served: JoinHandle<Result<(), ServeError>>,
}

impl Raw {
    pub(crate) fn start(server: Server, to: Line, from: Line) -> Self {
        let (input, server_reads) = to.open();
        let (server_writes, output) = from.open();
        let served =
            tokio::spawn(async move { server.serve_on(server_reads, server_writes).await });
        Self {
            input,
            output: BufReader::new(output).lines(),
            served,
        }
    }

    pub(crate) async fn write(&mut self, text: &str) {
        self.input.write_all(text.as_bytes()).await.unwrap();
    }

    pub(crate) async fn next(&mut self) -> Option<Value> {
        let line = self.output.next_line().await.unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }

    /// Ends what the server reads and gives everything that it still says, by id, and how it ended.
    pub(crate) async fn finish(self) -> (HashMap<String, Value>, Result<(), ServeError>) {
        let Self {
            mut input,
            output,
            served,
        } = self;
        input.shutdown().await.unwrap();
        let mut rest = String::new();
        output.into_inner().read_to_string(&mut rest).await.unwrap();
        (by_id(&rest), served.await.unwrap())
    }
}

/// Every line is a message; answers by their id as text.
pub(crate) fn by_id(text: &str) -> HashMap<String, Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
    let answers = text.lines().map(|line| {
        let message: Value = serde_json::from_str(line).unwrap();
        (message["id"].to_string(), message)
    });
    let all: Vec<_> = answers.collect();
    let (count, map) = (all.len(), HashMap::from_iter(all));
    assert_eq!(count, map.len(), "an id was answered twice: {text}");
    map
}

/// The text of a tool's answer.
pub(crate) fn text_of(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
}

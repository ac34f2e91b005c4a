//! Our client of the interoperation matrix: `stdio COMMAND [ARGS]` or `http URL`. Uses every feature of the fixture once
//! and prints what it got as one JSON object.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a fixture that drives other SDKs' servers: it starts them, and prints what they said"
)]

use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use interlock_sdk::client::{CallOptions, Client};
use interlock_sdk::duplex::Pipe;
use interlock_sdk::http::client::StreamableHttp;
use interlock_wire::Revision;
use interlock_wire::types::{
    CallToolResult, CreateMessageResult, ElicitResult, LogLevel, PromptReference, ResourceContents,
    Root,
};
use serde_json::{Map, Value, json};

/// How long, and how often, to look for a log message whose call was answered.
const LOG_LOOK: Duration = Duration::from_millis(20);
const LOG_LOOKS: u32 = 500;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let (Some(kind), Some(target)) = (words.next(), words.next()) else {
        return Err("usage: matrix-client stdio COMMAND [ARGS] | http URL".into());
    };
    let logs = Arc::new(Mutex::new(Vec::new()));
    let builder = builder(&logs);
    let mut server = None;
    let client = if kind == "http" {
        builder.connect(StreamableHttp::new(&target)?).await?
    } else {
        let (child, output, input) = started(&target, words)?;
        server = Some(child);
        builder.connect(Pipe::descriptors(output, input)?).await?
    };
    let report = drive(&client, &logs).await;
    client.close().await;
    if let Some(mut server) = server {
        server.kill()?;
        server.wait()?;
    }
    println!("{}", Value::Object(report?));
    Ok(())
}

fn builder(logs: &Arc<Mutex<Vec<Value>>>) -> interlock_sdk::client::Builder {
    let heard = Arc::clone(logs);
    let builder = Client::builder("matrix-interlock", "1.0.0")
        .elicitation(|_| async { Ok(ElicitResult::accept([("name", "Ada")])) })
        .sampling(|_| async { Ok(CreateMessageResult::new("none", "hi")) })
        .roots([Root::new("file:///matrix")])
        .log_level(LogLevel::Info)
        .on_log(move |params| {
            if let (Ok(mut all), Ok(data)) =
                (heard.lock(), serde_json::from_slice(params.data.raw()))
            {
                all.push(data);
            }
        });
    match std::env::var("MATRIX_ERA").as_deref() {
        Ok("legacy") => builder.revision(Revision::V2025_11_25),
        _ => builder,
    }
}

fn started(
    program: &str,
    arguments: impl Iterator<Item = String>,
) -> Result<(Child, OwnedFd, OwnedFd), Failure> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().ok_or("no pipe")?;
    let input = child.stdin.take().ok_or("no pipe")?;
    Ok((child, output.into(), input.into()))
}

async fn drive(client: &Client, logs: &Mutex<Vec<Value>>) -> Result<Map<String, Value>, Failure> {
    let mut report = Map::new();
    tools(client, logs, &mut report).await?;
    report.insert("cancelled".into(), json!(cancelled(client).await));
    for (name, uri) in [("note", "matrix://note"), ("item", "matrix://item/7")] {
        let read = client.read_resource(uri).await?;
        let Some(ResourceContents::Text(content)) = read.contents.into_iter().next() else {
            return Err("no text".into());
        };
        report.insert(name.into(), json!(content.text));
    }
    let templates = client.list_resource_templates().await?;
    let templates: Vec<_> = templates.into_iter().map(|one| one.uri_template).collect();
    report.insert("templates".into(), json!(templates));
    let greeting = client.get_prompt("greet", [("who", "Ada")]).await?;
    let text = greeting
        .messages
        .first()
        .and_then(|message| message.content.as_text());
    report.insert("greet".into(), json!(text));
    let completion = client
        .complete(PromptReference::new("greet"), "who", "a")
        .await?;
    report.insert("complete".into(), json!(completion.values));
    Ok(report)
}

async fn tools(
    client: &Client,
    logs: &Mutex<Vec<Value>>,
    report: &mut Map<String, Value>,
) -> Result<(), Failure> {
    let mut names: Vec<_> = client
        .list_tools()
        .await?
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    names.sort();
    report.insert("tools".into(), json!(names));
    let sum = client.call_tool("add", &json!({"a": 1, "b": 2})).await?;
    let sum = sum
        .structured_content
        .and_then(|content| content.get("sum"));
    report.insert("add".into(), json!(sum.and_then(|sum| sum.as_i64())));
    let failed = client.call_tool("fail", &json!({})).await?;
    report.insert("fail".into(), json!(failed.is_error));
    report.insert("progress".into(), json!(progress(client).await?));
    client.call_tool("log", &json!({})).await?;
    report.insert("log".into(), json!(logged(logs).await?));
    for name in ["ask", "think", "roots"] {
        let answer = client.call_tool(name, &json!({})).await?;
        report.insert(name.into(), json!(text(&answer)));
    }
    Ok(())
}

/// What was logged. Over HTTP it may come on another stream than the answer, and after it: no order holds between streams.
async fn logged(logs: &Mutex<Vec<Value>>) -> Result<Vec<Value>, Failure> {
    for _ in 0..LOG_LOOKS {
        if !logs.lock().map_err(|_| "poisoned")?.is_empty() {
            break;
        }
        tokio::time::sleep(LOG_LOOK).await;
    }
    Ok(logs.lock().map_err(|_| "poisoned")?.clone())
}

fn text(result: &CallToolResult) -> Option<&str> {
    result.content.first().and_then(|block| block.as_text())
}

async fn progress(client: &Client) -> Result<Vec<u64>, Failure> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&told);
    let options = CallOptions::new().on_progress(move |params| {
        if let Ok(mut all) = hook.lock() {
            all.push(params.progress);
        }
    });
    client
        .with(options)
        .call_tool("count", &json!({"to": 3}))
        .await?;
    let told = told.lock().map_err(|_| "poisoned")?;
    Ok(told.iter().map(|progress| *progress as u64).collect())
}

/// A call that is given up is cancelled; the server goes on answering.
async fn cancelled(client: &Client) -> bool {
    let arguments = json!({});
    let sleeping = client.call_tool("sleep", &arguments);
    tokio::time::timeout(Duration::from_millis(50), sleeping)
        .await
        .is_err()
}

//! The client of the matrix with rmcp. `stdio COMMAND [ARGS]` or `http URL`; prints what it got.
#![allow(deprecated, reason = "what a revision deprecates is part of the matrix as well")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rmcp::model::*;
use rmcp::service::{NotificationContext, PeerRequestOptions, RequestContext, RoleClient, RunningService};
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt as _, ErrorData};
use serde_json::{Map, Value, json};

type Failure = Box<dyn std::error::Error>;
type Session = RunningService<RoleClient, Peer>;

#[derive(Clone, Default)]
struct Peer {
    logs: Arc<Mutex<Vec<Value>>>,
    progress: Arc<Mutex<Vec<u64>>>,
}

fn made<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value).map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

impl ClientHandler for Peer {
    fn get_info(&self) -> ClientConfig {
        let capabilities = ClientCapabilities::builder().enable_elicitation().enable_sampling().enable_roots().build();
        ClientConfig::new(capabilities, Implementation::new("matrix-rmcp", "1.0.0"))
    }

    async fn create_elicitation(&self, _: ElicitRequestParams, _: RequestContext<RoleClient>) -> Result<ElicitResult, ErrorData> {
        made(json!({"action": "accept", "content": {"name": "Ada"}}))
    }

    async fn create_message(&self, _: CreateMessageRequestParams, _: RequestContext<RoleClient>) -> Result<CreateMessageResult, ErrorData> {
        made(json!({"role": "assistant", "model": "none", "content": {"type": "text", "text": "hi"}}))
    }

    async fn list_roots(&self, _: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        made(json!({"roots": [{"uri": "file:///matrix", "name": "matrix"}]}))
    }

    async fn on_logging_message(&self, params: LoggingMessageNotificationParam, _: NotificationContext<RoleClient>) {
        if let Ok(mut logs) = self.logs.lock() {
            logs.push(params.data);
        }
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        if let Ok(mut progress) = self.progress.lock() {
            progress.push(params.progress as u64);
        }
    }
}

fn request(name: &str, arguments: Value) -> CallToolRequestParams {
    let arguments: Map<String, Value> = arguments.as_object().cloned().unwrap_or_default();
    let mut request = CallToolRequestParams::new(name.to_owned()).with_arguments(arguments);
    let mut meta = MetaObject::default();
    meta.0.insert("io.modelcontextprotocol/logLevel".to_owned(), json!("info"));
    request.meta = Some(RequestMetaObject(meta));
    request
}

async fn call(session: &Session, name: &str, arguments: Value) -> Result<Value, Failure> {
    let result = session.call_tool(request(name, arguments)).await?;
    Ok(serde_json::to_value(result)?)
}

async fn cancelled(session: &Session) -> Result<bool, Failure> {
    let sleep = ClientRequest::CallToolRequest(CallToolRequest::new(request("sleep", json!({}))));
    let handle = session.send_cancellable_request(sleep, PeerRequestOptions::default()).await?;
    tokio::time::sleep(Duration::from_millis(50)).await;
    handle.cancel(Some("enough".into())).await?;
    Ok(true)
}

async fn drive(session: &Session, peer: &Peer) -> Result<Value, Failure> {
    let mut report = Map::new();
    let mut tools: Vec<String> = session.list_all_tools().await?.iter().map(|tool| tool.name.to_string()).collect();
    tools.sort();
    report.insert("tools".into(), json!(tools));
    report.insert("add".into(), call(session, "add", json!({"a": 1, "b": 2})).await?["structuredContent"]["sum"].clone());
    report.insert("fail".into(), call(session, "fail", json!({})).await?["isError"].clone());
    call(session, "count", json!({"to": 3})).await?;
    call(session, "log", json!({})).await?;
    for name in ["ask", "think", "roots"] {
        report.insert(name.into(), call(session, name, json!({})).await?["content"][0]["text"].clone());
    }
    report.insert("cancelled".into(), json!(cancelled(session).await?));
    for (name, uri) in [("note", "matrix://note"), ("item", "matrix://item/7")] {
        let read = session.read_resource(ReadResourceRequestParams::new(uri)).await?;
        report.insert(name.into(), serde_json::to_value(read)?["contents"][0]["text"].clone());
    }
    let templates = session.list_all_resource_templates().await?;
    let templates: Vec<String> = templates.iter().map(|template| template.uri_template.clone()).collect();
    report.insert("templates".into(), json!(templates));
    let greet: GetPromptRequestParams = made(json!({"name": "greet", "arguments": {"who": "Ada"}}))?;
    let greeting = serde_json::to_value(session.get_prompt(greet).await?)?;
    report.insert("greet".into(), greeting["messages"][0]["content"]["text"].clone());
    let complete = json!({"ref": {"type": "ref/prompt", "name": "greet"}, "argument": {"name": "who", "value": "a"}});
    let completion = serde_json::to_value(session.complete(made(complete)?).await?)?;
    report.insert("complete".into(), completion["completion"]["values"].clone());
    // Notifications have tasks of their own in rmcp; by now they have run.
    report.insert("progress".into(), json!(*peer.progress.lock().map_err(|_| "poisoned")?));
    report.insert("log".into(), json!(*peer.logs.lock().map_err(|_| "poisoned")?));
    Ok(Value::Object(report))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let (Some(kind), Some(target)) = (words.next(), words.next()) else {
        return Err("usage: client stdio COMMAND [ARGS] | http URL".into());
    };
    let peer = Peer::default();
    let legacy = std::env::var("MATRIX_ERA").is_ok_and(|era| era == "legacy");
    let auto = ClientLifecycleMode::Auto { preferred_versions: vec![ProtocolVersion::V_2026_07_28], legacy_version: None };
    let mode = if legacy { ClientLifecycleMode::Initialize } else { auto };
    let session = if kind == "http" {
        let transport = StreamableHttpClientTransport::from_uri(target);
        peer.clone().serve_with_lifecycle(transport, mode).await?
    } else {
        let mut command = tokio::process::Command::new(target);
        command.args(words);
        peer.clone().serve_with_lifecycle(TokioChildProcess::new(command)?, mode).await?
    };
    let has_logging = session.peer_info().is_some_and(|info| info.capabilities.logging.is_some());
    if legacy && has_logging {
        session.set_level(SetLevelRequestParams::new(LoggingLevel::Info)).await?;
    }
    println!("{}", drive(&session, &peer).await?);
    session.cancel().await?;
    Ok(())
}

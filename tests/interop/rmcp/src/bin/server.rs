//! The fixture of the matrix with rmcp: over stdio, or over HTTP on a port that it prints.
#![allow(deprecated, reason = "what a revision deprecates is part of the matrix as well")]

use rmcp::model::*;
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use rmcp::{ErrorData, ServerHandler, ServiceExt as _};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;
type Answer = Result<CallToolResponse, ErrorData>;
type Context = RequestContext<RoleServer>;

#[derive(Clone)]
struct Fixture;

fn made<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value).map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

fn failed(error: impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

fn said(text: impl Into<String>) -> Answer {
    Ok(CallToolResult::success(vec![ContentBlock::text(text.into())]).into())
}

fn question() -> Value {
    json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]})
}

fn tools() -> Value {
    let empty = json!({"type": "object"});
    let named = |name: &str| json!({"name": name, "description": name, "inputSchema": empty});
    let number = json!({"type": "integer"});
    let mut all = vec![
        json!({"name": "add", "description": "Adds two numbers",
            "inputSchema": {"type": "object", "properties": {"a": number, "b": number}, "required": ["a", "b"]},
            "outputSchema": {"type": "object", "properties": {"sum": number}, "required": ["sum"]}}),
        json!({"name": "count", "description": "Counts",
            "inputSchema": {"type": "object", "properties": {"to": number}, "required": ["to"]}}),
    ];
    all.extend(["fail", "log", "ask", "think", "roots", "sleep"].map(named));
    json!({"tools": all})
}

impl Fixture {
    async fn count(&self, to: u64, context: &Context) -> Answer {
        if let Some(token) = context.meta.get_progress_token() {
            for n in 1..=to {
                let told = ProgressNotificationParam::new(token.clone(), n as f64).with_total(to as f64);
                context.peer.notify_progress(told).await.map_err(failed)?;
            }
        }
        said(format!("counted to {to}"))
    }

    /// In the newest revision the client is asked by the answer; before, by a request of our own.
    async fn asked(&self, key: &str, request: InputRequest, given: Option<InputResponses>, context: &Context) -> Result<Result<Value, CallToolResponse>, ErrorData> {
        if let Some(response) = given.and_then(|mut all| all.remove(key)) {
            return Ok(Ok(serde_json::to_value(response).map_err(failed)?));
        }
        let modern = context.meta.get("io.modelcontextprotocol/protocolVersion").is_some();
        if modern {
            let mut requests = InputRequests::new();
            requests.insert(key.to_owned(), request);
            return Ok(Err(InputRequiredResult::new(Some(requests), None).into()));
        }
        let request = match request {
            InputRequest::Elicitation(request) => ServerRequest::ElicitRequest(request),
            InputRequest::CreateMessage(request) => ServerRequest::CreateMessageRequest(request),
            InputRequest::ListRoots(request) => ServerRequest::ListRootsRequest(request),
            _ => return Err(failed("no such request")),
        };
        let answer = context.peer.send_request(request).await.map_err(failed)?;
        Ok(Ok(serde_json::to_value(answer).map_err(failed)?))
    }
}

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_prompts()
            .enable_completions()
            .enable_logging()
            .build();
        ServerConfig::new(capabilities)
    }

    async fn list_tools(&self, _: Option<PaginatedRequestParams>, _: Context) -> Result<ListToolsResult, ErrorData> {
        made(tools())
    }

    async fn set_level(&self, _: SetLevelRequestParams, _: Context) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn call_tool(&self, request: CallToolRequestParams, context: Context) -> Answer {
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let number = |name: &str| arguments[name].as_i64().unwrap_or_default();
        let given = request.input_responses;
        match request.name.as_ref() {
            "add" => Ok(CallToolResult::structured(json!({"sum": number("a") + number("b")})).into()),
            "fail" => Ok(CallToolResult::error(vec![ContentBlock::text("as asked")]).into()),
            "count" => self.count(number("to").unsigned_abs(), &context).await,
            "log" => {
                let told = LoggingMessageNotificationParam::new(LoggingLevel::Warning, json!("logged"));
                context.peer.notify_logging_message(told).await.map_err(failed)?;
                said("done")
            }
            "ask" => {
                let form = made(json!({"mode": "form", "message": "Who are you?", "requestedSchema": question()}))?;
                let request = InputRequest::Elicitation(ElicitRequest::new(form));
                match self.asked("who", request, given, &context).await? {
                    Ok(answer) => said(format!("hello {}", answer["content"]["name"].as_str().unwrap_or_default())),
                    Err(more) => Ok(more),
                }
            }
            "think" => {
                let params = CreateMessageRequestParams::new(vec![SamplingMessage::user_text("say hi")], 10);
                let request = InputRequest::CreateMessage(CreateMessageRequest::new(params));
                match self.asked("thought", request, given, &context).await? {
                    Ok(answer) => said(answer["content"]["text"].as_str().unwrap_or_default()),
                    Err(more) => Ok(more),
                }
            }
            "roots" => {
                let request = InputRequest::ListRoots(ListRootsRequest::default());
                match self.asked("roots", request, given, &context).await? {
                    Ok(answer) => said(answer["roots"][0]["uri"].as_str().unwrap_or_default()),
                    Err(more) => Ok(more),
                }
            }
            "sleep" => {
                context.ct.cancelled().await;
                said("woken")
            }
            _ => Err(ErrorData::invalid_params("no such tool", None)),
        }
    }

    async fn list_resources(&self, _: Option<PaginatedRequestParams>, _: Context) -> Result<ListResourcesResult, ErrorData> {
        made(json!({"resources": [{"uri": "matrix://note", "name": "note", "mimeType": "text/plain"}]}))
    }

    async fn list_resource_templates(&self, _: Option<PaginatedRequestParams>, _: Context) -> Result<ListResourceTemplatesResult, ErrorData> {
        made(json!({"resourceTemplates": [{"uriTemplate": "matrix://item/{id}", "name": "item"}]}))
    }

    async fn read_resource(&self, request: ReadResourceRequestParams, _: Context) -> Result<ReadResourceResponse, ErrorData> {
        let text = match request.uri.strip_prefix("matrix://item/") {
            Some(id) => format!("item {id}"),
            None => "a note".to_owned(),
        };
        let result: ReadResourceResult = made(json!({"contents": [{"uri": request.uri, "text": text}]}))?;
        Ok(result.into())
    }

    async fn list_prompts(&self, _: Option<PaginatedRequestParams>, _: Context) -> Result<ListPromptsResult, ErrorData> {
        made(json!({"prompts": [{"name": "greet", "arguments": [{"name": "who", "required": true}]}]}))
    }

    async fn get_prompt(&self, request: GetPromptRequestParams, _: Context) -> Result<GetPromptResponse, ErrorData> {
        let who = request.arguments.as_ref().and_then(|all| all.get("who")).map(|who| json!(who));
        let text = format!("Greet {}", who.as_ref().and_then(Value::as_str).unwrap_or_default());
        let result: GetPromptResult = made(json!({"messages": [{"role": "user", "content": {"type": "text", "text": text}}]}))?;
        Ok(result.into())
    }

    async fn complete(&self, request: CompleteRequestParams, _: Context) -> Result<CompleteResult, ErrorData> {
        let names = ["ada", "alan", "bob"].into_iter().filter(|name| name.starts_with(&request.argument.value));
        made(json!({"completion": {"values": names.collect::<Vec<_>>()}}))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    if std::env::args().nth(1).as_deref() != Some("http") {
        Fixture.serve(rmcp::transport::stdio()).await?.waiting().await?;
        return Ok(());
    }
    let service: StreamableHttpService<Fixture, LocalSessionManager> =
        StreamableHttpService::new(|| Ok(Fixture), Default::default(), StreamableHttpServerConfig::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await?;
    Ok(())
}

//! Our client and our server: every revision over every transport, with one set of handlers on each side.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use interlock_sdk::client::{Builder, Change, Client};
use interlock_sdk::duplex::Pipe;
use interlock_sdk::http::client::StreamableHttp;
use interlock_sdk::http::server::HttpServer;
use interlock_sdk::server::{Context, Server};
use interlock_wire::types::{
    ContentBlock, CreateMessageParams, CreateMessageResult, ElicitParams, ElicitResult, Field,
    FormSchema, LogLevel, Resource, ResourceContents, Root, SamplingMessage, SubscriptionFilter,
};
use interlock_wire::{Json, Revision};
use serde_json::json;
use tokio::task::JoinHandle;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Sum {
    a: i64,
    b: i64,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

async fn ask_everything(cx: &Context) -> Result<String, interlock_sdk::server::CallError> {
    let form = FormSchema::new([("name", Field::text())]);
    let who = cx.elicit(ElicitParams::form("Who are you?", form)).await?;
    let name = who.content.and_then(|content| content.get("name").cloned());
    let name = name.and_then(|name| name.as_str().map(|name| name.into_owned()));
    let question = CreateMessageParams {
        messages: vec![SamplingMessage::user(ContentBlock::text("Say hello"))],
        max_tokens: 10,
        ..CreateMessageParams::default()
    };
    let said = cx.sample(question).await?;
    let said = said
        .content
        .as_slice()
        .first()
        .and_then(|block| block.as_text());
    let roots = cx.roots().await?;
    Ok(format!(
        "{} {} {}",
        said.unwrap_or_default(),
        name.unwrap_or_default(),
        roots
            .first()
            .map(|root| root.uri.as_str())
            .unwrap_or_default()
    ))
}

fn server() -> Server {
    Server::builder("calc", "1")
        .instructions("Adds numbers.")
        .page_size(2)
        .tool("add", "Adds", async |sum: Sum, _cx: Context| {
            Ok((sum.a + sum.b).to_string())
        })
        .tool("ask", "Asks", async |_: Nothing, cx: Context| {
            ask_everything(&cx).await
        })
        .tool(
            "steps",
            "Tells how far it is",
            async |_: Nothing, cx: Context| {
                for step in 1..=3 {
                    cx.progress(f64::from(step), Some(3.0), None).await;
                }
                cx.log(LogLevel::Warning, "almost").await;
                Ok("done".to_owned())
            },
        )
        .resource(Resource::new("memo:///one", "one"), async |_cx: Context| {
            Ok("first")
        })
        .prompt(
            interlock_wire::types::Prompt::new("greet"),
            async |_, _cx: Context| Ok("Hello"),
        )
        .build()
}

fn builder(logs: &Arc<AtomicUsize>) -> Builder {
    let logs = Arc::clone(logs);
    Client::builder("test", "1")
        .roots([Root::new("file:///src")])
        .log_level(LogLevel::Info)
        .on_log(move |_| {
            logs.fetch_add(1, Ordering::Relaxed);
        })
        .elicitation(|_| async { Ok(ElicitResult::accept([("name", Json::from("Ada"))])) })
        .sampling(|_| async {
            Ok(CreateMessageResult::new(
                "model",
                ContentBlock::text("Hello"),
            ))
        })
}

async fn over_pipe(server: &Server, builder: Builder) -> (Client, JoinHandle<()>) {
    let (ours, theirs) = tokio::io::duplex(4 << 10);
    let server = server.clone();
    let (reader, writer) = tokio::io::split(theirs);
    let serving = tokio::spawn(async move { drop(server.serve_on(reader, writer).await) });
    let (reader, writer) = tokio::io::split(ours);
    (
        builder.connect(Pipe::new(reader, writer)).await.unwrap(),
        serving,
    )
}

async fn over_http(server: &Server, builder: Builder) -> (Client, JoinHandle<()>) {
    let bound = HttpServer::new(server.clone())
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    let url = format!("http://{}/mcp", bound.local_addr());
    let serving = tokio::spawn(bound.serve());
    let transport = StreamableHttp::new(&url).unwrap();
    (builder.connect(transport).await.unwrap(), serving)
}

async fn everything(client: &Client, logs: &AtomicUsize) {
    let sum = client
        .call_tool("add", &json!({"a": 2, "b": 3}))
        .await
        .unwrap();
    assert_eq!(sum.content[0].as_text(), Some("5"));
    let asked = client.call_tool("ask", &json!({})).await;
    let revision = client.server().revision();
    match asked {
        Ok(asked) => assert_eq!(
            asked.content[0].as_text(),
            Some("Hello Ada file:///src"),
            "{revision:?}"
        ),
        // There was no elicitation before.
        Err(_) => assert!(revision < Revision::V2025_06_18, "{revision:?}"),
    }
    let steps = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&steps);
    let telling = interlock_sdk::client::CallOptions::new().on_progress(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    client
        .with(telling)
        .call_tool("steps", &json!({}))
        .await
        .unwrap();
    assert_eq!(steps.load(Ordering::Relaxed), 3, "{revision:?}");
    assert_eq!(logs.swap(0, Ordering::Relaxed), 1, "{revision:?}");
    let names: Vec<_> = client
        .list_tools()
        .await
        .unwrap()
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    assert_eq!(names, ["add", "ask", "steps"]);
    let read = client.read_resource("memo:///one").await.unwrap();
    let ResourceContents::Text(text) = &read.contents[0] else {
        panic!("{read:?}");
    };
    assert_eq!(
        (text.uri.as_str(), text.text.as_str()),
        ("memo:///one", "first")
    );
    assert_eq!(client.list_resources().await.unwrap().len(), 1);
    let prompt = client.get_prompt("greet", [("a", "b"); 0]).await.unwrap();
    assert_eq!(prompt.messages.len(), 1);
    assert_eq!(client.list_prompts().await.unwrap()[0].name, "greet");
    client.ping().await.unwrap();
    let unknown = client.call_tool("nothing", &json!({})).await.unwrap_err();
    assert_eq!(
        unknown.rpc().map(interlock_sdk::RpcError::code),
        Some(-32602)
    );
    assert!(client.server().instructions().is_some());
}

#[tokio::test]
async fn all_revisions_over_a_pipe() {
    for revision in Revision::ALL {
        let logs = Arc::default();
        let (client, serving) = over_pipe(&server(), builder(&logs).revision(revision)).await;
        assert_eq!(client.server().revision(), revision);
        everything(&client, &logs).await;
        client.close().await;
        drop(client);
        serving.await.unwrap();
    }
}

#[tokio::test]
async fn all_revisions_over_http() {
    for revision in Revision::ALL {
        let logs = Arc::default();
        let (client, serving) = over_http(&server(), builder(&logs).revision(revision)).await;
        assert_eq!(client.server().revision(), revision);
        everything(&client, &logs).await;
        client.close().await;
        serving.abort();
    }
}

#[tokio::test]
async fn a_dual_server_is_met_in_the_newest_revision() {
    let logs = Arc::default();
    let (client, _serving) = over_pipe(&server(), builder(&logs)).await;
    assert_eq!(client.server().revision(), Revision::V2026_07_28);
    let (client, _serving) = over_http(&server(), builder(&logs)).await;
    assert_eq!(client.server().revision(), Revision::V2026_07_28);
}

// SPEC: 2026-07-28/basic/transports/index/messages:2
#[tokio::test]
async fn changes_are_heard() {
    for (revision, http) in [
        (Revision::V2025_11_25, false),
        (Revision::V2025_11_25, true),
        (Revision::V2026_07_28, false),
        (Revision::V2026_07_28, true),
    ] {
        let (server, logs) = (server(), Arc::default());
        let builder = builder(&logs).revision(revision);
        let (client, _serving) = match http {
            true => over_http(&server, builder).await,
            false => over_pipe(&server, builder).await,
        };
        let filter =
            SubscriptionFilter::default().resource_subscriptions(["memo:///one".to_owned()]);
        let mut changes = client.listen(filter).await.unwrap();
        server.resource_updated("memo:///one");
        let heard = changes.next().await;
        assert_eq!(
            heard,
            Some(Change::Resource("memo:///one".to_owned())),
            "{revision:?} {http}"
        );
    }
}

/// HTTP+SSE is found by the way, when everything newer was refused.
#[tokio::test]
async fn the_oldest_transport_is_found() {
    let http = HttpServer::new(server()).with_old_sse("/sse", "/messages");
    let bound = http.bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/sse", bound.local_addr());
    let serving = tokio::spawn(bound.serve());
    let logs = Arc::default();
    let client = builder(&logs)
        .connect(StreamableHttp::new(&url).unwrap())
        .await
        .unwrap();
    let sum = client
        .call_tool("add", &json!({"a": 2, "b": 3}))
        .await
        .unwrap();
    assert_eq!(sum.content[0].as_text(), Some("5"));
    let without = StreamableHttp::new(&url).unwrap().without_http_sse();
    assert!(builder(&logs).connect(without).await.is_err());
    serving.abort();
}

//! Scenarios about the protocol itself.

use interlock_sdk::client::{Client, form_defaults};
use interlock_sdk::http::client::StreamableHttp;
use interlock_wire::Json;
use interlock_wire::types::{ElicitResult, Map};
use serde_json::{Value, json};

use super::{Context, Failure, client};

async fn connect(url: &str) -> Result<Client, Failure> {
    Ok(client().connect(StreamableHttp::new(url)?).await?)
}

/// The handshake, and the smallest request: these servers declare no capabilities, so a client asks for no tools.
pub(super) async fn handshake(url: &str) -> Result<(), Failure> {
    let client = connect(url).await?;
    client.ping().await?;
    client.close().await;
    Ok(())
}

/// Lists the tools.
pub(super) async fn list(url: &str) -> Result<(), Failure> {
    let client = connect(url).await?;
    client.list_tools().await?;
    client.close().await;
    Ok(())
}

/// Adds two numbers with the first tool.
pub(super) async fn add(url: &str) -> Result<(), Failure> {
    call_first_with(url, json!({"a": 2, "b": 3})).await
}

/// Calls the first tool without arguments.
pub(super) async fn call_first(url: &str) -> Result<(), Failure> {
    call_first_with(url, json!({})).await
}

async fn call_first_with(url: &str, arguments: Value) -> Result<(), Failure> {
    let client = connect(url).await?;
    let tools = client.list_tools().await?;
    let tool = tools.first().ok_or("the server has no tools")?;
    client.call_tool(&tool.name, &arguments).await?;
    client.close().await;
    Ok(())
}

/// A person who sees a form that is filled in already, and accepts it as it is.
pub(super) async fn accept_defaults(url: &str) -> Result<(), Failure> {
    let client = client()
        .elicitation(|asked| async move {
            Ok(ElicitResult::accept(form_defaults(&asked.requested_schema)))
        })
        .connect(StreamableHttp::new(url)?)
        .await?;
    client.list_tools().await?;
    client
        .call_tool("test_client_elicitation_defaults", &json!({}))
        .await?;
    client.close().await;
    Ok(())
}

/// Calls that are answered with questions, and one beside them that is not.
pub(super) async fn rounds(url: &str) -> Result<(), Failure> {
    let client = client()
        .elicitation(|_| async {
            let confirmed = Map::from([("confirmed", Json::from(true))]);
            Ok(ElicitResult::accept(confirmed))
        })
        .connect(StreamableHttp::new(url)?)
        .await?;
    client.list_tools().await?;
    let nothing = json!({});
    let asking = client.call_tool("test_mrtr_echo_state", &nothing);
    let beside = client.call_tool("test_mrtr_unrelated", &nothing);
    let (asked, unrelated) = tokio::join!(asking, beside);
    asked?;
    unrelated?;
    client.call_tool("test_mrtr_no_state", &nothing).await?;
    client
        .call_tool("test_mrtr_no_result_type", &nothing)
        .await?;
    client.close().await;
    Ok(())
}

/// One request of each kind that has a header of its own.
pub(super) async fn everything(url: &str) -> Result<(), Failure> {
    let client = connect(url).await?;
    for tool in client.list_tools().await? {
        client.call_tool(&tool.name, &json!({})).await?;
    }
    for resource in client.list_resources().await? {
        client.read_resource(&resource.uri).await?;
    }
    for prompt in client.list_prompts().await? {
        client.get_prompt(&prompt.name, [("", ""); 0]).await?;
    }
    client.close().await;
    Ok(())
}

/// The calls that the scenario gave.
pub(super) async fn given_calls(url: &str, context: &Context) -> Result<(), Failure> {
    let client = connect(url).await?;
    client.list_tools().await?;
    for call in &context.tool_calls {
        client.call_tool(&call.name, &call.arguments).await?;
    }
    client.close().await;
    Ok(())
}

/// Calls every tool that the SDK lists: those with invalid definitions are not among them.
pub(super) async fn call_all(url: &str) -> Result<(), Failure> {
    let client = connect(url).await?;
    for tool in client.list_tools().await? {
        client
            .call_tool(&tool.name, &json!({"region": "us-west1"}))
            .await?;
    }
    client.close().await;
    Ok(())
}

/// Sends a tool's schema back as it came.
pub(super) async fn echo_schema(url: &str) -> Result<(), Failure> {
    let client = connect(url).await?;
    let tools = client.list_tools().await?;
    let tool = tools
        .iter()
        .find(|tool| tool.name == "json_schema_2020_12_tool");
    let tool = tool.ok_or("the tool is not there")?;
    let schema: Value = serde_json::from_slice(tool.input_schema.raw())?;
    client
        .call_tool("json_schema_echo", &json!({"schema": schema}))
        .await?;
    client.close().await;
    Ok(())
}

//! Tools that may, or have to, run as tasks.

use std::time::Duration;

use interlock_sdk::server::{Builder, CallError, OfferedTool};
use interlock_sdk::{Context, RpcError};
use interlock_wire::types::{CallToolResult, TaskSupport};
use schemars::JsonSchema;
use serde::Deserialize;

use super::asking::{confirmation, field, text_form};
use super::data::Nothing;

#[derive(Debug, Deserialize, JsonSchema)]
struct Greet {
    /// Whom to greet
    name: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct SlowCompute {
    /// How long it takes
    seconds: u64,
    /// Comes back in the result
    #[serde(default)]
    label: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ConfirmDelete {
    /// What would be deleted
    filename: String,
}

/// Adds them.
pub(super) fn offer(builder: Builder) -> Builder {
    let builder = builder.tool(
        "greet",
        "Greets somebody",
        async |given: Greet, _: Context| Ok(format!("Hello, {}!", given.name)),
    );
    let builder = offer_optional(builder);
    let failing = OfferedTool::new(
        "failing_job",
        "Fails after a while",
        async |_: Nothing, _: Context| {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(CallToolResult::error("the job failed, as it always does"))
        },
    );
    let escalating = OfferedTool::new(
        "test_tool_with_task",
        "Asks for a name, then goes on as a task",
        async |_: Nothing, cx: Context| greet_later(cx).await,
    );
    // The second one decides itself when it becomes a task.
    builder
        .offer_tool(failing.task_support(TaskSupport::Required))
        .offer_tool(escalating)
}

fn offer_optional(builder: Builder) -> Builder {
    let slow = OfferedTool::new(
        "slow_compute",
        "Takes as long as it is told",
        async |given: SlowCompute, _: Context| {
            tokio::time::sleep(Duration::from_secs(given.seconds)).await;
            Ok(format!("computed {} in {} s", given.label, given.seconds))
        },
    );
    let broken = OfferedTool::new(
        "protocol_error_job",
        "Ends in an error of the protocol",
        async |_: Nothing, cx: Context| {
            cx.detach().await;
            Err::<(), _>(CallError::rpc(RpcError::internal()))
        },
    );
    let confirming = OfferedTool::new(
        "confirm_delete",
        "Asks before it would delete",
        async |given: ConfirmDelete, cx: Context| {
            cx.detach().await;
            cx.elicit(confirmation(&format!("Delete {}?", given.filename)))
                .await?;
            Ok(format!("{} would be gone now", given.filename))
        },
    );
    let asking = OfferedTool::new(
        "multi_input",
        "Asks two things at once",
        async |_: Nothing, cx: Context| {
            cx.detach().await;
            let (first, second) = tokio::join!(
                cx.elicit(text_form("What is your name?", "name")),
                cx.elicit(text_form("And the name of your friend?", "name")),
            );
            Ok(format!(
                "{} and {}",
                field(&first?, "name"),
                field(&second?, "name")
            ))
        },
    );
    [slow, broken, confirming, asking]
        .map(|tool| tool.task_support(TaskSupport::Optional))
        .into_iter()
        .fold(builder, Builder::offer_tool)
}

async fn greet_later(cx: Context) -> Result<String, CallError> {
    let answer = cx
        .elicit_as("user_name", text_form("What is your name?", "name"))
        .await?;
    cx.detach().await;
    Ok(format!("Hello, {}!", field(&answer, "name")))
}

//! Calls that go on after their request was answered. In 2025-11-25 the client asks for a task, from 2026-07-28 on the server makes
//! one when the handler is slow. Questions wait in the task.

use std::time::Duration;

use interlock_sdk::duplex::ServeError;
use interlock_sdk::server::{CallError, Context, OfferedTool, Server, TaskSettings};
use interlock_wire::types::{ElicitParams, Field, FormSchema, TaskSupport};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Build {
    /// What to build.
    target: String,
}

async fn build(build: Build, cx: Context) -> Result<String, CallError> {
    tokio::time::sleep(Duration::from_secs(2)).await;
    let form = FormSchema::new([("publish", Field::boolean())]);
    let answer = cx.elicit(ElicitParams::form("Publish it?", form)).await?;
    Ok(format!(
        "built {}: {}",
        build.target,
        answer.action.as_str()
    ))
}

/// Asks before there is a task, and works in one.
async fn clean(build: Build, cx: Context) -> Result<String, CallError> {
    let form = FormSchema::new([("sure", Field::boolean())]);
    cx.elicit(ElicitParams::form("Are you sure?", form)).await?;
    cx.detach().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok(format!("cleaned {}", build.target))
}

fn main() -> Result<(), ServeError> {
    let keep = TaskSettings::default().keep(Duration::from_secs(600), Duration::from_secs(3_600));
    let tool = OfferedTool::new("build", "Builds", build).task_support(TaskSupport::Optional);
    Server::builder("builder", "1.0.0")
        .tasks(keep)
        .offer_tool(tool)
        .tool("clean", "Cleans", clean)
        .build()
        .run_stdio()
}

//! The fixture of `cargo xtask stdio-conformance` on our SDK: `echo`, `wait`, `progress` on standard streams.

use std::time::Duration;

use interlock_sdk::duplex::ServeError;
use interlock_sdk::server::{Context, Server};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
struct Echo {
    text: String,
}

#[derive(Deserialize, JsonSchema)]
struct Wait {
    milliseconds: u64,
}

#[derive(Deserialize, JsonSchema)]
struct Progress {
    steps: u32,
}

/// Dropped at its `await` when the call is cancelled.
async fn wait(wait: Wait) -> &'static str {
    tokio::time::sleep(Duration::from_millis(wait.milliseconds)).await;
    "waited"
}

async fn progress(progress: Progress, cx: Context) -> &'static str {
    for step in 1..=progress.steps {
        cx.progress(f64::from(step), f64::from(progress.steps), None)
            .await;
    }
    "done"
}

fn main() -> Result<(), ServeError> {
    Server::builder("fixture", "1.0.0")
        .tool(
            "echo",
            "Gives a text back",
            async |echo: Echo, _cx: Context| Ok(echo.text),
        )
        .tool(
            "wait",
            "Answers after a while",
            async |given: Wait, _cx: Context| Ok(wait(given).await),
        )
        .tool(
            "progress",
            "Reports its progress, then answers",
            async |given: Progress, cx: Context| Ok(progress(given, cx).await),
        )
        .build()
        .run_stdio()
}

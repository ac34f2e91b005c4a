//! Progress, log messages and cancellation.

use std::time::Duration;

use interlock_sdk::duplex::ServeError;
use interlock_sdk::server::{CallError, Context, Server};
use interlock_wire::types::LogLevel;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Count {
    /// How far.
    to: u32,
}

async fn count(count: Count, cx: Context) -> Result<u32, CallError> {
    // A handler is dropped when its call is cancelled. What it started elsewhere hears of it here.
    let helper = cx.clone();
    tokio::spawn(async move { helper.cancelled().await });
    for number in 1..=count.to {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let message = format!("at {number}");
        cx.progress(f64::from(number), f64::from(count.to), message.as_str())
            .await;
    }
    cx.log(LogLevel::Info, "counted").await;
    Ok(count.to)
}

fn main() -> Result<(), ServeError> {
    Server::builder("counter", "1.0.0")
        .tool("count", "Counts slowly", count)
        .build()
        .run_stdio()
}

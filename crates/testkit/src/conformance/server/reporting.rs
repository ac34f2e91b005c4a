//! Tools that say something while they work: progress, log messages, and a stream that ends in the middle.

use std::time::Duration;

use interlock_sdk::Context;
use interlock_sdk::server::Builder;
use interlock_wire::types::LogLevel;

use super::data::Nothing;

const STEP: Duration = Duration::from_millis(50);

/// Adds them.
pub(super) fn offer(builder: Builder) -> Builder {
    builder
        .tool(
            "test_tool_with_logging",
            "Logs three messages",
            async |_: Nothing, cx: Context| {
                cx.log(LogLevel::Info, "Tool execution started").await;
                tokio::time::sleep(STEP).await;
                cx.log(LogLevel::Info, "Tool processing data").await;
                tokio::time::sleep(STEP).await;
                cx.log(LogLevel::Info, "Tool execution completed").await;
                Ok("logged three messages")
            },
        )
        .tool(
            "test_logging_tool",
            "Logs a message",
            async |_: Nothing, cx: Context| {
                cx.log(LogLevel::Info, "Nobody asked for this").await;
                Ok("logged a message, if anybody wanted it")
            },
        )
        .tool(
            "test_tool_with_progress",
            "Reports progress three times",
            async |_: Nothing, cx: Context| {
                cx.progress(0.0, Some(100.0), None).await;
                tokio::time::sleep(STEP).await;
                cx.progress(50.0, Some(100.0), None).await;
                tokio::time::sleep(STEP).await;
                cx.progress(100.0, Some(100.0), None).await;
                Ok("reported progress")
            },
        )
        .tool(
            "test_reconnection",
            "Closes its stream before it is done",
            async |_: Nothing, cx: Context| {
                cx.close_stream();
                tokio::time::sleep(STEP).await;
                Ok("Reconnection test completed successfully")
            },
        )
}

//! A server over Streamable HTTP with a listener of its own: `cargo run -p interlock-sdk --example http`.
//!
//! It serves every revision at `http://127.0.0.1:8080/mcp`, to this machine only. Ctrl-C ends it.

use std::time::Duration;

use interlock_sdk::http::server::{HttpLimits, HttpServer};
use interlock_sdk::{Context, Server};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Count {
    /// How far to count.
    to: u32,
}

/// Tells its client how far it is: the answer becomes a stream of events. A client that closes the stream stops it.
async fn count(count: Count, cx: Context) -> Result<String, interlock_sdk::server::CallError> {
    for step in 1..=count.to {
        cx.progress(f64::from(step), f64::from(count.to), None)
            .await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(format!("counted to {}", count.to))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::builder("counter", "1.0.0")
        .tool("count", "Counts, slowly", count)
        .build();
    let limits = HttpLimits {
        max_body: 64 << 10,
        ..HttpLimits::default()
    };
    let bound = HttpServer::new(server)
        .limits(limits)
        .bind("127.0.0.1:8080")
        .await?;
    bound.serve().await;
    Ok(())
}

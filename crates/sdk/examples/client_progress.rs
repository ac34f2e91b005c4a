//! A client that is told how far a call is, waits only so long without a sign of life, and gives up by dropping the call.

use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use interlock_sdk::client::{CallOptions, Client};
use interlock_sdk::duplex::Pipe;
use interlock_sdk::server::{Context, Server};
use tokio::net::UnixStream;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Count {
    /// How far to count.
    to: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::builder("counter", "1.0.0")
        .tool("count", "Counts", async |count: Count, cx: Context| {
            for step in 1..=count.to {
                cx.progress(f64::from(step), Some(f64::from(count.to)), None)
                    .await;
            }
            Ok("done")
        })
        .build();
    let (ours, theirs) = UnixStream::pair()?;
    let (reader, writer) = theirs.into_split();
    tokio::spawn(async move { server.serve_on(reader, writer).await });

    let (reader, writer) = ours.into_split();
    let client = Client::builder("example", "1.0.0")
        .connect(Pipe::new(reader, writer))
        .await?;
    let patient = CallOptions::new()
        .timeout(Duration::from_secs(5))
        .on_progress(|progress| {
            // A full terminal is no reason to fail a call.
            drop(writeln!(std::io::stdout(), "{}", progress.progress));
        });
    client
        .with(patient)
        .call_tool("count", &serde_json::json!({"to": 3}))
        .await?;
    Ok(())
}

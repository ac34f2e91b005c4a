//! Resources at fixed URIs and by template, and telling those who subscribed that one changed.

use std::time::Duration;

use interlock_sdk::duplex::ServeError;
use interlock_sdk::server::{Context, Requested, Server};
use interlock_wire::types::{Resource, ResourceTemplate};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    let clock = Resource::new("clock://now", "now").mime_type("text/plain");
    let square = ResourceTemplate::new("square://{number}", "squares").mime_type("text/plain");
    let server = Server::builder("numbers", "1.0.0")
        .resource(clock, async |_cx: Context| Ok("tick"))
        .resource_template(square, async |asked: Requested, _cx: Context| {
            let number = asked.variables.get("number").map(String::as_str);
            let number: i64 = number.unwrap_or_default().parse()?;
            Ok(number.saturating_mul(number).to_string())
        })
        .build();
    let ticking = server.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            ticking.resource_updated("clock://now");
        }
    });
    server.serve_stdio().await
}

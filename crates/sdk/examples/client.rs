//! A client: connects to the server at a URL, lists its tools and calls one.
//!
//! `cargo run --example http`, then `cargo run --example client -- http://127.0.0.1:8080/mcp add '{"a":1,"b":2}'`

use std::error::Error;
use std::io::Write as _;

use interlock_sdk::client::Client;
use interlock_sdk::http::client::StreamableHttp;
use interlock_wire::Untrusted;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("say which server: a url")?;
    let client = Client::builder("example", "1.0.0")
        .connect(StreamableHttp::new(&url)?)
        .await?;
    let mut out = std::io::stdout();
    for tool in client.list_tools().await? {
        // What a server says reaches a terminal only escaped.
        writeln!(out, "{}", Untrusted::new(tool.name.as_str()).escaped())?;
    }
    if let Some(tool) = arguments.next() {
        let given = arguments.next().unwrap_or_else(|| "{}".to_owned());
        let given: serde_json::Value = serde_json::from_str(&given)?;
        let result = client.call_tool(&tool, &given).await?;
        for text in result.content.iter().filter_map(|block| block.as_text()) {
            writeln!(out, "{}", Untrusted::new(text).escaped())?;
        }
    }
    client.close().await;
    Ok(())
}

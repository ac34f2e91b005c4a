//! An echo server over Streamable HTTP: `http_echo PORT`. It is what the benchmarks measure.
//!
//! `echo` answers at once, with a document; `tell` says something first, so that its answer is a stream of events; `renew` changes what
//! is offered, which everybody who listens is told.

use interlock_sdk::http::server::HttpServer;
use interlock_sdk::server::OfferedTool;
use interlock_sdk::{Context, Server};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Echo {
    /// What to give back.
    text: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).unwrap_or_default().parse()?;
    let server = Server::builder("echo", "1.0.0")
        .tool(
            "echo",
            "Gives a text back",
            async |echo: Echo, _cx: Context| Ok(echo.text),
        )
        .tool(
            "tell",
            "Tells that it will, and gives a text back",
            async |echo: Echo, cx: Context| {
                cx.progress(1.0, None, None).await;
                Ok(echo.text)
            },
        )
        .tool(
            "renew",
            "Offers a tool anew",
            async |echo: Echo, cx: Context| {
                let tool = async |echo: Echo, _cx: Context| Ok(echo.text);
                let tool = OfferedTool::new("new", "Gives a text back", tool);
                cx.session().server().change(|offers| offers.tool(tool));
                Ok(echo.text)
            },
        )
        .build();
    let bound = HttpServer::new(server).bind(("127.0.0.1", port)).await?;
    bound.serve().await;
    Ok(())
}

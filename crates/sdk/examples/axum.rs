//! The endpoint inside an axum application: `cargo run -p interlock-sdk --example axum`.
//!
//! `Host` and `Origin` are checked here too. The names under which the application is reached must be said.

use axum::Router;
use axum::routing::get;
use interlock_sdk::http::server::HttpServer;
use interlock_sdk::{Context, Server};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Add {
    a: i64,
    b: i64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::builder("calc", "1.0.0")
        .tool("add", "Adds two numbers", async |add: Add, _cx: Context| {
            Ok(add.a + add.b)
        })
        .build();
    let endpoint = HttpServer::new(server)
        .allow_host("mcp.example")?
        .allow_origin("https://app.example")?
        .into_service();
    let app = Router::new()
        .route("/health", get(async || "ok"))
        .route_service("/mcp", endpoint);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    axum::serve(listener, app).await?;
    Ok(())
}

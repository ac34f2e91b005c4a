//! A server behind OAuth: `cargo run -p interlock-sdk --example server_guarded`.
//!
//! Tokens come from one authorization server, are meant for this very server, and have a scope for the tool that deletes. Whoever
//! has none is told where to get one. In front of it stands a proxy that has the certificate of `mcp.example`.

use std::sync::Arc;

use interlock_sdk::auth::server::{Guard, JwtValidator};
use interlock_sdk::http::server::HttpServer;
use interlock_sdk::{Context, Server};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Delete {
    /// Which note.
    id: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let guard = Guard::builder("https://mcp.example/mcp")
        .accept(JwtValidator::new(
            "https://idp.example",
            "https://idp.example/jwks.json",
        )?)
        .require_scope("notes:read")
        .scope_for_tool("delete_note", "notes:delete")
        .scope_implies("notes", "notes:read")
        .scope_implies("notes", "notes:delete")
        .build()?;
    let server = Server::builder("notes", "1.0.0")
        .tool(
            "whoami",
            "Tells who calls",
            async |_: Nothing, cx: Context| {
                // A handler knows who calls; the token it never sees.
                Ok(cx.principal().subject().unwrap_or("nobody").to_owned())
            },
        )
        .tool(
            "delete_note",
            "Deletes a note",
            async |note: Delete, _cx: Context| Ok(format!("deleted note {}", note.id)),
        )
        .build();
    let bound = HttpServer::new(server)
        .allow_host("mcp.example")?
        .auth(Arc::new(guard))
        .bind("127.0.0.1:8080")
        .await?;
    bound.serve().await;
    Ok(())
}

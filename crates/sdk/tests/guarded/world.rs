//! A server with a guard, the key of its authorization server, and a clock.

use std::net::SocketAddr;
use std::sync::Arc;

use interlock_sdk::Server;
use interlock_sdk::auth::jwt::{Algorithm, JwkSet, SigningKey};
use interlock_sdk::auth::server::{Guard, JwtValidator};
use interlock_sdk::clock::{Clock, Hand};
use interlock_sdk::http::server::HttpServer;
use interlock_sdk::server::Context;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::http::{Answer, send};

pub(super) const NOW: u64 = 1_800_000_000;
pub(super) const RESOURCE: &str = "https://mcp.example/mcp";

pub(super) struct World {
    address: SocketAddr,
    key: SigningKey,
    pub(super) hand: Hand,
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

impl World {
    pub(super) async fn start() -> Self {
        let key = SigningKey::generate(Algorithm::Es256)
            .unwrap()
            .with_id("k1");
        let keys = JwkSet::new([key.public().clone()]);
        let (clock, hand) = Clock::fake(NOW);
        let guard = Guard::builder(RESOURCE)
            .accept(JwtValidator::with_keys("https://idp.example", keys).unwrap())
            .require_scope("mcp:use")
            .scope_for_tool("delete_file", "files:delete")
            .clock(clock)
            .build()
            .unwrap();
        let bound = HttpServer::new(server())
            .allow_host("mcp.example")
            .unwrap()
            .auth(Arc::new(guard))
            .bind("127.0.0.1:0")
            .await
            .unwrap();
        let address = bound.local_addr();
        tokio::spawn(bound.serve());
        Self { address, key, hand }
    }

    /// A good token, with some claims replaced and those that became null left out.
    pub(super) fn token(&self, changes: Value) -> String {
        let mut claims = json!({
            "iss": "https://idp.example", "sub": "alice", "aud": RESOURCE, "client_id": "app", "scope": "mcp:use",
            "exp": NOW + 600,
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        self.key.sign_claims("at+jwt", &claims).unwrap()
    }

    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        send(self.address, method, path, headers, body).await
    }

    /// Begins a session of 2025-11-25 and returns its id.
    pub(super) async fn initialize(&self, token: &str) -> String {
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        let answer = self.post(token, &[], "initialize", params).await;
        let session = answer
            .header("mcp-session-id")
            .unwrap_or_else(|| panic!("{}", answer.body));
        let headers = [
            ("mcp-session-id", session.as_str()),
            ("authorization", &format!("Bearer {token}")),
        ];
        let body = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
        assert_eq!(self.send("POST", "/mcp", &headers, &body).await.status, 202);
        session
    }

    /// Calls a tool within a session; without a token if it is empty.
    pub(super) async fn call(&self, token: &str, session: &str, tool: &str) -> Answer {
        let headers = [
            ("mcp-session-id", session),
            ("mcp-protocol-version", "2025-11-25"),
        ];
        self.post(
            token,
            &headers,
            "tools/call",
            json!({"name": tool, "arguments": {}}),
        )
        .await
    }

    /// Calls a tool as 2026-07-28 does, with headers that name one tool and a body that names another, or the same.
    pub(super) async fn call_modern(&self, token: &str, header: &str, body: &str) -> Answer {
        let headers = [
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", header),
        ];
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let params = json!({"name": body, "arguments": {}, "_meta": meta});
        self.post(token, &headers, "tools/call", params).await
    }

    async fn post(
        &self,
        token: &str,
        headers: &[(&str, &str)],
        method: &str,
        params: Value,
    ) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut headers = headers.to_vec();
        if !token.is_empty() {
            headers.push(("authorization", &bearer));
        }
        let body =
            json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        self.send("POST", "/mcp", &headers, &body).await
    }
}

fn server() -> Server {
    Server::builder("guarded", "1.0.0")
        .tool(
            "whoami",
            "Tells who calls",
            async |_: Nothing, cx: Context| {
                let caller = cx.principal();
                let parts = [caller.issuer(), caller.subject(), caller.client()];
                Ok(parts.map(|part| part.unwrap_or("-").to_owned()).join("|"))
            },
        )
        .tool(
            "extensions",
            "Counts what came along with the request",
            async |_: Nothing, cx: Context| Ok(cx.extensions().len().to_string()),
        )
        .tool(
            "delete_file",
            "Deletes",
            async |_: Nothing, _cx: Context| Ok("deleted".to_owned()),
        )
        .build()
}

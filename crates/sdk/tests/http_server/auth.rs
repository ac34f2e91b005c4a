//! A server that asks who is there: before the body, for every method, and again for what is to be done.

use std::sync::Arc;

use http::request::Parts;
use interlock_sdk::auth::server::{Authenticate, Challenge, Operation};
use interlock_sdk::http::server::HttpServer;
use interlock_sdk::{BoxFuture, Context, Principal, Server};
use serde_json::json;

use super::world::{Ask, Connection, World};

/// Believes whoever says a name. For tests only, as the name says.
pub(super) struct ByName;

impl ByName {
    pub(super) fn shared() -> Arc<dyn Authenticate> {
        Arc::new(Self)
    }
}

impl Authenticate for ByName {
    fn authenticate<'a>(&'a self, parts: &'a Parts) -> BoxFuture<'a, Result<Principal, Challenge>> {
        let value = parts
            .headers
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        let judged = match value.and_then(|value| value.strip_prefix("Bearer ")) {
            Some(name) => Ok(Principal::new("https://idp.example", name)),
            None => Err(Challenge::missing()
                .with_metadata("https://mcp.example/.well-known/oauth-protected-resource/mcp")),
        };
        Box::pin(std::future::ready(judged))
    }

    fn permit(&self, principal: &Principal, operation: Operation<'_>) -> Result<(), Challenge> {
        match (principal.subject(), operation.name) {
            (Some("guest"), Some("secret")) => Err(Challenge::insufficient_scope("secret:read")),
            _ => Ok(()),
        }
    }

    fn metadata(&self) -> Option<&[u8]> {
        Some(br#"{"resource":"https://mcp.example/mcp"}"#)
    }

    fn metadata_path(&self) -> Option<&str> {
        Some("/.well-known/oauth-protected-resource/mcp")
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

async fn world() -> World {
    let server = Server::builder("known", "1")
        .tool("secret", "Tells", async |_: Nothing, cx: Context| {
            Ok(cx.principal().subject().unwrap_or("nobody").to_owned())
        })
        .build();
    World::start(HttpServer::new(server).auth(ByName::shared())).await
}

#[tokio::test]
async fn strangers_are_challenged_before_anything_is_read() {
    let world = world().await;
    for ask in [
        Ask::modern("tools/list", json!({})),
        Ask::modern("tools/list", json!({})).body("{ this is not even JSON"),
        Ask::modern("tools/list", json!({})).with("Content-Type", "text/plain"),
        Ask::initialize("2025-11-25"),
        Ask::listen("2025-11-25", "any"),
        Ask::new("DELETE", "/mcp"),
        Ask::new("PUT", "/mcp"),
    ] {
        let answer = world.send(&ask).await;
        assert_eq!(answer.status, 401, "{}", answer.text());
        let challenge = answer.header("www-authenticate").expect("a challenge");
        assert!(
            challenge.starts_with("Bearer ") && challenge.contains("resource_metadata="),
            "{challenge}"
        );
    }
    // The rest of a body is not waited for.
    let endless = Ask::modern("tools/list", json!({})).with("Content-Length", "1000000");
    assert_eq!(
        Connection::open(world.address)
            .await
            .send(&endless)
            .await
            .status,
        401
    );
    world.stop().await;
}

#[tokio::test]
async fn names_are_judged_before_credentials() {
    let world = world().await;
    let ask = Ask::modern("tools/list", json!({})).header("Authorization", "Bearer alice");
    assert_eq!(world.send(&ask).await.status, 200);
    assert_eq!(
        world
            .send(&ask.clone().header("Origin", "http://evil.example"))
            .await
            .status,
        403
    );
    assert_eq!(
        world
            .send(&ask.clone().header("Host", "evil.example"))
            .await
            .status,
        403
    );
    assert_eq!(
        world
            .send(&ask.clone().path("/mcp?access_token=x"))
            .await
            .status,
        400
    );
    // Behind a proxy the headers of the proxy are no reason to refuse, and none to believe.
    assert_eq!(
        world
            .send(&ask.header("X-Forwarded-For", "10.0.0.1"))
            .await
            .status,
        200
    );
    world.stop().await;
}

#[tokio::test]
async fn what_is_to_be_done_is_permitted_by_itself() {
    let world = world().await;
    let call = Ask::call("secret", json!({}));
    let alice = world
        .send(&call.clone().header("Authorization", "Bearer alice"))
        .await;
    assert_eq!(alice.json()["result"]["content"][0]["text"], "alice");
    let guest = world
        .send(&call.clone().header("Authorization", "Bearer guest"))
        .await;
    assert_eq!(guest.status, 403);
    assert!(
        guest
            .header("www-authenticate")
            .is_some_and(|text| text.contains("insufficient_scope"))
    );
    assert_eq!(guest.json()["id"], 1);
    // A header that says otherwise than the body does not get around it.
    let lying = call
        .with("Mcp-Name", "harmless")
        .header("Authorization", "Bearer guest");
    assert_eq!(world.send(&lying).await.code(), Some(-32020));
    world.stop().await;
}

// SPEC: 2026-07-28/basic/authorization/index/overview:3 2025-11-25/basic/authorization/overview:3
#[tokio::test]
async fn metadata_is_for_everybody() {
    let world = world().await;
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        let answer = world.send(&Ask::new("GET", path)).await;
        assert_eq!(
            (answer.status, answer.json()["resource"].as_str()),
            (200, Some("https://mcp.example/mcp"))
        );
        assert_eq!(world.send(&Ask::new("POST", path)).await.status, 405);
        assert_eq!(
            world
                .send(&Ask::new("GET", path).header("Host", "evil.example"))
                .await
                .status,
            403
        );
    }
    assert_eq!(
        world
            .send(&Ask::new(
                "GET",
                "/.well-known/oauth-protected-resource/other"
            ))
            .await
            .status,
        404
    );
    world.stop().await;
    let world = World::of(Server::builder("open", "1").build()).await;
    assert_eq!(
        world
            .send(&Ask::new("GET", "/.well-known/oauth-protected-resource"))
            .await
            .status,
        404
    );
    world.stop().await;
}

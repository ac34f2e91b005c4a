//! The endpoint inside another framework's router.

use axum::Router;
use axum::routing::get;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use interlock_sdk::http::server::{HttpServer, HttpService};
use interlock_sdk::{Context, Server};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::auth::ByName;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

fn endpoint() -> HttpService {
    let server = Server::builder("mounted", "1")
        .tool("hello", "Greets", async |_: Nothing, _cx: Context| {
            Ok("hello")
        })
        .build();
    let http = HttpServer::new(server).auth(ByName::shared());
    http.allow_host("mcp.example")
        .expect("a host")
        .into_service()
}

fn request(host: &str) -> Request<Full<bytes::Bytes>> {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "hello", "arguments": {}, "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}}});
    Request::post("/mcp")
        .header("host", host)
        .header("authorization", "Bearer alice")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", "hello")
        .body(Full::from(message.to_string()))
        .expect("a request")
}

#[tokio::test]
async fn a_router_serves_the_endpoint_beside_its_own_routes() {
    let endpoint = endpoint();
    let app: Router = Router::new()
        .route("/health", get(async || "ok"))
        .route_service("/mcp", endpoint.clone())
        .route_service("/.well-known/oauth-protected-resource", endpoint);
    let answer = app
        .clone()
        .oneshot(request("mcp.example"))
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let body = answer
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body["result"]["content"][0]["text"], "hello");
    let refused = app
        .clone()
        .oneshot(request("evil.example"))
        .await
        .expect("an answer");
    assert_eq!(
        refused.status(),
        StatusCode::FORBIDDEN,
        "the gate is in the service"
    );
    let metadata =
        Request::get("/.well-known/oauth-protected-resource").header("host", "mcp.example");
    let metadata = metadata
        .body(Full::<bytes::Bytes>::default())
        .expect("a request");
    assert_eq!(
        app.oneshot(metadata).await.expect("an answer").status(),
        StatusCode::OK
    );
}

/// HTTP/2 names the host in the URI.
#[tokio::test]
async fn the_name_may_stand_in_the_uri() {
    let (mut parts, body) = request("mcp.example").into_parts();
    parts.headers.remove("host");
    parts.uri = "https://mcp.example/mcp".parse().expect("a URI");
    let answer = endpoint()
        .oneshot(Request::from_parts(parts.clone(), body.clone()))
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    parts.uri = "https://evil.example/mcp".parse().expect("a URI");
    let answer = endpoint()
        .oneshot(Request::from_parts(parts, body))
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

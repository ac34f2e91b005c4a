//! Streams end when their caller's token does; clients come back with a new one.

use std::sync::Arc;
use std::time::Duration;

use http::Request;
use http::request::Parts;
use http_body_util::{BodyExt as _, Full};
use interlock_sdk::auth::server::{Authenticate, Challenge};
use interlock_sdk::clock::Clock;
use interlock_sdk::http::server::{HttpServer, HttpService};
use interlock_sdk::{BoxFuture, Principal, Server};
use serde_json::json;
use tokio::time::{Instant, timeout};

use super::world::Ask;

const NOW: u64 = 1_800_000_000;
const REVISION: &str = "2025-11-25";

/// Everybody is Alice, until that moment.
struct Until(Option<u64>);

impl Authenticate for Until {
    fn authenticate<'a>(&'a self, _: &'a Parts) -> BoxFuture<'a, Result<Principal, Challenge>> {
        let alice = Principal::new("https://idp.example", "alice");
        let alice = match self.0 {
            Some(expires) => alice.with_expiry(expires),
            None => alice,
        };
        Box::pin(std::future::ready(Ok(alice)))
    }
}

fn service(expires: Option<u64>) -> HttpService {
    let (clock, _hand) = Clock::fake(NOW);
    let server = Server::builder("expiring", "1").clock(clock).build();
    HttpServer::new(server)
        .auth(Arc::new(Until(expires)))
        .into_service()
}

fn request(ask: Ask) -> Request<Full<bytes::Bytes>> {
    let mut request = Request::builder().method(ask.method.as_str());
    for (name, value) in &ask.headers {
        request = request.header(name, value);
    }
    request = request.uri(ask.path.as_str()).header("host", "localhost");
    request.body(ask.body.into()).unwrap()
}

/// A stream that would never end by itself, of either era.
async fn open(service: &HttpService, modern: bool) -> Request<Full<bytes::Bytes>> {
    if modern {
        return request(Ask::modern(
            "subscriptions/listen",
            json!({"notifications": {}}),
        ));
    }
    let answer = service.answer(request(Ask::initialize(REVISION))).await;
    let id = answer.headers().get("mcp-session-id").unwrap();
    let ask = Ask::new("GET", "/mcp")
        .header("Accept", "text/event-stream")
        .header("MCP-Protocol-Version", REVISION)
        .header("Mcp-Session-Id", id.to_str().unwrap());
    request(ask)
}

#[tokio::test(start_paused = true)]
async fn a_listening_stream_ends_at_its_tokens_expiry() {
    for (modern, last) in [(false, ":\n\n"), (true, "\"resultType\":\"complete\"")] {
        let service = service(Some(NOW + 70));
        let listen = open(&service, modern).await;
        let since = Instant::now();
        let answer = service.answer(listen).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(service.streams(), 1);
        let body = timeout(Duration::from_secs(3_600), answer.into_body().collect());
        let body = body.await.unwrap().unwrap().to_bytes();
        assert_eq!(since.elapsed().as_secs(), 70, "modern: {modern}");
        let text = String::from_utf8_lossy(&body);
        assert!(text.contains(last), "{text}");
        assert_eq!(service.streams(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_caller_never_expires_goes_on() {
    for modern in [false, true] {
        let service = service(None);
        let listen = open(&service, modern).await;
        let answer = service.answer(listen).await;
        let body = timeout(Duration::from_secs(3_600), answer.into_body().collect());
        assert!(body.await.is_err(), "modern: {modern}");
    }
}

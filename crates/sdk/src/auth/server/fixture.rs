//! An authorization server for tests: keys, tokens, and a socket that answers what it is told to.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::auth::jwt::{Algorithm, JwkSet, SigningKey};

pub(super) const ISSUER: &str = "https://idp.example";
pub(super) const RESOURCE: &str = "https://mcp.example/tenant-a/mcp";
pub(super) const NOW: u64 = 1_800_000_000;

pub(super) fn key(id: &str) -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap().with_id(id)
}

pub(super) fn set<'a>(keys: impl IntoIterator<Item = &'a SigningKey>) -> JwkSet {
    JwkSet::new(keys.into_iter().map(|key| key.public().clone()))
}

/// The claims of a good token.
pub(super) fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "alice", "aud": RESOURCE, "client_id": "app", "scope": "mcp:use files:read",
        "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 600,
    })
}

/// The claims of a good token, with some replaced and those that became null left out.
pub(super) fn claims_with(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
        .as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
    claims
}

/// A request as the socket saw it: the head, and the body.
pub(super) type Seen = (String, String);

/// Answers each request with what `answer` makes of it: a status and a body.
pub(super) struct Socket {
    pub(super) url: String,
    pub(super) seen: Arc<Mutex<Vec<Seen>>>,
}

impl Socket {
    pub(super) async fn start(
        answer: impl Fn(&Seen) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read(&mut stream).await;
                let (status, body) = answer(&request);
                log.lock().unwrap().push(request);
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all((head + &body).as_bytes()).await;
            }
        });
        Self { url, seen }
    }
}

async fn read(stream: &mut TcpStream) -> Seen {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase();
            let length = length.split("content-length: ").nth(1).map_or(0, |rest| {
                rest.split("\r\n").next().unwrap().parse().unwrap()
            });
            if body.len() >= length {
                return (head.to_owned(), body.to_owned());
            }
        }
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "the request ended early: {text}");
        text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
}

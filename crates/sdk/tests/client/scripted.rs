//! An HTTP server that does what a test says, one response a request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) verb: String,
    pub(super) path: String,
    headers: Vec<(String, String)>,
    pub(super) json: Value,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn method(&self) -> &str {
        self.json["method"].as_str().unwrap_or_default()
    }

    pub(super) fn result(&self, result: Value) -> String {
        json!({"jsonrpc": "2.0", "id": self.json["id"], "result": result}).to_string()
    }
}

/// What is written back, to the letter; the connection closes behind it.
pub(super) fn response(status: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    format!("{text}content-length: {}\r\n\r\n{body}", body.len())
}

pub(super) fn json_body(body: &str) -> String {
    response("200 OK", &[("content-type", "application/json")], body)
}

/// A stream that ends (or breaks off) behind these events.
pub(super) fn events(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n{body}")
}

pub(super) fn event(id: &str, data: &str) -> String {
    match id {
        "" => format!("data: {data}\n\n"),
        id => format!("id: {id}\ndata: {data}\n\n"),
    }
}

/// What a legacy server says to the first two requests; `None` for all others.
pub(super) fn legacy(request: &Request, session: Option<&str>) -> Option<String> {
    let version = &request.json["params"]["protocolVersion"];
    match request.method() {
        "server/discover" => Some(response("400 Bad Request", &[], "")),
        "initialize" => {
            let info = json!({"name": "scripted", "version": "1"});
            let capabilities = json!({"tools": {}, "logging": {}});
            let result = json!({"protocolVersion": version, "capabilities": capabilities, "serverInfo": info});
            let mut headers = vec![("content-type", "application/json")];
            headers.extend(session.map(|session| ("mcp-session-id", session)));
            Some(response("200 OK", &headers, &request.result(result)))
        }
        "notifications/initialized" => Some(response("202 Accepted", &[], "")),
        _ if request.verb == "DELETE" => Some(response("204 No Content", &[], "")),
        _ => None,
    }
}

pub(super) fn modern(request: &Request) -> Option<String> {
    let result = json!({
        "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}},
        "ttlMs": 0, "cacheScope": "private",
    });
    (request.method() == "server/discover").then(|| json_body(&request.result(result)))
}

/// A running server, and all requests that it saw.
pub(super) struct Scripted {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Scripted {
    /// Answers each request with what `script` makes of it.
    pub(super) async fn start<F>(script: F) -> Self
    where
        F: Fn(&Request) -> String + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (script, kept) = (Arc::new(script), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, kept) = (Arc::clone(&script), Arc::clone(&kept));
                tokio::spawn(async move {
                    let mut stream = stream;
                    if let Some(request) = read(&mut stream).await {
                        let text = script(&request);
                        kept.lock().unwrap().push(request);
                        drop(stream.write_all(text.as_bytes()).await);
                        drop(stream.shutdown().await);
                    }
                });
            }
        });
        Self { address, seen }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    pub(super) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// The requests with that method in their body.
    pub(super) fn calls(&self, method: &str) -> Vec<Request> {
        let all = self.seen();
        all.into_iter()
            .filter(|request| request.method() == method)
            .collect()
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut text = Vec::new();
    let end = loop {
        if let Some(at) = text.windows(4).position(|part| part == b"\r\n\r\n") {
            break at;
        }
        stream
            .read_buf(&mut text)
            .await
            .ok()
            .filter(|read| *read > 0)?;
    };
    let head = String::from_utf8(text[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (verb, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    while text.len() < end + 4 + length {
        stream
            .read_buf(&mut text)
            .await
            .ok()
            .filter(|read| *read > 0)?;
    }
    let json = serde_json::from_slice(&text[end + 4..]).unwrap_or(Value::Null);
    Some(Request {
        verb,
        path,
        headers,
        json,
    })
}

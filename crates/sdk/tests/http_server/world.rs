//! A server on a loopback port, and a client that writes exactly the bytes it is told to.

use std::net::SocketAddr;
use std::time::Duration;

use interlock_sdk::Server;
use interlock_sdk::http::server::{HttpServer, HttpService};
use interlock_wire::sse;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Longer than anything takes on a busy machine; only reached when a test fails.
const DEADLINE: Duration = Duration::from_secs(30);

/// A server that is running.
pub(super) struct World {
    pub(super) address: SocketAddr,
    pub(super) service: HttpService,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl World {
    /// The server that a user gets by default.
    pub(super) async fn of(server: Server) -> Self {
        Self::start(HttpServer::new(server)).await
    }

    pub(super) async fn start(http: HttpServer) -> Self {
        let bound = http.bind("127.0.0.1:0").await.expect("a loopback port");
        let (stop, stopped) = oneshot::channel::<()>();
        Self {
            address: bound.local_addr(),
            service: bound.service(),
            stop,
            task: tokio::spawn(bound.serve_until(async move { drop(stopped.await) })),
        }
    }

    /// Shuts down and waits for it.
    pub(super) async fn stop(self) {
        let _ = self.stop.send(());
        within(self.task).await.expect("an orderly end");
    }

    pub(super) async fn send(&self, ask: &Ask) -> Answer {
        Connection::open(self.address).await.send(ask).await
    }

    /// Opens a legacy session and gives its id.
    pub(super) async fn initialize(&self, revision: &str) -> String {
        let answer = self.send(&Ask::initialize(revision)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["result"]["protocolVersion"], revision);
        let id = answer
            .header("mcp-session-id")
            .expect("a session")
            .to_owned();
        let ready = Ask::legacy(
            revision,
            &id,
            json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        );
        assert_eq!(self.send(&ready).await.status, 202);
        id
    }

    /// Waits until something holds of the server.
    pub(super) async fn until(&self, what: &str, holds: impl Fn(&HttpService) -> bool) {
        let waiting = async {
            while !holds(&self.service) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let in_time = tokio::time::timeout(DEADLINE, waiting).await;
        assert!(in_time.is_ok(), "never: {what}");
    }
}

pub(super) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future)
        .await
        .expect("in time")
}

/// One request, header by header.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Ask {
    pub(super) fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(super) fn post(message: &Value) -> Self {
        let mut ask = Self::new("POST", "/mcp")
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream");
        ask.body = message.to_string().into_bytes();
        ask
    }

    /// A request of 2026-07-28 with all that belongs to it.
    pub(super) fn modern(method: &str, params: Value) -> Self {
        let mut params = params;
        params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let mut ask = Self::post(&message)
            .header("MCP-Protocol-Version", "2026-07-28")
            .header("Mcp-Method", method);
        if let Some(name) = params["name"].as_str().or(params["uri"].as_str()) {
            ask = ask.header("Mcp-Name", name);
        }
        ask
    }

    /// A call of a tool of 2026-07-28, with a token for its progress.
    pub(super) fn call(tool: &str, arguments: Value) -> Self {
        Self::modern(
            "tools/call",
            json!({"name": tool, "arguments": arguments, "_meta": {"progressToken": "p"}}),
        )
    }

    pub(super) fn initialize(revision: &str) -> Self {
        Self::post(
            &json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}}),
        )
    }

    pub(super) fn legacy(revision: &str, session: &str, message: Value) -> Self {
        Self::post(&message)
            .header("MCP-Protocol-Version", revision)
            .header("Mcp-Session-Id", session)
    }

    /// A call of a tool in a legacy session, with a token for its progress.
    pub(super) fn legacy_call(revision: &str, session: &str, id: i64, tool: &str) -> Self {
        let params = json!({"name": tool, "arguments": {}, "_meta": {"progressToken": "p"}});
        Self::legacy(
            revision,
            session,
            json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}),
        )
    }

    /// The stream of a legacy session.
    pub(super) fn listen(revision: &str, session: &str) -> Self {
        Self::new("GET", "/mcp")
            .header("Accept", "text/event-stream")
            .header("MCP-Protocol-Version", revision)
            .header("Mcp-Session-Id", session)
    }

    pub(super) fn path(mut self, path: &str) -> Self {
        self.path = path.to_owned();
        self
    }

    /// One header more.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// The same header with another value.
    pub(super) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).header(name, value)
    }

    pub(super) fn body(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self
    }

    fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    fn bytes(&self, address: SocketAddr) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !self.has("host") {
            head.push_str(&format!("Host: {address}\r\n"));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.has("content-length") && !self.has("transfer-encoding") {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self) -> String {
        format!(
            "{} {:?} {}",
            self.status,
            self.headers,
            String::from_utf8_lossy(&self.body)
        )
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// The JSON-RPC code of an error.
    pub(super) fn code(&self) -> Option<i64> {
        serde_json::from_slice::<Value>(&self.body).ok()?["error"]["code"].as_i64()
    }

    /// All events of a body that is complete.
    pub(super) fn events(&self) -> Vec<sse::Event> {
        assert_eq!(
            self.header("content-type"),
            Some("text/event-stream"),
            "{}",
            self.text()
        );
        let (mut parser, mut input) = (sse::Parser::new(1 << 20), self.body.as_slice());
        std::iter::from_fn(|| parser.next_event(&mut input).expect("events")).collect()
    }
}

/// A connection to a server.
pub(super) struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> Self {
        Self {
            stream: TcpStream::connect(address).await.expect("a connection"),
            address,
            buffer: Vec::new(),
        }
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) {
        // The server may answer and close before all was sent.
        let _ = self.stream.write_all(bytes).await;
    }

    pub(super) async fn send(&mut self, ask: &Ask) -> Answer {
        self.write(&ask.bytes(self.address)).await;
        self.answer().await
    }

    /// Sends, and reads no further than the head of the answer, which is a stream.
    pub(super) async fn stream(mut self, ask: &Ask) -> Stream {
        self.write(&ask.bytes(self.address)).await;
        let head = self.head().await;
        assert_eq!(
            head.header("content-type"),
            Some("text/event-stream"),
            "{}",
            head.text()
        );
        Stream {
            parser: sse::Parser::new(1 << 20),
            waiting: Vec::new(),
            connection: self,
            head,
        }
    }

    /// Status 0 when the connection is closed without an answer.
    pub(super) async fn answer(&mut self) -> Answer {
        let mut answer = self.head().await;
        if let Some(length) = answer.header("content-length") {
            let length = length.parse().expect("a length");
            while self.buffer.len() < length && self.read().await {}
            answer.body = self.buffer.drain(..length.min(self.buffer.len())).collect();
        } else if answer.header("transfer-encoding").is_some() {
            while let Some(chunk) = self.chunk().await {
                answer.body.extend_from_slice(&chunk);
            }
        }
        answer
    }

    async fn head(&mut self) -> Answer {
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            if !self.read().await {
                return Answer {
                    status: 0,
                    headers: Vec::new(),
                    body: Vec::new(),
                };
            }
        };
        let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
        let head = String::from_utf8(head).expect("ASCII");
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .expect("a status line");
        let headers = lines.filter_map(|line| line.split_once(": "));
        Answer {
            status: status.parse().expect("a status"),
            headers: headers
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            body: Vec::new(),
        }
    }

    /// The next chunk of a body of unknown length; none at its end.
    async fn chunk(&mut self) -> Option<Vec<u8>> {
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                break end;
            }
            if !self.read().await {
                return None;
            }
        };
        let size = std::str::from_utf8(&self.buffer[..end]).expect("a size");
        let size = usize::from_str_radix(size, 16).expect("a size");
        while self.buffer.len() < end + 2 + size + 2 {
            if !self.read().await {
                return None;
            }
        }
        let chunk: Vec<u8> = self.buffer.drain(..end + 2 + size + 2).collect();
        (size > 0).then(|| chunk[end + 2..end + 2 + size].to_vec())
    }

    /// Reads what is there; `false` at the end.
    async fn read(&mut self) -> bool {
        let read = within(self.stream.read_buf(&mut self.buffer)).await;
        read.is_ok_and(|read| read > 0)
    }
}

/// An answer that is a stream of events.
pub(super) struct Stream {
    pub(super) head: Answer,
    connection: Connection,
    parser: sse::Parser,
    waiting: Vec<u8>,
}

impl Stream {
    /// The next event; none at the end of the stream.
    pub(super) async fn event(&mut self) -> Option<sse::Event> {
        loop {
            let mut input = self.waiting.as_slice();
            let event = self.parser.next_event(&mut input).expect("an event stream");
            self.waiting = input.to_vec();
            if event.is_some() {
                return event;
            }
            self.waiting = self.connection.chunk().await?;
        }
    }

    /// When the server wants its client back.
    pub(super) fn retry(&self) -> Option<Duration> {
        self.parser.retry()
    }

    /// The next message, past the events that only have an id.
    pub(super) async fn message(&mut self) -> Option<Value> {
        loop {
            let event = self.event().await?;
            if !event.data.is_empty() {
                return Some(serde_json::from_slice(&event.data).expect("JSON"));
            }
        }
    }

    /// Where a client would read on.
    pub(super) fn last_event_id(&self) -> &str {
        self.parser.last_event_id()
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

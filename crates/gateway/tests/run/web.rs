//! A web server on this machine that says what a test tells it to, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) verb: String,
    /// By name, in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn method(&self) -> &str {
        self.body
            .get("method")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The result of this request.
    pub(crate) fn result(&self, result: &str) -> String {
        format!(
            r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#,
            self.body.get("id").unwrap_or(&Value::Null)
        )
    }
}

/// What is answered.
pub(crate) enum Reply {
    /// A body of JSON.
    Json(String),
    /// The same, with a header.
    With(&'static str, String),
    /// Events, then the end of the stream.
    Events(Vec<String>),
    /// A status and a whole head and body behind it.
    Status(u16, &'static str),
    /// These bytes, as they are.
    Raw(Vec<u8>),
    /// The beginning of a stream, and then nothing until the other side closes.
    Silence,
}

pub(crate) struct Web {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    over: Arc<AtomicBool>,
}

impl Web {
    /// Listens until it is dropped.
    pub(crate) fn new(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, over) = (
            Arc::new(Mutex::new(Vec::new())),
            Arc::new(AtomicBool::new(false)),
        );
        let answer = Arc::new(answer);
        let (remembered, ended) = (Arc::clone(&asked), Arc::clone(&over));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let (answer, asked) = (Arc::clone(&answer), Arc::clone(&remembered));
                thread::spawn(move || serve(stream, &*answer, &asked));
            }
        });
        Self { port, asked, over }
    }

    /// Its address as a request has it, with headers behind it.
    pub(crate) fn mode(&self, headers: &[&str]) -> String {
        let headers = headers.iter().map(|header| format!("|--header|{header}"));
        format!(
            "url:http://127.0.0.1:{}/mcp{}",
            self.port,
            headers.collect::<String>()
        )
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// What was asked, in a word each: the verb, and the method where there is one.
    pub(crate) fn story(&self) -> Vec<String> {
        let word = |asked: &Asked| match asked.method() {
            "" => asked.verb.clone(),
            method => method.to_owned(),
        };
        self.asked().iter().map(word).collect()
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

fn serve(mut stream: TcpStream, answer: &dyn Fn(&Asked) -> Reply, all: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(asked) = read(&mut reader) {
        all.lock().unwrap().push(asked.clone());
        let bytes = match answer(&asked) {
            Reply::Json(body) => whole(200, "", &body),
            Reply::With(header, body) => whole(200, header, &body),
            Reply::Status(status, rest) => format!("HTTP/1.1 {status} -\r\n{rest}").into_bytes(),
            Reply::Events(events) => {
                let events = events.iter().map(|event| format!("data: {event}\n\n"));
                let body = events.collect::<String>();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
                drop(stream.write_all(format!("{head}{body}").as_bytes()));
                return drop(stream.shutdown(std::net::Shutdown::Both));
            }
            Reply::Raw(bytes) => bytes,
            Reply::Silence => {
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: waiting\n\n".to_vec()
            }
        };
        if stream.write_all(&bytes).is_err() {
            return;
        }
    }
}

fn whole(status: u16, header: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n{header}Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn read(reader: &mut impl std::io::BufRead) -> Option<Asked> {
    let mut line = String::new();
    reader
        .read_line(&mut line)
        .ok()
        .filter(|count| *count > 0)?;
    let verb = line.split(' ').next()?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        verb,
        headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

/// A server of the session era with one tool.
pub(crate) fn legacy(asked: &Asked) -> Reply {
    match (asked.verb.as_str(), asked.method()) {
        ("GET", _) => Reply::Status(405, "Content-Length: 0\r\n\r\n"),
        ("DELETE", _) => Reply::Status(204, "\r\n"),
        (_, "initialize") => Reply::With(
            "Mcp-Session-Id: session-7\r\n",
            asked.result(r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"web","version":"1"}}"#),
        ),
        (_, "tools/list") => Reply::Json(asked.result(&format!(r#"{{"tools":[{}]}}"#, super::world::ADD))),
        (_, "tools/call") => Reply::Json(asked.result(r#"{"content":[{"type":"text","text":"3"}]}"#)),
        (_, "server/discover") => Reply::Status(400, "Content-Length: 0\r\n\r\n"),
        _ => Reply::Status(202, "Content-Length: 0\r\n\r\n"),
    }
}

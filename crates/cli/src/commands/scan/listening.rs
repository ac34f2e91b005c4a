//! `--listeners`: MCP servers of this machine that answer anybody. Reads the kernel's tables of sockets and connects to this machine only.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use interlock_scan::{Finding, HELLO, Listener, judge_listener, listeners};

/// Paths at which servers are found.
const PATHS: &[&str] = &["/mcp", "/", "/sse"];
/// How long a listener may take to take a connection, and to answer.
const PATIENCE: Duration = Duration::from_millis(400);
/// Most bytes of an answer that are read.
const MOST_BYTES: u64 = 64 << 10;
/// Most listeners that are asked.
const MOST: usize = 512;
/// How many are asked at once.
const TOGETHER: usize = 32;

/// Asks every listener of this machine whether it is an MCP server that takes strangers in.
pub fn look() -> Vec<Finding> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let texts = tables
        .iter()
        .filter_map(|table| std::fs::read_to_string(table).ok());
    let all: BTreeSet<Listener> = texts.flat_map(|text| listeners(&text)).collect();
    let all: Vec<Listener> = all.into_iter().take(MOST).collect();
    let mut found = Vec::new();
    for some in all.chunks(TOGETHER) {
        std::thread::scope(|scope| {
            let asked: Vec<_> = some
                .iter()
                .map(|one| scope.spawn(move || ask(one)))
                .collect();
            found.extend(
                asked
                    .into_iter()
                    .filter_map(|one| one.join().ok().flatten()),
            );
        });
    }
    found
}

/// What speaks no HTTP is asked once only.
fn ask(listener: &Listener) -> Option<Finding> {
    let address = listener.loopback()?;
    for path in PATHS {
        let answer = exchange(address, path).ok()?;
        if !answer.starts_with("HTTP/") {
            return None;
        }
        if let Some(finding) = judge_listener(listener, path, &answer) {
            return Some(finding);
        }
    }
    None
}

/// One request and what comes back within the time there is.
fn exchange(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let length = HELLO.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{HELLO}"
    )?;
    let mut answer = Vec::new();
    let mut limited = stream.take(MOST_BYTES);
    let mut part = [0; 4096];
    // A stream of events stays open: what came until the time is up is the answer.
    while let Ok(read) = limited.read(&mut part) {
        let Some(part) = part.get(..read).filter(|part| !part.is_empty()) else {
            break;
        };
        answer.extend_from_slice(part);
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_server_that_takes_strangers_in_is_found() {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = socket.accept().unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            let body = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","serverInfo":{"name":"open"}}}"#;
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        let found = ask(&Listener { address, uid: 1 }).unwrap();
        assert_eq!(found.server.as_deref(), Some("open"));
        assert!(server.join().unwrap().starts_with("POST /mcp HTTP/1.1\r\n"));
    }

    #[test]
    fn nothing_else_is_connected_to() {
        let elsewhere = Listener {
            address: "192.0.2.1:9".parse().unwrap(),
            uid: 1,
        };
        assert!(ask(&elsewhere).is_none());
    }
}

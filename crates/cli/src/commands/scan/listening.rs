//! `--listeners`: MCP servers of this machine that answer anybody. Reads the kernel's tables of sockets and connects to this machine only.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use interlock_scan::{Finding, HELLO, Listener, judge_listener, listeners};

use crate::terminal::complain;

/// Paths at which servers are found.
const PATHS: &[&str] = &["/mcp", "/", "/sse"];
/// How long a listener may take to take a connection, and to answer. Only what keeps silent takes as long: a busy machine must not hide a
/// server.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most bytes of an answer that are read, but for the last part of it.
const MOST_BYTES: usize = 64 << 10;
/// Most listeners that are asked.
const MOST: usize = 512;
/// How many are asked at once.
const TOGETHER: usize = 128;

/// Asks every listener of this machine whether it is an MCP server that takes strangers in, and says which could not be asked.
pub fn look() -> Vec<Finding> {
    let all: Vec<Listener> = reachable().into_iter().collect();
    if all.len() > MOST {
        let left = all.len() - MOST;
        complain(&format!(
            "{left} listeners were not asked: no more than {MOST} are"
        ));
    }
    let asked = all.get(..MOST).unwrap_or(&all);
    let mut found = Vec::new();
    for some in asked.chunks(TOGETHER) {
        std::thread::scope(|scope| {
            let asked: Vec<_> = some
                .iter()
                .map(|one| (one, scope.spawn(move || ask(one))))
                .collect();
            for (one, answer) in asked {
                match answer.join() {
                    Ok(Ok(finding)) => found.extend(finding),
                    Ok(Err(error)) => unknown(one, &error.to_string()),
                    Err(_) => unknown(one, "it could not be asked"),
                }
            }
        });
    }
    found
}

fn unknown(listener: &Listener, why: &str) {
    complain(&format!(
        "whether {} (user {}) is an MCP server is not known: {why}",
        listener.address, listener.uid
    ));
}

/// The listeners of the kernel's tables that this machine itself reaches.
fn reachable() -> BTreeSet<Listener> {
    const SIX: &str = "/proc/net/tcp6";
    let mut all = BTreeSet::new();
    for table in ["/proc/net/tcp", SIX] {
        match std::fs::read_to_string(table) {
            Ok(text) => all.extend(listeners(&text)),
            // A kernel without version 6 has no such table.
            Err(error) if table == SIX && error.kind() == ErrorKind::NotFound => {}
            Err(error) => complain(&format!(
                "listeners were not looked for in `{table}`: {error}"
            )),
        }
    }
    all.retain(|one| one.loopback().is_some());
    all
}

/// What speaks no HTTP is asked once only.
///
/// # Errors
/// When it does not take the connection, or does not answer in time.
fn ask(listener: &Listener) -> std::io::Result<Option<Finding>> {
    let Some(address) = listener.loopback() else {
        return Ok(None);
    };
    let mut late = false;
    for path in PATHS {
        let answer = match exchange(address, path) {
            Ok(answer) => answer,
            // It is gone.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => break,
            Err(error) => return Err(error),
        };
        if let Some(finding) = judge_listener(listener, path, &answer.text) {
            return Ok(Some(finding));
        }
        late |= !answer.over;
        if !answer.text.starts_with("HTTP/") {
            break;
        }
    }
    if late {
        let why = format!("no whole answer within {} s", PATIENCE.as_secs());
        return Err(std::io::Error::new(ErrorKind::TimedOut, why));
    }
    Ok(None)
}

/// What came back.
struct Answer {
    text: String,
    /// Whether that is all of it, or enough; else the time was up first.
    over: bool,
}

/// One request and what comes back within the time there is.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge: how long a listener may take is counted here"
)]
fn exchange(address: SocketAddr, path: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let length = HELLO.len();
    // In one piece: a server may answer and close when it has read the first piece that comes.
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{HELLO}"
    );
    // One that closes early may have answered all the same: what it said is read in any case.
    let _ = stream.write_all(request.as_bytes());
    let start = Instant::now();
    let mut answer: Vec<u8> = Vec::new();
    let mut part = [0; 4096];
    let mut over = false;
    while !over {
        let left = PATIENCE.saturating_sub(start.elapsed());
        if left.is_zero() {
            break;
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part) {
            Ok(read) => {
                answer.extend(part.iter().take(read));
                over = read == 0 || answer.len() >= MOST_BYTES || enough(&answer);
            }
            Err(error) => {
                over = !matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                );
            }
        }
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    Ok(Answer { text, over })
}

/// Whether nothing that matters can follow: a server need not close the connection, and a stream of events stays open.
fn enough(answer: &[u8]) -> bool {
    const END: &[u8] = b"\r\n\r\n";
    if answer.iter().zip(b"HTTP/").any(|(is, http)| is != http) {
        return true;
    }
    let end = answer.windows(END.len()).position(|part| part == END);
    let Some((head, body)) = end.and_then(|end| answer.split_at_checked(end + END.len())) else {
        return false;
    };
    let head = String::from_utf8_lossy(head);
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.trim().parse::<usize>().ok());
    if let Some(length) = length {
        return body.len() >= length;
    }
    let body = String::from_utf8_lossy(body);
    body.split_once("\"serverInfo\"")
        .is_some_and(|(_, rest)| rest.contains("\n\n") || rest.contains("\r\n\r\n"))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    const BODY: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","serverInfo":{"name":"open"}}}"#;

    /// Asks a listener that reads the whole request, sends these parts of an answer, each after a while, and keeps the connection open until
    /// the other side closes it.
    fn asked(parts: Vec<String>, pause: Duration) -> Finding {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = socket.accept().unwrap();
            let mut request = Vec::new();
            let mut part = [0; 4096];
            while !request.ends_with(HELLO.as_bytes()) {
                let read = stream.read(&mut part).unwrap();
                assert_ne!(read, 0);
                request.extend_from_slice(&part[..read]);
            }
            assert!(request.starts_with(b"POST /mcp HTTP/1.1\r\n"));
            for part in parts {
                std::thread::sleep(pause);
                stream.write_all(part.as_bytes()).unwrap();
            }
            let _ = stream.read(&mut part);
        });
        let found = ask(&Listener { address, uid: 1 }).unwrap().unwrap();
        server.join().unwrap();
        found
    }

    #[test]
    fn a_server_that_takes_strangers_in_is_found_also_when_it_is_slow() {
        let length = BODY.len();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        let events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n".to_owned();
        let event = format!("event: message\ndata: {BODY}\n\n");
        for (parts, pause) in [
            (vec![format!("{head}{BODY}")], 0),
            (vec![head, BODY.to_owned()], 600),
            (vec![events, "data:\n\n".to_owned(), event], 300),
        ] {
            let found = asked(parts, Duration::from_millis(pause));
            assert_eq!(found.server.as_deref(), Some("open"));
        }
    }

    /// Without reading what it is sent.
    #[test]
    fn a_server_that_answers_and_closes_at_once_is_found() {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = socket.accept().unwrap();
            let answer = format!("HTTP/1.1 200 OK\r\n\r\n{BODY}");
            stream.write_all(answer.as_bytes()).unwrap();
        });
        assert!(ask(&Listener { address, uid: 1 }).unwrap().is_some());
        server.join().unwrap();
    }

    #[test]
    fn silence_is_told_from_another_answer() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = silent.local_addr().unwrap();
        let error = ask(&Listener { address, uid: 1 }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        drop(silent);
        assert!(ask(&Listener { address, uid: 1 }).unwrap().is_none());
        for (answer, is_enough) in [
            ("SSH-2.0-x", true),
            ("HT", false),
            ("HTTP/1.1 200 OK\r\n", false),
            ("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\n\r\n: ping\n\n", false),
        ] {
            assert_eq!(enough(answer.as_bytes()), is_enough, "{answer}");
        }
    }

    #[test]
    fn nothing_else_is_connected_to() {
        let elsewhere = Listener {
            address: "192.0.2.1:9".parse().unwrap(),
            uid: 1,
        };
        assert!(ask(&elsewhere).unwrap().is_none());
    }
}

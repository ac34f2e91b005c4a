//! A client over Streamable HTTP, for the peers that have no stdio front.
//!
//! One connection does one call at a time, so `n` in flight are `n` connections. Answers are read as JSON or as one event.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use memchr::memmem;

use crate::Fallible;
use crate::client::{Cost, cost};
use crate::machine::Tree;
use crate::message::{Call, Era, INITIALIZED, initialize};

/// Where a server listens, on this machine.
#[derive(Debug, Clone)]
pub struct Address {
    /// The port.
    pub port: u16,
    /// The path, with its slash.
    pub path: String,
}

/// One connection with a session.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    address: Address,
    session: Option<String>,
    era: Era,
    buffer: Vec<u8>,
    id: u64,
}

impl Connection {
    /// Connects and opens a session; tries again while nobody listens yet.
    ///
    /// # Errors
    /// When nobody listens within 30 s, or the handshake fails.
    pub fn open(address: &Address) -> Fallible<Self> {
        Self::open_in(address, Era::Legacy)
    }

    /// The same in either era; the modern one has no session.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_in(address: &Address, era: Era) -> Fallible<Self> {
        let until = Instant::now() + Duration::from_secs(30);
        let stream = loop {
            match TcpStream::connect(("127.0.0.1", address.port)) {
                Ok(stream) => break stream,
                Err(error) if Instant::now() > until => return Err(error.into()),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut connection = Self {
            stream,
            address: address.clone(),
            session: None,
            era,
            buffer: Vec::new(),
            id: 1,
        };
        if era == Era::Modern {
            return Ok(connection);
        }
        let answer = connection.post(initialize().as_bytes())?;
        if memmem::find(&answer, b"\"protocolVersion\"").is_none() {
            return Err(String::from_utf8_lossy(&answer).into_owned().into());
        }
        connection.post(INITIALIZED.as_bytes())?;
        Ok(connection)
    }

    /// One call whose answer is compared byte by byte.
    ///
    /// # Errors
    /// When it is another.
    pub fn verify(&mut self, call: &Call) -> Fallible<()> {
        let answer = self.call(call)?;
        if call.is_echoed(&answer) {
            return Ok(());
        }
        let shown = answer.get(..300).unwrap_or(&answer);
        Err(format!("not an echo: {}", String::from_utf8_lossy(shown)).into())
    }

    /// Calls one after the other; gives their times.
    ///
    /// # Errors
    /// When an answer does not come.
    pub fn sequential(&mut self, call: &Call, count: usize) -> Fallible<Vec<Duration>> {
        let mut latencies = Vec::with_capacity(count);
        for _ in 0..count {
            let sent = Instant::now();
            if !call.is_plausible(&self.call(call)?) {
                return Err("a short answer".into());
            }
            latencies.push(sent.elapsed());
        }
        Ok(latencies)
    }

    fn call(&mut self, call: &Call) -> Fallible<Vec<u8>> {
        let mut body = Vec::new();
        call.write(self.id, &mut body);
        self.id += 1;
        self.post_as(&body, Some(call.tool()))
    }

    fn post(&mut self, body: &[u8]) -> Fallible<Vec<u8>> {
        self.post_as(body, None)
    }

    fn post_as(&mut self, body: &[u8], tool: Option<&str>) -> Fallible<Vec<u8>> {
        let revision = self.era.revision();
        let mut request = format!(
            "POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: {revision}\r\n",
            self.address.path, self.address.port
        );
        if let Some(session) = &self.session {
            request += &format!("Mcp-Session-Id: {session}\r\n");
        }
        if let (Era::Modern, Some(tool)) = (self.era, tool) {
            request += &format!("Mcp-Method: tools/call\r\nMcp-Name: {tool}\r\n");
        }
        request += &format!("Content-Length: {}\r\n\r\n", body.len());
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        self.stream.write_all(&bytes)?;
        self.answer()
    }

    fn answer(&mut self) -> Fallible<Vec<u8>> {
        let end = loop {
            if let Some(at) = memmem::find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            self.fill()?;
        };
        let head = String::from_utf8_lossy(self.buffer.get(..end).unwrap_or_default()).into_owned();
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(':'));
            let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
            found.next().map(|(_, value)| value.trim().to_owned())
        };
        if !head.starts_with("HTTP/1.1 2") {
            return Err(head.lines().next().unwrap_or_default().to_owned().into());
        }
        if self.session.is_none() {
            self.session = header("mcp-session-id");
        }
        self.buffer.drain(..end);
        let length = header("content-length").and_then(|text| text.parse().ok());
        let body = match length {
            Some(length) => self.take(length)?,
            None if header("transfer-encoding").is_some() => self.chunks()?,
            None => Vec::new(),
        };
        Ok(payload_of(body))
    }

    fn chunks(&mut self) -> Fallible<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let at = loop {
                if let Some(at) = memmem::find(&self.buffer, b"\r\n") {
                    break at;
                }
                self.fill()?;
            };
            let line = self.take(at + 2)?;
            let size = usize::from_str_radix(std::str::from_utf8(&line)?.trim(), 16)?;
            let chunk = self.take(size + 2)?;
            body.extend_from_slice(chunk.get(..size).unwrap_or_default());
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn take(&mut self, count: usize) -> Fallible<Vec<u8>> {
        while self.buffer.len() < count {
            self.fill()?;
        }
        Ok(self.buffer.drain(..count).collect())
    }

    fn fill(&mut self) -> Fallible<()> {
        let mut chunk = [0; 64 * 1024];
        let count = self.stream.read(&mut chunk)?;
        if count == 0 {
            return Err("the connection was closed".into());
        }
        self.buffer
            .extend_from_slice(chunk.get(..count).unwrap_or_default());
        Ok(())
    }
}

/// Of an event stream, the data of its last event; of anything else, all.
fn payload_of(body: Vec<u8>) -> Vec<u8> {
    if body.first() == Some(&b'{') {
        return body;
    }
    let lines = body.split(|byte| *byte == b'\n');
    let data = lines.filter_map(|line| line.strip_prefix(b"data:"));
    data.last()
        .map(|data| data.trim_ascii().to_vec())
        .unwrap_or_default()
}

/// `count` calls over all `connections`, each one after the other.
///
/// # Errors
/// When an answer does not come.
pub fn calls(
    connections: &mut [Connection],
    call: &Call,
    count: usize,
    tree: &Tree,
) -> Fallible<Cost> {
    let each = count.div_ceil(connections.len());
    let (cpu, begin) = (tree.cpu_nanos(), Instant::now());
    let results: Vec<Result<Vec<Duration>, String>> = std::thread::scope(|scope| {
        let threads: Vec<_> = connections
            .iter_mut()
            .map(|one| {
                scope.spawn(move || {
                    one.sequential(call, each)
                        .map_err(|error| error.to_string())
                })
            })
            .collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread
                .join()
                .unwrap_or_else(|_| Err("a client's thread ended".to_owned()))
        };
        threads.into_iter().map(join).collect()
    });
    let wall = begin.elapsed();
    let cpu = tree.cpu_nanos() - cpu;
    let mut latencies = Vec::with_capacity(count);
    for result in results {
        latencies.append(&mut result?);
    }
    Ok(cost(&latencies, wall, cpu))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers each request of one connection with the next of these responses.
    fn serve(responses: &'static [&'static str]) -> Address {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut chunk = [0; 4096];
            for response in responses {
                let count = stream.read(&mut chunk).unwrap();
                assert!(chunk[..count].starts_with(b"POST /mcp HTTP/1.1\r\n"));
                stream.write_all(response.as_bytes()).unwrap();
            }
        });
        Address {
            port,
            path: "/mcp".to_owned(),
        }
    }

    const HELLO: &str = "HTTP/1.1 200 OK\r\nMcp-Session-Id: s\r\nContent-Length: 23\r\n\r\n{\"protocolVersion\":\"x\"}";
    const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";

    #[test]
    fn answers_come_as_json_and_as_events() {
        let event = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            11\r\nevent: message\r\nd\r\n32\r\nata: {\"id\":1,\"result\":{\"content\":[{\"text\":\"fn\"}]}}\r\n2\r\n\n\n\r\n0\r\n\r\n";
        let responses: &'static [&'static str] = Box::leak(Box::new([HELLO, ACCEPTED, event]));
        let mut connection = Connection::open(&serve(responses)).unwrap();
        assert_eq!(connection.session.as_deref(), Some("s"));
        connection.verify(&Call::new("echo", 2)).unwrap();
    }

    #[test]
    fn a_refusal_is_told() {
        let refusal = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        let responses: &'static [&'static str] = Box::leak(Box::new([refusal]));
        let error = Connection::open(&serve(responses)).unwrap_err();
        assert!(error.to_string().contains("404"));
    }
}

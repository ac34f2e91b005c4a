//! Ten thousand clients that listen, and one change that all of them are told.
//!
//! The server has one core; the generator reads the streams one after the other, so the time to the last one is an upper bound.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use memchr::memmem;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Fallible;
use crate::http::{Address, Connection};
use crate::message::{Call, Era};
use crate::report::{Group, Mark};
use crate::served::Served;

/// The name of [`measure`], for the filter.
pub const NAME: &str = "http-listen";

const STREAMS: usize = 10_000;
const OURS: &str = "interlock-sdk";
const MEMORY: &str = "KiB a stream";
const ALL: &str = "ms until all were told";
const CPU: &str = "CPU µs a stream told";
const LOST: &str = "lost";

const ACKNOWLEDGED: &[u8] = b"notifications/subscriptions/acknowledged";
const CHANGED: &[u8] = b"notifications/tools/list_changed";

/// Opens the streams, then lets the server change what it offers once a round.
///
/// # Errors
/// When the server fails, or a stream cannot be opened.
pub fn measure(program: &Path, rounds: usize) -> Fallible<Group> {
    take_descriptors()?;
    let served = Served::start(program, None)?;
    let renew = Call::of(Era::Modern, "renew", 16);
    let mut changer = Connection::open_in(&served.address, Era::Modern)?;
    changer.verify(&renew)?;
    let tree = served.tree();
    let before = tree.root_resident_kib();
    let open = |_| Stream::open(&served.address);
    let mut streams = (0..STREAMS).map(open).collect::<Fallible<Vec<_>>>()?;
    let each = tree.root_resident_kib().saturating_sub(before) as f64 / STREAMS as f64;
    let mut group = Group::new(format!("{NAME}: {STREAMS} open streams, one change"));
    let series = group.series(OURS);
    series.push(MEMORY, each);
    let mut lost = 0;
    for _ in 0..rounds {
        let (cpu, begin) = (tree.cpu_nanos(), Instant::now());
        changer.verify(&renew)?;
        let told = streams.iter_mut().map(Stream::is_told);
        let missed = told.filter(|told| !told).count();
        series.push(ALL, begin.elapsed().as_secs_f64() * 1e3);
        let spent = (tree.cpu_nanos() - cpu) as f64 / 1e3;
        series.push(CPU, spent / STREAMS as f64);
        series.push(LOST, missed as f64);
        lost += missed;
    }
    group.marks = vec![Mark::at_most("notifications lost", lost as f64, 0.0)];
    Ok(group)
}

/// Both sides hold a descriptor a stream; the server inherits the limit.
fn take_descriptors() -> Fallible<()> {
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, all)?;
    match limit.maximum {
        Some(most) if most < STREAMS as u64 + 100 => {
            Err("too few descriptors: raise `ulimit -Hn`".into())
        }
        _ => Ok(()),
    }
}

/// One client that listens.
struct Stream {
    stream: TcpStream,
    /// What came and was not looked at yet.
    rest: Vec<u8>,
}

impl Stream {
    fn open(address: &Address) -> Fallible<Self> {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"0"},"io.modelcontextprotocol/clientCapabilities":{}}}}"#;
        let (port, length) = (address.port, body.len());
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nAccept: application/json, \
             text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\nContent-Length: \
             {length}\r\n\r\n",
            address.path
        );
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.write_all((head + body).as_bytes())?;
        let rest = Vec::new();
        let mut opened = Self { stream, rest };
        match opened.hears(ACKNOWLEDGED) {
            true => Ok(opened),
            false => Err(String::from_utf8_lossy(&opened.rest).into_owned().into()),
        }
    }

    /// Whether the change is heard of, once.
    fn is_told(&mut self) -> bool {
        self.hears(CHANGED)
    }

    fn hears(&mut self, text: &[u8]) -> bool {
        let mut chunk = [0; 4096];
        loop {
            if let Some(at) = memmem::find(&self.rest, text) {
                self.rest.drain(..at + text.len());
                self.rest.shrink_to_fit();
                return true;
            }
            match self.stream.read(&mut chunk) {
                Ok(count) if count > 0 => {
                    let came = chunk.get(..count).unwrap_or_default();
                    self.rest.extend_from_slice(came);
                }
                _ended_or_late => return false,
            }
        }
    }
}

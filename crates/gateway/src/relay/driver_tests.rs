//! The loop over real descriptors, with a server that is played by the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::SystemTime;

use interlock_audit::{Log, Options};
use interlock_wire::{Limits, tools};

use super::super::judge::Setup;
use super::*;
use crate::clock::SystemClock;
use crate::pins::Pins;

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;
const WELCOME: &str = r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"t","version":"1"}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
const ADD: &str = r#"{"name":"add"}"#;

/// A process whose end is a byte on a socket.
struct Played {
    ended: UnixStream,
    /// Ends it, as a kill would.
    end: UnixStream,
    killed: Arc<AtomicU64>,
    ignores: bool,
}

impl Process for Played {
    fn ended(&self) -> BorrowedFd<'_> {
        self.ended.as_fd()
    }

    fn exit(&mut self) -> Option<Exit> {
        Some(Exit::Code(0))
    }

    fn terminate(&mut self) {
        if !self.ignores {
            self.end.write_all(b"x").unwrap();
        }
    }

    fn kill(&mut self) {
        self.killed.fetch_add(1, Ordering::SeqCst);
        self.end.write_all(b"x").unwrap();
    }
}

/// What the test holds of a played session.
struct Stage {
    client: UnixStream,
    server_in: UnixStream,
    server_out: UnixStream,
    end: UnixStream,
    killed: Arc<AtomicU64>,
}

impl Stage {
    /// The server ends as one that was told to by its closed stdin.
    fn server_ends(&mut self) {
        self.server_out.shutdown(std::net::Shutdown::Both).unwrap();
        self.end.write_all(b"x").unwrap();
    }

    fn line(stream: &UnixStream) -> String {
        let mut line = Vec::new();
        let mut byte = [0];
        let mut stream = stream;
        while stream.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
            line.push(byte[0]);
        }
        String::from_utf8(line).unwrap()
    }

    fn say(mut stream: &UnixStream, line: &str) {
        stream.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn greet(&self) {
        Self::say(&self.client, INITIALIZE);
        assert_eq!(Self::line(&self.server_in), INITIALIZE);
        Self::say(&self.server_out, WELCOME);
        assert_eq!(Self::line(&self.client), WELCOME);
        Self::say(&self.client, INITIALIZED);
        assert_eq!(Self::line(&self.server_in), INITIALIZED);
    }
}

/// Drives a relay while `act` plays both peers; gives why it ended.
fn play(ignores: bool, signals: &Signals, act: impl FnOnce(&mut Stage) + Send) -> Option<Why> {
    let (client, client_end) = UnixStream::pair().unwrap();
    let (server_in, stdin) = UnixStream::pair().unwrap();
    let (server_out, stdout) = UnixStream::pair().unwrap();
    let (_server_err, stderr) = UnixStream::pair().unwrap();
    let (end, ended) = UnixStream::pair().unwrap();
    let killed = Arc::new(AtomicU64::new(0));
    let mut process = Played {
        ended,
        end: end.try_clone().unwrap(),
        killed: Arc::clone(&killed),
        ignores,
    };
    let pipes = Pipes {
        stdin: stdin.into(),
        stdout: stdout.into(),
        stderr: stderr.into(),
    };
    let dir = tempfile::tempdir().unwrap();
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let log = Log::open(&dir.path().join("audit"), Options::default(), start).unwrap();
    let mut journal = Journal::new(log, "s");
    let setup = Setup {
        limits: Limits::default(),
        pins: Pins::new([("add", tools::digest(ADD.as_bytes()).unwrap())]),
        handshake_timeout: Duration::from_secs(30),
        approve: "interlock approve t".to_owned(),
        record_arguments: true,
        observer: Box::new(()),
    };
    let mut relay = Relay::new(setup, SystemClock.now());
    let diagnostics = tempfile::tempfile().unwrap();
    thread::scope(|scope| {
        let mut stage = Stage {
            client,
            server_in,
            server_out,
            end,
            killed,
        };
        scope.spawn(move || act(&mut stage));
        let front = Client {
            input: client_end.as_fd(),
            output: client_end.as_fd(),
            diagnostics: diagnostics.as_fd(),
            signals,
        };
        drive(
            &mut relay,
            &mut process,
            pipes,
            &front,
            &mut journal,
            &SystemClock,
        )
        .unwrap();
        client_end.shutdown(std::net::Shutdown::Both).unwrap();
    });
    relay.why()
}

#[test]
fn a_client_that_closes_has_its_server_closed_at_once() {
    let why = play(false, &Signals::none().unwrap(), |stage| {
        stage.greet();
        stage.client.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(Stage::line(&stage.server_in), "", "stdin is closed");
        stage.server_ends();
        assert_eq!(stage.killed.load(Ordering::SeqCst), 0);
    });
    assert_eq!(why, Some(Why::ClientClosed));
}

#[test]
fn a_signal_closes_the_server_and_a_second_one_does_not_wait() {
    let (signals, sender) = Signals::played();
    let why = play(true, &signals, move |stage| {
        stage.greet();
        (&sender).write_all(b"x").unwrap();
        assert_eq!(Stage::line(&stage.server_in), "");
        (&sender).write_all(b"x").unwrap();
        // Ends the test's session as soon as it was killed; nothing else ends it.
        assert_eq!(Stage::line(&stage.client), "");
        assert_eq!(stage.killed.load(Ordering::SeqCst), 1);
    });
    assert_eq!(why, Some(Why::Stopped));
}

#[test]
fn everything_arrives_through_slow_readers_in_both_directions() {
    let call = |id: usize, size: usize| {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"add","arguments":{{"a":"{}"}}}}}}"#,
            "x".repeat(size)
        )
    };
    let sizes = [16, 300_000, 16, 3_000_000, 100, 65_536];
    play(false, &Signals::none().unwrap(), |stage| {
        stage.greet();
        let client = stage.client.try_clone().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                for (id, size) in sizes.iter().enumerate() {
                    Stage::say(&stage.client, &call(id + 1, *size));
                }
            });
            scope.spawn(|| {
                // Echoes each call's size as an answer of that size.
                let mut lines = BufReader::with_capacity(4096, &stage.server_in).lines();
                for (id, size) in sizes.iter().enumerate() {
                    let line = lines.next().unwrap().unwrap();
                    assert!(line == call(id + 1, *size));
                    let id = id + 1;
                    let text = "y".repeat(*size);
                    Stage::say(
                        &stage.server_out,
                        &format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"t":"{text}"}}}}"#),
                    );
                }
            });
            let mut lines = BufReader::with_capacity(512, &client).lines();
            for (id, size) in sizes.iter().enumerate() {
                let line = lines.next().unwrap().unwrap();
                assert!(line.contains(&format!("\"id\":{},", id + 1)) && line.len() > *size);
            }
        });
        stage.client.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(Stage::line(&stage.server_in), "");
        stage.server_ends();
    });
}

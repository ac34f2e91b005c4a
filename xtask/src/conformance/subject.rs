//! What is under test: our server and client, or peers that do nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::run::{cargo, root};

/// A server to test and the command of a client to test.
pub struct Subject {
    /// The server's endpoint.
    pub url: String,
    /// The client's command; the suite appends the server's address.
    pub client: String,
    // Held for its `Drop`.
    _server: Option<Running>,
}

impl Subject {
    /// Ours, built from the tree.
    pub fn ours() -> Result<Self, String> {
        let package = [
            "build",
            "--quiet",
            "--package",
            "interlock-testkit",
            "--bins",
        ];
        cargo(&package)?;
        let (server, url) = Running::start(&binary("conformance-server"))?;
        Ok(Self {
            url,
            client: binary("conformance-client").display().to_string(),
            _server: Some(server),
        })
    }

    /// A server that answers 500 to everything, and a client that ends at once and says that all went well.
    pub fn idle() -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
        let address = listener.local_addr().map_err(|e| e.to_string())?;
        // The thread ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || refuse_all(stream));
            }
        });
        Ok(Self {
            url: format!("http://localhost:{}/mcp", address.port()),
            client: "true".to_owned(),
            _server: None,
        })
    }
}

fn refuse_all(mut stream: TcpStream) {
    let mut seen: Vec<u8> = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        seen.extend(chunk.iter().take(read));
        // Whatever came: the head of a request is enough to answer it, and the connection ends with the answer.
        if seen.windows(4).any(|window| window == b"\r\n\r\n") {
            let answer = "HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes());
            return;
        }
    }
}

fn binary(name: &str) -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = root().join(chosen.unwrap_or_else(|| PathBuf::from("target")));
    target.join("debug").join(name)
}

/// A process that ends with its owner.
struct Running(Child);

impl Running {
    /// Starts a server on a free port; its first line says where it listens.
    fn start(program: &PathBuf) -> Result<(Self, String), String> {
        let child = Command::new(program)
            .args(["--port", "0"])
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.map_err(|e| format!("{}: {e}", program.display()))?;
        let stdout = child.stdout.take();
        let running = Self(child);
        let mut line = String::new();
        if let Some(stdout) = stdout {
            let _ = BufReader::new(stdout).read_line(&mut line);
        }
        match line.trim().strip_prefix("listening on ") {
            Some(url) => Ok((running, url.to_owned())),
            None => Err(format!("{} did not start", program.display())),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

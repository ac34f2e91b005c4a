//! Repositories that real Git makes and serves: `git http-backend` behind a few lines of HTTP on the loopback interface.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

/// A directory of repositories, served.
pub struct Hosted {
    root: tempfile::TempDir,
    address: std::net::SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Hosted {
    pub fn start() -> Self {
        let root = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (path, theirs) = (root.path().to_owned(), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (path, theirs) = (path.clone(), theirs.clone());
                std::thread::spawn(move || serve(&stream, &path, &theirs));
            }
        });
        Self {
            root,
            address,
            asked,
        }
    }

    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    pub fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Every request so far: method, path and query.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Makes or changes a repository with these files, on the branch `main`; gives the commit.
    pub fn commit(&self, name: &str, files: &[(&str, &str)], format: &str) -> String {
        let path = self.path(name);
        if !path.exists() {
            std::fs::create_dir_all(&path).unwrap();
            let format = format!("--object-format={format}");
            git(&path, &["init", "-q", "-b", "main", &format]);
        }
        for (file, content) in files {
            let to = path.join(file);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::write(&to, content).unwrap();
            if content.starts_with("#!") {
                use std::os::unix::fs::PermissionsExt as _;
                let mode = std::fs::Permissions::from_mode(0o755);
                std::fs::set_permissions(&to, mode).unwrap();
            }
        }
        git(&path, &["add", "-A"]);
        git(&path, &["commit", "-q", "-m", "m"]);
        git(&path, &["rev-parse", "HEAD"])
    }
}

/// Runs Git without the configuration of anybody.
pub fn git(path: &Path, args: &[&str]) -> String {
    let said = attempt(path, args);
    assert!(said.is_ok(), "git {args:?}: {said:?}");
    said.unwrap_or_default()
}

/// The same where Git may refuse.
#[expect(
    clippy::disallowed_methods,
    reason = "a test that makes its own repositories"
)]
pub fn attempt(path: &Path, args: &[&str]) -> Result<String, String> {
    let out = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"])
        .args(["-c", "protocol.file.allow=always"])
        .args(args)
        .current_dir(path)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("this test needs git: install it");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match out.status.success() {
        true => Ok(text(&out.stdout)),
        false => Err(text(&out.stderr)),
    }
}

/// One request, by way of the common gateway interface.
#[expect(
    clippy::disallowed_methods,
    reason = "a test that serves its own repositories"
)]
fn serve(stream: &TcpStream, root: &Path, asked: &Mutex<Vec<String>>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    asked.lock().unwrap().push(format!("{method} {target}"));
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (mut length, mut kind, mut protocol) = (0, String::new(), String::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "content-type" => kind = value.trim().to_owned(),
            "git-protocol" => protocol = value.trim().to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", &method)
        .env("CONTENT_TYPE", kind)
        .env("CONTENT_LENGTH", length.to_string())
        .env("GIT_PROTOCOL", protocol)
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test needs git: install it");
    // A client that goes away ends this thread; the child is waited for in any case.
    let sent = child.stdin.take().unwrap().write_all(&body);
    let answer = child
        .wait_with_output()
        .ok()
        .filter(|_| sent.is_ok())?
        .stdout;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.lines().find_map(|line| line.strip_prefix("Status: "));
    let content = &answer[end + 4..];
    let mut out = stream;
    write!(out, "HTTP/1.1 {}\r\n", status.unwrap_or("200 OK")).ok()?;
    write!(
        out,
        "connection: close\r\ncontent-length: {}\r\n\r\n",
        content.len()
    )
    .ok()?;
    out.write_all(content).ok()
}

//! A forge as a user's machine sees it: `https://github.com`, with a certificate of its own, behind the proxy of the environment. The
//! repositories are those of real Git; nothing outside this machine is asked.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::git::Hosted;
use crate::support::sigstore::Site;

const HOST: &str = "github.com";

pub(crate) struct Forge {
    pub(crate) hosted: Hosted,
    proxy: SocketAddr,
    roots: PathBuf,
    shared: Arc<Shared>,
    _directory: tempfile::TempDir,
}

#[derive(Default)]
struct Shared {
    /// Every host that the proxy was asked for, and every address without TLS.
    asked: Mutex<Vec<String>>,
    /// Whether the connection is lost in the middle of each pack.
    breaks: AtomicBool,
}

impl Forge {
    pub(crate) fn start() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let site = Site::new(HOST, now.as_secs().try_into().unwrap());
        let directory = tempfile::tempdir().unwrap();
        let roots = directory.path().join("roots.pem");
        std::fs::write(&roots, &site.roots).unwrap();
        let hosted = Hosted::start();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = listener.local_addr().unwrap();
        let shared: Arc<Shared> = Arc::default();
        let config = Arc::new(config(&site));
        let (theirs, behind) = (shared.clone(), hosted.address());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, shared) = (config.clone(), theirs.clone());
                std::thread::spawn(move || serve(stream, config, behind, &shared));
            }
        });
        Self {
            hosted,
            proxy,
            roots,
            shared,
            _directory: directory,
        }
    }

    /// Lets a command reach it.
    pub(crate) fn before(&self, command: &mut Command) {
        let proxy = format!("http://{}", self.proxy);
        command
            .env("HTTP_PROXY", &proxy)
            .env("HTTPS_PROXY", &proxy)
            .env("SSL_CERT_FILE", &self.roots);
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub(crate) fn breaks(&self, breaks: bool) {
        self.shared.breaks.store(breaks, Ordering::Release);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        Path::new(&self.hosted.path(name)).to_owned()
    }
}

fn config(site: &Site) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(site.key.clone()));
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(site.certificate.clone())], key)
        .unwrap()
}

/// One connection: the way through, TLS, one request to Git's own server and its answer.
fn serve(
    mut stream: TcpStream,
    config: Arc<ServerConfig>,
    behind: SocketAddr,
    shared: &Shared,
) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let asked = head(&mut stream)?;
    let (method, rest) = asked.split_once(' ')?;
    let target = rest.split(' ').next()?.to_owned();
    shared.asked.lock().unwrap().push(target.clone());
    if method != "CONNECT" || target != format!("{HOST}:443") {
        return stream.write_all(b"HTTP/1.1 502 No\r\n\r\n").ok();
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    let connection = ServerConnection::new(config).ok()?;
    let mut tls = StreamOwned::new(connection, stream);
    let asked = head(&mut tls)?;
    let length = asked.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let own = name.eq_ignore_ascii_case("content-length");
        own.then(|| value.trim().parse::<usize>().ok()).flatten()
    });
    let mut body = vec![0; length.unwrap_or(0)];
    tls.read_exact(&mut body).ok()?;
    let mut answer = Vec::new();
    let mut git = TcpStream::connect(behind).ok()?;
    git.set_nodelay(true).ok()?;
    git.write_all(asked.as_bytes()).ok()?;
    git.write_all(&body).ok()?;
    git.read_to_end(&mut answer).ok()?;
    let is_pack = body.windows(13).any(|part| part == b"command=fetch");
    if is_pack && shared.breaks.load(Ordering::Acquire) {
        answer.truncate(answer.len() - answer.len() / 3);
    }
    tls.write_all(&answer).ok()?;
    tls.conn.send_close_notify();
    tls.flush().ok()
}

/// What is said before the empty line, with it.
fn head(stream: &mut impl Read) -> Option<String> {
    let mut reader = BufReader::with_capacity(1, stream);
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        if reader.read_line(&mut text).ok()? == 0 {
            return None;
        }
    }
    Some(text)
}

//! The half that serves: one thread, one poll loop, bounded in everything that a program can ask for.
//!
//! Does: answer the stub's queries, take connections, resolve, connect, relay and record. Doesn't: hold data of its
//! own: what the receiving side does not take stays in the kernel's buffer of the sending side.

mod connection;
mod judge;
mod receive;
mod relay;
mod server;
mod stub_stream;
mod target;
mod token;

use std::path::PathBuf;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;

use super::event::Sink;
use super::prepare::PreparedOutside;
use super::resolver::Files;
pub use receive::StartError;
use receive::receive;
use server::Server;

/// The limits and files of a supervisor. The default is what a sandbox gets.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where names are looked up first.
    pub hosts: PathBuf,
    /// Which name servers are asked then. Beside the usual form, `nameserver [ADDRESS]:PORT` is understood.
    pub resolv_conf: PathBuf,
    /// Connections at the same time; each takes two descriptors. What is beyond is reset.
    pub max_connections: usize,
    /// How long one address has to answer when it is the last one; others have a third of it.
    pub connect_timeout: Duration,
    /// How long resolving and connecting may take together, and how long a ClientHello may be incomplete.
    pub patience: Duration,
    /// How long a connection may carry nothing.
    pub idle: Duration,
    /// The same when one side has finished sending.
    pub half_closed_idle: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hosts: PathBuf::from("/etc/hosts"),
            resolv_conf: PathBuf::from("/etc/resolv.conf"),
            max_connections: 256,
            connect_timeout: Duration::from_secs(10),
            patience: Duration::from_secs(30),
            idle: Duration::from_secs(2 * 60 * 60),
            half_closed_idle: Duration::from_secs(5 * 60),
        }
    }
}

impl Settings {
    fn files(&self) -> Files {
        Files {
            hosts: self.hosts.clone(),
            resolv_conf: self.resolv_conf.clone(),
        }
    }
}

/// Little is needed: the loop recurses nowhere. The sink runs on it too.
const STACK: usize = 512 << 10;

/// A running supervisor; dropping it ends every connection and waits for its thread.
#[derive(Debug)]
pub struct Handle {
    stop: OwnedFd,
    thread: Option<JoinHandle<()>>,
}

/// Takes the sockets that [`super::inside::set_up`] sent and serves them on a thread of their own.
///
/// # Errors
/// [`StartError`] when the sockets do not arrive, or the process has no descriptor or thread left.
pub fn start(prepared: PreparedOutside, sink: impl Sink) -> Result<Handle, StartError> {
    start_with(prepared, Settings::default(), sink)
}

/// The same with other limits and files.
///
/// # Errors
/// As for [`start`].
pub fn start_with(
    prepared: PreparedOutside,
    settings: Settings,
    sink: impl Sink,
) -> Result<Handle, StartError> {
    let received = receive(&prepared.socket)?;
    let stop = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let stopped = rustix::io::fcntl_dupfd_cloexec(&stop, 0)?;
    let server = Server::new(received, prepared.rules, settings, Box::new(sink), stopped)?;
    let thread = Builder::new().name("egress".into()).stack_size(STACK);
    let thread = thread
        .spawn(move || server.run())
        .map_err(StartError::Thread)?;
    Ok(Handle {
        stop,
        thread: Some(thread),
    })
}

impl Drop for Handle {
    fn drop(&mut self) {
        let told = rustix::io::write(&self.stop, &1_u64.to_ne_bytes());
        if let (Ok(_), Some(thread)) = (told, self.thread.take()) {
            let _panicked = thread.join();
        }
    }
}

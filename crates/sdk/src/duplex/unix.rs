//! A server on a Unix socket that only this user reaches.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with,
};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::ServeError;
use crate::Principal;
use crate::server::Server;

/// Clients that are served at the same time; further ones wait in the socket's queue.
const CLIENTS: usize = 64;

impl Server {
    /// Serves every client that connects to the socket at `path`, until this future is dropped.
    ///
    /// The socket is made with mode 0600 before anyone can connect, and the kernel is asked who each peer is: another user's process is
    /// disconnected before it is read from. A socket that nobody listens on any more is replaced; anything else at `path` is left alone.
    ///
    /// # Errors
    /// [`ServeError`] when the socket cannot be made, or no connection can be accepted any more.
    pub async fn serve_unix(&self, path: impl AsRef<Path>) -> Result<(), ServeError> {
        let socket = Socket::bind(path.as_ref()).map_err(ServeError::Open)?;
        let places = Arc::new(Semaphore::new(CLIENTS));
        let mut clients = JoinSet::new();
        loop {
            let place = Arc::clone(&places).acquire_owned().await;
            let (stream, _address) = socket.accept().await?;
            while clients.try_join_next().is_some() {}
            let server = self.clone();
            clients.spawn(async move {
                let _place = place;
                // A client's broken connection is that client's end, not the server's.
                let _ended = server.serve_client(stream).await;
            });
        }
    }

    async fn serve_client(&self, stream: UnixStream) -> Result<(), ServeError> {
        let peer = stream.peer_cred().map_err(ServeError::Stream)?.uid();
        if peer != rustix::process::getuid().as_raw() {
            return Ok(());
        }
        let principal = Principal::new("unix", peer.to_string());
        let (reader, writer) = stream.into_split();
        self.serve_peer(reader, writer, principal).await
    }
}

/// A listening socket; its file goes when it goes.
struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    fn bind(path: &Path) -> io::Result<Self> {
        remove_stale(path)?;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        bind(&socket, &SocketAddrUnix::new(path)?)?;
        // Nobody can connect before `listen`, so the mode is right from the first moment.
        let made = fs::set_permissions(path, fs::Permissions::from_mode(0o600))
            .and_then(|()| Ok(listen(&socket, 128)?));
        if let Err(error) = made {
            let _left = fs::remove_file(path);
            return Err(error);
        }
        Ok(Self {
            listener: UnixListener::from_std(StdListener::from(socket))?,
            path: path.to_owned(),
        })
    }

    async fn accept(&self) -> Result<(UnixStream, tokio::net::unix::SocketAddr), ServeError> {
        loop {
            match self.listener.accept().await {
                // The client went away before it was accepted.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                other => return other.map_err(ServeError::Accept),
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _gone = fs::remove_file(&self.path);
    }
}

/// Removes a socket of ours that nobody listens on.
fn remove_stale(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    let ours = found.file_type().is_socket() && found.uid() == rustix::process::getuid().as_raw();
    if !ours {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
        Ok(_answered) => Err(io::ErrorKind::AddrInUse.into()),
    }
}

//! The standard streams of this process, and a server on them.

use std::io;
use std::os::fd::AsFd;

use super::descriptor::Descriptor;
use super::{ServeError, pump};
use crate::Principal;
use crate::server::{Server, SessionKind};

/// This process's standard input and output as registered descriptors.
///
/// Their open files are used, not the standard library's buffers: print nothing to standard output beside it, for that is no message.
///
/// # Errors
/// When they are closed or cannot be registered.
pub fn standard_streams() -> io::Result<(Descriptor, Descriptor)> {
    // Copies of the descriptors, so that nobody's are closed in the end.
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    Ok((Descriptor::reading(input)?, Descriptor::writing(output)?))
}

impl Server {
    /// Serves the client that started this process, on the standard streams, until it is done.
    ///
    /// The caller is whoever started the process, so the principal is the anonymous one.
    ///
    /// ```no_run
    /// # async fn example(server: interlock_sdk::server::Server) -> Result<(), interlock_sdk::duplex::ServeError> {
    /// server.serve_stdio().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ServeError`] when the streams cannot be used or fail. A client that goes away is no error.
    pub async fn serve_stdio(&self) -> Result<(), ServeError> {
        let (input, output) = standard_streams().map_err(ServeError::Open)?;
        self.serve_on(input, output).await
    }

    /// The same from a `main` without a runtime: makes one for this thread, which is the fastest way to serve a pipe.
    ///
    /// ```no_run
    /// use interlock_sdk::duplex::ServeError;
    /// use interlock_sdk::server::{Context, Server};
    ///
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct Echo {
    ///     text: String,
    /// }
    ///
    /// fn main() -> Result<(), ServeError> {
    ///     Server::builder("echo", "1.0.0")
    ///         .tool("echo", "Gives a text back", async |echo: Echo, _cx: Context| Ok(echo.text))
    ///         .build()
    ///         .run_stdio()
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`serve_stdio`](Self::serve_stdio).
    pub fn run_stdio(&self) -> Result<(), ServeError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ServeError::Open)?;
        let served = runtime.block_on(self.serve_stdio());
        // A handler's blocking thread, or a terminal that nobody types into, does not keep the process.
        runtime.shutdown_background();
        served
    }

    /// Serves one client over any byte stream, until it is done: `reader` gives what the client writes.
    ///
    /// # Errors
    /// [`ServeError`] when the stream fails. A client that goes away is no error.
    pub async fn serve_on<R, W>(&self, reader: R, writer: W) -> Result<(), ServeError>
    where
        R: tokio::io::AsyncRead + Unpin,
        W: tokio::io::AsyncWrite + Unpin,
    {
        self.serve_peer(reader, writer, Principal::anonymous())
            .await
    }

    /// The same, for a client that is known.
    ///
    /// # Errors
    /// As [`serve_on`](Self::serve_on).
    pub async fn serve_peer<R, W>(
        &self,
        reader: R,
        writer: W,
        principal: Principal,
    ) -> Result<(), ServeError>
    where
        R: tokio::io::AsyncRead + Unpin,
        W: tokio::io::AsyncWrite + Unpin,
    {
        let session = self.session(SessionKind::Duplex, principal);
        pump::serve(session, self.limits(), reader, writer)
            .await
            .map_err(ServeError::Stream)
    }
}

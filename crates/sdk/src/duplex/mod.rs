//! MCP over byte streams: standard streams, pipes, Unix sockets.
//!
//! One JSON message a line. [`Server::serve_stdio`](crate::server::Server::serve_stdio) and its siblings are the server's
//! side; [`Pipe`] and [`Unix`] are what a client connects through. Nothing here starts a process: a local server is started by an
//! approved launch, whose pipes are given to [`Pipe::descriptors`].
//!
//! Streams are registered with the runtime instead of being handed to a thread pool, all answers that are ready leave in one
//! write, and a peer that does not read is not read from.

mod backlog;
mod descriptor;
mod error;
mod lines;
mod pipe;
mod pump;
mod stdio;
mod unix;

pub use descriptor::Descriptor;
pub use error::ServeError;
pub use pipe::{Pipe, Stream, Unix};
pub use stdio::standard_streams;

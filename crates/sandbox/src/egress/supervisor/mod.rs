//! The half that serves: one thread, one poll loop.

mod receive;

use std::os::fd::OwnedFd;

use super::event::Sink;
use super::prepare::PreparedOutside;
pub use receive::StartError;
use receive::{Received, receive};

/// A running supervisor; dropping it ends every connection.
#[derive(Debug)]
pub struct Handle {
    _received: Received,
    _socket: OwnedFd,
}

/// Takes the sockets that [`super::inside::set_up`] sent and serves them on a thread of their own.
///
/// # Errors
/// [`StartError`] when the sockets do not arrive.
pub fn start(prepared: PreparedOutside, _sink: impl Sink) -> Result<Handle, StartError> {
    let received = receive(&prepared.socket)?;
    Ok(Handle {
        _received: received,
        _socket: prepared.socket,
    })
}

//! The client's side of us: what we were started with.

use std::os::fd::BorrowedFd;

use crate::io::Signals;

/// The standard streams of this process, and the signals that ask it to stop.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// Where the client's messages come from.
    pub input: BorrowedFd<'a>,
    /// Where messages for it go.
    pub output: BorrowedFd<'a>,
    /// Where text for people goes.
    pub diagnostics: BorrowedFd<'a>,
    /// What asks us to stop.
    pub signals: &'a Signals,
}

//! What stands at the server's end of the relay: a contained tree of processes, or a bridge to an approved address.

use std::os::fd::BorrowedFd;

use crate::contain::Running;
use crate::outcome::Exit;
use crate::relay::driver::Process;
use crate::remote::Link;

/// See the module's head. Dropping it ends it.
pub(crate) enum Upstream {
    /// Processes.
    Tree(Box<Running>),
    /// A connection.
    Remote(Link),
}

impl Upstream {
    /// Ends it and waits until nothing of it is left.
    pub(crate) fn finish(self) -> Exit {
        match self {
            Self::Tree(running) => running.finish(),
            Self::Remote(link) => link.finish(),
        }
    }
}

impl Process for Upstream {
    fn ended(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tree(running) => running.ended(),
            Self::Remote(link) => link.ended(),
        }
    }

    fn exit(&mut self) -> Option<Exit> {
        match self {
            Self::Tree(running) => running.exit(),
            Self::Remote(link) => link.exit(),
        }
    }

    fn terminate(&mut self) {
        match self {
            Self::Tree(running) => running.terminate(),
            Self::Remote(link) => link.terminate(),
        }
    }

    fn kill(&mut self) {
        match self {
            Self::Tree(running) => running.kill(),
            Self::Remote(link) => link.kill(),
        }
    }
}

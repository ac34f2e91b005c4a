//! Where the connection stands, and what the server may therefore send.

use interlock_wire::{Method, Revision};

/// Where the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing is agreed: a probe or `initialize` is in flight.
    Opening,
    /// `initialize` was answered.
    Legacy(Revision),
    /// The server is of 2026-07-28.
    Modern,
    /// It is over.
    Closed,
}

/// What this client can be asked for, as its capabilities say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Grants {
    /// `roots/list`.
    pub(crate) roots: bool,
    /// `sampling/createMessage`.
    pub(crate) sampling: bool,
    /// `elicitation/create`.
    pub(crate) elicitation: bool,
}

impl Grants {
    /// Whether the server may send that request now.
    pub(super) fn allow(self, phase: Phase, method: Method) -> bool {
        let revision = match phase {
            // A server may see whether we are there before anything is agreed.
            Phase::Opening => return method == Method::Ping,
            Phase::Legacy(revision) => revision,
            Phase::Modern | Phase::Closed => return false,
        };
        method.exists_in(revision) && (method == Method::Ping || self.declared(method))
    }

    /// Whether a capability covers the method, in whatever way it arrives.
    pub(crate) fn declared(self, method: Method) -> bool {
        match method {
            Method::RootsList => self.roots,
            Method::CreateMessage => self.sampling,
            Method::Elicit => self.elicitation,
            _ => false,
        }
    }
}

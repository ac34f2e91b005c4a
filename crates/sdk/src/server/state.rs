//! What a session remembers between messages.

use std::collections::HashMap;

use interlock_wire::{Id, Revision};

use super::context::Context;
use super::outbound::Outbound;

/// Where the legacy handshake stands. The modern era has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// No `initialize` yet.
    New,
    /// `initialize` was answered.
    Agreed(Revision),
    /// The client confirmed.
    Ready(Revision),
}

impl Phase {
    pub(super) fn revision(self) -> Option<Revision> {
        match self {
            Self::New => None,
            Self::Agreed(revision) | Self::Ready(revision) => Some(revision),
        }
    }
}

pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) in_flight: HashMap<Id<'static>, Context>,
    pub(super) standalone: Option<Outbound>,
    pub(super) closed: bool,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::New,
            in_flight: HashMap::new(),
            standalone: None,
            closed: false,
        }
    }
}

//! What a session remembers between messages. All of it is for the legacy era but what is in flight.

use std::collections::{HashMap, HashSet};

use interlock_wire::types::{Decode, InitializeParams, LogLevel};
use interlock_wire::{Id, Json, Revision};
use tokio::sync::oneshot;

use super::super::context::Context;
use super::super::outbound::Outbound;
use crate::RpcError;

/// Where the legacy handshake stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Phase {
    /// No `initialize` yet.
    #[default]
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

/// The client's answer to a question of ours.
pub(super) type AnswerSender = oneshot::Sender<Result<Json, RpcError>>;

/// INVARIANT: an idle session is this and what `initialize` said, as text. Thousands of them are kept for clients that never come back, so
/// what only some need for some time is [`Busy`].
pub(super) struct State {
    pub(super) phase: Phase,
    /// The parameters of `initialize`. Few calls ask for them; those read them again.
    hello: Box<[u8]>,
    pub(super) log_level: LogLevel,
    busy: Option<Box<Busy>>,
    pub(super) last_asked: i64,
    pub(super) standalone: Option<Outbound>,
    pub(super) closed: bool,
}

/// What a session has only while something is under way: made with the first of it, given back with the last.
#[derive(Default)]
pub(super) struct Busy {
    /// Resources that the client subscribed to.
    pub(super) subscribed: HashSet<String>,
    /// Requests of the client whose answers come later.
    pub(super) in_flight: HashMap<Id<'static>, Context>,
    /// Questions of ours.
    pub(super) asked: HashMap<i64, AnswerSender>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            phase: Phase::New,
            hello: Box::default(),
            log_level: LogLevel::Info,
            busy: None,
            last_asked: 0,
            standalone: None,
            closed: false,
        }
    }
}

impl State {
    /// What is under way, if anything is.
    pub(super) fn busy(&self) -> Option<&Busy> {
        self.busy.as_deref()
    }

    /// Changes what is under way.
    pub(super) fn change<R>(&mut self, change: impl FnOnce(&mut Busy) -> R) -> R {
        let mut busy = self.busy.take().unwrap_or_default();
        let changed = change(&mut busy);
        let idle = busy.subscribed.is_empty() && busy.in_flight.is_empty() && busy.asked.is_empty();
        self.busy = (!idle).then_some(busy);
        changed
    }

    /// Nothing is under way any more; gives what was.
    pub(super) fn interrupt(&mut self) -> Busy {
        self.busy.take().map(|busy| *busy).unwrap_or_default()
    }

    /// `initialize` was answered; `params` is what it said.
    pub(super) fn agree(&mut self, revision: Revision, params: &[u8]) {
        self.phase = Phase::Agreed(revision);
        self.hello = params.into();
    }

    /// What the client said in `initialize`; none before.
    pub(super) fn hello(&self) -> Option<InitializeParams> {
        // INVARIANT: it was read once before it was kept.
        InitializeParams::decode(&self.hello).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_session_keeps_nothing_for_later() {
        let mut state = State::default();
        assert!(state.busy().is_none() && state.hello().is_none());
        for uri in ["file:///a", "file:///b"] {
            assert!(state.change(|busy| busy.subscribed.insert(uri.to_owned())));
        }
        assert_eq!(state.busy().map(|busy| busy.subscribed.len()), Some(2));
        state.change(|busy| busy.subscribed.remove("file:///a"));
        assert!(state.busy().is_some());
        state.change(|busy| busy.subscribed.remove("file:///b"));
        assert!(state.busy().is_none(), "the last one takes it along");
        assert!(size_of::<State>() <= 80, "{}", size_of::<State>());
    }

    #[test]
    fn what_initialize_said_is_read_again() {
        let mut state = State::default();
        let params = br#"{"protocolVersion":"2025-06-18","capabilities":{"roots":{}},"clientInfo":{"name":"c","version":"1"}}"#;
        state.agree(Revision::V2025_06_18, params);
        let hello = state.hello().expect("it said something");
        assert_eq!(hello.client_info.name, "c");
        assert!(hello.capabilities.roots.is_some() && hello.capabilities.sampling.is_none());
        assert_eq!(state.phase.revision(), Some(Revision::V2025_06_18));
    }
}

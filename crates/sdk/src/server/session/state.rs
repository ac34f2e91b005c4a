//! What a session remembers between messages. All of it is for the legacy era but what is in flight.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use interlock_wire::types::{ClientCapabilities, Implementation, LogLevel};
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

pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) capabilities: Option<Arc<ClientCapabilities>>,
    pub(super) client: Option<Arc<Implementation>>,
    pub(super) log_level: LogLevel,
    /// Resources that the client subscribed to.
    pub(super) subscribed: HashSet<String>,
    /// Requests of the client whose answers come later.
    pub(super) in_flight: HashMap<Id<'static>, Context>,
    /// Questions of ours.
    pub(super) asked: HashMap<i64, AnswerSender>,
    pub(super) last_asked: i64,
    pub(super) standalone: Option<Outbound>,
    pub(super) closed: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            phase: Phase::New,
            capabilities: None,
            client: None,
            log_level: LogLevel::Info,
            subscribed: HashSet::new(),
            in_flight: HashMap::new(),
            asked: HashMap::new(),
            last_asked: 0,
            standalone: None,
            closed: false,
        }
    }
}

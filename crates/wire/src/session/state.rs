//! The session: its memory and its doors.

use std::collections::VecDeque;
use std::time::Duration;

use super::in_flight::InFlight;
use super::pace::Bucket;
use super::phase::{ClientCapabilities, Legacy, Modern};
use super::states::RequestStates;
use super::{Reason, Ticket, Verdict};
use crate::error_reply::{self, code_of, refusal};
use crate::id::KeptId;
use crate::{Era, Id, Kind, Limits, Message, Method, Reject, Revision};

/// One client, one server, one pipe. See the module's head.
#[derive(Debug)]
pub struct Session {
    pub(super) limits: Limits,
    pub(super) legacy: Legacy,
    pub(super) modern: Modern,
    pub(super) capabilities: ClientCapabilities,
    /// Requests of the client that the server has to answer.
    pub(super) asked_by_client: InFlight,
    /// Requests of the server that the client has to answer (legacy only).
    pub(super) asked_by_server: InFlight,
    pub(super) states: RequestStates,
    /// Progress tokens of tasks that were answered and go on.
    pub(super) task_tokens: VecDeque<KeptId>,
    pub(super) announced: Announced,
    pub(super) notifications: Bucket,
    pub(super) announcements: Bucket,
    pub(super) now: Duration,
    tickets: u64,
}

/// Lists that the server said have changed and that the client has not fetched since: saying it again is noise.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Announced {
    pub(super) tools: bool,
    pub(super) prompts: bool,
    pub(super) resources: bool,
}

impl Session {
    /// A pipe on which nothing was said yet.
    pub fn new(limits: Limits) -> Self {
        let most = limits.max_in_flight;
        Self {
            limits,
            legacy: Legacy::Absent,
            modern: Modern::Unseen,
            capabilities: ClientCapabilities::default(),
            asked_by_client: InFlight::new(most),
            asked_by_server: InFlight::new(most),
            states: RequestStates::default(),
            task_tokens: VecDeque::new(),
            announced: Announced::default(),
            // 1,000 a second and 8,192 at once is far above logging and progress of honest servers.
            notifications: Bucket::new(8_192, Duration::from_millis(1)),
            announcements: Bucket::new(32, Duration::from_secs(1)),
            now: Duration::ZERO,
            tickets: 0,
        }
    }

    /// A pipe on which `revision` is already spoken: for fronts whose transport carries the revision, and for tests. On a
    /// legacy revision the client counts as having declared every capability.
    pub fn established(limits: Limits, revision: Revision) -> Self {
        let mut session = Self::new(limits);
        match revision.era() {
            Era::Modern => session.modern = Modern::Confirmed,
            Era::Legacy => {
                session.legacy = Legacy::Ready(revision);
                session.capabilities = ClientCapabilities::ALL;
            }
        }
        session
    }

    /// Says that this server spoke the modern era before, so that a retreat is noticed ([`Answer::downgrade`](super::Answer)).
    pub fn expect_modern(&mut self) {
        self.modern = self.modern.max(Modern::Confirmed);
    }

    /// Tells the time since any fixed start, once a wake-up or so: it paces notifications of the server.
    pub fn tick(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    /// The agreed revision: of the handshake, else the modern one once a server answered it.
    pub fn revision(&self) -> Option<Revision> {
        let modern = (self.modern == Modern::Confirmed).then_some(Revision::V2026_07_28);
        self.legacy.revision().or(modern)
    }

    /// Requests that wait: the client's and the server's.
    pub fn in_flight(&self) -> (usize, usize) {
        (self.asked_by_client.len(), self.asked_by_server.len())
    }

    /// The ids of the client's requests that nobody answered yet, so that they can be when the server is gone.
    pub fn unanswered(&self) -> impl Iterator<Item = (Id<'static>, Method)> {
        let waiting = self
            .asked_by_client
            .iter()
            .filter(|pending| !pending.cancelled);
        waiting.map(|pending| (pending.id.to_id(), pending.method))
    }

    /// Judges a message of the client.
    pub fn from_client<'a>(&mut self, message: &Message<'a>) -> Verdict<'a> {
        match &message.kind {
            Kind::Request { id, .. } => self.client_request(message, id),
            Kind::Notification { .. } => self.client_notification(message),
            Kind::Response { id, .. } => self.client_answer(message, Some(id)),
            Kind::Error { id, .. } => self.client_answer(message, id.as_ref()),
        }
    }

    /// Judges a message of the server.
    pub fn from_server<'a>(&mut self, message: &Message<'a>) -> Verdict<'a> {
        match &message.kind {
            Kind::Request { id, .. } => self.server_request(message, id),
            Kind::Notification { .. } => self.server_notification(message),
            Kind::Response { id, .. } => self.server_answer(message, Some(id)),
            Kind::Error { id, .. } => self.server_answer(message, id.as_ref()),
        }
    }

    /// What follows from a refused line of the client: an error for it, unless that would answer another request.
    pub fn reject_client(&mut self, reject: &Reject) -> Verdict<'static> {
        let taken = reject
            .id
            .as_ref()
            .is_some_and(|id| self.asked_by_client.get(id).is_some());
        if reject.response || taken {
            return Verdict::Drop(Reason::Rejected);
        }
        let reply = refusal(reject.id.as_ref(), code_of(reject), &reject.detail, None);
        Verdict::Answer {
            reply,
            reason: Reason::Rejected,
        }
    }

    /// What follows from a refused line of the server: an error for the client when it was the answer to its request, so that the
    /// client does not wait for ever.
    pub fn reject_server(&mut self, reject: &Reject) -> Verdict<'static> {
        let pending = match &reject.id {
            Some(id) if reject.response => self.asked_by_client.remove(id),
            _ => None,
        };
        let Some(pending) = pending.filter(|pending| !pending.cancelled) else {
            return Verdict::Drop(Reason::Rejected);
        };
        self.failed(pending.method);
        let message = format!("the server's answer was refused: {}", reject.detail);
        let id = pending.id.to_id();
        let instead = refusal(Some(&id), error_reply::INTERNAL_ERROR, &message, None);
        Verdict::Replace {
            instead,
            reason: Reason::Rejected,
        }
    }

    /// A request ended without a result; a failed handshake may be tried again.
    pub(super) fn failed(&mut self, method: Method) {
        if method == Method::Initialize {
            self.legacy = Legacy::Absent;
        }
    }

    pub(super) fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }
}

/// An error for the sender of the message.
pub(super) fn answer(id: &Id<'_>, code: i64, reason: Reason, text: &str) -> Verdict<'static> {
    Verdict::Answer {
        reply: refusal(Some(id), code, text, None),
        reason,
    }
}

//! Messages of the server: what may go to the client.

use super::client::{named_request, named_token, outcome, progress_token};
use super::in_flight::{Pending, Progress, Refused};
use super::phase::{Legacy, Modern};
use super::state::{Session, answer};
use super::verdict::{Answer, Note, Outcome, Reason, Verdict};
use crate::envelope::Field;
use crate::error_reply::{
    INTERNAL_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, REFUSED, UNSUPPORTED_VERSION, refusal,
};
use crate::id::KeptId;
use crate::method::Sender;
use crate::{Era, Id, Kind, Message, Method, Revision};

/// Tasks whose progress is still expected; the oldest is forgotten first.
const MOST_TASKS: usize = 256;

impl Session {
    pub(super) fn server_request<'a>(&mut self, message: &Message<'a>, id: &Id<'a>) -> Verdict<'a> {
        let method = message.method();
        if let Err((code, reason, text)) = self.may_ask(method) {
            return answer(id, code, reason, text);
        }
        let token = progress_token(message, self.limits.max_id);
        let ticket = self.ticket();
        let pending = Pending {
            id: KeptId::new(id),
            method,
            ticket,
            first_page: true,
            task: false,
            progress: Progress::new(token.as_ref(), id),
            cancelled: false,
            subject: 0,
        };
        match self.asked_by_server.insert(id, pending) {
            Ok(()) => Verdict::Forward(Note::Request { method, ticket }),
            Err(Refused::Duplicate) => Verdict::Drop(Reason::DuplicateId),
            Err(Refused::Full) => {
                let text = "too many requests in flight; wait for answers";
                answer(id, REFUSED, Reason::TooManyInFlight, text)
            }
        }
    }

    fn may_ask(&self, method: Method) -> Result<(), (i64, Reason, &'static str)> {
        // Before the handshake is through a server may only ping.
        let early = method == Method::Ping && self.legacy != Legacy::Absent;
        if self.legacy.revision().is_none() && !early {
            let text = "a server sends requests only on an initialized session before 2026-07-28";
            let reason = match (self.legacy, self.modern) {
                (Legacy::Absent, Modern::Asked | Modern::Confirmed) => Reason::ServerRequest,
                _ => Reason::NotReady,
            };
            return Err((INVALID_REQUEST, reason, text));
        }
        if method.is_notification() == Some(true) {
            return Err((
                INVALID_REQUEST,
                Reason::NotificationWithId,
                "a notification has no id",
            ));
        }
        if method.sender() == Sender::Client {
            let text = "only a client sends this method";
            return Err((METHOD_NOT_FOUND, Reason::WrongDirection, text));
        }
        let declared = match method {
            Method::RootsList => self.capabilities.roots,
            Method::CreateMessage => self.capabilities.sampling,
            Method::Elicit => self.capabilities.elicitation,
            Method::TasksGet | Method::TasksResult | Method::TasksList | Method::TasksCancel => {
                self.capabilities.tasks
            }
            _ => true,
        };
        let text = "the client did not declare this capability";
        declared
            .then_some(())
            .ok_or((METHOD_NOT_FOUND, Reason::MissingCapability, text))
    }

    pub(super) fn server_notification<'a>(&mut self, message: &Message<'a>) -> Verdict<'a> {
        match self.judge_server_notification(message) {
            Ok(()) => Verdict::Forward(Note::Notification {
                method: message.method(),
            }),
            Err(reason) => Verdict::Drop(reason),
        }
    }

    fn judge_server_notification(&mut self, message: &Message<'_>) -> Result<(), Reason> {
        let method = message.method();
        if method.sender() == Sender::Client {
            return Err(Reason::WrongDirection);
        }
        if method.is_notification() == Some(false) {
            return Err(Reason::RequestWithoutId);
        }
        if (self.legacy, self.modern) == (Legacy::Absent, Modern::Unseen) {
            return Err(Reason::NotReady);
        }
        match method {
            Method::Cancelled => self.server_cancels(message)?,
            Method::Progress => match named_token(message, self.limits.max_id) {
                Some(token) if self.asked_by_client.has_token(&token) => {}
                Some(token) if self.task_tokens.iter().any(|kept| kept.is(&token)) => {}
                _ => return Err(Reason::UnknownId),
            },
            Method::ToolsChanged
            | Method::PromptsChanged
            | Method::ResourcesChanged
            | Method::ResourceUpdated => self.announce(method)?,
            _ => {}
        }
        self.notifications
            .take(self.now)
            .then_some(())
            .ok_or(Reason::Flood)
    }

    /// Changes are news once, at a bounded rate, and in the modern era only to those who listen.
    fn announce(&mut self, method: Method) -> Result<(), Reason> {
        let listening = self.legacy != Legacy::Absent || self.asked_by_client.any(Method::Listen);
        if !listening {
            return Err(Reason::Unsolicited);
        }
        let told = match method {
            Method::ToolsChanged => &mut self.announced.tools,
            Method::PromptsChanged => &mut self.announced.prompts,
            Method::ResourcesChanged => &mut self.announced.resources,
            _ => return Ok(()),
        };
        if *told || !self.announcements.take(self.now) {
            return Err(Reason::Flood);
        }
        *told = true;
        Ok(())
    }

    /// A legacy server may cancel what it asked; a modern one may only end a subscription.
    fn server_cancels(&mut self, message: &Message<'_>) -> Result<(), Reason> {
        let id = named_request(message, self.limits.max_id).ok_or(Reason::BadParams)?;
        let listen = self
            .asked_by_client
            .get(&id)
            .is_some_and(|p| p.method == Method::Listen);
        if listen {
            self.asked_by_client.remove(&id);
            return Ok(());
        }
        match self.asked_by_server.get(&id) {
            Some(_) => {
                self.asked_by_server.cancel(&id);
                Ok(())
            }
            None => Err(Reason::UnknownId),
        }
    }

    pub(super) fn server_answer<'a>(
        &mut self,
        message: &Message<'a>,
        id: Option<&Id<'a>>,
    ) -> Verdict<'a> {
        let Some(id) = id else {
            return Verdict::Drop(Reason::NoId);
        };
        let Some(pending) = self.asked_by_client.remove(id) else {
            return Verdict::Drop(Reason::UnknownId);
        };
        if pending.cancelled {
            return Verdict::Drop(Reason::Cancelled);
        }
        self.remember_state(message, &pending);
        let outcome = match self.outcome(message, &pending) {
            Ok(outcome) => outcome,
            Err((reason, text)) => {
                self.failed(pending.method);
                let instead = refusal(Some(id), INTERNAL_ERROR, text, None);
                return Verdict::Replace { instead, reason };
            }
        };
        let downgrade = self.downgraded(&pending, &outcome);
        self.learn(&pending, &outcome);
        let Pending { method, ticket, .. } = pending;
        Verdict::Forward(Note::Answer(Answer {
            method,
            ticket,
            outcome,
            downgrade,
        }))
    }

    fn outcome<'a>(
        &self,
        message: &Message<'a>,
        pending: &Pending,
    ) -> Result<Outcome<'a>, (Reason, &'static str)> {
        let Kind::Response { result, .. } = &message.kind else {
            return Ok(outcome(message));
        };
        match pending.method {
            Method::Initialize => {
                let version = message.captured_text(Field::ResultVersion);
                let revision = version.and_then(|name| Revision::from_name(&name));
                match revision.filter(|revision| revision.era() == Era::Legacy) {
                    Some(revision) => Ok(Outcome::Initialized { revision }),
                    None => Err((
                        Reason::UnknownVersion,
                        "the server chose a protocol version that is not known here",
                    )),
                }
            }
            Method::Discover => Ok(Outcome::Discovered),
            Method::ToolsList => match message.captured(Field::ResultTools) {
                Some(tools) if tools.first() == Some(&b'[') => Ok(Outcome::Tools {
                    result,
                    first: pending.first_page,
                    last: message.present(Field::ResultNextCursor).is_none(),
                }),
                _ => Err((
                    Reason::BadResult,
                    "the server's list of tools is not a list",
                )),
            },
            _ => Ok(Outcome::Result(result)),
        }
    }

    fn downgraded(&self, pending: &Pending, outcome: &Outcome<'_>) -> bool {
        let refused = match outcome {
            Outcome::Error { code, .. } => *code != UNSUPPORTED_VERSION,
            _ => false,
        };
        refused && pending.method == Method::Discover && self.modern == Modern::Confirmed
    }

    fn learn(&mut self, pending: &Pending, outcome: &Outcome<'_>) {
        match (pending.method, outcome) {
            (_, Outcome::Initialized { revision }) => self.legacy = self.legacy.agree(*revision),
            (Method::Initialize, Outcome::Error { .. }) => self.failed(Method::Initialize),
            (Method::Discover, Outcome::Discovered) => self.modern = Modern::Confirmed,
            (_, Outcome::Error { .. }) => {}
            _ if pending.task => self.remember_task(pending),
            // A result while nobody initialized can only be a modern one.
            _ if self.legacy == Legacy::Absent && pending.method != Method::Ping => {
                self.modern = Modern::Confirmed;
            }
            _ => {}
        }
    }

    /// 2025-11-25 keeps the progress token of a task valid after the first answer.
    fn remember_task(&mut self, pending: &Pending) {
        let token = match &pending.progress {
            Progress::Token(token) => token.as_ref().clone(),
            Progress::Id => pending.id.clone(),
            Progress::None => return,
        };
        if self.task_tokens.len() >= MOST_TASKS {
            self.task_tokens.pop_front();
        }
        self.task_tokens.push_back(token);
    }

    fn remember_state(&mut self, message: &Message<'_>, pending: &Pending) {
        if let Some(state) = message.captured_text(Field::ResultRequestState) {
            self.states.given(pending.subject, &state);
        }
    }
}

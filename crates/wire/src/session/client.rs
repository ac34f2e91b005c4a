//! Messages of the client: what may go to the server.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::in_flight::{Pending, Progress, Refused};
use super::phase::{ClientCapabilities, Legacy, Modern};
use super::state::{Session, answer};
use super::verdict::{Answer, Note, Outcome, Reason, Ticket, Verdict};
use crate::envelope::Field;
use crate::error_reply::{
    INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, REFUSED, unsupported_version,
};
use crate::id::KeptId;
use crate::method::Sender;
use crate::{Era, Id, Kind, Message, Method, Revision};

type Judged<T = ()> = Result<T, Verdict<'static>>;

impl Session {
    pub(super) fn client_request<'a>(&mut self, message: &Message<'a>, id: &Id<'a>) -> Verdict<'a> {
        self.judge_request(message, id)
            .unwrap_or_else(|verdict| verdict)
    }

    fn judge_request<'a>(&mut self, message: &Message<'a>, id: &Id<'a>) -> Judged<Verdict<'a>> {
        let method = message.method();
        directed(method, id)?;
        self.negotiated(message, id)?;
        let name = parameters(message, id)?;
        let subject = subject(method, name.as_deref());
        self.own_state(message, id, subject)?;
        let ticket = self.admit(message, id, subject)?;
        self.fetched(method);
        Ok(Verdict::Forward(match method {
            Method::Initialize => self.initialize(message),
            Method::Discover => Note::Discover,
            Method::ToolsList => Note::ToolsList {
                first: message.present(Field::ParamsCursor).is_none(),
                ticket,
            },
            Method::ToolsCall => Note::ToolsCall {
                name: name.unwrap_or_default(),
                arguments: message.present(Field::ParamsArguments),
                ticket,
            },
            _ => Note::Request { method, ticket },
        }))
    }

    /// A revision must be known before anything but the messages that negotiate it.
    fn negotiated(&mut self, message: &Message<'_>, id: &Id<'_>) -> Judged {
        let method = message.method();
        if let Some(raw) = message.captured(Field::MetaVersion) {
            let Some(version) = crate::json::as_str(raw) else {
                return Err(bad_params(
                    id,
                    "the protocol version in `_meta` is not a string",
                ));
            };
            match Revision::from_name(&version).map(Revision::era) {
                None => {
                    let reply = unsupported_version(id, &version);
                    return Err(Verdict::Answer {
                        reply,
                        reason: Reason::UnknownVersion,
                    });
                }
                Some(Era::Modern) => self.modern = self.modern.max(Modern::Asked),
                Some(Era::Legacy) => {}
            }
        }
        match (method, self.legacy, self.modern) {
            (Method::Initialize, Legacy::Absent, _) => Ok(()),
            (Method::Initialize, ..) => Err(answer(
                id,
                INVALID_REQUEST,
                Reason::AlreadyInitialized,
                "the session is already initialized",
            )),
            (Method::Ping | Method::Discover, ..) => Ok(()),
            (_, Legacy::Absent, Modern::Unseen) => Err(answer(
                id,
                INVALID_REQUEST,
                Reason::NotReady,
                "nothing is negotiated yet; send `initialize`, or a protocol version in `_meta`",
            )),
            _ => Ok(()),
        }
    }

    /// A `requestState` must be one that the server gave for the same request on this pipe.
    fn own_state(&self, message: &Message<'_>, id: &Id<'_>, subject: u64) -> Judged {
        let Some(raw) = message.present(Field::ParamsRequestState) else {
            return Ok(());
        };
        let known =
            crate::json::as_str(raw).is_some_and(|state| self.states.knows(subject, &state));
        if known {
            return Ok(());
        }
        let text = "`requestState` was not given by this server for this request; start over";
        Err(answer(id, INVALID_PARAMS, Reason::ForeignState, text))
    }

    fn admit(&mut self, message: &Message<'_>, id: &Id<'_>, subject: u64) -> Judged<Ticket> {
        let token = progress_token(message, self.limits.max_id);
        let ticket = self.ticket();
        let pending = Pending {
            id: KeptId::new(id),
            method: message.method(),
            ticket,
            first_page: message.present(Field::ParamsCursor).is_none(),
            task: message.captured(Field::ParamsTask).is_some(),
            progress: Progress::new(token.as_ref(), id),
            cancelled: false,
            subject,
        };
        match self.asked_by_client.insert(id, pending) {
            Ok(()) => Ok(ticket),
            Err(Refused::Duplicate) => Err(Verdict::Drop(Reason::DuplicateId)),
            Err(Refused::Full) => {
                let text = "too many requests in flight; wait for answers";
                Err(answer(id, REFUSED, Reason::TooManyInFlight, text))
            }
        }
    }

    fn initialize<'a>(&mut self, message: &Message<'a>) -> Note<'a> {
        self.legacy = Legacy::Asked;
        let capabilities = message
            .captured(Field::ParamsCapabilities)
            .unwrap_or_default();
        self.capabilities = ClientCapabilities::read(capabilities);
        Note::Initialize {
            requested: message
                .captured_text(Field::ParamsVersion)
                .unwrap_or_default(),
        }
    }

    /// The client looks at a list again, so the next change is news.
    fn fetched(&mut self, method: Method) {
        match method {
            Method::ToolsList => self.announced.tools = false,
            Method::PromptsList => self.announced.prompts = false,
            Method::ResourcesList | Method::TemplatesList => self.announced.resources = false,
            _ => {}
        }
    }

    pub(super) fn client_notification<'a>(&mut self, message: &Message<'a>) -> Verdict<'a> {
        match self.judge_client_notification(message) {
            Ok(()) => Verdict::Forward(Note::Notification {
                method: message.method(),
            }),
            Err(reason) => Verdict::Drop(reason),
        }
    }

    fn judge_client_notification(&mut self, message: &Message<'_>) -> Result<(), Reason> {
        let method = message.method();
        if method.sender() == Sender::Server {
            return Err(Reason::WrongDirection);
        }
        if method.is_notification() == Some(false) {
            return Err(Reason::RequestWithoutId);
        }
        if (self.legacy, self.modern) == (Legacy::Absent, Modern::Unseen) {
            return Err(Reason::NotReady);
        }
        match method {
            Method::Initialized => self.initialized(),
            Method::Cancelled => self.client_cancels(message),
            Method::Progress => match named_token(message, self.limits.max_id) {
                Some(token) if self.asked_by_server.has_token(&token) => Ok(()),
                _ => Err(Reason::UnknownId),
            },
            _ => Ok(()),
        }
    }

    fn initialized(&mut self) -> Result<(), Reason> {
        let before = self.legacy;
        self.legacy = before.confirm().ok_or(match before {
            Legacy::Absent => Reason::NotReady,
            _ => Reason::AlreadyInitialized,
        })?;
        Ok(())
    }

    fn client_cancels(&mut self, message: &Message<'_>) -> Result<(), Reason> {
        let id = named_request(message, self.limits.max_id).ok_or(Reason::BadParams)?;
        match self.asked_by_client.get(&id) {
            // Every revision forbids cancelling the handshake.
            Some(pending) if pending.method == Method::Initialize => Err(Reason::NotReady),
            Some(_) => {
                self.asked_by_client.cancel(&id);
                Ok(())
            }
            None => Err(Reason::UnknownId),
        }
    }

    pub(super) fn client_answer<'a>(
        &mut self,
        message: &Message<'a>,
        id: Option<&Id<'a>>,
    ) -> Verdict<'a> {
        let Some(id) = id else {
            return Verdict::Drop(Reason::NoId);
        };
        match self.asked_by_server.remove(id) {
            None => Verdict::Drop(Reason::UnknownId),
            Some(pending) if pending.cancelled => Verdict::Drop(Reason::Cancelled),
            Some(pending) => Verdict::Forward(Note::Answer(Answer {
                method: pending.method,
                ticket: pending.ticket,
                outcome: outcome(message),
                downgrade: false,
            })),
        }
    }
}

fn directed(method: Method, id: &Id<'_>) -> Judged {
    if method.is_notification() == Some(true) {
        let text = "a notification has no id";
        return Err(answer(
            id,
            INVALID_REQUEST,
            Reason::NotificationWithId,
            text,
        ));
    }
    match method.sender() {
        Sender::Server => {
            let text = "only a server sends this method";
            Err(answer(id, METHOD_NOT_FOUND, Reason::WrongDirection, text))
        }
        Sender::Client | Sender::Both => Ok(()),
    }
}

/// Checks the parameters that judgement relies on; gives the name (or URI) that the request is about.
fn parameters<'a>(message: &Message<'a>, id: &Id<'_>) -> Judged<Option<Cow<'a, str>>> {
    let kind = |field, first| {
        message
            .present(field)
            .is_none_or(|raw| raw.first() == Some(&first))
    };
    if !kind(Field::ParamsMeta, b'{') {
        return Err(bad_params(id, "`_meta` is not an object"));
    }
    if !kind(Field::ParamsInputResponses, b'{') {
        return Err(bad_params(id, "`inputResponses` is not an object"));
    }
    if !kind(Field::ParamsCursor, b'"') {
        return Err(bad_params(id, "`cursor` is not a string"));
    }
    let name = match message.method() {
        Method::ToolsCall | Method::PromptsGet => {
            let name = message.captured_text(Field::ParamsName);
            Some(name.ok_or_else(|| bad_params(id, "`name` is missing or not a string"))?)
        }
        Method::ResourcesRead | Method::Subscribe | Method::Unsubscribe => {
            let uri = message.captured_text(Field::ParamsUri);
            Some(uri.ok_or_else(|| bad_params(id, "`uri` is missing or not a string"))?)
        }
        Method::Initialize if message.captured_text(Field::ParamsVersion).is_none() => {
            return Err(bad_params(
                id,
                "`protocolVersion` is missing or not a string",
            ));
        }
        _ => None,
    };
    let arguments = matches!(message.method(), Method::ToolsCall | Method::PromptsGet);
    if arguments && !kind(Field::ParamsArguments, b'{') {
        return Err(bad_params(id, "`arguments` is not an object"));
    }
    Ok(name)
}

fn bad_params(id: &Id<'_>, text: &str) -> Verdict<'static> {
    answer(id, INVALID_PARAMS, Reason::BadParams, text)
}

/// What a request is about, as a number. It only separates the requests of one pipe, so a plain hash will do.
fn subject(method: Method, name: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (method, name).hash(&mut hasher);
    hasher.finish()
}

pub(super) fn progress_token<'a>(message: &Message<'a>, longest: usize) -> Option<Id<'a>> {
    Id::read(message.captured(Field::MetaProgressToken)?, longest).ok()
}

/// The request that a `cancelled` notification names.
pub(super) fn named_request<'a>(message: &Message<'a>, longest: usize) -> Option<Id<'a>> {
    Id::read(message.captured(Field::ParamsRequestId)?, longest).ok()
}

/// The token that a `progress` notification names.
pub(super) fn named_token<'a>(message: &Message<'a>, longest: usize) -> Option<Id<'a>> {
    Id::read(message.captured(Field::ParamsProgressToken)?, longest).ok()
}

/// What an answer holds when its request is of no special kind.
pub(super) fn outcome<'a>(message: &Message<'a>) -> Outcome<'a> {
    match &message.kind {
        Kind::Error { error, .. } => Outcome::Error {
            code: message.error_code().unwrap_or_default(),
            error,
        },
        Kind::Response { result, .. } => Outcome::Result(result),
        Kind::Request { .. } | Kind::Notification { .. } => Outcome::Result(b"{}"),
    }
}

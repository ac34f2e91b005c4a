//! What a message of the client needs besides its bytes: the revision and the names that stand in headers.

use std::collections::HashMap;

use interlock_sdk::client::{Outgoing, OutgoingKind};
use interlock_wire::header::ParamHeaders;
use interlock_wire::{Era, Id, Kind, Message, Method, Revision, json, tools};

/// More tools than any server offers; calls of the rest carry no headers of their own.
const MOST_TOOLS: usize = 4096;
/// A handshake that is longer than this is not kept for a second time.
const LONGEST_HANDSHAKE: usize = 64 << 10;

/// What was agreed, as far as it was seen to pass.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    revision: Option<Revision>,
    /// Arguments that tools want in headers, by the tool's name.
    tools: HashMap<String, ParamHeaders>,
    /// The client's handshake, to make it again after the end of a session.
    pub(super) handshake: Handshake,
    /// How often the handshake was made.
    pub(super) generation: u64,
}

/// The two messages of a handshake, as the relay judged them.
#[derive(Debug, Clone, Default)]
pub(super) struct Handshake {
    /// `initialize` with its id.
    pub(super) first: Option<(Id<'static>, Vec<u8>)>,
    /// `notifications/initialized`.
    pub(super) second: Option<Vec<u8>>,
}

impl Spoken {
    /// The revision of messages that name none themselves.
    pub(super) fn revision(&self) -> Option<Revision> {
        self.revision
    }

    /// Whether requests stand alone: then the end of an exchange is what cancels it.
    pub(super) fn is_modern(&self) -> bool {
        self.revision.map(Revision::era) == Some(Era::Modern)
    }

    /// Makes a message ready.
    pub(super) fn outgoing(&mut self, message: &Message<'_>) -> Outgoing {
        let named = message.meta_version().and_then(json::as_str);
        if let Some(named) = named.and_then(|name| Revision::from_name(&name)) {
            self.revision = Some(named);
        }
        let method = message.method();
        let mut revision = self.revision;
        let kind = match &message.kind {
            Kind::Request {
                id, method: name, ..
            } => {
                if method == Method::Initialize {
                    self.begin(id, message.raw);
                    revision = None;
                }
                OutgoingKind::Request {
                    id: id.clone().into_owned(),
                    method,
                    method_name: name.clone().into_owned(),
                    name: message.about().map(std::borrow::Cow::into_owned),
                    params: self.params(message),
                }
            }
            Kind::Notification { method: name, .. } => {
                if method == Method::Initialized && message.raw.len() <= LONGEST_HANDSHAKE {
                    self.handshake.second = Some(message.raw.to_vec());
                }
                OutgoingKind::Notification {
                    method,
                    method_name: name.clone().into_owned(),
                }
            }
            Kind::Response { .. } | Kind::Error { .. } => OutgoingKind::Response,
        };
        Outgoing::new(message.raw.to_vec(), kind, revision)
    }

    fn begin(&mut self, id: &Id<'_>, raw: &[u8]) {
        self.revision = None;
        let fits = raw.len() <= LONGEST_HANDSHAKE;
        self.handshake = Handshake {
            first: fits.then(|| (id.clone().into_owned(), raw.to_vec())),
            second: None,
        };
    }

    fn params(&self, message: &Message<'_>) -> Vec<(String, String)> {
        let called = (message.method() == Method::ToolsCall)
            .then(|| message.name())
            .flatten();
        let marks = called.and_then(|name| self.tools.get(name.as_ref()));
        match (marks, message.arguments()) {
            (Some(marks), Some(arguments)) if self.is_modern() => marks.values(arguments),
            _ => Vec::new(),
        }
    }

    /// Looks at an answer to `method` that passes; gives the revision where a handshake agreed on one.
    pub(super) fn learn(&mut self, method: Method, answer: &Message<'_>) -> Option<Revision> {
        let Kind::Response { result, .. } = &answer.kind else {
            return None;
        };
        match method {
            Method::Initialize => {
                let version = json::member(result, "protocolVersion").and_then(json::as_str)?;
                self.revision = Revision::from_name(&version);
                self.generation += 1;
                self.revision
            }
            Method::ToolsList => {
                self.learn_tools(result);
                None
            }
            _ => None,
        }
    }

    fn learn_tools(&mut self, result: &[u8]) {
        for tool in tools::definitions(result) {
            let schema = json::member(tool.raw, "inputSchema").unwrap_or_default();
            let marks = ParamHeaders::of_schema(schema).unwrap_or_default();
            let name = tool.name.into_owned();
            if marks.is_empty() {
                self.tools.remove(&name);
            } else if self.tools.len() < MOST_TOOLS || self.tools.contains_key(&name) {
                self.tools.insert(name, marks);
            }
        }
    }
}

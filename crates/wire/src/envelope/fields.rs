//! The places of a message that have protocol keys, and the values that are remembered from the one pass.

use super::fold;
use crate::json::prefix;

/// A range of bytes of the message; empty means absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The caller keeps messages below 1 GiB, so nothing is cut off.
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let narrow = |offset| u32::try_from(offset).unwrap_or(0);
        Self {
            start: narrow(start),
            end: narrow(end),
        }
    }

    pub(crate) fn of(self, text: &[u8]) -> Option<&[u8]> {
        if self.end == 0 {
            return None;
        }
        text.get(self.start as usize..self.end as usize)
    }
}

macro_rules! fields {
    ($($name:ident),* $(,)?) => {
        /// A value that later judgement needs, found without a second pass.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Field { $($name),* }
        const FIELDS: usize = [$(Field::$name),*].len();
    };
}

fields! {
    Jsonrpc, Id, Method, Params, Result, Error,
    ParamsName, ParamsArguments, ParamsUri, ParamsCursor, ParamsVersion, ParamsCapabilities, ParamsRequestId,
    ParamsProgressToken, ParamsRequestState, ParamsInputResponses, ParamsTask, ParamsMeta,
    MetaVersion, MetaProgressToken, MetaCapabilities, MetaLogLevel,
    ResultTools, ResultNextCursor, ResultVersion, ResultRequestState, ResultType, ResultVersions,
    ErrorCode, ErrorMessage,
}

/// Where each [`Field`] stands in the message.
#[derive(Debug, Clone)]
pub(crate) struct Captures([Span; FIELDS]);

impl Captures {
    pub(crate) fn new() -> Self {
        Self([Span::default(); FIELDS])
    }

    pub(crate) fn set(&mut self, field: Field, span: Span) {
        if let Some(slot) = self.0.get_mut(field as usize) {
            *slot = span;
        }
    }

    /// The raw value, when the message has it.
    pub(crate) fn get<'a>(&self, field: Field, text: &'a [u8]) -> Option<&'a [u8]> {
        self.0
            .get(field as usize)
            .copied()
            .unwrap_or_default()
            .of(text)
    }
}

/// What an object is for. `Free` objects belong to tools and users: their keys are theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Free,
    Message,
    Params,
    Meta,
    Peer,
    Result,
    Error,
    Tool,
    Content,
}

struct Known {
    name: &'static str,
    /// Of the name, so that most keys are told apart by one comparison.
    prefix: u64,
    field: Option<Field>,
    child: Place,
}

const fn key(name: &'static str) -> Known {
    Known {
        name,
        prefix: prefix(name.as_bytes()),
        field: None,
        child: Place::Free,
    }
}

const fn into(name: &'static str, child: Place) -> Known {
    Known {
        name,
        prefix: prefix(name.as_bytes()),
        field: None,
        child,
    }
}

const fn kept(name: &'static str, field: Field) -> Known {
    Known {
        name,
        prefix: prefix(name.as_bytes()),
        field: Some(field),
        child: Place::Free,
    }
}

const fn kept_into(name: &'static str, field: Field, child: Place) -> Known {
    Known {
        name,
        prefix: prefix(name.as_bytes()),
        field: Some(field),
        child,
    }
}

const MESSAGE: &[Known] = &[
    kept("jsonrpc", Field::Jsonrpc),
    kept("id", Field::Id),
    kept("method", Field::Method),
    kept_into("params", Field::Params, Place::Params),
    kept_into("result", Field::Result, Place::Result),
    kept_into("error", Field::Error, Place::Error),
];

const PARAMS: &[Known] = &[
    kept("name", Field::ParamsName),
    kept("arguments", Field::ParamsArguments),
    kept_into("_meta", Field::ParamsMeta, Place::Meta),
    kept("uri", Field::ParamsUri),
    kept("cursor", Field::ParamsCursor),
    kept("protocolVersion", Field::ParamsVersion),
    kept("capabilities", Field::ParamsCapabilities),
    into("clientInfo", Place::Peer),
    kept("requestId", Field::ParamsRequestId),
    kept("progressToken", Field::ParamsProgressToken),
    kept("requestState", Field::ParamsRequestState),
    kept("inputResponses", Field::ParamsInputResponses),
    kept("task", Field::ParamsTask),
    key("taskId"),
    key("level"),
];

const META: &[Known] = &[
    kept("progressToken", Field::MetaProgressToken),
    kept(
        "io.modelcontextprotocol/protocolVersion",
        Field::MetaVersion,
    ),
    into("io.modelcontextprotocol/clientInfo", Place::Peer),
    kept(
        "io.modelcontextprotocol/clientCapabilities",
        Field::MetaCapabilities,
    ),
    kept("io.modelcontextprotocol/logLevel", Field::MetaLogLevel),
    key("io.modelcontextprotocol/subscriptionId"),
    key("io.modelcontextprotocol/serverInfo"),
    key("io.modelcontextprotocol/related-task"),
];

const PEER: &[Known] = &[key("name"), key("version"), key("title")];

const RESULT: &[Known] = &[
    into("content", Place::Content),
    key("structuredContent"),
    key("isError"),
    kept_into("tools", Field::ResultTools, Place::Tool),
    kept("nextCursor", Field::ResultNextCursor),
    kept("protocolVersion", Field::ResultVersion),
    kept("supportedVersions", Field::ResultVersions),
    kept("requestState", Field::ResultRequestState),
    kept("resultType", Field::ResultType),
    key("inputRequests"),
    into("serverInfo", Place::Peer),
    key("capabilities"),
    key("instructions"),
    key("contents"),
    key("resources"),
    key("resourceTemplates"),
    key("prompts"),
    key("messages"),
    key("_meta"),
];

const ERROR: &[Known] = &[
    kept("code", Field::ErrorCode),
    kept("message", Field::ErrorMessage),
    key("data"),
];

const TOOL: &[Known] = &[
    key("name"),
    key("title"),
    key("description"),
    key("inputSchema"),
    key("outputSchema"),
    key("annotations"),
    key("execution"),
    key("icons"),
    key("_meta"),
];

const CONTENT: &[Known] = &[
    key("type"),
    key("text"),
    key("data"),
    key("mimeType"),
    key("uri"),
    key("resource"),
    key("annotations"),
    key("_meta"),
];

/// What a key means in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A protocol key: remember its value there, judge its value as that.
    Known(Option<Field>, Place),
    /// A key of somebody else.
    Other,
    /// Not a protocol key, but a reader that folds case takes it for one.
    Lookalike,
}

impl Place {
    fn keys(self) -> &'static [Known] {
        match self {
            Self::Free => &[],
            Self::Message => MESSAGE,
            Self::Params => PARAMS,
            Self::Meta => META,
            Self::Peer => PEER,
            Self::Result => RESULT,
            Self::Error => ERROR,
            Self::Tool => TOOL,
            Self::Content => CONTENT,
        }
    }

    /// What `key`, decoded and with its first eight bytes, means in an object at this place.
    pub(crate) fn meaning(self, prefix: u64, key: &str) -> Meaning {
        let keys = self.keys();
        if let Some(known) = keys
            .iter()
            .find(|known| known.prefix == prefix && known.name == key)
        {
            return Meaning::Known(known.field, known.child);
        }
        // Only the envelope itself is ours alone, so only there separators are ignored too.
        let separators = self == Self::Message;
        match keys
            .iter()
            .any(|known| fold::resembles(key, known.name, separators))
        {
            true => Meaning::Lookalike,
            false => Meaning::Other,
        }
    }
}

//! The parameters that routing needs, as they were found in the one pass over the message: no second walk.

use std::borrow::Cow;

use crate::envelope::Field;
use crate::{Id, Kind, Message, Method, json};

impl<'a> Message<'a> {
    /// The raw `params` object of a request or notification.
    pub fn params(&self) -> Option<&'a [u8]> {
        match self.kind {
            Kind::Request { params, .. } | Kind::Notification { params, .. } => params,
            Kind::Response { .. } | Kind::Error { .. } => None,
        }
    }

    /// `params.name`, when it is a string: of a tool or a prompt.
    pub fn name(&self) -> Option<Cow<'a, str>> {
        self.captured_text(Field::ParamsName)
    }

    /// `params.uri`, when it is a string: of a resource.
    pub fn uri(&self) -> Option<Cow<'a, str>> {
        self.captured_text(Field::ParamsUri)
    }

    /// What a request is about, as the header `Mcp-Name` names it; extensions name what they are about there too.
    pub fn about(&self) -> Option<Cow<'a, str>> {
        match self.method() {
            Method::ToolsCall | Method::PromptsGet => self.name(),
            Method::ResourcesRead => self.uri(),
            _ => {
                let task = || json::as_str(json::member(self.params()?, "taskId")?);
                self.name().or_else(|| self.uri()).or_else(task)
            }
        }
    }

    /// `params.arguments`, raw; null counts as absent.
    pub fn arguments(&self) -> Option<&'a [u8]> {
        self.present(Field::ParamsArguments)
    }

    /// `params.cursor`, raw; null counts as absent.
    pub fn cursor(&self) -> Option<&'a [u8]> {
        self.present(Field::ParamsCursor)
    }

    /// `params.requestState`, raw; null counts as absent.
    pub fn request_state(&self) -> Option<&'a [u8]> {
        self.present(Field::ParamsRequestState)
    }

    /// `params.inputResponses`, raw; null counts as absent.
    pub fn input_responses(&self) -> Option<&'a [u8]> {
        self.present(Field::ParamsInputResponses)
    }

    /// `params.task`, raw; null counts as absent.
    pub fn task(&self) -> Option<&'a [u8]> {
        self.present(Field::ParamsTask)
    }

    /// `params.requestId` of a cancellation, when it is an id.
    pub fn cancelled_id(&self) -> Option<Id<'a>> {
        Id::read(self.captured(Field::ParamsRequestId)?, usize::MAX).ok()
    }

    /// `params._meta`, raw; null counts as absent.
    pub fn meta(&self) -> Option<&'a [u8]> {
        self.present(Field::ParamsMeta)
    }

    /// The token of `params._meta`, when it is a string or an integer.
    pub fn progress_token(&self) -> Option<Id<'a>> {
        Id::read(self.captured(Field::MetaProgressToken)?, usize::MAX).ok()
    }

    /// The raw `io.modelcontextprotocol/protocolVersion` of `params._meta`: what tells a modern request from a legacy one.
    pub fn meta_version(&self) -> Option<&'a [u8]> {
        self.captured(Field::MetaVersion)
    }

    /// The raw `io.modelcontextprotocol/clientCapabilities` of `params._meta`.
    pub fn meta_capabilities(&self) -> Option<&'a [u8]> {
        self.captured(Field::MetaCapabilities)
    }

    /// The raw `io.modelcontextprotocol/logLevel` of `params._meta`.
    pub fn meta_log_level(&self) -> Option<&'a [u8]> {
        self.captured(Field::MetaLogLevel)
    }
}

//! One JSON-RPC message, read and judged, still borrowed from its line.

use std::borrow::Cow;

use crate::envelope::{Captures, Field};
use crate::method::Method;
use crate::{Id, Remarks};

/// A message that passed [`parse`](crate::parse). Its bytes are the ones to forward.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// The line exactly as it came, without its line end.
    pub raw: &'a [u8],
    /// What it is.
    pub kind: Kind<'a>,
    /// What is worth recording about it.
    pub remarks: Remarks,
    pub(crate) known: Method,
    pub(crate) captures: Captures,
}

/// The four shapes of JSON-RPC 2.0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind<'a> {
    /// Wants an answer.
    Request {
        /// Its id.
        id: Id<'a>,
        /// Its method, decoded.
        method: Cow<'a, str>,
        /// Its parameters: a raw object.
        params: Option<&'a [u8]>,
    },
    /// Wants none.
    Notification {
        /// Its method, decoded.
        method: Cow<'a, str>,
        /// Its parameters: a raw object.
        params: Option<&'a [u8]>,
    },
    /// A result.
    Response {
        /// Of the request that it answers.
        id: Id<'a>,
        /// A raw object.
        result: &'a [u8],
    },
    /// An error.
    Error {
        /// Of the request that it answers; none when the peer could not read it.
        id: Option<Id<'a>>,
        /// A raw object with an integer `code` and a string `message`.
        error: &'a [u8],
    },
}

impl<'a> Kind<'a> {
    pub(crate) fn id(&self) -> Option<&Id<'a>> {
        match self {
            Self::Request { id, .. } | Self::Response { id, .. } => Some(id),
            Self::Error { id, .. } => id.as_ref(),
            Self::Notification { .. } => None,
        }
    }
}

impl<'a> Message<'a> {
    /// The specification's method of a request or notification; [`Method::Other`] for extensions and responses.
    pub fn method(&self) -> Method {
        self.known
    }

    /// The id, when it has one.
    pub fn id(&self) -> Option<&Id<'a>> {
        self.kind.id()
    }

    /// The integer `code` of an error.
    pub fn error_code(&self) -> Option<i64> {
        std::str::from_utf8(self.captured(Field::ErrorCode)?)
            .ok()?
            .parse()
            .ok()
    }

    /// The raw value of a protocol key, found while parsing.
    pub(crate) fn captured(&self, field: Field) -> Option<&'a [u8]> {
        self.captures.get(field, self.raw)
    }

    /// The same, where JSON null counts as absent: some peers write absent members so.
    pub(crate) fn present(&self, field: Field) -> Option<&'a [u8]> {
        self.captured(field).filter(|raw| *raw != b"null")
    }

    /// The same for a string.
    pub(crate) fn captured_text(&self, field: Field) -> Option<Cow<'a, str>> {
        crate::json::as_str(self.captured(field)?)
    }
}

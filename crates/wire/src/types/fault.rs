//! Why a value is not of the type that was asked for, and where in it.

use std::fmt;

use thiserror::Error;

use crate::json::JsonError;

/// Why a value is not of the type that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{fault}{}", Inside(.path))]
pub struct DecodeError {
    /// What is wrong.
    pub fault: DecodeFault,
    /// The members that lead there, innermost first.
    path: Vec<&'static str>,
}

/// What can be wrong with a typed value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeFault {
    /// Not JSON at all.
    #[error(transparent)]
    Json(JsonError),
    /// A value of another kind, or a text that is none of those allowed.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A required member is absent.
    #[error("missing member")]
    Missing,
    /// Nested deeper than [`Limits::DEPTH_CAP`](crate::Limits::DEPTH_CAP).
    #[error("nesting over the limit")]
    Depth,
}

struct Inside<'a>(&'a [&'static str]);

impl fmt::Display for Inside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = " at `";
        for step in self.0.iter().rev() {
            write!(f, "{before}{step}")?;
            before = ".";
        }
        f.write_str(if self.0.is_empty() { "" } else { "`" })
    }
}

impl DecodeError {
    /// Another kind of value was expected.
    #[cold]
    pub fn expected(what: &'static str) -> Self {
        Self::of(DecodeFault::Expected(what))
    }

    /// A fault here.
    #[cold]
    pub(super) fn of(fault: DecodeFault) -> Self {
        Self {
            fault,
            path: Vec::new(),
        }
    }

    #[cold]
    pub(crate) fn missing(member: &'static str) -> Self {
        Self {
            fault: DecodeFault::Missing,
            path: vec![member],
        }
    }

    /// Says that the fault lies inside of `member`.
    #[cold]
    pub(crate) fn inside(mut self, member: &'static str) -> Self {
        self.path.push(member);
        self
    }
}

impl From<JsonError> for DecodeError {
    fn from(error: JsonError) -> Self {
        Self::of(DecodeFault::Json(error))
    }
}

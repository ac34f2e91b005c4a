//! Request ids and progress tokens: a string or an integer, never confused with each other.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::json;

/// An id as read from a message. `1` and `"1"` are different ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Id<'a> {
    /// An integer, exact over the whole range of `i64`.
    Number(i64),
    /// A string, decoded.
    Text(Cow<'a, str>),
}

/// Why a raw value is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdFault {
    Null,
    Kind,
    Range,
    Length,
}

impl<'a> Id<'a> {
    /// Reads a validated raw value.
    pub(crate) fn read(raw: &'a [u8], longest: usize) -> Result<Self, IdFault> {
        match raw.first() {
            Some(b'"') if raw.len() > longest.saturating_add(2) => Err(IdFault::Length),
            Some(b'"') => json::as_str(raw).map(Self::Text).ok_or(IdFault::Kind),
            Some(b'-' | b'0'..=b'9') => Self::number(raw),
            Some(b'n') => Err(IdFault::Null),
            _ => Err(IdFault::Kind),
        }
    }

    /// `1.0`, `1e0` and `-0` are refused: a peer may answer them as `1` and `0`, which are other texts.
    fn number(raw: &[u8]) -> Result<Self, IdFault> {
        if raw == b"-0" || raw.iter().any(|byte| !matches!(byte, b'-' | b'0'..=b'9')) {
            return Err(IdFault::Kind);
        }
        let written = std::str::from_utf8(raw).map_err(|_| IdFault::Kind)?;
        written
            .parse()
            .map(Self::Number)
            .map_err(|_| IdFault::Range)
    }

    /// Beyond ±(2^53 − 1), where JavaScript peers round.
    pub fn is_unsafe(&self) -> bool {
        matches!(self, Self::Number(number) if number.unsigned_abs() > (1 << 53) - 1)
    }

    /// Appends the id as JSON.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Text(text) => json::write_string(text, out),
        }
    }

    /// The same id with its own memory.
    pub fn into_owned(self) -> Id<'static> {
        match self {
            Self::Number(number) => Id::Number(number),
            Self::Text(text) => Id::Text(Cow::Owned(text.into_owned())),
        }
    }
}

/// Long enough for a UUID with a prefix; longer ids go to the heap.
const INLINE: usize = 46;

/// An id kept while its request is in flight; the usual ones without an allocation.
#[derive(Debug, Clone)]
pub(crate) enum KeptId {
    Number(i64),
    Short { length: u8, bytes: [u8; INLINE] },
    Long(Box<str>),
}

impl KeptId {
    pub(crate) fn new(id: &Id<'_>) -> Self {
        let text = match id {
            Id::Number(number) => return Self::Number(*number),
            Id::Text(text) => text,
        };
        let mut bytes = [0; INLINE];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(space), Ok(length)) => {
                space.copy_from_slice(text.as_bytes());
                Self::Short { length, bytes }
            }
            _ => Self::Long(text.as_ref().into()),
        }
    }

    fn view(&self) -> View<'_> {
        match self {
            Self::Number(number) => View::Number(*number),
            Self::Short { length, bytes } => {
                View::Text(bytes.get(..usize::from(*length)).unwrap_or_default())
            }
            Self::Long(text) => View::Text(text.as_bytes()),
        }
    }

    /// Numbers first, then texts by their bytes.
    pub(crate) fn compare(&self, id: &Id<'_>) -> Ordering {
        self.view().cmp(&match id {
            Id::Number(number) => View::Number(*number),
            Id::Text(text) => View::Text(text.as_bytes()),
        })
    }

    pub(crate) fn is(&self, id: &Id<'_>) -> bool {
        self.compare(id).is_eq()
    }

    pub(crate) fn to_id(&self) -> Id<'static> {
        match self.view() {
            View::Number(number) => Id::Number(number),
            View::Text(bytes) => Id::Text(String::from_utf8_lossy(bytes).into_owned().into()),
        }
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum View<'a> {
    Number(i64),
    Text(&'a [u8]),
}

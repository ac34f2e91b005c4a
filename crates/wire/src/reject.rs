//! Why a line is not a message that may go on.

use thiserror::Error;

use crate::Id;
use crate::json::{JsonError, JsonFault};

/// A line that is refused. It is never forwarded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{detail}")]
pub struct Reject {
    /// The stable code, for logs and tests.
    pub code: RejectCode,
    /// Who is at fault.
    pub blame: Blame,
    /// One sentence for people; holds nothing that the peer wrote.
    pub detail: String,
    /// The id when it could be read, so that an answer can be given.
    pub id: Option<Id<'static>>,
    /// Whether the line looked like a response (or error) rather than a request or notification.
    pub response: bool,
}

/// Who is at fault for a refused line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The peer sent something that no correct peer sends.
    Peer,
    /// Our limits do not allow it, though the protocol does.
    Limits,
    /// The line is no attempt at a message: stray output.
    Noise,
}

macro_rules! codes {
    ($($code:ident $text:literal $doc:literal;)*) => {
        /// The reasons, each with a stable name in kebab case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum RejectCode { $(#[doc = $doc] $code,)* }

        impl RejectCode {
            /// All of them, for documentation and tests.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $text,)* }
            }
        }
    };
}

codes! {
    NotJson "not-json" "The line does not even start like a message.";
    TooLong "too-long" "Over the size limit.";
    ByteOrderMark "byte-order-mark" "Starts with U+FEFF.";
    Utf8 "invalid-utf8" "Not UTF-8.";
    Syntax "syntax" "Not JSON (RFC 8259).";
    Trailing "trailing-data" "More text after the message.";
    CarriageReturn "carriage-return" "A carriage return between tokens.";
    Surrogate "lone-surrogate" "Half of a surrogate pair.";
    NumberRange "number-range" "A number beyond a double's range.";
    Depth "too-deep" "Nested over the limit.";
    TooManyKeys "too-many-keys" "More keys than the limit.";
    DuplicateKey "duplicate-key" "Two equal keys in one object.";
    NulKey "nul-in-key" "NUL in a key.";
    LookalikeKey "lookalike-key" "A key that only a case-folding reader takes for a protocol key.";
    Batch "batch" "A JSON-RPC batch.";
    NotObject "not-object" "JSON, but no object.";
    Version "jsonrpc-version" "`jsonrpc` is missing or not `2.0`.";
    Shape "shape" "Neither request, notification, result nor error, or several at once.";
    IdNull "id-null" "The id of a request or result is null.";
    IdKind "id-kind" "The id is neither string nor integer.";
    IdRange "id-range" "The id is beyond 64 bits.";
    IdLength "id-length" "The id is longer than the limit.";
    MethodKind "method-kind" "The method is not a string of visible ASCII characters.";
    MethodLookalike "method-lookalike" "A method that only a lenient reader takes for one of the protocol.";
    Params "params-kind" "`params` is not an object.";
    Result "result-kind" "`result` is not an object.";
    Error "error-kind" "`error` has no integer code and string message.";
    NulText "nul-in-name" "NUL in an id, a name or a URI.";
}

impl Reject {
    pub(crate) fn new(code: RejectCode, detail: impl Into<String>) -> Self {
        let blame = match code {
            RejectCode::NotJson => Blame::Noise,
            RejectCode::TooLong
            | RejectCode::Depth
            | RejectCode::TooManyKeys
            | RejectCode::NumberRange
            | RejectCode::IdRange
            | RejectCode::IdLength
            | RejectCode::Batch => Blame::Limits,
            _ => Blame::Peer,
        };
        Self {
            code,
            blame,
            detail: detail.into(),
            id: None,
            response: false,
        }
    }

    /// A line over the limit, as the framing reports it.
    pub fn too_long() -> Self {
        Self::new(RejectCode::TooLong, "message over the size limit")
    }

    pub(crate) fn json(error: JsonError) -> Self {
        let code = match error.fault {
            JsonFault::TooLong => RejectCode::TooLong,
            JsonFault::ByteOrderMark => RejectCode::ByteOrderMark,
            JsonFault::Utf8 => RejectCode::Utf8,
            JsonFault::Trailing => RejectCode::Trailing,
            JsonFault::CarriageReturn => RejectCode::CarriageReturn,
            JsonFault::Surrogate => RejectCode::Surrogate,
            JsonFault::NumberRange => RejectCode::NumberRange,
            JsonFault::Depth => RejectCode::Depth,
            JsonFault::TooManyKeys => RejectCode::TooManyKeys,
            JsonFault::DuplicateKey => RejectCode::DuplicateKey,
            JsonFault::NulKey => RejectCode::NulKey,
            JsonFault::LookalikeKey => RejectCode::LookalikeKey,
            JsonFault::Empty
            | JsonFault::Unexpected
            | JsonFault::Truncated
            | JsonFault::Control
            | JsonFault::Escape
            | JsonFault::Number => RejectCode::Syntax,
        };
        Self::new(code, error.to_string())
    }
}

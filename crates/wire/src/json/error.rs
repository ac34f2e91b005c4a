//! Why a text is not acceptable JSON, and where.

use thiserror::Error;

/// A fault and the byte offset where it was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{fault} at byte {at}")]
pub struct JsonError {
    /// What is wrong.
    pub fault: JsonFault,
    /// Offset in bytes from the start of the text.
    pub at: usize,
}

/// What can be wrong with a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum JsonFault {
    /// Nothing but white space.
    #[error("empty text")]
    Empty,
    /// Longer than [`Limits::max_message`](crate::Limits::max_message).
    #[error("text over the size limit")]
    TooLong,
    /// Starts with U+FEFF.
    #[error("byte order mark")]
    ByteOrderMark,
    /// Not UTF-8.
    #[error("invalid UTF-8")]
    Utf8,
    /// A byte that the grammar does not allow here: `NaN`, comments, single quotes, trailing commas, …
    #[error("unexpected byte")]
    Unexpected,
    /// The text ends inside a value.
    #[error("text ends too early")]
    Truncated,
    /// More text after the value.
    #[error("trailing data")]
    Trailing,
    /// A raw carriage return between tokens; readers with universal newlines would split the line there.
    #[error("carriage return inside a line")]
    CarriageReturn,
    /// A raw control character inside a string.
    #[error("control character in a string")]
    Control,
    /// A backslash with no valid escape behind it.
    #[error("invalid escape")]
    Escape,
    /// `\uD800`–`\uDFFF` without its partner.
    #[error("lone surrogate")]
    Surrogate,
    /// A number that RFC 8259 does not allow, as `01` or `+1`.
    #[error("malformed number")]
    Number,
    /// A number beyond the range of a double, or longer than the limit.
    #[error("number out of range")]
    NumberRange,
    /// Containers nested deeper than the limit.
    #[error("nesting over the limit")]
    Depth,
    /// More keys open at the same time than the limit.
    #[error("too many keys")]
    TooManyKeys,
    /// Two keys of one object are equal after unescaping.
    #[error("duplicate key")]
    DuplicateKey,
    /// `\u0000` in a key.
    #[error("NUL in a key")]
    NulKey,
    /// A key that equals a protocol key only after case folding, as `Method` or `paramſ`.
    #[error("key that resembles a protocol key")]
    LookalikeKey,
}

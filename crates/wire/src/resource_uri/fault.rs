//! Why a resource URI is refused.

use thiserror::Error;

/// Why a resource URI is refused. None of them repeats what the peer wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum UriFault {
    /// Longer than [`Allowed::MAX_LENGTH`](super::Allowed::MAX_LENGTH).
    #[error("the URI is too long")]
    TooLong,
    /// No scheme, a malformed one, or a reference relative to something else.
    #[error("not an absolute URI")]
    NotAbsolute,
    /// A character that RFC 3986 does not allow unencoded.
    #[error("the URI holds a character that has to be percent-encoded")]
    ForbiddenCharacter,
    /// Braces: a template that was never expanded, or expanded with text that is one.
    #[error("the URI is a template that was not expanded")]
    Template,
    /// A `%` without two hexadecimal digits.
    #[error("the URI holds a malformed percent-encoding")]
    MalformedEscape,
    /// An encoded character which is itself an escape that would mean something if decoded again.
    #[error("the URI is percent-encoded twice")]
    DoubleEncoded,
    /// `%2F` or a backslash: a separator for some readers and a character for others.
    #[error("the URI holds an encoded path separator")]
    EncodedSeparator,
    /// Bytes that are no UTF-8, overlong forms among them.
    #[error("the URI does not decode to UTF-8")]
    NotUtf8,
    /// A control character, a NUL, or one that turns the direction of text.
    #[error("the URI holds a control character")]
    ControlCharacter,
    /// A `..` segment, or something that readers may take for one.
    #[error("the URI leaves its directory")]
    Traversal,
    /// Two slashes in a row within a path.
    #[error("the URI's path has an empty segment")]
    EmptySegment,
    /// A `file` URI that names another machine.
    #[error("the URI names a file on another machine")]
    RemoteHost,
    /// A `file` URI with a query or a fragment.
    #[error("a file's URI has neither query nor fragment")]
    QueryOrFragment,
    /// A file that no allowed root holds.
    #[error("the file is outside of the allowed roots")]
    OutsideRoots,
    /// A path below `/dev`, `/proc` or `/sys`.
    #[error("the URI names a device or the kernel's own files")]
    Device,
    /// A name that Windows reads as another: a drive, a device, a short name, a stream, a trailing dot or space.
    #[error("the URI holds a name that means something else on Windows")]
    WindowsName,
    /// A path segment longer than a file name may be.
    #[error("the URI holds a name that is too long")]
    LongName,
    /// A scheme that runs, embeds or fetches something, and that no one declared.
    #[error("the URI's scheme is not allowed")]
    ForbiddenScheme,
    /// A URI within a URI.
    #[error("the URI wraps another URI")]
    Nested,
    /// A user name or password in front of the host.
    #[error("the URI carries credentials")]
    UserInfo,
    /// A host or port that is not well-formed.
    #[error("the URI's host is malformed")]
    MalformedHost,
    /// An address or name that is not on the public Internet.
    #[error("the URI names a host that is not public")]
    PrivateHost,
    /// A part that a command line would read as an option.
    #[error("a part of the URI reads as a command-line option")]
    OptionInjection,
    /// A part that a shell would expand.
    #[error("a part of the URI reads as shell syntax")]
    ShellSyntax,
}

//! What the session says about a message.

use std::borrow::Cow;

use crate::{Method, Revision};

/// What to do with the message that was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a message may only be forwarded when the verdict says so"]
pub enum Verdict<'a> {
    /// Pass its bytes on, unchanged.
    Forward(Note<'a>),
    /// Do not pass it on; send `reply` (no line end) back to its sender.
    Answer {
        /// The error response.
        reply: Vec<u8>,
        /// Why.
        reason: Reason,
    },
    /// Do not pass it on; send `instead` (no line end) to its receiver, who waits for an answer.
    Replace {
        /// The error response.
        instead: Vec<u8>,
        /// Why.
        reason: Reason,
    },
    /// Do not pass it on.
    Drop(Reason),
}

/// Names one request for as long as it is in flight; its answer carries the same. Never reused in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What a forwarded message is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note<'a> {
    /// The client's `initialize`.
    Initialize {
        /// The revision it asks for.
        requested: Cow<'a, str>,
    },
    /// The client's `server/discover`.
    Discover,
    /// The client's `tools/list`.
    ToolsList {
        /// It has no cursor.
        first: bool,
        /// Of this request.
        ticket: Ticket,
    },
    /// The client's `tools/call`.
    ToolsCall {
        /// The tool, decoded: what policy and pins are asked about.
        name: Cow<'a, str>,
        /// A raw object.
        arguments: Option<&'a [u8]>,
        /// Of this request.
        ticket: Ticket,
    },
    /// Any other request.
    Request {
        /// Its method.
        method: Method,
        /// Of this request.
        ticket: Ticket,
    },
    /// A notification.
    Notification {
        /// Its method.
        method: Method,
    },
    /// An answer to a request of the other side.
    Answer(Answer<'a>),
}

/// An answer and what it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The method of the request.
    pub method: Method,
    /// The request.
    pub ticket: Ticket,
    /// What came.
    pub outcome: Outcome<'a>,
    /// A server that spoke 2026-07-28 before (or is pinned to it) now refuses to: it would regain a session.
    pub downgrade: bool,
}

/// What an answer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// The handshake of a legacy session is agreed.
    Initialized {
        /// The revision of the session.
        revision: Revision,
    },
    /// The server is of the modern era.
    Discovered,
    /// A page of tools.
    Tools {
        /// The raw result, for [`tools`](crate::tools).
        result: &'a [u8],
        /// The first page.
        first: bool,
        /// No page follows.
        last: bool,
    },
    /// Any other result: a raw object.
    Result(&'a [u8]),
    /// An error.
    Error {
        /// Its code.
        code: i64,
        /// The raw error object.
        error: &'a [u8],
    },
}

macro_rules! reasons {
    ($($reason:ident $text:literal $doc:literal;)*) => {
        /// Why a message is not passed on, each with a stable name in kebab case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason { $(#[doc = $doc] $reason,)* }

        impl Reason {
            /// All of them, for documentation and tests.
            pub const ALL: &[Self] = &[$(Self::$reason),*];

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$reason => $text,)* }
            }
        }
    };
}

reasons! {
    WrongDirection "wrong-direction" "Only the other side sends this method.";
    NotReady "not-ready" "Nothing was negotiated yet, or the handshake is not at this point.";
    AlreadyInitialized "already-initialized" "A second `initialize` or `initialized`.";
    UnknownVersion "unknown-version" "A revision that is not known here.";
    MissingCapability "missing-capability" "The receiver did not declare the capability.";
    ServerRequest "server-request" "The revision has no requests from the server.";
    NotificationWithId "notification-with-id" "A notification sent as a request.";
    RequestWithoutId "request-without-id" "A request sent as a notification.";
    DuplicateId "duplicate-id" "The id is already in flight, so no answer would be unambiguous.";
    UnknownId "unknown-id" "No such request is in flight: unsolicited, answered before, or of another type.";
    NoId "no-id" "An error that answers nothing.";
    Cancelled "cancelled" "The answer to a request that was cancelled.";
    TooManyInFlight "too-many-in-flight" "More requests wait for an answer than the limit.";
    Unsolicited "unsolicited" "A notification that nobody asked for.";
    Flood "flood" "More notifications than the limit.";
    BadParams "bad-params" "The parameters lack what the method needs.";
    BadResult "bad-result" "The result lacks what the method promises.";
    ForeignState "foreign-request-state" "A `requestState` that the server did not give for this request.";
    Rejected "rejected" "The line was refused by the parser.";
}

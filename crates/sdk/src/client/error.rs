//! Why connecting, or a call, did not work.

use std::time::Duration;

use interlock_wire::RejectCode;
use interlock_wire::types::DecodeError;
use thiserror::Error;

use super::refused_tool::ToolFault;
use super::transport::TransportError;
use crate::RpcError;

/// Why a client is not connected.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The transport could not be made, or failed during the handshake.
    #[error("no connection to the server")]
    Transport(#[source] TransportError),
    /// The server refused the handshake.
    #[error("the server refused the handshake")]
    Refused(#[source] RpcError),
    /// The server speaks none of the revisions that are allowed here.
    #[error("no protocol revision in common; the server speaks {}", shown(.theirs))]
    NoCommonRevision {
        /// What it says it speaks, as it says it.
        theirs: Vec<String>,
    },
    /// The server answered the handshake with something else.
    #[error("the server's answer to the handshake is not valid")]
    Answer(#[source] DecodeError),
    /// The server did not answer the handshake in time.
    #[error("the server did not answer the handshake within {0:?}")]
    Timeout(Duration),
    /// A root is not a `file:` URI without dots in its path.
    #[error("root `{0}` is not a plain file URI")]
    Root(String),
    /// No revision is allowed.
    #[error("no protocol revision is allowed: allow at least one")]
    NoRevision,
}

fn shown(theirs: &[String]) -> String {
    let names: Vec<_> = theirs
        .iter()
        .take(8)
        .map(|name| format!("`{}`", crate::error::shown(name)))
        .collect();
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    }
}

/// Why a call has no result.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CallError {
    /// The server answered with an error.
    #[error("the server answered with an error")]
    Rpc(#[source] RpcError),
    /// The message was not carried.
    #[error("no connection to the server")]
    Transport(#[source] TransportError),
    /// The server did not answer in time; it was told that nobody waits any more.
    #[error("the server did not answer within {0:?}")]
    Timeout(Duration),
    /// The server does not offer this, or the agreed revision does not have it.
    #[error("`{0}` is not offered by this server")]
    NotOffered(&'static str),
    /// The result is not what the method promises.
    #[error("the server's result is not valid")]
    Result(#[source] DecodeError),
    /// The result breaks a rule that its shape does not show.
    #[error("the server's result is not valid: {0}")]
    Rule(&'static str),
    /// The tool was listed with a definition that is not used.
    #[error("the tool's definition is refused")]
    Tool(#[source] ToolFault),
    /// The structured result does not match the tool's output schema.
    #[error("the structured result does not match the tool's output schema")]
    OutputSchema,
    /// The answer was refused while it was read: over a limit, or not strict JSON.
    #[error("the server's answer was refused: {}", .0.as_str())]
    Malformed(RejectCode),
    /// A question of the server, which the call depends on, could not be answered.
    #[error("a question of the server was not answered")]
    Question(#[source] RpcError),
    /// The server asks on and on.
    #[error("the server asked more than {0} times")]
    TooManyRounds(u32),
    /// A list has more pages than the limit.
    #[error("the list has more than {0} pages")]
    TooManyPages(u32),
    /// The task ended without a result.
    #[error("the task was cancelled")]
    TaskCancelled,
    /// The task failed with an error.
    #[error("the task failed")]
    TaskFailed(#[source] RpcError),
    /// What the caller passed cannot be sent.
    #[error("the arguments are not a JSON object")]
    Arguments,
    /// More requests wait for an answer than the limit.
    #[error("too many requests are in flight")]
    TooManyInFlight,
    /// The server ended the subscription.
    #[error("the server ended the subscription")]
    Ended,
}

impl From<TransportError> for CallError {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

impl From<DecodeError> for CallError {
    fn from(error: DecodeError) -> Self {
        Self::Result(error)
    }
}

impl CallError {
    /// The server's error, when that is what it was.
    pub fn rpc(&self) -> Option<&RpcError> {
        match self {
            Self::Rpc(error) | Self::TaskFailed(error) => Some(error),
            _ => None,
        }
    }
}

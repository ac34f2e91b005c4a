//! Why a handler failed, and to whom that is told.

use std::fmt::Display;

use interlock_wire::types::CallToolResult;

use super::ask::AskError;
use crate::RpcError;

/// Why a call failed. `?` makes one of any error.
///
/// What a tool says is read by the model, as a result with `isError`; everywhere else only [`CallError::new`] is told to the
/// client, because the text of a caught error may say more about the server than its author wants.
///
/// ```
/// use interlock_sdk::RpcError;
/// use interlock_sdk::server::CallError;
///
/// fn parse(text: &str) -> Result<u8, CallError> {
///     if text.is_empty() {
///         return Err(CallError::rpc(RpcError::invalid_params("`text` is empty")));
///     }
///     Ok(text.parse()?)
/// }
/// assert!(parse("300").is_err());
/// ```
#[derive(Debug)]
pub struct CallError(pub(super) Failure);

#[derive(Debug)]
pub(super) enum Failure {
    /// Said on purpose.
    Told(String),
    /// Made of another error.
    Caught(String),
    /// An error response.
    Rpc(RpcError),
}

impl CallError {
    /// A failure that is told: to the model, when a tool failed.
    pub fn new(text: impl Display) -> Self {
        Self(Failure::Told(text.to_string()))
    }

    /// An error response instead of a result.
    pub fn rpc(error: RpcError) -> Self {
        Self(Failure::Rpc(error))
    }

    /// As a tool's result, where it is none of those that are error responses.
    pub(super) fn into_tool_result(self) -> Result<CallToolResult, RpcError> {
        match self.0 {
            Failure::Told(text) | Failure::Caught(text) => Ok(CallToolResult::error(text)),
            Failure::Rpc(error) => Err(error),
        }
    }

    /// As an error response.
    pub(super) fn into_rpc(self) -> RpcError {
        match self.0 {
            Failure::Told(text) => {
                RpcError::new(interlock_wire::types::codes::INTERNAL_ERROR, text)
            }
            Failure::Caught(_) => RpcError::internal(),
            Failure::Rpc(error) => error,
        }
    }
}

impl<E: std::error::Error + 'static> From<E> for CallError {
    fn from(error: E) -> Self {
        let seen = &error as &dyn std::error::Error;
        if let Some(error) = seen.downcast_ref::<RpcError>() {
            return Self::rpc(error.clone());
        }
        if let Some(error) = seen.downcast_ref::<AskError>().and_then(AskError::rpc) {
            return Self::rpc(error);
        }
        Self(Failure::Caught(error.to_string()))
    }
}

//! Tools that a server lists and a client does not use.

use interlock_wire::header;
use interlock_wire::schema::SchemaFault;
use thiserror::Error;

/// Why a tool is not used. The rest of the server's tools are.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ToolFault {
    /// The schema of its arguments would cost whoever uses it too much, or refers to what lies elsewhere.
    #[error("the schema of its arguments is refused")]
    InputSchema(#[source] SchemaFault),
    /// The same of its results.
    #[error("the schema of its results is refused")]
    OutputSchema(#[source] SchemaFault),
    /// Its `x-mcp-header` marks are invalid, and the transport mirrors arguments in headers.
    #[error("its `x-mcp-header` marks are invalid")]
    Headers(#[source] header::SchemaError),
}

/// A tool that is not used, and why. [`Client::refused_tools`](super::Client::refused_tools) gives them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedTool {
    /// Its name, as the server wrote it: show it through [`Untrusted`](interlock_wire::Untrusted) only.
    pub name: String,
    /// What is wrong with it.
    pub fault: ToolFault,
}

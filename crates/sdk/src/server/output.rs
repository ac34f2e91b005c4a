//! What tool handlers give back.

use std::fmt::Display;

use interlock_wire::json::write_string;

use crate::RpcError;

/// The result of a tool call, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolReply {
    /// The raw array of content blocks.
    pub(super) content: Vec<u8>,
    pub(super) is_error: bool,
}

impl ToolReply {
    /// One block of text.
    pub fn text(text: &str) -> Self {
        let mut content = Vec::with_capacity(text.len() + 32);
        content.extend_from_slice(br#"[{"type":"text","text":"#);
        write_string(text, &mut content);
        content.extend_from_slice(b"}]");
        Self {
            content,
            is_error: false,
        }
    }

    /// One block of text that tells the model what went wrong.
    pub fn error(text: &str) -> Self {
        Self {
            is_error: true,
            ..Self::text(text)
        }
    }
}

/// What a tool handler may return.
pub trait IntoToolResult: Send {
    /// The result of the call.
    fn into_tool_result(self) -> ToolReply;
}

impl IntoToolResult for ToolReply {
    fn into_tool_result(self) -> ToolReply {
        self
    }
}

macro_rules! by_text {
    ($($type:ty),*) => {$(
        impl IntoToolResult for $type {
            fn into_tool_result(self) -> ToolReply {
                ToolReply::text(&self.to_string())
            }
        }
    )*};
}

by_text!(
    bool, char, i8, i16, i32, i64, u8, u16, u32, u64, isize, usize, f32, f64
);

impl IntoToolResult for String {
    fn into_tool_result(self) -> ToolReply {
        ToolReply::text(&self)
    }
}

impl IntoToolResult for &'static str {
    fn into_tool_result(self) -> ToolReply {
        ToolReply::text(self)
    }
}

impl IntoToolResult for () {
    fn into_tool_result(self) -> ToolReply {
        ToolReply {
            content: b"[]".to_vec(),
            is_error: false,
        }
    }
}

/// Why a tool call failed. `?` makes one of any error: the model reads its text.
#[derive(Debug)]
pub struct ToolError(pub(super) Failure);

#[derive(Debug)]
pub(super) enum Failure {
    /// A result with `isError`: for the model.
    Told(String),
    /// An error response: for the client.
    Rpc(RpcError),
}

impl ToolError {
    /// A failure that the model is told of, to do better.
    pub fn new(text: impl Display) -> Self {
        Self(Failure::Told(text.to_string()))
    }

    /// An error response instead of a result.
    pub fn rpc(error: RpcError) -> Self {
        Self(Failure::Rpc(error))
    }
}

impl<E: std::error::Error + 'static> From<E> for ToolError {
    fn from(error: E) -> Self {
        match (&error as &dyn std::error::Error).downcast_ref::<RpcError>() {
            Some(rpc) => Self::rpc(rpc.clone()),
            None => Self::new(error),
        }
    }
}

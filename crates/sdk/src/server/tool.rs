//! Tools: a definition, and the handler behind it with its types erased.

use std::marker::PhantomData;
use std::sync::Arc;

use interlock_wire::json::write_string;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::context::Context;
use super::output::{IntoToolResult, ToolError, ToolReply};
use crate::BoxFuture;

/// A handler at work.
pub(super) type ToolFuture = BoxFuture<'static, Result<ToolReply, ToolError>>;

/// A handler, its types erased.
pub(super) trait ToolHandler: Send + Sync {
    /// Starts a call. `arguments` is a raw, validated JSON value.
    fn call(&self, arguments: &[u8], cx: Context) -> Result<ToolFuture, String>;
}

pub(super) struct ToolEntry {
    pub(super) name: String,
    /// As it stands in `tools/list`.
    pub(super) definition: Vec<u8>,
    pub(super) handler: Arc<dyn ToolHandler>,
}

impl ToolEntry {
    pub(super) fn typed<A: JsonSchema, R: IntoToolResult>(
        name: &str,
        description: &str,
        handler: Arc<dyn ToolHandler>,
    ) -> Self {
        let schema = schemars::SchemaGenerator::default().into_root_schema_for::<A>();
        let mut definition = br#"{"name":"#.to_vec();
        write_string(name, &mut definition);
        definition.extend_from_slice(br#","description":"#);
        write_string(description, &mut definition);
        definition.extend_from_slice(br#","inputSchema":"#);
        definition.extend_from_slice(schema.as_value().to_string().as_bytes());
        definition.push(b'}');
        Self {
            name: name.to_owned(),
            definition,
            handler,
        }
    }
}

/// A handler with typed arguments.
pub(super) struct TypedTool<F, A> {
    handler: F,
    arguments: PhantomData<fn(A)>,
}

impl<F, A> TypedTool<F, A> {
    pub(super) fn new(handler: F) -> Self {
        Self {
            handler,
            arguments: PhantomData,
        }
    }
}

impl<A, F, Fut, R> ToolHandler for TypedTool<F, A>
where
    A: DeserializeOwned + Send + 'static,
    F: Fn(A, Context) -> Fut + Send + Sync,
    Fut: Future<Output = Result<R, ToolError>> + Send + 'static,
    R: IntoToolResult,
{
    fn call(&self, arguments: &[u8], cx: Context) -> Result<ToolFuture, String> {
        let arguments: A = serde_json::from_slice(arguments).map_err(|error| error.to_string())?;
        let work = (self.handler)(arguments, cx);
        Ok(Box::pin(async move { Ok(work.await?.into_tool_result()) }))
    }
}

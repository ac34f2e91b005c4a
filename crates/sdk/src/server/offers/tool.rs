//! Tools: a definition, and the handler behind it with its types erased.

use std::marker::PhantomData;
use std::sync::Arc;

use interlock_wire::header::ParamHeaders;
use interlock_wire::types::{
    CallToolResult, Icon, Meta, TaskSupport, Tool, ToolAnnotations, ToolExecution,
};
use interlock_wire::{Json, Object};
use jsonschema::Validator;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::super::builder::BuildError;
use super::super::context::Context;
use super::super::fault::CallError;
use super::super::output::IntoToolResult;
use super::super::schema::{self, SchemaError};
use crate::BoxFuture;

/// A handler at work.
pub(in crate::server) type ToolFuture = BoxFuture<'static, Result<CallToolResult, CallError>>;

/// A handler, its types erased. An `Err` says what is wrong with the arguments.
pub(in crate::server) trait ToolHandler: Send + Sync {
    /// Starts a call. `arguments` is a raw, validated JSON value.
    fn start(&self, arguments: &[u8], cx: Context) -> Result<ToolFuture, String>;
}

/// A tool and its handler: what [`Builder::offer_tool`](crate::server::Builder::offer_tool) takes when name, description and
/// arguments are not all there is to say.
///
/// ```
/// use interlock_sdk::server::{Context, OfferedTool, Server};
/// use interlock_wire::types::ToolAnnotations;
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Nothing {}
///
/// let tool = OfferedTool::new("now", "Tells the time", async |_: Nothing, _cx: Context| Ok("12:00"))
///     .title("Clock")
///     .annotations(ToolAnnotations::default().read_only_hint(true));
/// let server = Server::builder("clock", "1.0.0").offer_tool(tool).build();
/// ```
#[derive(Clone)]
pub struct OfferedTool(pub(in crate::server) Arc<ToolEntry>);

#[derive(Clone)]
pub(in crate::server) struct ToolEntry {
    pub(in crate::server) definition: Tool,
    pub(in crate::server) handler: Arc<dyn ToolHandler>,
    pub(in crate::server) headers: ParamHeaders,
    /// Of the structured result, where its type does not vouch for it.
    pub(in crate::server) output: Option<Arc<Validator>>,
    pub(in crate::server) fault: Option<BuildError>,
}

impl OfferedTool {
    /// A tool with typed arguments, whose schema is derived. Arguments that do not fit never reach the handler.
    pub fn new<A, F, Fut, R>(name: &str, description: &str, handler: F) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, CallError>> + Send + 'static,
        R: IntoToolResult + 'static,
    {
        let mut definition = Tool::with_schema(name, schema::of_arguments::<A>());
        definition.description = Some(description.to_owned());
        definition.output_schema = R::output_schema();
        let arguments = PhantomData;
        Self::made(definition, Arc::new(TypedTool { handler, arguments }), None)
    }

    /// A tool whose schemas are given: arguments and structured results are validated against them.
    pub fn raw<F, Fut, R>(definition: Tool, handler: F) -> Self
    where
        F: Fn(Object, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, CallError>> + Send + 'static,
        R: IntoToolResult + 'static,
    {
        let output = definition.output_schema.as_ref().map(schema::compile);
        let input = schema::compile(&definition.input_schema);
        let (validator, output, fault) = match (input, output.transpose()) {
            (Ok(input), Ok(output)) => (Ok(input), output, None),
            (input, output) => {
                let fault = input.as_ref().err().cloned().or(output.err());
                let fault = fault.map(|fault| BuildError::schema(&definition.name, fault));
                (input, None, fault)
            }
        };
        let handler = Arc::new(RawTool { handler, validator });
        let mut made = Self::made(definition, handler, output.map(Arc::new));
        made.change(|entry| entry.fault = entry.fault.take().or(fault));
        made
    }

    fn made(
        definition: Tool,
        handler: Arc<dyn ToolHandler>,
        output: Option<Arc<Validator>>,
    ) -> Self {
        let read = ParamHeaders::of_schema(definition.input_schema.raw());
        let fault = match (&read, is_name(&definition.name)) {
            (_, false) => Some(BuildError::ToolName(definition.name.clone())),
            (Err(error), _) => Some(BuildError::headers(&definition.name, error)),
            _ => None,
        };
        let headers = read.unwrap_or_default();
        Self(Arc::new(ToolEntry {
            definition,
            handler,
            headers,
            output,
            fault,
        }))
    }

    /// The tool's name.
    pub fn name(&self) -> &str {
        &self.0.definition.name
    }

    /// With a name for people.
    #[must_use]
    pub fn title(self, title: impl Into<String>) -> Self {
        self.with(|tool| tool.title = Some(title.into()))
    }

    /// With hints on how it behaves.
    #[must_use]
    pub fn annotations(self, annotations: ToolAnnotations) -> Self {
        self.with(|tool| tool.annotations = Some(annotations))
    }

    /// With pictures.
    #[must_use]
    pub fn icons(self, icons: impl Into<Vec<Icon>>) -> Self {
        self.with(|tool| tool.icons = Some(icons.into()))
    }

    /// With one more key of `_meta`, as extensions want them.
    #[must_use]
    pub fn meta(self, key: &str, value: impl Into<Json>) -> Self {
        self.with(|tool| {
            tool.meta
                .get_or_insert_with(Meta::default)
                .insert(key, value);
        })
    }

    /// Lets clients run it as a task, or makes them.
    ///
    /// In 2025-11-25 the client decides, within that. From 2026-07-28 on a call becomes a task whenever the client knows the
    /// tasks extension and the handler is not done at once.
    #[must_use]
    pub fn task_support(self, support: TaskSupport) -> Self {
        self.with(|tool| {
            tool.execution = Some(ToolExecution::default().task_support(support));
        })
    }

    fn with(mut self, change: impl FnOnce(&mut Tool)) -> Self {
        self.change(|entry| change(&mut entry.definition));
        self
    }

    fn change(&mut self, change: impl FnOnce(&mut ToolEntry)) {
        change(Arc::make_mut(&mut self.0));
    }
}

impl ToolEntry {
    pub(in crate::server) fn task_support(&self) -> &TaskSupport {
        let execution = self.definition.execution.as_ref();
        execution
            .and_then(|execution| execution.task_support.as_ref())
            .unwrap_or(&TaskSupport::Forbidden)
    }
}

impl std::fmt::Debug for OfferedTool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("OfferedTool").field(&self.name()).finish()
    }
}

/// As the specification recommends: other names are refused, because clients disagree on what to do with them.
fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (1..=128).contains(&name.len()) && name.bytes().all(allowed)
}

struct TypedTool<F, A> {
    handler: F,
    arguments: PhantomData<fn(A)>,
}

impl<A, F, Fut, R> ToolHandler for TypedTool<F, A>
where
    A: DeserializeOwned + Send + 'static,
    F: Fn(A, Context) -> Fut + Send + Sync,
    Fut: Future<Output = Result<R, CallError>> + Send + 'static,
    R: IntoToolResult,
{
    fn start(&self, arguments: &[u8], cx: Context) -> Result<ToolFuture, String> {
        let arguments: A = serde_json::from_slice(arguments).map_err(|error| error.to_string())?;
        let work = (self.handler)(arguments, cx);
        Ok(Box::pin(async move { Ok(work.await?.into_tool_result()) }))
    }
}

struct RawTool<F> {
    handler: F,
    validator: Result<Validator, SchemaError>,
}

impl<F, Fut, R> ToolHandler for RawTool<F>
where
    F: Fn(Object, Context) -> Fut + Send + Sync,
    Fut: Future<Output = Result<R, CallError>> + Send + 'static,
    R: IntoToolResult,
{
    fn start(&self, arguments: &[u8], cx: Context) -> Result<ToolFuture, String> {
        let validator = self.validator.as_ref().map_err(ToString::to_string)?;
        schema::check(validator, arguments)?;
        let arguments = Object::parse(arguments).map_err(|error| error.to_string())?;
        let work = (self.handler)(arguments, cx);
        Ok(Box::pin(async move { Ok(work.await?.into_tool_result()) }))
    }
}

//! Prompts and completions, and what makes them.

use std::sync::Arc;

use interlock_wire::types::{CompleteParams, Completion, GetPromptResult, Map, Prompt};

use super::super::context::Context;
use super::super::fault::CallError;
use super::super::output::{IntoCompletion, IntoPromptResult};
use crate::BoxFuture;

/// Makes a prompt's messages, its types erased.
pub(in crate::server) type Prompter = Arc<
    dyn Fn(Map<String>, Context) -> BoxFuture<'static, Result<GetPromptResult, CallError>>
        + Send
        + Sync,
>;

/// Completes an argument, its types erased.
pub(in crate::server) type Completer = Arc<
    dyn Fn(CompleteParams, Context) -> BoxFuture<'static, Result<Completion, CallError>>
        + Send
        + Sync,
>;

#[derive(Clone)]
pub(in crate::server) struct PromptEntry {
    pub(in crate::server) definition: Prompt,
    pub(in crate::server) prompter: Prompter,
}

impl PromptEntry {
    /// The first required argument that `arguments` lack.
    pub(in crate::server) fn missing(&self, arguments: &Map<String>) -> Option<&str> {
        let declared = self.definition.arguments.iter().flatten();
        declared
            .filter(|argument| argument.required == Some(true))
            .map(|argument| argument.name.as_str())
            .find(|name| arguments.get(name).is_none())
    }
}

/// Erases the types of a prompt's handler.
pub(in crate::server) fn prompter<F, Fut, R>(handler: F) -> Prompter
where
    F: Fn(Map<String>, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, CallError>> + Send + 'static,
    R: IntoPromptResult + 'static,
{
    Arc::new(move |arguments, cx| {
        let work = handler(arguments, cx);
        Box::pin(async move { Ok(work.await?.into_prompt_result()) })
    })
}

/// Erases the types of a completion's handler.
pub(in crate::server) fn completer<F, Fut, R>(handler: F) -> Completer
where
    F: Fn(CompleteParams, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, CallError>> + Send + 'static,
    R: IntoCompletion + 'static,
{
    Arc::new(move |params, cx| {
        let work = handler(params, cx);
        Box::pin(async move { Ok(work.await?.into_completion()) })
    })
}

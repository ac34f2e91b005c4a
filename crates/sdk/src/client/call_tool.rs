//! Calling tools: arguments into headers where the tool wants that, tasks seen through, structured results checked.

use interlock_wire::Method;
use interlock_wire::types::{CallToolParams, CallToolResult, ListToolsResult, TaskParams, codes};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Client;
use super::error::CallError;
use super::link::Ask;
use super::options::object_of;
use super::pages::Pages;
use super::refused_tool::RefusedTool;
use super::rounds::Finished;
use super::tasks::{CancelOnDrop, Started};

impl Client {
    /// Calls a tool and waits for its result: questions of the server go to the handlers, a task is seen through. A result with
    /// `is_error` is the tool's own failure, which a model is told about.
    ///
    /// # Errors
    /// [`CallError`] when there is no result, or a structured one that breaks the output schema the tool was listed with.
    pub async fn call_tool<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<CallToolResult, CallError> {
        let arguments = object_of(&arguments).ok_or(CallError::Arguments)?;
        let mut params = CallToolParams::new(name);
        params.arguments = Some(arguments);
        self.call(params).await
    }

    /// Calls a tool and reads its structured result, or the JSON text that servers of the first revisions give instead.
    ///
    /// # Errors
    /// As [`call_tool`](Self::call_tool), and when the tool failed, or the result is not a `T`.
    pub async fn call_tool_as<T: DeserializeOwned, A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<T, CallError> {
        let result = self.call_tool(name, arguments).await?;
        if result.is_error == Some(true) {
            return Err(CallError::Rule("the tool failed"));
        }
        let text = result.content.first().and_then(|block| block.as_text());
        let raw = match (&result.structured_content, text) {
            (Some(structured), _) => structured.raw(),
            (None, Some(text)) => text.as_bytes(),
            (None, None) => return Err(CallError::Rule("no structured result")),
        };
        let shape = CallError::Rule("the structured result has another shape");
        serde_json::from_slice(raw).map_err(|_| shape)
    }

    /// The same as [`call_tool`](Self::call_tool), with everything that a call may say.
    ///
    /// # Errors
    /// As [`call_tool`](Self::call_tool).
    pub async fn call(&self, params: CallToolParams) -> Result<CallToolResult, CallError> {
        let name = params.name.clone();
        let result = match self.start(params).await? {
            Started::Done(result) => *result,
            Started::Task(handle) => CancelOnDrop::new(*handle).result().await?,
        };
        self.judge(&name, &result)?;
        Ok(result)
    }

    /// Calls a tool without waiting for a task that the call may become.
    ///
    /// # Errors
    /// [`CallError`] when there is neither a result nor a task.
    pub async fn start(&self, mut params: CallToolParams) -> Result<Started, CallError> {
        self.offered(Method::ToolsCall)?;
        if let Some(fault) = self.link().core.tools.fault(&params.name) {
            return Err(CallError::Tool(fault));
        }
        // These two belong to the rounds, which write them themselves.
        (params.input_responses, params.request_state) = (None, None);
        params.meta = None;
        let task = self.task_params(&params.name);
        params.task.clone_from(&task);
        let finished = self.finish_call(&params).await?;
        self.started(&finished, is_task(task.as_ref(), &finished))
    }

    /// The tools that the server listed and that are not used, with the reason. Lists leave them out, and calls of them fail.
    pub fn refused_tools(&self) -> Vec<RefusedTool> {
        self.link().core.tools.refused()
    }

    async fn finish_call(&self, params: &CallToolParams) -> Result<Finished, CallError> {
        let ask = self.ask_of(params);
        match self.link().finish(&ask, self.options(), true).await {
            // The tool's marks are not those that we know: once more with those that it has now.
            Err(CallError::Rpc(error))
                if error.code() == codes::HEADER_MISMATCH
                    && self.link().transport.mirrors_arguments() =>
            {
                self.link().core.cache.forget_list(Method::ToolsList);
                let pages: Pages<'_, ListToolsResult> = Pages::new(self);
                pages.all().await?;
                let ask = self.ask_of(params);
                self.link().finish(&ask, self.options(), true).await
            }
            outcome => outcome,
        }
    }

    fn ask_of(&self, params: &CallToolParams) -> Ask<'static> {
        let ask = Ask::new(Method::ToolsCall, self.encoded(params)).about(&params.name);
        let facts = self.link().core.tools.facts(&params.name);
        let headers = match (facts, &params.arguments) {
            (Some(facts), Some(arguments)) if self.link().transport.mirrors_arguments() => {
                facts.headers.values(arguments.raw())
            }
            _ => Vec::new(),
        };
        Ask { headers, ..ask }
    }

    /// 2025-06-18: a tool with an output schema promises a structured result that matches, unless it fails.
    fn judge(&self, name: &str, result: &CallToolResult) -> Result<(), CallError> {
        let facts = self.link().core.tools.facts(name);
        let failed = result.is_error == Some(true);
        let Some(schema) = facts
            .as_ref()
            .and_then(|facts| facts.output())
            .filter(|_| !failed)
        else {
            return Ok(());
        };
        match &result.structured_content {
            Some(structured) if schema.matches(structured) => Ok(()),
            _ => Err(CallError::OutputSchema),
        }
    }
}

/// Whether a request that asked for a task of 2025-11-25 became one; a server may answer at once.
fn is_task(asked: Option<&TaskParams>, finished: &Finished) -> bool {
    let task = interlock_wire::json::member(&finished.result, "task");
    asked.is_some() && task.is_some_and(|task| task.first() == Some(&b'{'))
}

/// What cannot be seen from outside: arguments that are no object are refused before anything is sent.
#[cfg(test)]
mod tests {
    use interlock_wire::{Json, Object};

    use super::*;

    #[test]
    fn arguments_are_objects() {
        for (value, expected) in [
            (serde_json::json!({"a": 1}), true),
            (serde_json::json!(null), true),
            (serde_json::json!([1]), false),
            (serde_json::json!("a"), false),
        ] {
            assert_eq!(object_of(&value).is_some(), expected, "{value}");
        }
        let raw: Object = object_of(&()).unwrap();
        assert_eq!(Json::from(raw).raw(), b"{}");
    }
}

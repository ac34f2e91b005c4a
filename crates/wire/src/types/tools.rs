//! Tools: what they are, and calls of them.

use super::{
    CacheScope, ContentBlock, Icon, InputResponses, Meta, RequestMeta, ResultType, TaskParams,
};
use crate::{Json, Object};

names! {
    /// Whether a tool is called as a task, in 2025-11-25.
    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    pub enum TaskSupport or Other {
        /// Never; so too when it says nothing.
        Forbidden = "forbidden",
        /// As the client likes.
        Optional = "optional",
        /// Always.
        Required = "required",
    }
}

message! {
    /// A tool. Its texts come from the server and are not to be trusted.
    ///
    /// ```
    /// use interlock_wire::types::{Encode, Tool, ToolAnnotations};
    ///
    /// let tool = Tool::new("now").description("Tells the time").annotations(ToolAnnotations::default().read_only_hint(true));
    /// assert_eq!(
    ///     String::from_utf8(tool.to_json()).unwrap(),
    ///     r#"{"name":"now","description":"Tells the time","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}"#,
    /// );
    /// ```
    pub struct Tool {
        /// For programs.
        must name: String = "name";
        /// For people.
        may title: String = "title", since V2025_06_18;
        /// What it does, for the model.
        may description: String = "description";
        /// JSON Schema of its arguments.
        must input_schema: Object = "inputSchema";
        /// JSON Schema of its structured result.
        may output_schema: Object = "outputSchema", since V2025_06_18;
        /// How it behaves, as the server says.
        may annotations: ToolAnnotations = "annotations", since V2025_03_26;
        /// How it is run.
        may execution: ToolExecution = "execution", since V2025_11_25, until V2025_11_25;
        /// Pictures of it.
        may icons: Vec<Icon> = "icons", since V2025_11_25;
        /// What rides along.
        may meta: Meta = "_meta", since V2025_06_18;
    }

    /// How a tool behaves. Hints: a server may lie.
    #[derive(Default)]
    pub struct ToolAnnotations {
        /// For people.
        may title: String = "title";
        /// It changes nothing.
        may read_only_hint: bool = "readOnlyHint";
        /// It may delete or overwrite.
        may destructive_hint: bool = "destructiveHint";
        /// Calling it twice does no more than calling it once.
        may idempotent_hint: bool = "idempotentHint";
        /// It reaches out into the world.
        may open_world_hint: bool = "openWorldHint";
    }

    /// How a tool is run.
    #[derive(Default)]
    pub struct ToolExecution {
        /// Whether it is called as a task.
        may task_support: TaskSupport = "taskSupport";
    }

    /// Result of `tools/list`.
    #[derive(Default)]
    pub struct ListToolsResult {
        /// From 2026-07-28: that it is complete.
        may result_type: ResultType = "resultType", since V2026_07_28, or ResultType::Complete;
        /// One page of tools.
        must tools: Vec<Tool> = "tools";
        /// Where the next page begins; none when this is the last.
        may next_cursor: String = "nextCursor";
        /// For how many milliseconds it holds.
        time ttl_ms: u64 = "ttlMs", since V2026_07_28, or 0;
        /// For whom it holds.
        may cache_scope: CacheScope = "cacheScope", since V2026_07_28, or CacheScope::Private;
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// Parameters of `tools/call`.
    #[derive(Default)]
    pub struct CallToolParams {
        /// Which tool.
        must name: String = "name";
        /// What it is given.
        may arguments: Object = "arguments";
        /// Asks for it to be run as a task.
        may task: TaskParams = "task", since V2025_11_25, until V2025_11_25;
        /// Answers to the questions of an [`InputRequiredResult`](super::InputRequiredResult).
        may input_responses: InputResponses = "inputResponses", since V2026_07_28;
        /// What that result said to be sent back.
        may request_state: String = "requestState", since V2026_07_28;
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta";
    }

    /// Result of `tools/call`.
    #[derive(Default)]
    pub struct CallToolResult {
        /// From 2026-07-28: that it is complete.
        may result_type: ResultType = "resultType", since V2026_07_28, or ResultType::Complete;
        /// For the model. Peers leave it out where there is a structured result.
        list content: Vec<ContentBlock> = "content";
        /// For programs, as the output schema says.
        may structured_content: Json = "structuredContent", since V2025_06_18;
        /// The tool failed, and the content says why.
        may is_error: bool = "isError";
        /// What rides along.
        may meta: Meta = "_meta";
    }
}

impl Tool {
    /// A tool that takes any object.
    pub fn new(name: impl Into<String>) -> Self {
        Self::with_schema(name, Object::trusted(br#"{"type":"object"}"#))
    }

    /// A tool that takes what `input_schema` allows.
    pub fn with_schema(name: impl Into<String>, input_schema: Object) -> Self {
        Self {
            name: name.into(),
            title: None,
            description: None,
            input_schema,
            output_schema: None,
            annotations: None,
            execution: None,
            icons: None,
            meta: None,
            extra: super::Extra::default(),
        }
    }
}

impl CallToolParams {
    /// A call without arguments.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

impl CallToolResult {
    /// A result of one text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            content: vec![ContentBlock::text(text)],
            ..Self::default()
        }
    }

    /// A failure that the model is told about.
    pub fn error(text: impl Into<String>) -> Self {
        Self::text(text).is_error(true)
    }

    /// A structured result, and the same as text for clients that read only text.
    pub fn structured(value: Json) -> Self {
        Self::text(value.text()).structured_content(value)
    }
}

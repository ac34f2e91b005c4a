//! Prompts: messages that a person asks a server for.

use super::{
    CacheScope, ContentBlock, Icon, InputResponses, Map, Meta, RequestMeta, ResultType, Role,
};

message! {
    /// A prompt. Its texts come from the server and are not to be trusted.
    #[derive(Default)]
    pub struct Prompt {
        /// For programs.
        must name: String = "name";
        /// For people.
        may title: String = "title", since V2025_06_18;
        /// What it is for.
        may description: String = "description";
        /// What it is given.
        may arguments: Vec<PromptArgument> = "arguments";
        /// Pictures of it.
        may icons: Vec<Icon> = "icons", since V2025_11_25;
        /// What rides along.
        may meta: Meta = "_meta", since V2025_06_18;
    }

    /// What a prompt is given.
    #[derive(Default)]
    pub struct PromptArgument {
        /// For programs.
        must name: String = "name";
        /// For people.
        may title: String = "title", since V2025_06_18;
        /// What it means.
        may description: String = "description";
        /// Whether the prompt needs it.
        may required: bool = "required";
    }

    /// One message of a prompt.
    pub struct PromptMessage {
        /// Who says it.
        must role: Role = "role";
        /// What is said.
        must content: ContentBlock = "content";
    }

    /// Result of `prompts/list`.
    #[derive(Default)]
    pub struct ListPromptsResult {
        /// From 2026-07-28: that it is complete.
        may result_type: ResultType = "resultType", since V2026_07_28, or ResultType::Complete;
        /// One page of prompts.
        must prompts: Vec<Prompt> = "prompts";
        /// Where the next page begins; none when this is the last.
        may next_cursor: String = "nextCursor";
        /// For how many milliseconds it holds.
        time ttl_ms: u64 = "ttlMs", since V2026_07_28, or 0;
        /// For whom it holds.
        may cache_scope: CacheScope = "cacheScope", since V2026_07_28, or CacheScope::Private;
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// Parameters of `prompts/get`.
    #[derive(Default)]
    pub struct GetPromptParams {
        /// Which prompt.
        must name: String = "name";
        /// What it is given.
        may arguments: Map<String> = "arguments";
        /// Answers to the questions of an [`InputRequiredResult`](super::InputRequiredResult).
        may input_responses: InputResponses = "inputResponses", since V2026_07_28;
        /// What that result said to be sent back.
        may request_state: String = "requestState", since V2026_07_28;
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta";
    }

    /// Result of `prompts/get`.
    #[derive(Default)]
    pub struct GetPromptResult {
        /// From 2026-07-28: that it is complete.
        may result_type: ResultType = "resultType", since V2026_07_28, or ResultType::Complete;
        /// What it is for.
        may description: String = "description";
        /// The messages.
        must messages: Vec<PromptMessage> = "messages";
        /// What rides along.
        may meta: Meta = "_meta";
    }
}

impl Prompt {
    /// A prompt without arguments.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

impl PromptArgument {
    /// An argument that may be left out.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

impl PromptMessage {
    /// What somebody says.
    pub fn new(role: Role, content: impl Into<ContentBlock>) -> Self {
        Self {
            role,
            content: content.into(),
            extra: super::Extra::default(),
        }
    }

    /// What the person says.
    pub fn user(content: impl Into<ContentBlock>) -> Self {
        Self::new(Role::User, content)
    }

    /// What the model says.
    pub fn assistant(content: impl Into<ContentBlock>) -> Self {
        Self::new(Role::Assistant, content)
    }
}

//! Sampling: a server asks for the client's model.

use super::{ContentBlock, Meta, OneOrMany, RequestMeta, Role, TaskParams, Tool};
use crate::Object;

names! {
    /// Which context the client adds.
    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    pub enum IncludeContext or Other {
        /// None.
        None = "none",
        /// Of the server that asks.
        ThisServer = "thisServer",
        /// Of all servers.
        AllServers = "allServers",
    }

    /// Whether the model uses tools.
    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    pub enum ToolChoiceMode or Other {
        /// As it likes.
        Auto = "auto",
        /// It has to.
        Required = "required",
        /// It must not.
        None = "none",
    }

    /// Why the model stopped.
    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    pub enum StopReason or Other {
        /// It was done.
        EndTurn = "endTurn",
        /// It wrote one of the stop sequences.
        StopSequence = "stopSequence",
        /// It wrote as much as it may.
        MaxTokens = "maxTokens",
        /// It wants a tool called.
        ToolUse = "toolUse",
    }
}

message! {
    /// One message of the conversation.
    pub struct SamplingMessage {
        /// Who says it.
        must role: Role = "role";
        /// What is said.
        must content: OneOrMany<ContentBlock> = "content";
        /// What rides along.
        may meta: Meta = "_meta", since V2025_11_25;
    }

    /// Parameters of `sampling/createMessage`.
    #[derive(Default)]
    pub struct CreateMessageParams {
        /// The conversation so far.
        must messages: Vec<SamplingMessage> = "messages";
        /// What the server would like of the model.
        may model_preferences: ModelPreferences = "modelPreferences";
        /// What the model is told first.
        may system_prompt: String = "systemPrompt";
        /// Which context the client adds.
        may include_context: IncludeContext = "includeContext";
        /// How much the model varies.
        may temperature: f64 = "temperature";
        /// How much the model may write.
        must max_tokens: u64 = "maxTokens";
        /// What ends its answer.
        may stop_sequences: Vec<String> = "stopSequences";
        /// For the model's provider.
        may metadata: Object = "metadata";
        /// What the model may use.
        may tools: Vec<Tool> = "tools", since V2025_11_25;
        /// Whether it uses them.
        may tool_choice: ToolChoice = "toolChoice", since V2025_11_25;
        /// Asks for it to be run as a task.
        may task: TaskParams = "task", since V2025_11_25, until V2025_11_25;
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta", until V2025_11_25;
    }

    /// What a server would like of the model. From 0, not at all, to 1.
    #[derive(Default)]
    pub struct ModelPreferences {
        /// Names or parts of names, the best ones first.
        may hints: Vec<ModelHint> = "hints";
        /// That it is cheap.
        may cost_priority: f64 = "costPriority";
        /// That it is fast.
        may speed_priority: f64 = "speedPriority";
        /// That it is clever.
        may intelligence_priority: f64 = "intelligencePriority";
    }

    /// A model that a server thinks of.
    #[derive(Default)]
    pub struct ModelHint {
        /// Its name, or a part of it.
        may name: String = "name";
    }

    /// Whether the model uses tools.
    #[derive(Default)]
    pub struct ToolChoice {
        /// As it likes when absent.
        may mode: ToolChoiceMode = "mode";
    }

    /// Result of `sampling/createMessage`.
    pub struct CreateMessageResult {
        /// Who says it.
        must role: Role = "role";
        /// What is said.
        must content: OneOrMany<ContentBlock> = "content";
        /// Which model said it.
        must model: String = "model";
        /// Why it stopped.
        may stop_reason: StopReason = "stopReason";
        /// What rides along.
        may meta: Meta = "_meta";
    }
}

impl SamplingMessage {
    /// What somebody says.
    pub fn new(role: Role, content: impl Into<ContentBlock>) -> Self {
        let content = OneOrMany::One(content.into());
        Self {
            role,
            content,
            meta: None,
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

impl CreateMessageParams {
    /// A conversation to go on with, in so many tokens at most.
    pub fn new(messages: impl Into<Vec<SamplingMessage>>, max_tokens: u64) -> Self {
        Self {
            messages: messages.into(),
            max_tokens,
            ..Self::default()
        }
    }
}

impl CreateMessageResult {
    /// The first text of the answer.
    pub fn text(&self) -> Option<&str> {
        self.content
            .as_slice()
            .iter()
            .find_map(ContentBlock::as_text)
    }

    /// What a model said.
    pub fn new(model: impl Into<String>, content: impl Into<ContentBlock>) -> Self {
        Self {
            role: Role::Assistant,
            content: OneOrMany::One(content.into()),
            model: model.into(),
            stop_reason: None,
            meta: None,
            extra: super::Extra::default(),
        }
    }
}

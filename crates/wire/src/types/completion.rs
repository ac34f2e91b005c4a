//! Completion: what an argument might become.

use super::{Map, Meta, RequestMeta, ResultType};

union! {
    /// What has the argument.
    pub enum CompletionReference by "type" {
        /// A prompt.
        "ref/prompt" => Prompt(PromptReference),
        /// A resource template.
        "ref/resource" => Resource(ResourceReference),
    }
}

impl PromptReference {
    /// The prompt of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

impl ResourceReference {
    /// The resource template that reads so.
    pub fn new(uri: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            ..Self::default()
        }
    }
}

message! {
    /// A prompt by its name.
    #[derive(Default)]
    pub struct PromptReference, "type" = "ref/prompt" {
        /// For programs.
        must name: String = "name";
        /// For people.
        may title: String = "title", since V2025_06_18;
    }

    /// A resource template by itself.
    #[derive(Default)]
    pub struct ResourceReference, "type" = "ref/resource" {
        /// The template, or a URI.
        must uri: String = "uri";
    }

    /// Parameters of `completion/complete`.
    pub struct CompleteParams {
        /// What has the argument.
        must reference: CompletionReference = "ref";
        /// The argument.
        must argument: CompletionArgument = "argument";
        /// What is known already.
        may context: CompletionContext = "context", since V2025_06_18;
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta";
    }

    /// An argument as far as it is written.
    #[derive(Default)]
    pub struct CompletionArgument {
        /// Which argument.
        must name: String = "name";
        /// What is written so far.
        must value: String = "value";
    }

    /// What is known already.
    #[derive(Default)]
    pub struct CompletionContext {
        /// The other arguments.
        may arguments: Map<String> = "arguments";
    }

    /// Result of `completion/complete`.
    #[derive(Default)]
    pub struct CompleteResult {
        /// From 2026-07-28: that it is complete.
        may result_type: ResultType = "resultType", since V2026_07_28, or ResultType::Complete;
        /// What it might become.
        must completion: Completion = "completion";
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// What an argument might become.
    #[derive(Default)]
    pub struct Completion {
        /// The best ones first, 100 at most.
        must values: Vec<String> = "values";
        /// How many there are.
        may total: u64 = "total";
        /// Whether there are more than these.
        may has_more: bool = "hasMore";
    }
}

impl Completion {
    /// The most values that one result may have.
    pub const MOST: usize = 100;
}

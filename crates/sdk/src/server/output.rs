//! What handlers may return: plain values become results.

use interlock_wire::types::{
    CallToolResult, Completion, ContentBlock, GetPromptResult, PromptMessage, ReadResourceResult,
    ResourceContents,
};
use interlock_wire::{Json, Object};
use schemars::JsonSchema;
use serde::Serialize;

use super::schema;

/// What a tool's handler may return: texts, numbers, content, [`Structured`] values, or a whole [`CallToolResult`].
pub trait IntoToolResult: Send {
    /// The result of the call.
    fn into_tool_result(self) -> CallToolResult;

    /// JSON Schema of the structured result, when there is one.
    fn output_schema() -> Option<Object> {
        None
    }
}

impl IntoToolResult for CallToolResult {
    fn into_tool_result(self) -> CallToolResult {
        self
    }
}

macro_rules! by_text {
    ($($type:ty),*) => {$(
        impl IntoToolResult for $type {
            fn into_tool_result(self) -> CallToolResult {
                CallToolResult::text(self.to_string())
            }
        }
    )*};
}

by_text!(
    bool, char, i8, i16, i32, i64, u8, u16, u32, u64, isize, usize, f32, f64
);

impl IntoToolResult for String {
    fn into_tool_result(self) -> CallToolResult {
        CallToolResult::text(self)
    }
}

impl IntoToolResult for &'static str {
    fn into_tool_result(self) -> CallToolResult {
        CallToolResult::text(self)
    }
}

impl IntoToolResult for () {
    fn into_tool_result(self) -> CallToolResult {
        CallToolResult::default()
    }
}

impl IntoToolResult for ContentBlock {
    fn into_tool_result(self) -> CallToolResult {
        vec![self].into_tool_result()
    }
}

impl IntoToolResult for Vec<ContentBlock> {
    fn into_tool_result(self) -> CallToolResult {
        CallToolResult {
            content: self,
            ..CallToolResult::default()
        }
    }
}

/// A structured result: programs read it by the tool's output schema, models as text.
///
/// ```
/// use interlock_sdk::server::{IntoToolResult, Structured};
///
/// #[derive(serde::Serialize, schemars::JsonSchema)]
/// struct Weather { celsius: f64 }
///
/// let result = Structured(Weather { celsius: 21.5 }).into_tool_result();
/// assert_eq!(result.structured_content.unwrap().text(), r#"{"celsius":21.5}"#);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Structured<T>(pub T);

impl<T: Serialize + JsonSchema + Send> IntoToolResult for Structured<T> {
    fn into_tool_result(self) -> CallToolResult {
        match serde_json::to_vec(&self.0).map(|text| Json::parse(&text)) {
            Ok(Ok(value)) => CallToolResult::structured(value),
            _ => CallToolResult::error("the result cannot be written as JSON"),
        }
    }

    fn output_schema() -> Option<Object> {
        Some(schema::of::<T>())
    }
}

/// What a resource's handler may return: text, bytes, contents, or a whole [`ReadResourceResult`].
pub trait IntoContents: Send {
    /// The result of reading `uri`, which has that media type.
    fn into_contents(self, uri: &str, mime_type: Option<&str>) -> ReadResourceResult;
}

impl IntoContents for ReadResourceResult {
    fn into_contents(self, _uri: &str, _mime_type: Option<&str>) -> ReadResourceResult {
        self
    }
}

impl IntoContents for Vec<ResourceContents> {
    fn into_contents(self, _uri: &str, _mime_type: Option<&str>) -> ReadResourceResult {
        ReadResourceResult {
            contents: self,
            ..ReadResourceResult::default()
        }
    }
}

impl IntoContents for ResourceContents {
    fn into_contents(self, uri: &str, mime_type: Option<&str>) -> ReadResourceResult {
        vec![self].into_contents(uri, mime_type)
    }
}

impl IntoContents for String {
    fn into_contents(self, uri: &str, mime_type: Option<&str>) -> ReadResourceResult {
        typed(ResourceContents::text(uri, self), mime_type).into_contents(uri, mime_type)
    }
}

impl IntoContents for &'static str {
    fn into_contents(self, uri: &str, mime_type: Option<&str>) -> ReadResourceResult {
        self.to_owned().into_contents(uri, mime_type)
    }
}

impl IntoContents for Vec<u8> {
    fn into_contents(self, uri: &str, mime_type: Option<&str>) -> ReadResourceResult {
        use base64::Engine as _;
        let blob = base64::engine::general_purpose::STANDARD.encode(&self);
        typed(ResourceContents::blob(uri, blob), mime_type).into_contents(uri, mime_type)
    }
}

fn typed(contents: ResourceContents, mime_type: Option<&str>) -> ResourceContents {
    match mime_type {
        Some(mime_type) => contents.mime_type(mime_type),
        None => contents,
    }
}

/// What a prompt's handler may return: one text of the user, messages, or a whole [`GetPromptResult`].
pub trait IntoPromptResult: Send {
    /// The result of getting a prompt.
    fn into_prompt_result(self) -> GetPromptResult;
}

impl IntoPromptResult for GetPromptResult {
    fn into_prompt_result(self) -> GetPromptResult {
        self
    }
}

impl IntoPromptResult for Vec<PromptMessage> {
    fn into_prompt_result(self) -> GetPromptResult {
        GetPromptResult {
            messages: self,
            ..GetPromptResult::default()
        }
    }
}

impl IntoPromptResult for String {
    fn into_prompt_result(self) -> GetPromptResult {
        vec![PromptMessage::user(self)].into_prompt_result()
    }
}

impl IntoPromptResult for &'static str {
    fn into_prompt_result(self) -> GetPromptResult {
        self.to_owned().into_prompt_result()
    }
}

/// What a completion's handler may return: values, the best ones first, or a whole [`Completion`].
pub trait IntoCompletion: Send {
    /// The values, 100 at most.
    fn into_completion(self) -> Completion;
}

impl IntoCompletion for Completion {
    fn into_completion(mut self) -> Completion {
        if self.values.len() > Completion::MOST {
            self.values.truncate(Completion::MOST);
            self.has_more = Some(true);
        }
        self
    }
}

impl<T: Into<String> + Send> IntoCompletion for Vec<T> {
    fn into_completion(self) -> Completion {
        let total = u64::try_from(self.len()).unwrap_or(u64::MAX);
        Completion {
            values: self.into_iter().map(Into::into).collect(),
            ..Completion::default()
        }
        .total(total)
        .has_more(false)
        .into_completion()
    }
}

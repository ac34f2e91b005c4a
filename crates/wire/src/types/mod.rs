//! The messages of all five revisions as types.
//!
//! There is one type a concept, not one a revision: it has the members of all of them, keeps those that nobody knows in `extra`, and
//! [`Encode::encode_for`] leaves out what a revision does not have and fills in what it requires. What was read is written back
//! without loss.
//!
//! ```
//! use interlock_wire::types::{CallToolResult, Decode, Encode};
//! use interlock_wire::Revision;
//!
//! let result = CallToolResult::text("12:00");
//! let mut line = Vec::new();
//! result.encode_for(Revision::V2026_07_28, &mut line);
//! assert_eq!(line, br#"{"resultType":"complete","content":[{"type":"text","text":"12:00"}]}"#);
//!
//! let back = CallToolResult::parse(&line)?;
//! assert_eq!(back.content[0].as_text(), Some("12:00"));
//! # Ok::<(), interlock_wire::types::DecodeError>(())
//! ```
//!
//! Optional members have a setter of their name, and what is asked of a union is told by its variants:
//!
//! ```
//! use interlock_wire::types::{ContentBlock, Decode, Encode, ResourceContents, Tool, ToolAnnotations};
//!
//! let tool = Tool::new("now").title("Clock").annotations(ToolAnnotations::default().read_only_hint(true));
//! assert_eq!(Tool::parse(&tool.to_json())?, tool);
//!
//! let block = ContentBlock::from(ResourceContents::text("file:///a", "hi").mime_type("text/plain"));
//! match ContentBlock::parse(&block.to_json())? {
//!     ContentBlock::Resource(embedded) => assert_eq!(embedded.resource.uri(), "file:///a"),
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), interlock_wire::types::DecodeError>(())
//! ```
//!
//! What a peer adds is kept, and a fault says where it is:
//!
//! ```
//! use interlock_wire::types::{Decode, Encode, Implementation};
//!
//! let peer = Implementation::parse(br#"{"name":"c","version":"1","mood":"good"}"#)?;
//! assert_eq!(peer.extra.get("mood").and_then(|mood| mood.as_str()).as_deref(), Some("good"));
//! assert!(peer.to_json().ends_with(br#""mood":"good"}"#));
//!
//! let fault = Implementation::parse(br#"{"name":7}"#).unwrap_err();
//! assert_eq!(fault.to_string(), "expected a string at `name`");
//! # Ok::<(), interlock_wire::types::DecodeError>(())
//! ```
//!
//! Reading is one pass that borrows until a value is kept, over text that [`parse`](crate::parse) or
//! [`json::validate`](crate::json::validate) has accepted. Nothing here judges whether a message may be sent: that is
//! [`session`](crate::session)'s.

#[macro_use]
mod macros;
mod capabilities;
mod common;
mod completion;
mod content;
mod cursor;
mod decode;
mod elicitation;
mod encode;
mod envelope;
mod error;
mod fault;
mod form;
mod input;
mod lifecycle;
mod map;
mod meta;
mod notifications;
mod prompts;
mod resources;
mod roots;
mod sampling;
mod tasks;
mod tools;

pub(crate) use encode::Range;

pub use capabilities::{
    ClientCapabilities, ElicitationCapability, ListCapability, ResourcesCapability,
    RootsCapability, SamplingCapability, ServerCapabilities, TaskElicitation, TaskRequests,
    TaskSampling, TaskTools, TasksCapability,
};
pub use common::{
    Annotations, CacheScope, Icon, Implementation, LogLevel, ResultType, Role, Theme,
};
pub use completion::{
    CompleteParams, CompleteResult, Completion, CompletionArgument, CompletionContext,
    CompletionReference, PromptReference, ResourceReference,
};
pub use content::{
    AudioContent, ContentBlock, EmbeddedResource, ImageContent, ResourceLink, TextContent,
    ToolResultContent, ToolUseContent,
};
pub use cursor::Input;
pub use decode::Decode;
pub use elicitation::{
    ElicitAction, ElicitCompleteParams, ElicitFormParams, ElicitParams, ElicitResult,
    ElicitUrlParams, FormMode,
};
pub use encode::{Encode, Output};
pub use envelope::{write_error, write_notification, write_request, write_result};
pub use error::{
    ErrorObject, MissingCapabilityData, ResourceNotFoundData, UnsupportedVersionData,
    UrlElicitationData, codes,
};
pub use fault::{DecodeError, DecodeFault};
pub use form::{Choice, Choices, Field, FieldType, FormSchema, ObjectType, TextFormat};
pub use input::{
    CreateMessageRequest, ElicitRequest, InputRequest, InputRequests, InputRequiredResult,
    InputResponse, InputResponses, ListRootsRequest,
};
pub use lifecycle::{
    DiscoverResult, EmptyParams, EmptyResult, InitializeParams, InitializeResult,
    NotificationParams, PageParams,
};
pub use map::{Extra, Map, OneOrMany};
pub use meta::{Meta, ProgressToken, RelatedTask, RequestId, RequestMeta};
pub use notifications::{
    AcknowledgedParams, CancelledParams, ListenParams, ListenResult, LogParams, ProgressParams,
    ResourceUpdatedParams, SetLevelParams, SubscriptionFilter,
};
pub use prompts::{
    GetPromptParams, GetPromptResult, ListPromptsResult, Prompt, PromptArgument, PromptMessage,
};
pub use resources::{
    BlobResourceContents, ListResourceTemplatesResult, ListResourcesResult, ReadResourceParams,
    ReadResourceResult, Resource, ResourceContents, ResourceTemplate, SubscribeParams,
    TextResourceContents,
};
pub use roots::{ListRootsResult, Root};
pub use sampling::{
    CreateMessageParams, CreateMessageResult, IncludeContext, ModelHint, ModelPreferences,
    SamplingMessage, StopReason, ToolChoice, ToolChoiceMode,
};
pub use tasks::{
    Answer, CreateTaskResult, ListTasksResult, TASKS_EXTENSION, Task, TaskIdParams, TaskParams,
    TaskStatus, UpdateTaskParams,
};
pub use tools::{
    CallToolParams, CallToolResult, ListToolsResult, TaskSupport, Tool, ToolAnnotations,
    ToolExecution,
};

//! Content: what tools, prompts and messages are made of.

use super::{Annotations, Icon, Meta, ResourceContents};
use crate::{Json, Object};

union! {
    /// One piece of content.
    pub enum ContentBlock by "type" {
        /// Text.
        "text" => Text(TextContent),
        /// A picture.
        "image" => Image(ImageContent),
        /// A sound, from 2025-03-26.
        "audio" => Audio(AudioContent),
        /// The name of a resource, from 2025-06-18.
        "resource_link" => ResourceLink(Box<ResourceLink>),
        /// A resource itself.
        "resource" => Resource(Box<EmbeddedResource>),
        /// A model wants a tool called: in sampling, from 2025-11-25.
        "tool_use" => ToolUse(Box<ToolUseContent>),
        /// What the tool said: in sampling, from 2025-11-25.
        "tool_result" => ToolResult(Box<ToolResultContent>),
    }
}

message! {
    /// Text.
    #[derive(Default)]
    pub struct TextContent, "type" = "text" {
        /// The text.
        must text: String = "text";
        /// For whom it is.
        may annotations: Annotations = "annotations";
        /// What rides along.
        may meta: Meta = "_meta", since V2025_06_18;
    }

    /// A picture.
    #[derive(Default)]
    pub struct ImageContent, "type" = "image" {
        /// Base64.
        must data: String = "data";
        /// Its media type.
        must mime_type: String = "mimeType";
        /// For whom it is.
        may annotations: Annotations = "annotations";
        /// What rides along.
        may meta: Meta = "_meta", since V2025_06_18;
    }

    /// A sound.
    #[derive(Default)]
    pub struct AudioContent, "type" = "audio" {
        /// Base64.
        must data: String = "data";
        /// Its media type.
        must mime_type: String = "mimeType";
        /// For whom it is.
        may annotations: Annotations = "annotations";
        /// What rides along.
        may meta: Meta = "_meta", since V2025_06_18;
    }

    /// The name of a resource that can be read.
    #[derive(Default)]
    pub struct ResourceLink, "type" = "resource_link" {
        /// Where it is.
        must uri: String = "uri";
        /// For programs.
        must name: String = "name";
        /// For people.
        may title: String = "title";
        /// What it is.
        may description: String = "description";
        /// Its media type.
        may mime_type: String = "mimeType";
        /// Its size in bytes.
        may size: u64 = "size";
        /// Pictures of it.
        may icons: Vec<Icon> = "icons", since V2025_11_25;
        /// For whom it is.
        may annotations: Annotations = "annotations";
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// A resource itself.
    pub struct EmbeddedResource, "type" = "resource" {
        /// Its contents.
        must resource: ResourceContents = "resource";
        /// For whom it is.
        may annotations: Annotations = "annotations";
        /// What rides along.
        may meta: Meta = "_meta", since V2025_06_18;
    }

    /// A model wants a tool called.
    #[derive(Default)]
    pub struct ToolUseContent, "type" = "tool_use" {
        /// Names this use.
        must id: String = "id";
        /// Which tool.
        must name: String = "name";
        /// Its arguments.
        must input: Object = "input";
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// What a tool said to a model.
    #[derive(Default)]
    pub struct ToolResultContent, "type" = "tool_result" {
        /// Which use it answers.
        must tool_use_id: String = "toolUseId";
        /// For the model.
        list content: Vec<ContentBlock> = "content";
        /// For programs.
        may structured_content: Json = "structuredContent";
        /// The tool failed.
        may is_error: bool = "isError";
        /// What rides along.
        may meta: Meta = "_meta";
    }
}

impl ContentBlock {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        TextContent {
            text: text.into(),
            ..TextContent::default()
        }
        .into()
    }

    /// A picture, in base64.
    pub fn image(data: impl Into<String>, mime_type: impl Into<String>) -> Self {
        let (data, mime_type) = (data.into(), mime_type.into());
        ImageContent {
            data,
            mime_type,
            ..ImageContent::default()
        }
        .into()
    }

    /// A sound, in base64.
    pub fn audio(data: impl Into<String>, mime_type: impl Into<String>) -> Self {
        let (data, mime_type) = (data.into(), mime_type.into());
        AudioContent {
            data,
            mime_type,
            ..AudioContent::default()
        }
        .into()
    }

    /// The text, when it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(content) => Some(&content.text),
            _ => None,
        }
    }
}

impl From<ResourceLink> for ContentBlock {
    fn from(link: ResourceLink) -> Self {
        Self::ResourceLink(Box::new(link))
    }
}

impl From<ResourceContents> for ContentBlock {
    fn from(resource: ResourceContents) -> Self {
        let extra = super::Extra::default();
        Self::Resource(Box::new(EmbeddedResource {
            resource,
            annotations: None,
            meta: None,
            extra,
        }))
    }
}

impl From<&str> for ContentBlock {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for ContentBlock {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

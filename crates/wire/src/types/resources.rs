//! Resources: what a server lets be read.

use super::{
    Annotations, CacheScope, Decode, DecodeError, Encode, Icon, Input, InputResponses, Meta,
    Output, RequestMeta, ResultType,
};

message! {
    /// A resource. Its texts come from the server and are not to be trusted.
    #[derive(Default)]
    pub struct Resource {
        /// Where it is.
        must uri: String = "uri";
        /// For programs.
        must name: String = "name";
        /// For people.
        may title: String = "title", since V2025_06_18;
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
        may meta: Meta = "_meta", since V2025_06_18;
    }

    /// A family of resources.
    #[derive(Default)]
    pub struct ResourceTemplate {
        /// RFC 6570, level 4.
        must uri_template: String = "uriTemplate";
        /// For programs.
        must name: String = "name";
        /// For people.
        may title: String = "title", since V2025_06_18;
        /// What they are.
        may description: String = "description";
        /// Their media type, when they have one in common.
        may mime_type: String = "mimeType";
        /// Pictures of them.
        may icons: Vec<Icon> = "icons", since V2025_11_25;
        /// For whom they are.
        may annotations: Annotations = "annotations";
        /// What rides along.
        may meta: Meta = "_meta", since V2025_06_18;
    }

    /// What a resource holds, as text.
    #[derive(Default)]
    pub struct TextResourceContents {
        /// Where it is.
        must uri: String = "uri";
        /// Its media type.
        may mime_type: String = "mimeType";
        /// The text.
        must text: String = "text";
        /// What rides along.
        may meta: Meta = "_meta", since V2025_06_18;
    }

    /// What a resource holds, as bytes.
    #[derive(Default)]
    pub struct BlobResourceContents {
        /// Where it is.
        must uri: String = "uri";
        /// Its media type.
        may mime_type: String = "mimeType";
        /// Base64.
        must blob: String = "blob";
        /// What rides along.
        may meta: Meta = "_meta", since V2025_06_18;
    }

    /// Result of `resources/list`.
    #[derive(Default)]
    pub struct ListResourcesResult {
        /// From 2026-07-28: that it is complete.
        may result_type: ResultType = "resultType", since V2026_07_28, or ResultType::Complete;
        /// One page of resources.
        must resources: Vec<Resource> = "resources";
        /// Where the next page begins; none when this is the last.
        may next_cursor: String = "nextCursor";
        /// For how many milliseconds it holds.
        time ttl_ms: u64 = "ttlMs", since V2026_07_28, or 0;
        /// For whom it holds.
        may cache_scope: CacheScope = "cacheScope", since V2026_07_28, or CacheScope::Private;
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// Result of `resources/templates/list`.
    #[derive(Default)]
    pub struct ListResourceTemplatesResult {
        /// From 2026-07-28: that it is complete.
        may result_type: ResultType = "resultType", since V2026_07_28, or ResultType::Complete;
        /// One page of templates.
        must resource_templates: Vec<ResourceTemplate> = "resourceTemplates";
        /// Where the next page begins; none when this is the last.
        may next_cursor: String = "nextCursor";
        /// For how many milliseconds it holds.
        time ttl_ms: u64 = "ttlMs", since V2026_07_28, or 0;
        /// For whom it holds.
        may cache_scope: CacheScope = "cacheScope", since V2026_07_28, or CacheScope::Private;
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// Parameters of `resources/read`.
    #[derive(Default)]
    pub struct ReadResourceParams {
        /// Which resource.
        must uri: String = "uri";
        /// Answers to the questions of an [`InputRequiredResult`](super::InputRequiredResult).
        may input_responses: InputResponses = "inputResponses", since V2026_07_28;
        /// What that result said to be sent back.
        may request_state: String = "requestState", since V2026_07_28;
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta";
    }

    /// Result of `resources/read`.
    #[derive(Default)]
    pub struct ReadResourceResult {
        /// From 2026-07-28: that it is complete.
        may result_type: ResultType = "resultType", since V2026_07_28, or ResultType::Complete;
        /// What it holds: one, or what lies beneath it.
        must contents: Vec<ResourceContents> = "contents";
        /// For how many milliseconds it holds.
        time ttl_ms: u64 = "ttlMs", since V2026_07_28, or 0;
        /// For whom it holds.
        may cache_scope: CacheScope = "cacheScope", since V2026_07_28, or CacheScope::Private;
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// Parameters of `resources/subscribe` and `resources/unsubscribe`, up to 2025-11-25.
    #[derive(Default)]
    pub struct SubscribeParams {
        /// Which resource.
        must uri: String = "uri";
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta";
    }
}

/// What a resource holds.
#[derive(Debug, Clone, PartialEq)]
pub enum ResourceContents {
    /// Text.
    Text(TextResourceContents),
    /// Bytes.
    Blob(BlobResourceContents),
}

impl ResourceContents {
    /// Text at a URI.
    pub fn text(uri: impl Into<String>, text: impl Into<String>) -> Self {
        let (uri, text) = (uri.into(), text.into());
        Self::Text(TextResourceContents {
            uri,
            text,
            ..TextResourceContents::default()
        })
    }

    /// Bytes at a URI, in base64.
    pub fn blob(uri: impl Into<String>, blob: impl Into<String>) -> Self {
        let (uri, blob) = (uri.into(), blob.into());
        Self::Blob(BlobResourceContents {
            uri,
            blob,
            ..BlobResourceContents::default()
        })
    }

    /// With a media type.
    #[must_use]
    pub fn mime_type(self, mime_type: impl Into<String>) -> Self {
        match self {
            Self::Text(contents) => Self::Text(contents.mime_type(mime_type)),
            Self::Blob(contents) => Self::Blob(contents.mime_type(mime_type)),
        }
    }

    /// Where it is.
    pub fn uri(&self) -> &str {
        match self {
            Self::Text(contents) => &contents.uri,
            Self::Blob(contents) => &contents.uri,
        }
    }
}

impl Decode for ResourceContents {
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        match input.look("blob") {
            Some(_) => Decode::read(input).map(Self::Blob),
            None => Decode::read(input).map(Self::Text),
        }
    }
}

impl Encode for ResourceContents {
    fn write(&self, out: &mut Output<'_>) {
        match self {
            Self::Text(contents) => contents.write(out),
            Self::Blob(contents) => contents.write(out),
        }
    }
}

impl Resource {
    /// A resource at a URI.
    pub fn new(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            name: name.into(),
            ..Self::default()
        }
    }
}

impl ResourceTemplate {
    /// Resources at the URIs of a template.
    pub fn new(uri_template: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            uri_template: uri_template.into(),
            name: name.into(),
            ..Self::default()
        }
    }
}

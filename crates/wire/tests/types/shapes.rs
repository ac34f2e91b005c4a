//! Which type stands for which definition of the schemas.

use interlock_wire::types::*;
use interlock_wire::{Json, Object, Revision};

/// Reads and writes one value; for one revision when one is given.
pub(super) type Trip = fn(&[u8], Option<Revision>) -> Result<Vec<u8>, DecodeError>;

fn trip<T: Decode + Encode>(raw: &[u8], target: Option<Revision>) -> Result<Vec<u8>, DecodeError> {
    let value = T::parse(raw)?;
    let mut out = Vec::new();
    match target {
        Some(revision) => value.encode_for(revision, &mut out),
        None => value.encode(&mut out),
    }
    Ok(out)
}

/// How a definition is covered.
pub(super) enum Shape {
    /// By a type.
    Whole(Trip),
    /// By a type of one of its members; the rest is the envelope of JSON-RPC.
    Member(&'static str, Trip),
    /// By the definitions that it is a choice of.
    Union,
    /// By [`interlock_wire::parse`].
    Envelope,
    /// Not at all, and why.
    Not(#[expect(dead_code, reason = "said for readers")] &'static str),
}

macro_rules! shapes {
    ($($kind:tt { $($($name:ident)|+ => $type:ty,)* })*) => {
        pub(super) fn shape(name: &str) -> Option<Shape> {
            match name {
                $($($(stringify!($name))|+ => Some(shapes!(@ $kind $type)),)*)*
                _ => other(name),
            }
        }
    };
    (@ whole $type:ty) => { Shape::Whole(trip::<$type>) };
    (@ $member:ident $type:ty) => { Shape::Member(stringify!($member), trip::<$type>) };
}

fn other(name: &str) -> Option<Shape> {
    match name {
        "ClientNotification" | "ClientRequest" | "ClientResult" | "ServerNotification"
        | "ServerRequest" | "ServerResult" => Some(Shape::Union),
        "JSONRPCMessage"
        | "JSONRPCRequest"
        | "JSONRPCNotification"
        | "JSONRPCResponse"
        | "JSONRPCResultResponse"
        | "JSONRPCErrorResponse"
        | "JSONRPCError" => Some(Shape::Envelope),
        "Request" | "Notification" | "PaginatedRequest" => {
            Some(Shape::Not("a part of requests and notifications"))
        }
        "Annotated" | "BaseMetadata" | "Icons" | "ResourceContents" => {
            Some(Shape::Not("a part of other types"))
        }
        "CacheableResult" | "PaginatedResult" => Some(Shape::Not("a part of results")),
        "InputResponseRequestParams" | "TaskAugmentedRequestParams" | "ResourceRequestParams" => {
            Some(Shape::Not("a part of parameters"))
        }
        "JSONRPCBatchRequest" | "JSONRPCBatchResponse" => Some(Shape::Not("batches are refused")),
        _ => None,
    }
}

shapes! {
    whole {
        Annotations => Annotations,
        AudioContent => AudioContent,
        BlobResourceContents => BlobResourceContents,
        BooleanSchema | EnumSchema | LegacyTitledEnumSchema | MultiSelectEnumSchema | NumberSchema => Field,
        PrimitiveSchemaDefinition | SingleSelectEnumSchema | StringSchema => Field,
        TitledMultiSelectEnumSchema | TitledSingleSelectEnumSchema => Field,
        UntitledMultiSelectEnumSchema | UntitledSingleSelectEnumSchema => Field,
        CallToolRequestParams => CallToolParams,
        CallToolResult => CallToolResult,
        CancelledNotificationParams => CancelledParams,
        ClientCapabilities => ClientCapabilities,
        CompleteRequestParams => CompleteParams,
        CompleteResult => CompleteResult,
        ContentBlock | SamplingMessageContentBlock => ContentBlock,
        CreateMessageRequestParams => CreateMessageParams,
        CreateMessageResult => CreateMessageResult,
        CreateTaskResult => Answer<CallToolResult>,
        Cursor => String,
        DiscoverResult => DiscoverResult,
        ElicitRequestFormParams => ElicitFormParams,
        ElicitRequestParams => ElicitParams,
        ElicitRequestURLParams => ElicitUrlParams,
        ElicitResult => ElicitResult,
        EmbeddedResource => EmbeddedResource,
        EmptyResult | Result | GetTaskPayloadResult | UpdateTaskResult => EmptyResult,
        Error | InternalError | InvalidParamsError | InvalidRequestError => ErrorObject,
        MethodNotFoundError | ParseError => ErrorObject,
        GetPromptRequestParams => GetPromptParams,
        GetPromptResult => GetPromptResult,
        Icon => Icon,
        ImageContent => ImageContent,
        Implementation => Implementation,
        InitializeRequestParams => InitializeParams,
        InitializeResult => InitializeResult,
        InputRequest => InputRequest,
        InputRequests => InputRequests,
        InputRequiredResult => InputRequiredResult,
        InputResponse => InputResponse,
        InputResponses => InputResponses,
        JSONArray | JSONValue => Json,
        JSONObject | TasksExtensionCapability => Object,
        ListPromptsResult => ListPromptsResult,
        ListResourceTemplatesResult => ListResourceTemplatesResult,
        ListResourcesResult => ListResourcesResult,
        ListRootsResult => ListRootsResult,
        ListTasksResult => ListTasksResult,
        ListToolsResult => ListToolsResult,
        LoggingLevel => LogLevel,
        LoggingMessageNotificationParams => LogParams,
        MetaObject | NotificationMetaObject | ResultMetaObject | SubscriptionsListenResultMetaObject => Meta,
        ModelHint => ModelHint,
        ModelPreferences => ModelPreferences,
        NotificationParams => NotificationParams,
        PaginatedRequestParams => PageParams,
        ProgressNotificationParams => ProgressParams,
        ProgressToken => ProgressToken,
        Prompt => Prompt,
        PromptArgument => PromptArgument,
        PromptMessage => PromptMessage,
        PromptReference => PromptReference,
        ReadResourceRequestParams => ReadResourceParams,
        ReadResourceResult => ReadResourceResult,
        RelatedTaskMetadata => RelatedTask,
        RequestId => RequestId,
        RequestMetaObject => RequestMeta,
        RequestParams => EmptyParams,
        Resource => Resource,
        ResourceLink => ResourceLink,
        ResourceReference | ResourceTemplateReference => ResourceReference,
        ResourceTemplate => ResourceTemplate,
        ResourceUpdatedNotificationParams => ResourceUpdatedParams,
        ResultType => ResultType,
        Role => Role,
        Root => Root,
        SamplingMessage => SamplingMessage,
        ServerCapabilities => ServerCapabilities,
        SetLevelRequestParams => SetLevelParams,
        SubscribeRequestParams | UnsubscribeRequestParams => SubscribeParams,
        SubscriptionFilter => SubscriptionFilter,
        SubscriptionsAcknowledgedNotificationParams => AcknowledgedParams,
        SubscriptionsListenRequestParams => ListenParams,
        SubscriptionsListenResult => ListenResult,
        Task | GetTaskResult | CancelTaskResult | TaskStatusNotificationParams => Task,
        CancelledTask | CompletedTask | DetailedTask | FailedTask | InputRequiredTask | WorkingTask => Task,
        TaskMetadata => TaskParams,
        TaskStatus => TaskStatus,
        TaskSubscriptionAcknowledgedNotifications | TaskSubscriptionNotifications => SubscriptionFilter,
        TextContent => TextContent,
        TextResourceContents => TextResourceContents,
        Tool => Tool,
        ToolAnnotations => ToolAnnotations,
        ToolChoice => ToolChoice,
        ToolExecution => ToolExecution,
        ToolResultContent => ToolResultContent,
        ToolUseContent => ToolUseContent,
    }
    params {
        CallToolRequest => CallToolParams,
        CancelTaskRequest | GetTaskPayloadRequest | GetTaskRequest => TaskIdParams,
        CancelledNotification => CancelledParams,
        CompleteRequest => CompleteParams,
        CreateMessageRequest => CreateMessageParams,
        DiscoverRequest | ListRootsRequest | PingRequest => EmptyParams,
        ElicitRequest => ElicitParams,
        ElicitationCompleteNotification => ElicitCompleteParams,
        GetPromptRequest => GetPromptParams,
        InitializeRequest => InitializeParams,
        InitializedNotification | PromptListChangedNotification => NotificationParams,
        ResourceListChangedNotification | RootsListChangedNotification => NotificationParams,
        ToolListChangedNotification => NotificationParams,
        ListPromptsRequest | ListResourceTemplatesRequest | ListResourcesRequest => PageParams,
        ListTasksRequest | ListToolsRequest => PageParams,
        LoggingMessageNotification => LogParams,
        ProgressNotification => ProgressParams,
        ReadResourceRequest => ReadResourceParams,
        ResourceUpdatedNotification => ResourceUpdatedParams,
        SetLevelRequest => SetLevelParams,
        SubscribeRequest | UnsubscribeRequest => SubscribeParams,
        SubscriptionsAcknowledgedNotification => AcknowledgedParams,
        SubscriptionsListenRequest => ListenParams,
        TaskStatusNotification => Task,
        UpdateTaskRequest => UpdateTaskParams,
    }
    result {
        CallToolResultResponse => Answer<CallToolResult>,
        CompleteResultResponse => CompleteResult,
        DiscoverResultResponse => DiscoverResult,
        GetPromptResultResponse => Answer<GetPromptResult>,
        ListPromptsResultResponse => ListPromptsResult,
        ListResourceTemplatesResultResponse => ListResourceTemplatesResult,
        ListResourcesResultResponse => ListResourcesResult,
        ListToolsResultResponse => ListToolsResult,
        ReadResourceResultResponse => Answer<ReadResourceResult>,
        SubscriptionsListenResultResponse => ListenResult,
    }
    error {
        HeaderMismatchError => ErrorObject,
        MissingRequiredClientCapabilityError => ErrorObject,
        URLElicitationRequiredError => ErrorObject,
        UnsupportedProtocolVersionError => ErrorObject,
    }
}

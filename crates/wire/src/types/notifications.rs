//! Notifications and the requests that turn them on.

use super::{LogLevel, Meta, ProgressToken, RequestId, RequestMeta, ResultType};
use crate::Json;

message! {
    /// Parameters of `notifications/progress`.
    pub struct ProgressParams {
        /// The name that the request gave.
        must progress_token: ProgressToken = "progressToken";
        /// How far; it only grows.
        must progress: f64 = "progress";
        /// How far it will go.
        may total: f64 = "total";
        /// For people.
        may message: String = "message", since V2025_03_26;
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// Parameters of `notifications/cancelled`.
    #[derive(Default)]
    pub struct CancelledParams {
        /// Which request; only in 2025-11-25 it may be absent.
        may request_id: RequestId = "requestId";
        /// For logs and people.
        may reason: String = "reason";
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// Parameters of `notifications/message`.
    pub struct LogParams {
        /// How severe it is.
        must level: LogLevel = "level";
        /// Who says it.
        may logger: String = "logger";
        /// What is said.
        must data: Json = "data";
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// Parameters of `logging/setLevel`, up to 2025-11-25.
    pub struct SetLevelParams {
        /// The least severe messages to send.
        must level: LogLevel = "level";
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta";
    }

    /// Parameters of `notifications/resources/updated`.
    #[derive(Default)]
    pub struct ResourceUpdatedParams {
        /// Which resource.
        must uri: String = "uri";
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// Parameters of `subscriptions/listen`.
    #[derive(Default)]
    pub struct ListenParams {
        /// What the client wants to hear.
        must notifications: SubscriptionFilter = "notifications";
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta";
    }

    /// What a client wants to hear.
    #[derive(Default)]
    pub struct SubscriptionFilter {
        /// That tools changed.
        may tools_list_changed: bool = "toolsListChanged";
        /// That prompts changed.
        may prompts_list_changed: bool = "promptsListChanged";
        /// That the list of resources changed.
        may resources_list_changed: bool = "resourcesListChanged";
        /// That one of these resources changed.
        may resource_subscriptions: Vec<String> = "resourceSubscriptions";
        /// In the tasks extension: that one of these tasks changed.
        may task_ids: Vec<String> = "taskIds";
    }

    /// Parameters of `notifications/subscriptions/acknowledged`.
    #[derive(Default)]
    pub struct AcknowledgedParams {
        /// What the client will hear.
        must notifications: SubscriptionFilter = "notifications";
        /// To which `subscriptions/listen` request it belongs.
        may meta: Meta = "_meta";
    }

    /// Result of `subscriptions/listen`: the server ended it.
    #[derive(Default)]
    pub struct ListenResult {
        /// That it is complete.
        may result_type: ResultType = "resultType", or ResultType::Complete;
        /// To which request it belongs.
        must meta: Meta = "_meta";
    }
}

impl ProgressParams {
    /// So far.
    pub fn new(progress_token: ProgressToken, progress: f64) -> Self {
        let extra = super::Extra::default();
        Self {
            progress_token,
            progress,
            total: None,
            message: None,
            meta: None,
            extra,
        }
    }
}

impl CancelledParams {
    /// Cancels a request.
    pub fn new(request_id: RequestId) -> Self {
        Self {
            request_id: Some(request_id),
            ..Self::default()
        }
    }
}

impl LogParams {
    /// Says something.
    pub fn new(level: LogLevel, data: impl Into<Json>) -> Self {
        let extra = super::Extra::default();
        Self {
            level,
            logger: None,
            data: data.into(),
            meta: None,
            extra,
        }
    }
}

//! `_meta`: what rides along with a message. Requests have known keys; everywhere else it is an open map with some known ones.

use super::{ClientCapabilities, Decode, Encode, Implementation, LogLevel, Map};
use crate::{Id, Json};

/// `_meta` of anything but a request.
pub type Meta = Map<Json>;

/// What names a stream of progress. A string or an integer.
pub type ProgressToken = Id<'static>;

/// The id of a request with its own memory.
pub type RequestId = Id<'static>;

message! {
    /// `_meta` of a request. From 2026-07-28 every one says the revision, and who asks and what they can do.
    #[derive(Default)]
    pub struct RequestMeta {
        /// Asks for progress under this name.
        may progress_token: ProgressToken = "progressToken";
        /// The revision spoken.
        may protocol_version: String = "io.modelcontextprotocol/protocolVersion", since V2026_07_28;
        /// Who asks.
        may client_info: Implementation = "io.modelcontextprotocol/clientInfo", since V2026_07_28;
        /// What the client can do.
        may client_capabilities: ClientCapabilities
            = "io.modelcontextprotocol/clientCapabilities", since V2026_07_28;
        /// Asks for log messages from this level on.
        may log_level: LogLevel = "io.modelcontextprotocol/logLevel", since V2026_07_28;
        /// The task that this request belongs to.
        may related_task: RelatedTask = "io.modelcontextprotocol/related-task";
        /// W3C Trace Context: the position in a trace.
        may traceparent: String = "traceparent";
        /// W3C Trace Context: what tracing systems add.
        may tracestate: String = "tracestate";
        /// W3C Baggage.
        may baggage: String = "baggage";
    }

    /// The task that a message belongs to, in `_meta` of 2025-11-25.
    #[derive(Default)]
    pub struct RelatedTask {
        /// Which task.
        must task_id: String = "taskId";
    }
}

/// Keys that the specification knows.
impl Meta {
    const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
    const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";
    const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";

    /// Of a result from 2026-07-28: who answers.
    pub fn server_info(&self) -> Option<Implementation> {
        self.typed(Self::SERVER_INFO)
    }

    /// Says who answers.
    pub fn set_server_info(&mut self, server: &Implementation) {
        self.set_typed(Self::SERVER_INFO, server);
    }

    /// Of a notification from 2026-07-28: the `subscriptions/listen` request that it belongs to.
    pub fn subscription_id(&self) -> Option<RequestId> {
        self.typed(Self::SUBSCRIPTION)
    }

    /// Says to which `subscriptions/listen` request the notification belongs.
    pub fn set_subscription_id(&mut self, id: &Id<'_>) {
        self.set_typed(Self::SUBSCRIPTION, id);
    }

    /// Of a message of 2025-11-25: the task that it belongs to.
    pub fn related_task(&self) -> Option<RelatedTask> {
        self.typed(Self::RELATED_TASK)
    }

    /// Says to which task the message belongs.
    pub fn set_related_task(&mut self, task: &RelatedTask) {
        self.set_typed(Self::RELATED_TASK, task);
    }

    fn typed<T: Decode>(&self, key: &str) -> Option<T> {
        T::decode(self.get(key)?.raw()).ok()
    }

    fn set_typed(&mut self, key: &str, value: &impl Encode) {
        self.insert(key, Json::trusted(&value.to_json()));
    }
}

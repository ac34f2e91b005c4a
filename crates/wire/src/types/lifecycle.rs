//! Getting to know each other: `initialize` up to 2025-11-25, `server/discover` from 2026-07-28.

use super::{
    CacheScope, ClientCapabilities, Implementation, Meta, RequestMeta, ResultType,
    ServerCapabilities,
};

message! {
    /// Parameters of a request that has none: `ping`, `server/discover`, `roots/list`.
    #[derive(Default)]
    pub struct EmptyParams {
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta";
    }

    /// Parameters of a notification that has none: `notifications/initialized`, `notifications/tools/list_changed`, …
    #[derive(Default)]
    pub struct NotificationParams {
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// A result that says nothing more than that it worked.
    #[derive(Default)]
    pub struct EmptyResult {
        /// From 2026-07-28: that it is complete.
        may result_type: ResultType = "resultType", since V2026_07_28, or ResultType::Complete;
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// Parameters of a page of a list.
    #[derive(Default)]
    pub struct PageParams {
        /// Where the page begins, as the result before said.
        may cursor: String = "cursor";
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta";
    }

    /// Parameters of `initialize`.
    #[derive(Default)]
    pub struct InitializeParams {
        /// The newest revision that the client speaks.
        must protocol_version: String = "protocolVersion";
        /// What the client can do.
        must capabilities: ClientCapabilities = "capabilities";
        /// Who the client is.
        must client_info: Implementation = "clientInfo";
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta";
    }

    /// Result of `initialize`.
    #[derive(Default)]
    pub struct InitializeResult {
        /// The revision to speak.
        must protocol_version: String = "protocolVersion";
        /// What the server can do.
        must capabilities: ServerCapabilities = "capabilities";
        /// Who the server is.
        must server_info: Implementation = "serverInfo";
        /// How to use the server, for the model.
        may instructions: String = "instructions";
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// Result of `server/discover`.
    #[derive(Default)]
    pub struct DiscoverResult {
        /// That it is complete.
        may result_type: ResultType = "resultType", or ResultType::Complete;
        /// The revisions that the server speaks.
        must supported_versions: Vec<String> = "supportedVersions";
        /// What the server can do.
        must capabilities: ServerCapabilities = "capabilities";
        /// How to use the server, for the model.
        may instructions: String = "instructions";
        /// For how many milliseconds it holds.
        time ttl_ms: u64 = "ttlMs", or 0;
        /// For whom it holds.
        may cache_scope: CacheScope = "cacheScope", or CacheScope::Private;
        /// What rides along, as who the server is.
        may meta: Meta = "_meta";
    }
}

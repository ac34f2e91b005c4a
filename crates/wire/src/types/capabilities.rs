//! What each side can do.

use super::Map;
use crate::Object;

message! {
    /// What a client can do.
    #[derive(Default)]
    pub struct ClientCapabilities {
        /// Things outside of the specification.
        may experimental: Map<Object> = "experimental";
        /// It has roots to tell.
        may roots: RootsCapability = "roots";
        /// It lends its model.
        may sampling: SamplingCapability = "sampling";
        /// It asks its user.
        may elicitation: ElicitationCapability = "elicitation", since V2025_06_18;
        /// It runs requests of the server as tasks, in 2025-11-25.
        may tasks: TasksCapability = "tasks", since V2025_11_25, until V2025_11_25;
        /// Extensions by their names, with their settings. Peers of earlier revisions negotiate them as well.
        may extensions: Map<Object> = "extensions";
    }

    /// What a server can do.
    #[derive(Default)]
    pub struct ServerCapabilities {
        /// Things outside of the specification.
        may experimental: Map<Object> = "experimental";
        /// It sends log messages.
        may logging: Object = "logging";
        /// It completes arguments.
        may completions: Object = "completions", since V2025_03_26;
        /// It has prompts.
        may prompts: ListCapability = "prompts";
        /// It has resources.
        may resources: ResourcesCapability = "resources";
        /// It has tools.
        may tools: ListCapability = "tools";
        /// It runs requests as tasks, in 2025-11-25.
        may tasks: TasksCapability = "tasks", since V2025_11_25, until V2025_11_25;
        /// Extensions by their names, with their settings. Peers of earlier revisions negotiate them as well.
        may extensions: Map<Object> = "extensions";
    }

    /// A client with roots.
    #[derive(Default)]
    pub struct RootsCapability {
        /// It tells when they change.
        may list_changed: bool = "listChanged", until V2025_11_25;
    }

    /// A client that lends its model.
    #[derive(Default)]
    pub struct SamplingCapability {
        /// It can include context of servers.
        may context: Object = "context", since V2025_11_25;
        /// Its model can use tools.
        may tools: Object = "tools", since V2025_11_25;
    }

    /// A client that asks its user. An empty one means forms.
    #[derive(Default)]
    pub struct ElicitationCapability {
        /// It shows forms.
        may form: Object = "form", since V2025_11_25;
        /// It opens URLs.
        may url: Object = "url", since V2025_11_25;
    }

    /// A server with a list of something.
    #[derive(Default)]
    pub struct ListCapability {
        /// It tells when the list changes.
        may list_changed: bool = "listChanged";
    }

    /// A server with resources.
    #[derive(Default)]
    pub struct ResourcesCapability {
        /// It tells when a resource changes.
        may subscribe: bool = "subscribe";
        /// It tells when the list changes.
        may list_changed: bool = "listChanged";
    }

    /// A side that runs requests as tasks, in 2025-11-25.
    #[derive(Default)]
    pub struct TasksCapability {
        /// `tasks/list` works.
        may list: Object = "list";
        /// `tasks/cancel` works.
        may cancel: Object = "cancel";
        /// Which requests may become tasks.
        may requests: TaskRequests = "requests";
    }

    /// Which requests may become tasks: of a server `tools`, of a client the others.
    #[derive(Default)]
    pub struct TaskRequests {
        /// `tools/call`.
        may tools: TaskTools = "tools";
        /// `sampling/createMessage`.
        may sampling: TaskSampling = "sampling";
        /// `elicitation/create`.
        may elicitation: TaskElicitation = "elicitation";
    }

    /// Tool requests that may become tasks.
    #[derive(Default)]
    pub struct TaskTools {
        /// `tools/call`.
        may call: Object = "call";
    }

    /// Sampling requests that may become tasks.
    #[derive(Default)]
    pub struct TaskSampling {
        /// `sampling/createMessage`.
        may create_message: Object = "createMessage";
    }

    /// Elicitation requests that may become tasks.
    #[derive(Default)]
    pub struct TaskElicitation {
        /// `elicitation/create`.
        may create: Object = "create";
    }
}

impl ElicitationCapability {
    /// Whether forms may be asked for.
    pub fn has_form(&self) -> bool {
        self.form.is_some() || self.url.is_none()
    }

    /// Whether URLs may be asked to be opened.
    pub fn has_url(&self) -> bool {
        self.url.is_some()
    }
}

//! What the handshake told about the server.

use interlock_wire::types::{Implementation, ServerCapabilities};
use interlock_wire::{Method, Revision, Untrusted};

/// The server, as it describes itself. Nothing of it is verified.
#[derive(Debug, Clone)]
pub struct ServerInfo {
    pub(crate) revision: Revision,
    pub(crate) capabilities: ServerCapabilities,
    pub(crate) implementation: Option<Implementation>,
    pub(crate) instructions: Option<String>,
}

impl Default for ServerInfo {
    fn default() -> Self {
        Self {
            revision: Revision::V2024_11_05,
            capabilities: ServerCapabilities::default(),
            implementation: None,
            instructions: None,
        }
    }
}

impl ServerInfo {
    /// The agreed revision.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// What the server says it can do.
    pub fn capabilities(&self) -> &ServerCapabilities {
        &self.capabilities
    }

    /// Its name and version; servers of 2026-07-28 may keep them to themselves.
    pub fn implementation(&self) -> Option<&Implementation> {
        self.implementation.as_ref()
    }

    /// How a model is to use the server, says the server.
    pub fn instructions(&self) -> Option<Untrusted<&str>> {
        self.instructions.as_deref().map(Untrusted::new)
    }

    /// Whether the server has an extension.
    pub fn has_extension(&self, name: &str) -> bool {
        let extensions = self.capabilities.extensions.as_ref();
        extensions.is_some_and(|extensions| extensions.get(name).is_some())
    }

    /// Whether the method exists in the revision and the server said that it has it.
    pub(crate) fn offers(&self, method: Method) -> bool {
        let has = &self.capabilities;
        let declared = match method {
            Method::ToolsList | Method::ToolsCall => has.tools.is_some(),
            Method::PromptsList | Method::PromptsGet => has.prompts.is_some(),
            Method::ResourcesList | Method::ResourcesRead | Method::TemplatesList => {
                has.resources.is_some()
            }
            Method::Subscribe | Method::Unsubscribe => has
                .resources
                .as_ref()
                .is_some_and(|resources| resources.subscribe == Some(true)),
            // 2024-11-05 had no such capability.
            Method::Complete => has.completions.is_some() || self.revision == Revision::V2024_11_05,
            Method::SetLevel => has.logging.is_some(),
            Method::TasksList => has.tasks.as_ref().is_some_and(|tasks| tasks.list.is_some()),
            _ => true,
        };
        declared && method.exists_in(self.revision)
    }
}

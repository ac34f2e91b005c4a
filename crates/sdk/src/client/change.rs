//! What a server tells about itself while it runs.

use interlock_wire::Method;
use interlock_wire::types::{Decode, ElicitCompleteParams, ResourceUpdatedParams, Task};

/// Something at the server is not as it was.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// The list of tools.
    Tools,
    /// The list of prompts.
    Prompts,
    /// The list of resources.
    Resources,
    /// The resource at this URI, or one beneath it.
    Resource(String),
    /// A task; this is how it stands.
    Task(Box<Task>),
    /// The person answered at the URL of the elicitation of this id (2025-11-25).
    Elicitation(String),
    /// More changed than was kept: look at everything.
    Missed,
}

impl Change {
    /// Whether both are about the same thing, so that the later one is enough.
    pub(crate) fn is_about_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Task(one), Self::Task(other)) => one.task_id == other.task_id,
            _ => self == other,
        }
    }
}

/// Reads a notification; `None` when it is about nothing of this.
pub(crate) fn change(method: Method, name: &str, params: &[u8]) -> Option<Change> {
    match method {
        Method::ToolsChanged => Some(Change::Tools),
        Method::PromptsChanged => Some(Change::Prompts),
        Method::ResourcesChanged => Some(Change::Resources),
        Method::ResourceUpdated => {
            let params = ResourceUpdatedParams::decode(params).ok()?;
            Some(Change::Resource(params.uri))
        }
        Method::ElicitComplete => {
            let params = ElicitCompleteParams::decode(params).ok()?;
            Some(Change::Elicitation(params.elicitation_id))
        }
        // 2025-11-25, and the extension.
        Method::TaskStatus => task(params),
        Method::Other if name == "notifications/tasks" => task(params),
        _ => None,
    }
}

fn task(params: &[u8]) -> Option<Change> {
    Task::decode(params)
        .ok()
        .map(|task| Change::Task(Box::new(task)))
}

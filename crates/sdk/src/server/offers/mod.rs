//! What a server offers: lists in the order given, and indexes by name. A change makes a new value and leaves the old one to the
//! requests that still use it.

mod prompt;
mod resource;
mod tool;

use std::collections::HashMap;
use std::sync::Arc;

use interlock_wire::types::{Map, Prompt, Resource, ResourceTemplate};
use interlock_wire::uri_template::Template;

pub(super) use prompt::{Completer, PromptEntry, completer, prompter};
pub(super) use resource::{ReadFuture, Reader, ResourceEntry, TemplateEntry, reader};
pub(super) use tool::{ToolEntry, ToolFuture};

pub use resource::Requested;
pub use tool::OfferedTool;

use super::context::Context;
use super::fault::CallError;
use super::output::{IntoContents, IntoPromptResult};

/// Tools, resources, templates and prompts: what [`Server::change`](super::Server::change) edits.
#[derive(Clone, Default)]
pub struct Offers {
    pub(super) tools: List<ToolEntry>,
    pub(super) resources: List<ResourceEntry>,
    pub(super) templates: List<TemplateEntry>,
    pub(super) prompts: List<PromptEntry>,
}

/// Entries in order, found by name. Two of one name are one: the later.
#[derive(Clone)]
pub(super) struct List<T> {
    entries: Vec<Arc<T>>,
    index: HashMap<String, usize>,
    /// Counts changes, so that it shows which lists an edit touched.
    pub(super) version: u64,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            index: HashMap::new(),
            version: 0,
        }
    }
}

impl<T> List<T> {
    pub(super) fn as_slice(&self) -> &[Arc<T>] {
        &self.entries
    }

    pub(super) fn get(&self, name: &str) -> Option<&Arc<T>> {
        self.entries.get(*self.index.get(name)?)
    }

    fn put(&mut self, name: &str, entry: Arc<T>) {
        self.version += 1;
        let known = self.index.get(name).copied();
        if let Some(slot) = known.and_then(|at| self.entries.get_mut(at)) {
            *slot = entry;
            return;
        }
        self.index.insert(name.to_owned(), self.entries.len());
        self.entries.push(entry);
    }

    fn take(&mut self, name: &str) -> bool {
        let Some(at) = self.index.remove(name) else {
            return false;
        };
        self.version += 1;
        self.entries.remove(at);
        for behind in self.index.values_mut().filter(|slot| **slot > at) {
            *behind -= 1;
        }
        true
    }
}

impl Offers {
    /// Adds a tool, or replaces the one of its name.
    pub fn tool(&mut self, tool: OfferedTool) {
        let entry = tool.0;
        self.tools.put(&entry.definition.name.clone(), entry);
    }

    /// Takes a tool away. False when there is none of that name.
    pub fn remove_tool(&mut self, name: &str) -> bool {
        self.tools.take(name)
    }

    /// Adds a resource, or replaces the one at its URI.
    pub fn resource<F, Fut, R>(&mut self, resource: Resource, handler: F)
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, CallError>> + Send + 'static,
        R: IntoContents + 'static,
    {
        let handler = move |_: Requested, cx| handler(cx);
        let reader = reader(resource.mime_type.clone(), handler);
        let uri = resource.uri.clone();
        let definition = resource;
        self.resources
            .put(&uri, Arc::new(ResourceEntry { definition, reader }));
    }

    /// Takes a resource away. False when there is none at that URI.
    pub fn remove_resource(&mut self, uri: &str) -> bool {
        self.resources.take(uri)
    }

    /// Adds a family of resources, or replaces the one of its template.
    pub fn resource_template<F, Fut, R>(&mut self, template: ResourceTemplate, handler: F)
    where
        F: Fn(Requested, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, CallError>> + Send + 'static,
        R: IntoContents + 'static,
    {
        let name = template.uri_template.clone();
        let entry = TemplateEntry {
            template: Template::parse(&name).ok(),
            reader: reader(template.mime_type.clone(), handler),
            definition: template,
        };
        self.templates.put(&name, Arc::new(entry));
    }

    /// Takes a family of resources away. False when there is none of that template.
    pub fn remove_resource_template(&mut self, template: &str) -> bool {
        self.templates.take(template)
    }

    /// Adds a prompt, or replaces the one of its name.
    pub fn prompt<F, Fut, R>(&mut self, prompt: Prompt, handler: F)
    where
        F: Fn(Map<String>, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, CallError>> + Send + 'static,
        R: IntoPromptResult + 'static,
    {
        let name = prompt.name.clone();
        let entry = PromptEntry {
            definition: prompt,
            prompter: prompter(handler),
        };
        self.prompts.put(&name, Arc::new(entry));
    }

    /// Takes a prompt away. False when there is none of that name.
    pub fn remove_prompt(&mut self, name: &str) -> bool {
        self.prompts.take(name)
    }

    pub(super) fn has_resources(&self) -> bool {
        !self.resources.as_slice().is_empty() || !self.templates.as_slice().is_empty()
    }
}

impl std::fmt::Debug for Offers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offers")
            .field("tools", &self.tools.as_slice().len())
            .field("resources", &self.resources.as_slice().len())
            .field("templates", &self.templates.as_slice().len())
            .field("prompts", &self.prompts.as_slice().len())
            .finish()
    }
}

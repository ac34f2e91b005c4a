//! Putting a server together.

use std::sync::Arc;
use std::time::Duration;

use interlock_wire::types::{
    CacheScope, CompleteParams, Icon, Implementation, Map, Prompt, Resource, ResourceTemplate, Tool,
};
use interlock_wire::{Limits, Object};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::context::Context;
use super::fault::CallError;
use super::offers::{Completer, OfferedTool, Offers, Requested, completer};
use super::output::{IntoCompletion, IntoContents, IntoPromptResult, IntoToolResult};
use super::registry::Server;
use super::schema::SchemaError;
use super::sealed::StateKeys;
use super::settings::{Caching, Settings};
use crate::clock::Clock;

/// Why a server cannot be built as it was described.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BuildError {
    /// 1 to 128 of `A-Z a-z 0-9 _ - .` are allowed.
    #[error("`{0}` is no name for a tool")]
    ToolName(String),
    /// Two tools of one name. Without [`Builder::try_build`] the later one counts.
    #[error("there are two tools `{0}`")]
    ToolTwice(String),
    /// The schema of a tool cannot be used.
    #[error("tool `{tool}`: {reason}")]
    Schema {
        /// Which tool.
        tool: String,
        /// What is wrong with its schema.
        reason: String,
    },
    /// A URI template cannot be read.
    #[error("`{0}` is no URI template")]
    Template(String),
    /// A name of an extension without a prefix, as `com.example/thing` has one.
    #[error("`{0}` is no name for an extension")]
    Extension(String),
}

impl BuildError {
    pub(super) fn schema(tool: &str, error: SchemaError) -> Self {
        Self::Schema {
            tool: tool.to_owned(),
            reason: error.to_string(),
        }
    }

    pub(super) fn headers(tool: &str, error: &interlock_wire::header::SchemaError) -> Self {
        Self::Schema {
            tool: tool.to_owned(),
            reason: error.to_string(),
        }
    }
}

/// Puts a [`Server`] together: [`Server::builder`].
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    info: Implementation,
    settings: Settings,
    offers: Offers,
    /// The first name that two tools have.
    twice: Option<String>,
}

impl Builder {
    pub(super) fn new(name: String, version: String) -> Self {
        Self {
            info: Implementation::new(name, version),
            settings: Settings::default(),
            offers: Offers::default(),
            twice: None,
        }
    }

    /// A tool with typed arguments. Their JSON Schema is derived, and arguments that do not fit never reach the handler.
    ///
    /// ```
    /// use interlock_sdk::server::{Context, Server};
    ///
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct Add { a: i64, b: i64 }
    ///
    /// let server = Server::builder("calc", "1.0.0")
    ///     .tool("add", "Adds two numbers", async |add: Add, _cx: Context| Ok(add.a + add.b))
    ///     .build();
    /// ```
    pub fn tool<A, F, Fut, R>(self, name: &str, description: &str, handler: F) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, CallError>> + Send + 'static,
        R: IntoToolResult + 'static,
    {
        self.offer_tool(OfferedTool::new(name, description, handler))
    }

    /// A tool whose JSON Schemas are given. What does not fit them never reaches the handler, nor the client.
    pub fn raw_tool<F, Fut, R>(self, definition: Tool, handler: F) -> Self
    where
        F: Fn(Object, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, CallError>> + Send + 'static,
        R: IntoToolResult + 'static,
    {
        self.offer_tool(OfferedTool::raw(definition, handler))
    }

    /// A tool with all that can be said of it.
    pub fn offer_tool(mut self, tool: OfferedTool) -> Self {
        if self.twice.is_none() && self.offers.tools.get(tool.name()).is_some() {
            self.twice = Some(tool.name().to_owned());
        }
        self.offers.tool(tool);
        self
    }

    /// A resource at a fixed URI.
    ///
    /// ```
    /// use interlock_sdk::server::{Context, Server};
    /// use interlock_wire::types::Resource;
    ///
    /// let motd = Resource::new("text://motd", "motd").mime_type("text/plain");
    /// let server = Server::builder("news", "1.0.0")
    ///     .resource(motd, async |_cx: Context| Ok("Nothing new."))
    ///     .build();
    /// ```
    pub fn resource<F, Fut, R>(mut self, resource: Resource, handler: F) -> Self
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, CallError>> + Send + 'static,
        R: IntoContents + 'static,
    {
        self.offers.resource(resource, handler);
        self
    }

    /// A family of resources. The handler is given the URI and the template's variables.
    pub fn resource_template<F, Fut, R>(mut self, template: ResourceTemplate, handler: F) -> Self
    where
        F: Fn(Requested, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, CallError>> + Send + 'static,
        R: IntoContents + 'static,
    {
        self.offers.resource_template(template, handler);
        self
    }

    /// A prompt. Its required arguments are there when the handler is called.
    pub fn prompt<F, Fut, R>(mut self, prompt: Prompt, handler: F) -> Self
    where
        F: Fn(Map<String>, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, CallError>> + Send + 'static,
        R: IntoPromptResult + 'static,
    {
        self.offers.prompt(prompt, handler);
        self
    }

    /// Completes arguments of prompts and of resource templates.
    pub fn completion<F, Fut, R>(mut self, handler: F) -> Self
    where
        F: Fn(CompleteParams, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, CallError>> + Send + 'static,
        R: IntoCompletion + 'static,
    {
        let completer: Completer = completer(handler);
        self.settings.completer = Some(completer);
        self
    }

    /// How a model should use this server.
    pub fn instructions(mut self, text: impl Into<String>) -> Self {
        self.settings.instructions = Some(text.into());
        self
    }

    /// The server's name for people.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.info.title = Some(title.into());
        self
    }

    /// Pictures of the server.
    pub fn icons(mut self, icons: impl Into<Vec<Icon>>) -> Self {
        self.info.icons = Some(icons.into());
        self
    }

    /// Where people read about the server.
    pub fn website(mut self, url: impl Into<String>) -> Self {
        self.info.website_url = Some(url.into());
        self
    }

    /// Other bounds than the default ones.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Entries on a page of a list (100).
    pub fn page_size(mut self, entries: usize) -> Self {
        self.settings.page_size = entries.max(1);
        self
    }

    /// For how long and for whom lists and discovery may be cached, from 2026-07-28. By default not at all.
    ///
    /// [`CacheScope::Public`] lets caches give them to other users: only for what is the same for all of them.
    pub fn cache(mut self, ttl: Duration, scope: CacheScope) -> Self {
        self.settings.caching = Caching::new(ttl, scope);
        self
    }

    /// The keys that `requestState` and cursors are sealed with; by default random ones of this process. Several processes that serve
    /// the same clients need the same keys.
    pub fn request_state_keys(mut self, keys: StateKeys) -> Self {
        self.settings.keys = Arc::new(keys);
        self
    }

    /// For how long a client may take to answer a question of a handler (10 minutes).
    pub fn answer_within(mut self, time: Duration) -> Self {
        self.settings.answer_within = time;
        self
    }

    /// How tasks are kept, and that there may be some: for tools that [`detach`](Context::detach) without saying so before.
    pub fn tasks(mut self, tasks: super::TaskSettings) -> Self {
        self.settings.tasks = tasks;
        self.settings.tasks.declared = true;
        self
    }

    /// Declares an extension with its settings.
    ///
    /// ```
    /// use interlock_sdk::server::Server;
    /// use interlock_wire::Object;
    ///
    /// let server = Server::builder("app", "1.0.0")
    ///     .extension("com.example/shop", Object::default())
    ///     .build();
    /// ```
    pub fn extension(mut self, name: impl Into<String>, settings: Object) -> Self {
        self.settings.extensions.insert(name, settings);
        self
    }

    /// Answers a method that an extension adds to the protocol: its parameters in, its result out, both as they stand in
    /// messages. Methods of the specification itself cannot be answered this way.
    ///
    /// ```
    /// use interlock_sdk::server::{Context, Server};
    /// use interlock_wire::Object;
    ///
    /// let server = Server::builder("app", "1.0.0")
    ///     .extension("com.example/shop", Object::default())
    ///     .method("shop/open", async |_params: Object, _cx: Context| Ok(Object::default()))
    ///     .build();
    /// ```
    pub fn method<F, Fut>(mut self, name: impl Into<String>, handler: F) -> Self
    where
        F: Fn(Object, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Object, CallError>> + Send + 'static,
    {
        let handler: super::settings::ExtensionMethod =
            Arc::new(move |params, cx| Box::pin(handler(params, cx)));
        self.settings.methods.insert(name.into(), handler);
        self
    }

    /// Another clock than the machine's: for tests.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.settings.clock = clock;
        self
    }

    /// A layer around every call of a tool, a prompt, a resource or a completion; the last one given is the outermost.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: tower_layer::Layer<super::layers::CallService>,
        L::Service: tower_service::Service<
                super::layers::Call,
                Response = super::layers::Answer,
                Error = crate::RpcError,
                Future: Send + 'static,
            > + Clone
            + Send
            + Sync
            + 'static,
    {
        self.settings.layers = Some(super::layers::wrap(self.settings.layers.take(), layer));
        self
    }

    /// The finished server.
    ///
    /// A fault in what was offered shows when it is used; [`try_build`](Self::try_build) finds it now.
    pub fn build(self) -> Server {
        Server::new(self.info, self.settings, self.offers)
    }

    /// The finished server, when nothing is wrong with what it offers.
    ///
    /// # Errors
    /// [`BuildError`] names the first fault.
    ///
    /// ```
    /// use interlock_sdk::server::{Context, Server};
    /// use interlock_wire::Object;
    /// use interlock_wire::types::Tool;
    ///
    /// let schema = Object::parse(br#"{"type":"object","properties":{"a":{"$ref":"https://x.example/a"}}}"#)?;
    /// let tool = Tool::with_schema("far", schema);
    /// let built = Server::builder("s", "1").raw_tool(tool, async |_a, _cx: Context| Ok(())).try_build();
    /// assert!(built.is_err());
    /// # Ok::<(), interlock_wire::NotAnObject>(())
    /// ```
    pub fn try_build(self) -> Result<Server, BuildError> {
        if let Some(name) = self.twice {
            return Err(BuildError::ToolTwice(name));
        }
        for tool in self.offers.tools.as_slice() {
            if let Some(fault) = &tool.fault {
                return Err(fault.clone());
            }
        }
        for template in self.offers.templates.as_slice() {
            if template.template.is_none() {
                let name = template.definition.uri_template.clone();
                return Err(BuildError::Template(name));
            }
        }
        let bare = |name: &&str| {
            !name
                .split_once('/')
                .is_some_and(|(prefix, _)| prefix.contains('.'))
        };
        if let Some(name) = self
            .settings
            .extensions
            .iter()
            .map(|(name, _)| name)
            .find(bare)
        {
            return Err(BuildError::Extension(name.to_owned()));
        }
        Ok(self.build())
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("info", &self.info)
            .field("offers", &self.offers)
            .finish_non_exhaustive()
    }
}

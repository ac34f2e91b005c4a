//! Saying what a client is and what it answers, before it is connected.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use interlock_wire::schema::Bounds;
use interlock_wire::types::{
    CreateMessageParams, CreateMessageResult, ElicitFormParams, ElicitResult, ElicitUrlParams,
    Implementation, LogLevel, LogParams, Map, Root,
};
use interlock_wire::{Json, Limits, Object, Revision};

use super::Client;
use super::cache::Cache;
use super::change::Change;
use super::core::Core;
use super::error::ConnectError;
use super::handlers::{Handler, Handlers};
use super::link::Link;
use super::roots::is_plain;
use super::settings::Settings;
use super::transport::{Connect, Inbox, Transport};
use crate::RpcError;

/// A client that is not connected yet. [`Client::builder`] starts one.
///
/// What it can be asked for follows from the handlers: a server may only ask for what has one.
///
/// ```no_run
/// use interlock_sdk::client::Client;
/// use interlock_sdk::http::client::StreamableHttp;
/// use interlock_wire::types::{ElicitAction, ElicitResult};
///
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder("me", "1.0")
///     .elicitation(|asked| async move {
///         drop(asked.message); // shown to a person, who says no
///         Ok(ElicitResult::new(ElicitAction::Decline))
///     })
///     .connect(StreamableHttp::new("https://mcp.example/mcp")?)
///     .await?;
/// # drop(client);
/// # Ok(()) }
/// ```
#[must_use = "a client does nothing before it is connected"]
pub struct Builder {
    settings: Settings,
    handlers: Handlers,
    limits: Limits,
    cache: Cache,
}

impl Builder {
    pub(super) fn new(name: &str, version: &str) -> Self {
        Self {
            settings: Settings::new(Implementation::new(name, version)),
            handlers: Handlers::default(),
            limits: Limits::default(),
            cache: Cache::default(),
        }
    }

    /// Who the client is, in full: with a title, icons, a web site.
    pub fn implementation(mut self, client: Implementation) -> Self {
        self.settings.client = client;
        self
    }

    /// Lends the server a model. The handler shows the request to a person, asks the model, and shows the answer before it is given.
    pub fn sampling<F, W>(mut self, handler: F) -> Self
    where
        F: Fn(CreateMessageParams) -> W + Send + Sync + 'static,
        W: Future<Output = Result<CreateMessageResult, RpcError>> + Send + 'static,
    {
        self.handlers.sampling = Some(boxed(handler));
        self
    }

    /// Says that the handler of [`sampling`](Self::sampling) gives its model the tools of the request.
    pub fn sampling_tools(mut self) -> Self {
        self.handlers.sampling_tools = true;
        self
    }

    /// Shows forms to a person. The handler says which server asks, and lets the person refuse; its fields start with
    /// [`form_defaults`](super::form_defaults), which an accepted answer keeps where it lacks a required one. Forms that ask for secrets are
    /// declined before the handler sees them.
    pub fn elicitation<F, W>(mut self, handler: F) -> Self
    where
        F: Fn(ElicitFormParams) -> W + Send + Sync + 'static,
        W: Future<Output = Result<ElicitResult, RpcError>> + Send + 'static,
    {
        self.handlers.form = Some(boxed(handler));
        self
    }

    /// Sends a person to a URL. The handler shows the whole URL with its host and asks before it opens anything, without a shell; it
    /// accepts when the person agreed, not when they are done. URLs that are not `https` are declined before the handler sees them.
    pub fn url_elicitation<F, W>(mut self, handler: F) -> Self
    where
        F: Fn(ElicitUrlParams) -> W + Send + Sync + 'static,
        W: Future<Output = Result<ElicitResult, RpcError>> + Send + 'static,
    {
        self.handlers.url = Some(boxed(handler));
        self
    }

    /// Tells the server these directories; [`Client::set_roots`] changes them.
    pub fn roots(mut self, roots: impl IntoIterator<Item = Root>) -> Self {
        self.handlers.has_roots = true;
        self.handlers.roots = Mutex::new(roots.into_iter().collect());
        self
    }

    /// Hears log messages. Called where messages are read: it must not block.
    pub fn on_log(mut self, hook: impl Fn(LogParams) + Send + Sync + 'static) -> Self {
        self.handlers.log = Some(Arc::new(hook));
        self
    }

    /// Asks for log messages of this level and above.
    pub fn log_level(mut self, level: LogLevel) -> Self {
        self.settings.log_level = Some(level);
        self
    }

    /// Hears what changes at the server, as far as it tells. Called where messages are read: it must not block.
    /// [`Client::listen`] is how a server of 2026-07-28 comes to tell.
    pub fn on_change(mut self, hook: impl Fn(Change) + Send + Sync + 'static) -> Self {
        self.handlers.change = Some(Arc::new(hook));
        self
    }

    /// Hears notifications of extensions: method and parameters. Called where messages are read: it must not block.
    pub fn on_notification(mut self, hook: impl Fn(&str, Json) + Send + Sync + 'static) -> Self {
        self.handlers.other = Some(Arc::new(hook));
        self
    }

    /// Understands tasks of the extension: where the server makes one of a tool call, the client sees it through.
    pub fn tasks(mut self) -> Self {
        self.settings.tasks = true;
        self
    }

    /// Declares an extension with its settings.
    pub fn extension(mut self, name: &str, settings: Object) -> Self {
        let extensions = self
            .settings
            .capabilities
            .extensions
            .get_or_insert_with(Map::default);
        extensions.insert(name, settings);
        self
    }

    /// Speaks this revision only.
    pub fn revision(self, revision: Revision) -> Self {
        self.revisions([revision])
    }

    /// Speaks these revisions only. All of them unless said otherwise.
    pub fn revisions(mut self, revisions: impl IntoIterator<Item = Revision>) -> Self {
        self.settings.revisions = revisions.into_iter().collect();
        self.settings.revisions.sort_unstable();
        self
    }

    /// How long the server may take for its part of the handshake; a minute unless said otherwise.
    pub fn handshake_timeout(mut self, longest: Duration) -> Self {
        self.settings.handshake = longest;
        self
    }

    /// How long the server may be silent to the modern probe before it counts as one of the session era; ten seconds unless said
    /// otherwise.
    pub fn probe_timeout(mut self, longest: Duration) -> Self {
        self.settings.probe = longest;
        self
    }

    /// Sizes that the server's messages are held to.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How often a server may answer one call with questions; 16 unless said otherwise.
    pub fn most_rounds(mut self, most: u32) -> Self {
        self.settings.most_rounds = most;
        self
    }

    /// How many pages a list may have; 1,000 unless said otherwise.
    pub fn most_pages(mut self, most: u32) -> Self {
        self.settings.most_pages = most;
        self
    }

    /// Takes tools whose schemas cost more than the defaults allow. Whoever else is given such a schema, a validator in another language,
    /// a model's grammar, may hang on it.
    pub fn danger_schema_bounds(mut self, bounds: Bounds) -> Self {
        self.settings.schema_bounds = bounds;
        self
    }

    /// Keeps no results, whatever the server allows.
    pub fn without_cache(mut self) -> Self {
        self.cache = Cache::off();
        self
    }

    /// Connects and agrees with the server on a revision. Needs a tokio runtime, which the client lives on.
    ///
    /// # Errors
    /// [`ConnectError`] when there is no connection, or nothing in common.
    pub async fn connect<C: Connect>(mut self, connect: C) -> Result<Client, ConnectError> {
        let roots = self.handlers.roots.get_mut();
        let roots = roots.map_err(|poisoned| poisoned.into_inner());
        let roots = roots.unwrap_or_else(|roots| roots);
        if let Some(strange) = roots.iter().find(|root| !is_plain(&root.uri)) {
            return Err(ConnectError::Root(crate::error::shown(&strange.uri)));
        }
        self.settings.declare(&self.handlers);
        let core = Core::new(self.handlers, self.limits.clone(), self.cache);
        let inbox = Inbox::new(core.clone(), self.limits);
        let transport = connect
            .connect(inbox)
            .await
            .map_err(ConnectError::Transport)?;
        let transport: Arc<dyn Transport> = Arc::new(transport);
        let link = Link::open(core, transport, self.settings).await?;
        Ok(Client::new(link))
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Builder");
        shown.field("settings", &self.settings);
        shown.finish_non_exhaustive()
    }
}

fn boxed<P, R, F, W>(handler: F) -> Handler<P, R>
where
    F: Fn(P) -> W + Send + Sync + 'static,
    W: Future<Output = Result<R, RpcError>> + Send + 'static,
{
    Arc::new(move |params| Box::pin(handler(params)))
}

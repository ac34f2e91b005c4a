//! The finished server: what all of its sessions share.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use interlock_wire::header::ParamHeaders;
use interlock_wire::types::{
    Encode, Implementation, ListCapability, Map, ResourcesCapability, ServerCapabilities,
    TASKS_EXTENSION, TaskRequests, TaskSupport, TaskTools, TasksCapability,
};
use interlock_wire::{Json, Limits, Object, Revision};

use super::Builder;
use super::hub::{Change, Hub};
use super::offers::Offers;
use super::session::{Session, SessionKind};
use super::settings::Settings;
use super::tasks::Tasks;
use crate::Principal;

/// A server, ready to serve. Cloning it is cheap.
#[derive(Clone)]
pub struct Server(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) settings: Settings,
    pub(super) info: Implementation,
    /// The `_meta` of modern results: who answers, as the members behind the last one of a result.
    pub(super) signature: Vec<u8>,
    pub(super) info_json: OnceLock<Json>,
    offers: RwLock<Arc<Offers>>,
    pub(super) hub: Hub,
    pub(super) tasks: Tasks,
}

impl Server {
    /// Begins a server of that name and version.
    pub fn builder(name: impl Into<String>, version: impl Into<String>) -> Builder {
        Builder::new(name.into(), version.into())
    }

    /// How long what showed who the caller is still holds; none when it holds for ever.
    pub(crate) fn time_left(&self, principal: &Principal) -> Option<Duration> {
        let expires = principal.expires()?.saturating_mul(1_000);
        let now = self.0.settings.clock.unix_millis();
        Some(Duration::from_millis(expires.saturating_sub(now)))
    }

    pub(super) fn new(info: Implementation, settings: Settings, offers: Offers) -> Self {
        let mut signature = br#","_meta":{"io.modelcontextprotocol/serverInfo":"#.to_vec();
        info.encode_for(Revision::V2026_07_28, &mut signature);
        signature.extend_from_slice(b"}}");
        let tasks = Tasks::new(settings.tasks.clone(), settings.clock.clone());
        Self(Arc::new(Inner {
            settings,
            info,
            signature,
            info_json: OnceLock::new(),
            offers: RwLock::new(Arc::new(offers)),
            hub: Hub::default(),
            tasks,
        }))
    }

    /// A session with one peer.
    pub fn session(&self, kind: SessionKind, principal: Principal) -> Session {
        Session::new(self.clone(), kind, principal)
    }

    /// The bounds that transports check before anything is parsed.
    pub fn limits(&self) -> &Limits {
        &self.0.settings.limits
    }

    /// What a tool wants mirrored into headers; none when there is no such tool.
    pub fn param_headers(&self, tool: &str) -> Option<ParamHeaders> {
        Some(self.offers().tools.get(tool)?.headers.clone())
    }

    /// Changes what is offered, and tells everybody who wants to know. Calls that have begun go on as they began.
    ///
    /// ```
    /// use interlock_sdk::server::{Context, Server};
    ///
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct Nothing {}
    ///
    /// let server = Server::builder("s", "1")
    ///     .tool("once", "Works once", async |_: Nothing, _cx: Context| Ok("done"))
    ///     .build();
    /// assert!(server.change(|offers| offers.remove_tool("once")));
    /// ```
    pub fn change<T>(&self, edit: impl FnOnce(&mut Offers) -> T) -> T {
        let mut slot = self
            .0
            .offers
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let before = Arc::clone(&slot);
        let mut offers = Offers::clone(&before);
        let given = edit(&mut offers);
        let changes = [
            (Change::Tools, offers.tools.version != before.tools.version),
            (
                Change::Prompts,
                offers.prompts.version != before.prompts.version,
            ),
            (
                Change::Resources,
                offers.resources.version != before.resources.version
                    || offers.templates.version != before.templates.version,
            ),
        ];
        *slot = Arc::new(offers);
        drop(slot);
        for (change, _) in changes.iter().filter(|(_, changed)| *changed) {
            self.0.hub.tell(change);
        }
        given
    }

    /// Tells those who subscribed to it that a resource changed.
    pub fn resource_updated(&self, uri: &str) {
        self.0.hub.tell(&Change::Resource(uri.to_owned()));
    }

    /// Ends all open subscriptions in good order: the first step of shutting down.
    pub fn end_subscriptions(&self) {
        self.0.hub.end();
    }

    pub(super) fn offers(&self) -> Arc<Offers> {
        let offers = self.0.offers.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&offers)
    }

    /// Who we are, for `_meta`.
    pub(super) fn info_json(&self) -> Json {
        let make = || {
            let mut text = Vec::new();
            self.0.info.encode_for(Revision::V2026_07_28, &mut text);
            Json::parse(&text).unwrap_or_default()
        };
        self.0.info_json.get_or_init(make).clone()
    }

    /// What the server can do now.
    pub(super) fn capabilities(&self) -> ServerCapabilities {
        let offers = self.offers();
        let settings = &self.0.settings;
        let list = || ListCapability::default().list_changed(true);
        let tools = offers.tools.as_slice();
        let prompts = offers.prompts.as_slice();
        let resources = || {
            ResourcesCapability::default()
                .subscribe(true)
                .list_changed(true)
        };
        let as_tasks = self.has_task_tools();
        ServerCapabilities {
            logging: Some(Object::default()),
            completions: settings.completer.as_ref().map(|_| Object::default()),
            tools: (!tools.is_empty()).then(list),
            prompts: (!prompts.is_empty()).then(list),
            resources: offers.has_resources().then(resources),
            tasks: as_tasks.then(task_capability),
            extensions: self.extensions(as_tasks),
            ..ServerCapabilities::default()
        }
    }

    /// Whether clients may ask for tools to be run as tasks.
    pub(super) fn has_task_tools(&self) -> bool {
        let offers = self.offers();
        let mut tools = offers.tools.as_slice().iter();
        tools.any(|tool| *tool.task_support() != TaskSupport::Forbidden)
    }

    fn extensions(&self, as_tasks: bool) -> Option<Map<Object>> {
        let mut extensions = self.0.settings.extensions.clone();
        let tasks = as_tasks || self.0.settings.tasks.declared;
        if tasks && extensions.get(TASKS_EXTENSION).is_none() {
            extensions.insert(TASKS_EXTENSION, Object::default());
        }
        (!extensions.is_empty()).then_some(extensions)
    }
}

/// `tasks/list` is declared too: tasks are bound to their principal, and without one to their session.
fn task_capability() -> TasksCapability {
    let call = TaskTools::default().call(Object::default());
    TasksCapability::default()
        .list(Object::default())
        .cancel(Object::default())
        .requests(TaskRequests::default().tools(call))
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("info", &self.0.info)
            .field("offers", &self.offers())
            .finish_non_exhaustive()
    }
}

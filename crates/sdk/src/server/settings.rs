//! What a server was built with besides what it offers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use interlock_wire::types::{CacheScope, Map};
use interlock_wire::{Limits, Object};

use super::context::Context;
use super::fault::CallError;
use super::layers::CallService;
use super::offers::Completer;
use super::sealed::StateKeys;
use super::tasks::TaskSettings;
use crate::BoxFuture;
use crate::clock::Clock;

/// Answers a method of an extension, its types erased.
pub(super) type ExtensionMethod =
    Arc<dyn Fn(Object, Context) -> BoxFuture<'static, Result<Object, CallError>> + Send + Sync>;

pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) instructions: Option<String>,
    pub(super) completer: Option<Completer>,
    pub(super) page_size: usize,
    pub(super) caching: Caching,
    pub(super) keys: Arc<StateKeys>,
    pub(super) answer_within: Duration,
    pub(super) tasks: TaskSettings,
    pub(super) extensions: Map<Object>,
    pub(super) clock: Clock,
    pub(super) layers: Option<CallService>,
    /// Methods of extensions.
    pub(super) methods: HashMap<String, ExtensionMethod>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            instructions: None,
            completer: None,
            page_size: 100,
            caching: Caching::new(Duration::ZERO, CacheScope::Private),
            keys: Arc::new(StateKeys::random()),
            answer_within: Duration::from_secs(600),
            tasks: TaskSettings::default(),
            extensions: Map::default(),
            clock: Clock::system(),
            layers: None,
            methods: HashMap::new(),
        }
    }
}

/// How lists and discovery may be cached.
#[derive(Debug, Clone)]
pub(super) struct Caching {
    pub(super) ttl_ms: u64,
    pub(super) scope: CacheScope,
}

impl Caching {
    pub(super) fn new(ttl: Duration, scope: CacheScope) -> Self {
        Self {
            ttl_ms: u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX),
            scope,
        }
    }
}

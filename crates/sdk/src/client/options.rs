//! What a caller says about one call, or about all of a client's.

use std::sync::Arc;
use std::time::Duration;

use interlock_wire::types::{Encode, ProgressParams, RequestMeta};
use interlock_wire::{Object, Revision};

use super::waiter::OnProgress;

/// How a call is made. [`Client::with`](super::Client::with) takes it.
///
/// ```
/// use std::time::Duration;
/// use interlock_sdk::client::CallOptions;
///
/// let patient = CallOptions::new().timeout(Duration::from_secs(300)).on_progress(|progress| {
///     let share = progress.total.map(|total| progress.progress / total);
///     drop(share); // a bar, for example
/// });
/// # drop(patient);
/// ```
#[derive(Clone)]
pub struct CallOptions {
    pub(crate) timeout: Duration,
    pub(crate) longest: Duration,
    pub(crate) progress: Option<OnProgress>,
    pub(crate) meta: RequestMeta,
    pub(crate) fresh: bool,
    pub(crate) task: Option<Option<u64>>,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            longest: Duration::from_secs(60 * 60),
            progress: None,
            meta: RequestMeta::default(),
            fresh: false,
            task: None,
        }
    }
}

impl CallOptions {
    /// The defaults: a minute without a sign of life, an hour in all.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long to wait without a sign of life. Progress is one, and so is a question of the server that is being answered.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long to wait in all, whatever the server says meanwhile.
    #[must_use]
    pub fn longest(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }

    /// Asks for progress. `hook` is called where messages are read, so it must not block.
    #[must_use]
    pub fn on_progress(mut self, hook: impl Fn(ProgressParams) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(hook));
        self
    }

    /// What rides along in `_meta`: trace context, log level, keys of extensions. What the protocol itself puts there is not taken
    /// from it.
    #[must_use]
    pub fn meta(mut self, meta: RequestMeta) -> Self {
        self.meta = meta;
        self
    }

    /// Asks the server even when an earlier answer is still fresh.
    #[must_use]
    pub fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    /// In 2025-11-25: calls tools as tasks, to be kept for so many milliseconds, where tool and server allow it. In later revisions
    /// the server decides, and in earlier ones there are no tasks.
    #[must_use]
    pub fn as_task(mut self, ttl: Option<u64>) -> Self {
        self.task = Some(ttl);
        self
    }

    /// The members of `_meta` that are the caller's, written, without braces.
    pub(crate) fn meta_members(&self, revision: Option<Revision>) -> Vec<u8> {
        let mut meta = self.meta.clone();
        meta.progress_token = None;
        meta.protocol_version = None;
        meta.client_info = None;
        meta.client_capabilities = None;
        let mut out = Vec::new();
        meta.encode_for(revision.unwrap_or(Revision::V2024_11_05), &mut out);
        if out.first() == Some(&b'{') {
            out.remove(0);
            out.pop();
        }
        out
    }
}

impl std::fmt::Debug for CallOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("CallOptions");
        shown.field("timeout", &self.timeout);
        shown.field("longest", &self.longest);
        shown.finish_non_exhaustive()
    }
}

/// Turns what serde can write into an object of arguments.
pub(crate) fn object_of(arguments: &impl serde::Serialize) -> Option<Object> {
    let text = serde_json::to_vec(arguments).ok()?;
    match text.as_slice() {
        // Unit arguments are no arguments.
        b"null" => Some(Object::default()),
        text => Object::parse(text).ok(),
    }
}

//! Results that the server allows to be kept (2026-07-28, "Caching"). One cache a client: nothing crosses to another, and what was
//! received under one account is gone with the next.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use interlock_wire::Method;
use interlock_wire::json::{as_str, member};
use tokio::time::Instant;

const MOST_ENTRIES: usize = 512;
const MOST_BYTES: usize = 8 << 20;
/// A server does not get to fix a result for longer.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What makes a request the same request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) method: Method,
    /// Its parameters without `_meta`, as they are sent.
    pub(crate) params: Vec<u8>,
}

/// A place in time and identity: what is received for a request may be kept when both still hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket {
    generation: u64,
    context: u64,
}

/// See the module's head.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    state: Mutex<State>,
    off: bool,
}

#[derive(Debug, Default)]
struct State {
    kept: HashMap<Key, Kept>,
    bytes: usize,
    /// Whom everything here was received as.
    context: u64,
    /// Grows with every change that the server tells, so that an answer from before a change is not kept after it.
    generation: u64,
}

#[derive(Debug)]
struct Kept {
    result: Vec<u8>,
    until: Instant,
}

impl Cache {
    /// One that keeps nothing.
    pub(crate) fn off() -> Self {
        Self {
            off: true,
            ..Self::default()
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before a request is sent.
    pub(crate) fn ticket(&self, context: u64) -> Ticket {
        let mut state = self.state();
        state.enter(context);
        Ticket {
            generation: state.generation,
            context,
        }
    }

    /// A result that is still fresh, received as `context`.
    pub(crate) fn get(&self, key: &Key, context: u64) -> Option<Vec<u8>> {
        let mut state = self.state();
        state.enter(context);
        let kept = state.kept.get(key)?;
        (Instant::now() < kept.until).then(|| kept.result.clone())
    }

    /// Keeps a raw result for as long as it says, when nothing changed since the ticket was drawn.
    pub(crate) fn put(&self, key: Key, result: &[u8], ticket: Ticket, context: u64) {
        let Some(ttl) = ttl_of(result).filter(|_| !self.off) else {
            return;
        };
        let mut state = self.state();
        state.enter(context);
        if ticket
            != (Ticket {
                generation: state.generation,
                context,
            })
        {
            return;
        }
        let Some(until) = Instant::now().checked_add(ttl) else {
            return;
        };
        state.forget(|old| *old == key);
        state.make_room(result.len() + key.params.len());
        state.bytes += result.len() + key.params.len();
        let result = result.to_vec();
        state.kept.insert(key, Kept { result, until });
    }

    /// Forgets what a notification says is not so any more.
    pub(crate) fn changed(&self, method: Method, params: &[u8]) {
        let mut state = self.state();
        match method {
            Method::ToolsChanged => state.forget(|key| key.method == Method::ToolsList),
            Method::PromptsChanged => state.forget(|key| key.method == Method::PromptsList),
            Method::ResourcesChanged => state
                .forget(|key| matches!(key.method, Method::ResourcesList | Method::TemplatesList)),
            // What changed may lie beneath what was read.
            Method::ResourceUpdated => {
                let uri = member(params, "uri").and_then(as_str).unwrap_or_default();
                state.forget(|key| key.method == Method::ResourcesRead && is_within(key, &uri));
            }
            _ => return,
        }
        state.generation += 1;
    }

    /// Forgets the pages of one list, as when a cursor of theirs turned out to be invalid.
    pub(crate) fn forget_list(&self, method: Method) {
        self.state().forget(|key| key.method == method);
    }
}

impl State {
    /// Another account: nothing of the one before is left.
    fn enter(&mut self, context: u64) {
        if self.context != context {
            self.kept.clear();
            self.bytes = 0;
            self.generation += 1;
            self.context = context;
        }
    }

    fn forget(&mut self, gone: impl Fn(&Key) -> bool) {
        self.kept.retain(|key, _| !gone(key));
        self.recount();
    }

    fn recount(&mut self) {
        let size = |(key, kept): (&Key, &Kept)| key.params.len() + kept.result.len();
        self.bytes = self.kept.iter().map(size).sum();
    }

    /// Stale ones go first, then those that become stale first.
    fn make_room(&mut self, size: usize) {
        if self.kept.len() < MOST_ENTRIES && self.bytes + size <= MOST_BYTES {
            return;
        }
        let now = Instant::now();
        self.kept.retain(|_, kept| now < kept.until);
        self.recount();
        while !self.kept.is_empty()
            && (self.kept.len() >= MOST_ENTRIES || self.bytes + size > MOST_BYTES)
        {
            let first = self.kept.iter().min_by_key(|(_, kept)| kept.until);
            let Some(key) = first.map(|(key, _)| key.clone()) else {
                return;
            };
            self.kept.remove(&key);
            self.recount();
        }
    }
}

fn is_within(key: &Key, uri: &str) -> bool {
    let read = member(&key.params, "uri")
        .and_then(as_str)
        .unwrap_or_default();
    read == uri || uri.starts_with(&*read) || read.starts_with(uri)
}

/// How long a complete result holds; none when it is not to be kept.
fn ttl_of(result: &[u8]) -> Option<Duration> {
    if !matches!(member(result, "resultType"), None | Some(br#""complete""#)) {
        return None;
    }
    // Absent, negative, and not a whole number all mean: stale at once.
    let millis: u64 = std::str::from_utf8(member(result, "ttlMs")?)
        .ok()?
        .parse()
        .ok()?;
    // A scope that is neither of the two is nothing to rely on.
    let known = matches!(
        member(result, "cacheScope"),
        Some(br#""public""# | br#""private""#)
    );
    let ttl = Duration::from_millis(millis).min(LONGEST);
    (known && !ttl.is_zero() && result.len() <= MOST_BYTES / 8).then_some(ttl)
}

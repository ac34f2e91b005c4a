//! The keys of an issuer: fetched when needed, kept while fresh, and fetched again only so often.

use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use crate::BoxFuture;
use crate::auth::jwt::JwkSet;
use crate::net::Fetcher;

/// Seconds after which keys are fetched again.
const FRESH: u64 = 600;
/// Seconds that keys count while the issuer cannot be reached. A key that was withdrawn lives no longer than that.
const STALE: u64 = 3_600;
/// Seconds between two fetches that tokens with unknown keys can cause: anyone can make such a token.
const COOLDOWN: u64 = 30;
/// Seconds between two attempts when the last one failed.
const RETRY: u64 = 5;

/// Where keys come from.
pub(super) trait FetchKeys: Send + Sync + 'static {
    /// The keys as they are now; none when they cannot be had.
    fn fetch(&self) -> BoxFuture<'_, Option<JwkSet>>;
}

/// A key set at a URL.
pub(super) struct KeysAt {
    pub(super) url: Url,
    pub(super) fetcher: Fetcher,
}

impl FetchKeys for KeysAt {
    fn fetch(&self) -> BoxFuture<'_, Option<JwkSet>> {
        Box::pin(async {
            let answer = self.fetcher.get(&self.url).await.ok()?;
            let found = answer.status == http::StatusCode::OK;
            JwkSet::parse(&answer.body).ok().filter(|_| found)
        })
    }
}

/// The keys of one issuer. Clones share them.
#[derive(Clone)]
pub(super) struct Keys(Arc<Shared>);

struct Shared {
    source: Box<dyn FetchKeys>,
    state: Mutex<State>,
    /// Held while fetching: one fetch at a time.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct State {
    keys: Option<Arc<JwkSet>>,
    fetched: u64,
    attempt: Option<Attempt>,
    generation: u64,
}

#[derive(Clone, Copy)]
struct Attempt {
    at: u64,
    failed: bool,
}

/// Keys, and which fetch they are of.
#[derive(Clone)]
pub(super) struct Snapshot {
    pub(super) keys: Arc<JwkSet>,
    generation: u64,
}

impl Keys {
    pub(super) fn new(source: impl FetchKeys) -> Self {
        Self(Arc::new(Shared {
            source: Box::new(source),
            state: Mutex::default(),
            fetching: tokio::sync::Mutex::new(()),
        }))
    }

    /// The keys to judge by at `now`; none when they cannot be had.
    pub(super) async fn current(&self, now: u64) -> Option<Snapshot> {
        let state = self.0.state();
        if state.keys.is_some() && now.abs_diff(state.fetched) < FRESH {
            return state.snapshot(now);
        }
        // Whoever comes while somebody fetches goes on with the old keys, if there are any.
        let somebody_fetches = self.0.fetching.try_lock().is_err();
        if !(somebody_fetches && state.snapshot(now).is_some()) {
            self.refresh(state.generation, now, RETRY).await;
        }
        self.0.state().snapshot(now)
    }

    /// Newer keys than those in which a token's key was not found; none when there are none, or too soon to ask again.
    pub(super) async fn newer(&self, than: &Snapshot, now: u64) -> Option<Snapshot> {
        self.refresh(than.generation, now, COOLDOWN).await;
        let found = self.0.state().snapshot(now);
        found.filter(|found| found.generation != than.generation)
    }

    /// Fetches, unless that happened since `generation` or less than `pause` ago. It runs to its end even when the
    /// request that asked for it is gone: hanging up must not keep others from new keys.
    async fn refresh(&self, generation: u64, now: u64, pause: u64) {
        let shared = Arc::clone(&self.0);
        let fetching = tokio::spawn(async move {
            let _one = shared.fetching.lock().await;
            if shared.state().may_fetch(generation, now, pause) {
                shared.fetch(now).await;
            }
        });
        // A fetch that was ended with the runtime has brought no keys, and that is all there is to know.
        drop(fetching.await);
    }
}

impl Shared {
    async fn fetch(&self, now: u64) {
        self.change(|state| {
            state.attempt = Some(Attempt {
                at: now,
                failed: true,
            })
        });
        let Some(keys) = self.source.fetch().await else {
            return;
        };
        self.change(|state| {
            *state = State {
                keys: Some(Arc::new(keys)),
                fetched: now,
                attempt: Some(Attempt {
                    at: now,
                    failed: false,
                }),
                generation: state.generation.wrapping_add(1),
            };
        });
    }

    fn state(&self) -> State {
        self.change(|state| state.clone())
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn snapshot(&self, now: u64) -> Option<Snapshot> {
        let keys = self.keys.clone()?;
        (now.abs_diff(self.fetched) < STALE).then_some(Snapshot {
            keys,
            generation: self.generation,
        })
    }

    fn may_fetch(&self, generation: u64, now: u64, pause: u64) -> bool {
        let rested = self.attempt.is_none_or(|attempt| {
            let pause = if attempt.failed { RETRY } else { pause };
            now.abs_diff(attempt.at) >= pause
        });
        generation == self.generation && rested
    }
}

#[cfg(test)]
#[path = "jwks_tests.rs"]
mod tests;

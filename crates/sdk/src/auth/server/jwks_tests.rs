//! When keys are fetched, and how often at most.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use super::super::fixture::{NOW, key, set};
use super::*;
use crate::auth::jwt::SigningKey;

/// Publishes the keys it is told to, and counts who asks.
#[derive(Clone, Default)]
struct Issuer(Arc<Inner>);

struct Inner {
    keys: Mutex<Vec<SigningKey>>,
    down: AtomicBool,
    fetches: AtomicUsize,
    /// What a fetch waits for.
    gate: Semaphore,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            keys: Mutex::new(vec![key("k1")]),
            down: AtomicBool::new(false),
            fetches: AtomicUsize::new(0),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        }
    }
}

impl Issuer {
    fn rotate(&self, id: &str) {
        *self.0.keys.lock().unwrap() = vec![key(id)];
    }

    fn set_down(&self, down: bool) {
        self.0.down.store(down, Ordering::Relaxed);
    }

    fn fetches(&self) -> usize {
        self.0.fetches.load(Ordering::Relaxed)
    }
}

impl FetchKeys for Issuer {
    fn fetch(&self) -> BoxFuture<'_, Option<JwkSet>> {
        Box::pin(async {
            self.0.fetches.fetch_add(1, Ordering::Relaxed);
            self.0.gate.acquire().await.unwrap().forget();
            let keys = set(self.0.keys.lock().unwrap().iter());
            (!self.0.down.load(Ordering::Relaxed)).then_some(keys)
        })
    }
}

fn world() -> (Issuer, Keys) {
    let issuer = Issuer::default();
    (issuer.clone(), Keys::new(issuer))
}

/// The ids of the keys at `now`.
async fn ids(keys: &Keys, now: u64) -> Option<String> {
    let snapshot = keys.current(now).await?;
    let ids = snapshot.keys.keys().iter().filter_map(|key| key.id());
    Some(ids.collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn keys_are_fetched_when_they_are_needed_and_when_they_are_old() {
    let (issuer, keys) = world();
    assert_eq!(issuer.fetches(), 0);
    for (after, fetches) in [(0, 1), (1, 1), (FRESH - 1, 1), (FRESH, 2), (FRESH + 5, 2)] {
        assert_eq!(ids(&keys, NOW + after).await.as_deref(), Some("k1"));
        assert_eq!(issuer.fetches(), fetches, "after {after} s");
    }
}

#[tokio::test]
async fn old_keys_outlive_their_issuer_by_an_hour() {
    let (issuer, keys) = world();
    ids(&keys, NOW).await;
    issuer.set_down(true);
    for (after, expected) in [(FRESH, Some("k1")), (STALE - 1, Some("k1")), (STALE, None)] {
        assert_eq!(
            ids(&keys, NOW + after).await.as_deref(),
            expected,
            "after {after} s"
        );
    }
    issuer.set_down(false);
    // Not at once: it was asked a moment ago.
    assert_eq!(ids(&keys, NOW + STALE + 1).await, None);
    assert!(ids(&keys, NOW + STALE + RETRY).await.is_some());
}

#[tokio::test]
async fn an_issuer_that_is_down_is_not_hammered() {
    let (issuer, keys) = world();
    issuer.set_down(true);
    for _ in 0..100 {
        assert_eq!(ids(&keys, NOW).await, None);
    }
    assert_eq!(issuer.fetches(), 1);
    assert_eq!(ids(&keys, NOW + RETRY).await, None);
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn a_storm_of_unknown_keys_causes_one_fetch_in_a_while() {
    let (issuer, keys) = world();
    let snapshot = keys.current(NOW).await.unwrap();
    for _ in 0..100 {
        assert!(keys.newer(&snapshot, NOW + 1).await.is_none());
    }
    assert_eq!(issuer.fetches(), 1);
    issuer.rotate("k2");
    let newer = keys.newer(&snapshot, NOW + COOLDOWN).await.unwrap();
    assert_eq!(newer.keys.keys()[0].id(), Some("k2"));
    // Whoever still holds the old keys gets the new ones without another fetch.
    assert!(keys.newer(&snapshot, NOW + COOLDOWN).await.is_some());
    assert!(keys.newer(&newer, NOW + COOLDOWN).await.is_none());
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn many_who_come_at_once_cause_one_fetch() {
    let (issuer, keys) = world();
    let all = futures_util::future::join_all((0..50).map(|_| ids(&keys, NOW))).await;
    assert!(all.iter().all(|ids| ids.as_deref() == Some("k1")));
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn hanging_up_does_not_keep_others_from_new_keys() {
    let (issuer, keys) = world();
    issuer.0.gate.forget_permits(Semaphore::MAX_PERMITS);
    let impatient = tokio::spawn({
        let keys = keys.clone();
        async move { ids(&keys, NOW).await }
    });
    while issuer.fetches() == 0 {
        tokio::task::yield_now().await;
    }
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());
    issuer.0.gate.add_permits(1);
    assert_eq!(ids(&keys, NOW).await.as_deref(), Some("k1"));
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_keep_keys_alive() {
    let (issuer, keys) = world();
    ids(&keys, NOW).await;
    issuer.rotate("k2");
    assert_eq!(ids(&keys, NOW - STALE).await.as_deref(), Some("k2"));
}

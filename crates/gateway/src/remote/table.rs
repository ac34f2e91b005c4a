//! The requests of the client that wait for the server.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use interlock_wire::{Id, Method};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

/// So many requests are with the server at once. Each may cost a connection and a message's memory.
const MOST: usize = 128;

/// See the module's head.
#[derive(Debug, Default)]
pub(super) struct Table(Mutex<HashMap<Id<'static>, Open>>);

#[derive(Debug)]
struct Open {
    wait: Arc<Wait>,
    exchange: Option<AbortHandle>,
}

/// One request's waiting.
#[derive(Debug)]
pub(super) struct Wait {
    /// What was asked.
    pub(super) method: Method,
    /// Whether the answer is for the bridge itself.
    pub(super) own: bool,
    answered: AtomicBool,
    over: Notify,
    heard: Mutex<Instant>,
}

impl Table {
    fn open(&self) -> MutexGuard<'_, HashMap<Id<'static>, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a request in; none when too many wait, or one of that id does.
    pub(super) fn insert(&self, id: &Id<'static>, method: Method, own: bool) -> Option<Arc<Wait>> {
        let mut open = self.open();
        if open.len() >= MOST || open.contains_key(id) {
            return None;
        }
        let wait = Arc::new(Wait {
            method,
            own,
            answered: AtomicBool::new(false),
            over: Notify::new(),
            heard: Mutex::new(Instant::now()),
        });
        let entry = Open {
            wait: Arc::clone(&wait),
            exchange: None,
        };
        open.insert(id.clone(), entry);
        Some(wait)
    }

    /// Its exchange is this task.
    pub(super) fn runs(&self, id: &Id<'static>, exchange: AbortHandle) {
        if let Some(open) = self.open().get_mut(id) {
            open.exchange = Some(exchange);
        }
    }

    /// The exchange of a request is over.
    pub(super) fn remove(&self, id: &Id<'static>, wait: &Arc<Wait>) {
        let mut open = self.open();
        if open
            .get(id)
            .is_some_and(|open| Arc::ptr_eq(&open.wait, wait))
        {
            open.remove(id);
        }
    }

    /// The client gives a request up: its exchange ends without a word.
    pub(super) fn give_up(&self, id: &Id<'static>) {
        let mut open = self.open();
        // What the bridge asks for itself is nobody's to give up.
        if open.get(id).is_some_and(|open| open.wait.own) {
            return;
        }
        let given = open.remove(id);
        drop(open);
        if let Some(exchange) = given.and_then(|open| open.exchange) {
            exchange.abort();
        }
    }

    /// Who waits for an answer with that id.
    pub(super) fn waiting(&self, id: &Id<'static>) -> Option<Arc<Wait>> {
        self.open().get(id).map(|open| Arc::clone(&open.wait))
    }

    /// Something came for a request.
    pub(super) fn heard(&self, id: &Id<'static>) {
        if let Some(wait) = self.waiting(id) {
            wait.hear();
        }
    }

    /// Something came for all.
    pub(super) fn all_heard(&self) {
        self.open().values().for_each(|open| open.wait.hear());
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.open().is_empty()
    }
}

impl Wait {
    fn hear(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// The answer came. `false` when there was one already.
    pub(super) fn answer(&self) -> bool {
        let first = !self.answered.swap(true, Ordering::SeqCst);
        self.over.notify_one();
        first
    }

    /// Whether the answer came.
    pub(super) fn is_answered(&self) -> bool {
        self.answered.load(Ordering::SeqCst)
    }

    /// Until the answer has come.
    pub(super) async fn answered(&self) {
        while !self.is_answered() {
            self.over.notified().await;
        }
    }

    /// Until nothing was heard for so long. Never for a request that waits for events.
    pub(super) async fn stalled(&self, patience: Duration) {
        if self.method == Method::Listen {
            return std::future::pending().await;
        }
        loop {
            let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            let until = heard + patience;
            if Instant::now() >= until {
                return;
            }
            sleep_until(until).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// Whether a request is given up within that time.
    async fn given_up(wait: &Wait, within: Duration) -> bool {
        let stalled = wait.stalled(PATIENCE);
        tokio::time::timeout(within, stalled).await.is_ok()
    }

    /// What comes for a request, comments of its stream among it, is told by the transport as [`Table::heard`] is called here.
    #[tokio::test(start_paused = true)]
    async fn who_is_heard_is_not_given_up() {
        let table = Table::default();
        let (one, other) = (Id::Number(1), Id::Number(2));
        let kept = table.insert(&one, Method::ToolsCall, false).unwrap();
        let silent = table.insert(&other, Method::ToolsCall, false).unwrap();
        for _ in 0..100 {
            assert!(!given_up(&kept, PATIENCE * 9 / 10).await);
            table.heard(&one);
        }
        assert!(given_up(&silent, Duration::from_millis(1)).await);
        assert!(!given_up(&kept, PATIENCE * 9 / 10).await);
        assert!(given_up(&kept, PATIENCE).await);
        // One stream for all says that the server is there for all.
        table.all_heard();
        for wait in [&kept, &silent] {
            assert!(!given_up(wait, Duration::from_millis(1)).await);
        }
        let listening = table.insert(&Id::Number(3), Method::Listen, false).unwrap();
        assert!(!given_up(&listening, PATIENCE * 1000).await);
    }
}

//! Who listens to changes: queues that hold each change once, so that a slow reader costs no memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use interlock_wire::Method;
use interlock_wire::types::SubscriptionFilter;
use tokio::sync::Notify;

use super::change::{Change, change};

/// Different changes that wait at the same time; more become [`Change::Missed`].
const MOST_WAITING: usize = 1_024;

/// One listener's queue.
#[derive(Debug)]
pub(crate) struct Queue {
    filter: SubscriptionFilter,
    /// It waits for persons to come back from URLs.
    elicitations: bool,
    state: Mutex<State>,
    waker: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Change>,
    /// The `subscriptions/listen` request, in 2026-07-28.
    subscription: Option<i64>,
    closed: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Belongs to that request from now on.
    pub(crate) fn bind(&self, subscription: i64) {
        self.state().subscription = Some(subscription);
    }

    pub(crate) fn push(&self, change: Change) {
        let mut state = self.state();
        state
            .waiting
            .retain(|waiting| !waiting.is_about_the_same(&change));
        if state.waiting.len() >= MOST_WAITING {
            state.waiting.clear();
            state.waiting.push_back(Change::Missed);
        } else {
            state.waiting.push_back(change);
        }
        drop(state);
        self.waker.notify_one();
    }

    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.waker.notify_one();
    }

    /// The next change; none when there will be none any more.
    pub(crate) async fn next(&self) -> Option<Change> {
        loop {
            let woken = self.waker.notified();
            {
                let mut state = self.state();
                if let Some(change) = state.waiting.pop_front() {
                    return Some(change);
                }
                if state.closed {
                    return None;
                }
            }
            woken.await;
        }
    }

    fn wants(&self, change: &Change, subscription: Option<i64>) -> bool {
        let bound = self.state().subscription;
        if bound.is_some() {
            return bound == subscription;
        }
        let filter = &self.filter;
        match change {
            Change::Tools => filter.tools_list_changed == Some(true),
            Change::Prompts => filter.prompts_list_changed == Some(true),
            Change::Resources => filter.resources_list_changed == Some(true),
            // A server may tell of something beneath what was asked for.
            Change::Resource(uri) => filter
                .resource_subscriptions
                .iter()
                .flatten()
                .any(|wanted| uri.starts_with(wanted.as_str())),
            Change::Task(task) => filter
                .task_ids
                .iter()
                .flatten()
                .any(|id| *id == task.task_id),
            Change::Elicitation(_) => self.elicitations,
            Change::Missed => false,
        }
    }
}

/// All listeners of a client.
#[derive(Debug, Default)]
pub(crate) struct Events(Mutex<Vec<Weak<Queue>>>);

impl Events {
    fn queues(&self) -> Vec<Arc<Queue>> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.retain(|queue| queue.strong_count() > 0);
        queues.iter().filter_map(Weak::upgrade).collect()
    }

    /// A listener to what the filter names. It ends when it is dropped.
    pub(crate) fn listen(&self, filter: SubscriptionFilter) -> Arc<Queue> {
        self.add(filter, false)
    }

    /// A listener to `notifications/elicitation/complete`.
    pub(crate) fn listen_for_elicitations(&self) -> Arc<Queue> {
        self.add(SubscriptionFilter::default(), true)
    }

    fn add(&self, filter: SubscriptionFilter, elicitations: bool) -> Arc<Queue> {
        let queue = Arc::new(Queue {
            filter,
            elicitations,
            state: Mutex::default(),
            waker: Notify::new(),
        });
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.push(Arc::downgrade(&queue));
        queue
    }

    pub(crate) fn notice(
        &self,
        method: Method,
        name: &str,
        params: &[u8],
        subscription: Option<i64>,
    ) {
        let queues = self.queues();
        if queues.is_empty() {
            return;
        }
        let Some(change) = change(method, name, params) else {
            return;
        };
        for queue in queues {
            if queue.wants(&change, subscription) {
                queue.push(change.clone());
            }
        }
    }

    pub(crate) fn close(&self) {
        for queue in self.queues() {
            queue.close();
        }
    }
}

//! Tasks: calls that go on after their request was answered. In 2025-11-25 the client asks for one; in the extension of 2026-07-28
//! the server makes one when a handler is slow, or says [`detach`](super::Context::detach).
//!
//! A task belongs to its caller; one of an anonymous caller of a legacy session to that session. Of an anonymous modern caller
//! nothing is known but the task's name, which therefore cannot be guessed. Tasks live in this process, for their time.

mod handle;
mod methods;
mod store;

use std::time::Duration;

pub(super) use handle::TaskHandle;
pub(super) use store::Tasks;

/// How tasks are kept.
///
/// ```
/// use std::time::Duration;
/// use interlock_sdk::server::{Server, TaskSettings};
///
/// let tasks = TaskSettings::default().keep(Duration::from_secs(600), Duration::from_secs(3_600));
/// let server = Server::builder("s", "1").tasks(tasks).build();
/// ```
#[derive(Debug, Clone)]
pub struct TaskSettings {
    pub(super) ttl: Duration,
    pub(super) longest: Duration,
    pub(super) poll: Duration,
    pub(super) most: usize,
    pub(super) most_of_one: usize,
    pub(super) declared: bool,
}

impl Default for TaskSettings {
    /// Kept for an hour, or up to a day where the client asks; polled every second; 4,096 tasks, 64 of one caller.
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(3_600),
            longest: Duration::from_secs(24 * 3_600),
            poll: Duration::from_secs(1),
            most: 4_096,
            most_of_one: 64,
            declared: false,
        }
    }
}

impl TaskSettings {
    /// How long tasks are kept: where the client does not say, and at most.
    #[must_use]
    pub fn keep(mut self, usually: Duration, at_most: Duration) -> Self {
        (self.ttl, self.longest) = (usually.min(at_most), at_most);
        self
    }

    /// How long clients should wait between questions.
    #[must_use]
    pub fn poll_every(mut self, time: Duration) -> Self {
        self.poll = time;
        self
    }

    /// How many tasks there may be, and how many of one caller.
    #[must_use]
    pub fn at_most(mut self, tasks: usize, of_one_caller: usize) -> Self {
        (self.most, self.most_of_one) = (tasks, of_one_caller);
        self
    }
}

//! All tasks of a server: bounded in number and time.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{TaskHandle, TaskSettings};
use crate::RpcError;
use crate::clock::Clock;
use crate::server::body::Job;
use crate::server::context::Context;
use crate::server::session::Session;

pub(in crate::server) struct Tasks {
    settings: TaskSettings,
    clock: Clock,
    tasks: Mutex<HashMap<String, TaskHandle>>,
}

impl Tasks {
    pub(in crate::server) fn new(settings: TaskSettings, clock: Clock) -> Self {
        Self {
            settings,
            clock,
            tasks: Mutex::default(),
        }
    }

    /// Makes the call a task as soon as its handler waits for something. Nobody can find it before [`start`](Self::start).
    pub(in crate::server) fn prepare(&self, cx: &Context, ttl: Option<u64>) {
        let millis =
            |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let ttl = ttl.unwrap_or(millis(self.settings.ttl));
        let ttl = ttl.min(millis(self.settings.longest));
        let task = TaskHandle::new(cx, ttl, self.clock.unix_millis());
        if cx.0.task.set(task).is_ok() {
            cx.0.detach.store(true, Ordering::Release);
        }
    }

    /// Lets the handler go on by itself, and the task be found.
    pub(in crate::server) fn start(
        &self,
        cx: &Context,
        mut job: Job,
    ) -> Result<TaskHandle, RpcError> {
        let task = cx.0.task.get().cloned().ok_or_else(RpcError::internal)?;
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| RpcError::internal())?;
        self.admit(&task)?;
        let ending = task.clone();
        let kept = cx.clone();
        let work = runtime.spawn(async move {
            let outcome = poll_fn(|task| job.poll(task)).await;
            kept.finish();
            ending.finish(outcome);
        });
        task.works(work.abort_handle(), cx.clone());
        Ok(task)
    }

    fn admit(&self, task: &TaskHandle) -> Result<(), RpcError> {
        let mut tasks = self.lock();
        self.sweep(&mut tasks);
        let mine = tasks
            .values()
            .filter(|known| known.same_owner(task) && !known.has_ended());
        if tasks.len() >= self.settings.most || mine.count() >= self.settings.most_of_one {
            return Err(RpcError::refused("too many tasks"));
        }
        // An empty name means that there was no randomness to make one.
        if task.id().is_empty() || tasks.contains_key(task.id()) {
            return Err(RpcError::internal());
        }
        tasks.insert(task.id().to_owned(), task.clone());
        Ok(())
    }

    /// A caller's task of an era. Those of others do not exist for it.
    pub(in crate::server) fn find(
        &self,
        id: &str,
        session: &Session,
        modern: bool,
    ) -> Result<TaskHandle, RpcError> {
        let mut tasks = self.lock();
        self.sweep(&mut tasks);
        let task = tasks
            .get(id)
            .filter(|task| task.belongs_to(session, modern));
        task.cloned()
            .ok_or_else(|| RpcError::invalid_params("no such task, or it has expired"))
    }

    /// A legacy caller's tasks, the oldest first.
    pub(super) fn of(&self, session: &Session) -> Vec<TaskHandle> {
        let mut tasks = self.lock();
        self.sweep(&mut tasks);
        let mine = tasks
            .values()
            .filter(|task| task.belongs_to(session, false));
        let mut mine: Vec<_> = mine.cloned().collect();
        mine.sort_by(|one, other| {
            (one.created_at(), one.id()).cmp(&(other.created_at(), other.id()))
        });
        mine
    }

    /// Forgets tasks whose time is over, and stops their work.
    fn sweep(&self, tasks: &mut HashMap<String, TaskHandle>) {
        let now = self.clock.unix_millis();
        tasks.retain(|_, task| {
            let expired = task.is_expired(now);
            if expired {
                task.cancel();
            }
            !expired
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, TaskHandle>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

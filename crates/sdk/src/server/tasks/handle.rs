//! One task: its state, its questions, and what came of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use interlock_wire::types::{
    Encode, ErrorObject, InputRequest, InputRequests, RelatedTask, ResultType, Task, TaskStatus,
    write_notification,
};
use interlock_wire::{Json, Object, Revision};
use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;

use crate::server::ask::AskError;
use crate::server::body::Body;
use crate::server::context::Context;
use crate::server::hub::Change;
use crate::server::ids;
use crate::server::outbound::Outbound;
use crate::server::registry::Server;
use crate::server::session::{Session, WeakSession};
use crate::server::time::iso;
use crate::{Principal, RpcError};

/// Questions that one task may ask over its life.
const MOST_QUESTIONS: usize = 1_000;

/// A task. Cloning it is cheap; all clones are the same task.
#[derive(Clone)]
pub(in crate::server) struct TaskHandle(Arc<Inner>);

struct Inner {
    id: String,
    server: Server,
    owner: Principal,
    /// Of an anonymous caller's legacy session.
    number: Option<u64>,
    session: WeakSession,
    revision: Revision,
    created: u64,
    ttl: u64,
    state: Mutex<State>,
    /// Told when the status changes, or a stream for questions comes.
    changed: Notify,
}

#[derive(Default)]
struct State {
    status: TaskStatus,
    message: Option<String>,
    updated: u64,
    outcome: Option<Result<Body, RpcError>>,
    questions: Vec<Question>,
    asked: usize,
    /// Questions of a legacy task that are on their way.
    waiting: usize,
    stream: Option<Outbound>,
    work: Option<AbortHandle>,
    cx: Option<Context>,
}

struct Question {
    key: String,
    request: InputRequest,
    answer: oneshot::Sender<Json>,
}

impl TaskHandle {
    pub(super) fn new(cx: &Context, ttl: u64, now: u64) -> Self {
        let session = cx.session();
        let legacy = cx.revision() != Revision::V2026_07_28;
        let bound = legacy && session.principal().is_anonymous();
        Self(Arc::new(Inner {
            id: ids::random(),
            server: session.server().clone(),
            owner: session.principal().clone(),
            number: bound.then(|| session.number()),
            session: session.downgrade(),
            revision: cx.revision(),
            created: now,
            ttl,
            state: Mutex::new(State {
                updated: now,
                ..State::default()
            }),
            changed: Notify::new(),
        }))
    }

    pub(in crate::server) fn id(&self) -> &str {
        &self.0.id
    }

    pub(super) fn created_at(&self) -> u64 {
        self.0.created
    }

    pub(super) fn is_expired(&self, now: u64) -> bool {
        now >= self.0.created.saturating_add(self.0.ttl)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state().status.is_final()
    }

    /// Whether a caller may know of it.
    pub(super) fn belongs_to(&self, session: &Session, modern: bool) -> bool {
        self.0.owner == *session.principal()
            && modern == (self.0.revision == Revision::V2026_07_28)
            && self
                .0
                .number
                .is_none_or(|number| number == session.number())
    }

    /// Whether one caller has both.
    pub(super) fn same_owner(&self, other: &Self) -> bool {
        self.0.owner == other.0.owner && self.0.number == other.0.number
    }

    /// What does the work, so that it can be stopped.
    pub(super) fn works(&self, work: AbortHandle, cx: Context) {
        let mut state = self.state();
        if state.status.is_final() {
            return;
        }
        state.work = Some(work);
        state.cx = Some(cx);
    }

    /// The state as it stands in messages, without what the status brings along.
    pub(super) fn snapshot(&self) -> Task {
        let poll = u64::try_from(self.0.server.0.settings.tasks.poll.as_millis());
        let poll = poll.unwrap_or(u64::MAX);
        let state = self.state();
        let task = Task {
            task_id: self.0.id.clone(),
            status: state.status,
            status_message: state.message.clone(),
            created_at: iso(self.0.created),
            last_updated_at: iso(state.updated),
            ..Task::default()
        };
        match self.0.revision {
            Revision::V2026_07_28 => Task {
                ttl_ms: Some(Some(self.0.ttl)),
                poll_interval_ms: Some(poll),
                ..task
            },
            _ => Task {
                ttl: Some(Some(self.0.ttl)),
                poll_interval: Some(poll),
                ..task
            },
        }
    }

    /// The answer to the request that became the task.
    pub(in crate::server) fn created(&self) -> Task {
        Task {
            result_type: Some(ResultType::Task),
            ..self.snapshot()
        }
    }

    /// The state with everything that the extension tells of it.
    pub(in crate::server) fn details(&self) -> Task {
        let mut task = self.snapshot();
        let mut guard = self.state();
        let state = &mut *guard;
        match state.outcome.as_mut() {
            Some(Ok(body)) => {
                let mut text = Vec::new();
                body.write(&self.0.server, self.0.revision, &mut text);
                task.result = Object::parse(&text).ok();
            }
            Some(Err(error)) => {
                let data = error.data().and_then(|data| Json::parse(data).ok());
                let mut object = ErrorObject::new(error.code(), error.message());
                object.data = data;
                task.error = Some(object);
            }
            None if state.status == TaskStatus::InputRequired => {
                let open = state.questions.iter();
                let open: InputRequests = open
                    .map(|open| (open.key.clone(), open.request.clone()))
                    .collect();
                task.input_requests = Some(open);
            }
            None => {}
        }
        task
    }

    /// The same as members of an object, for a notification.
    pub(in crate::server) fn members(&self) -> Vec<u8> {
        let mut text = Vec::new();
        self.details().encode_for(self.0.revision, &mut text);
        let inner = text
            .strip_prefix(b"{")
            .and_then(|text| text.strip_suffix(b"}"));
        inner.unwrap_or_default().to_vec()
    }

    /// Writes what the request would have been answered with, for `tasks/result`.
    pub(super) fn write_outcome(&self, out: &mut Vec<u8>) -> Result<(), RpcError> {
        let mut state = self.state();
        match state.outcome.as_mut() {
            Some(Ok(body)) => {
                let meta = body.meta().get_or_insert_default();
                meta.set_related_task(&RelatedTask {
                    task_id: self.0.id.clone(),
                    ..RelatedTask::default()
                });
                body.write(&self.0.server, self.0.revision, out);
                Ok(())
            }
            Some(Err(error)) => Err(error.clone()),
            None => Err(RpcError::invalid_request("the task was cancelled")),
        }
    }

    /// The handler is done.
    pub(super) fn finish(&self, outcome: Result<Body, RpcError>) {
        let failed = match &outcome {
            Ok(Body::Tool(result)) => {
                // In 2025-11-25 a tool that failed is a task that failed; in the extension it completed.
                result.is_error == Some(true) && self.0.revision != Revision::V2026_07_28
            }
            Ok(_) => false,
            Err(_) => true,
        };
        let status = match failed {
            true => TaskStatus::Failed,
            false => TaskStatus::Completed,
        };
        let message = match &outcome {
            Err(error) => Some(error.message().to_owned()),
            Ok(Body::Tool(result)) if failed => {
                let text = result.content.first().and_then(|block| block.as_text());
                text.map(str::to_owned)
            }
            Ok(_) => None,
        };
        self.end(status, message, Some(outcome));
    }

    /// Stops the work. False when it had ended.
    pub(super) fn cancel(&self) -> bool {
        let message = "the task was cancelled by request".to_owned();
        let (work, cx) = {
            let mut state = self.state();
            (state.work.take(), state.cx.take())
        };
        let ended = self.end(TaskStatus::Cancelled, Some(message), None);
        if let Some(cx) = cx {
            cx.cancel();
        }
        if let Some(work) = work {
            work.abort();
        }
        ended
    }

    fn end(
        &self,
        status: TaskStatus,
        message: Option<String>,
        outcome: Option<Result<Body, RpcError>>,
    ) -> bool {
        self.change(|state| {
            state.status = status;
            state.message = message;
            state.outcome = outcome;
            state.questions.clear();
            state.work = None;
            state.cx = None;
        })
    }

    /// Changes a task that has not ended, and tells those who wait for news of it.
    fn change(&self, change: impl FnOnce(&mut State)) -> bool {
        let now = self.0.server.0.settings.clock.unix_millis();
        let mut state = self.state();
        if state.status.is_final() {
            return false;
        }
        change(&mut state);
        state.updated = now;
        drop(state);
        self.0.changed.notify_waiters();
        self.announce();
        true
    }

    fn announce(&self) {
        if self.0.revision == Revision::V2026_07_28 {
            return self.0.server.0.hub.tell(&Change::Task(self.0.id.clone()));
        }
        if let Some(session) = self.0.session.get() {
            let mut text = Vec::new();
            let method = "notifications/tasks/status";
            write_notification(method, &self.snapshot(), self.0.revision, &mut text);
            session.send_aside(&text);
        }
    }

    /// Waits until it has ended.
    pub(super) async fn ended(&self) {
        loop {
            let mut waiting = std::pin::pin!(self.0.changed.notified());
            waiting.as_mut().enable();
            if self.has_ended() {
                return;
            }
            waiting.await;
        }
    }

    /// Puts a question of a modern task and waits for `tasks/update`.
    pub(in crate::server) async fn ask(
        &self,
        key: Option<&str>,
        request: InputRequest,
    ) -> Result<Json, AskError> {
        let (answer, answered) = oneshot::channel();
        let mut full = false;
        let asked = self.change(|state| {
            full = state.asked >= MOST_QUESTIONS;
            if full {
                return;
            }
            state.asked += 1;
            // A key is never used twice in a task's life.
            let key = match key {
                Some(key) => format!("{key}-{}", state.asked),
                None => format!("question-{}", state.asked),
            };
            state.questions.push(Question {
                key,
                request,
                answer,
            });
            state.status = TaskStatus::InputRequired;
        });
        match (full, asked) {
            (true, _) => Err(AskError::TooMany),
            (false, false) => Err(AskError::NoAnswer),
            (false, true) => answered.await.map_err(|_| AskError::NoAnswer),
        }
    }

    /// The client answers. Keys that nobody waits for are ignored, as the extension says.
    pub(super) fn answer(&self, key: &str, answer: Json) {
        let mut sender = None;
        self.change(|state| {
            let at = state.questions.iter().position(|open| open.key == key);
            if let Some(at) = at {
                sender = Some(state.questions.remove(at).answer);
            }
            if state.questions.is_empty() && state.status == TaskStatus::InputRequired {
                state.status = TaskStatus::Working;
            }
        });
        if let Some(sender) = sender {
            let _gone = sender.send(answer);
        }
    }

    /// A legacy task waits for its client until the guard is dropped.
    pub(in crate::server) fn wait_for_input(&self) -> Waiting {
        self.change(|state| {
            state.waiting += 1;
            state.status = TaskStatus::InputRequired;
        });
        Waiting(self.clone())
    }

    /// Where questions of a legacy task go: the stream of `tasks/result`, else the session's own; waits for one of them.
    pub(in crate::server) async fn stream(&self) -> Option<Outbound> {
        loop {
            let mut waiting = std::pin::pin!(self.0.changed.notified());
            waiting.as_mut().enable();
            let stream = self.state().stream.clone();
            if let Some(stream) = stream.filter(|stream| !stream.is_closed()) {
                return Some(stream);
            }
            let session = self.0.session.get()?;
            if let Some(standalone) = session.standalone() {
                return Some(standalone);
            }
            waiting.await;
        }
    }

    /// The client waits for the result on this stream.
    pub(super) fn lend(&self, stream: Outbound) {
        self.state().stream = Some(stream);
        self.0.changed.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A legacy task waits for its client.
pub(in crate::server) struct Waiting(TaskHandle);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.change(|state| {
            state.waiting = state.waiting.saturating_sub(1);
            if state.waiting == 0 {
                state.status = TaskStatus::Working;
            }
        });
    }
}

//! `tasks/get`, `tasks/result`, `tasks/list` and `tasks/cancel` of 2025-11-25; `tasks/get`, `tasks/update` and `tasks/cancel` of the
//! extension.

use std::future::poll_fn;
use std::sync::atomic::Ordering;
use std::task::Poll;

use interlock_wire::types::{
    CreateTaskResult, Decode, EmptyResult, Encode, Extra, ListTasksResult, Map, ResultType, Task,
    TaskIdParams,
};
use interlock_wire::{Id, Json, Method, Revision, json};

use super::TaskHandle;
use crate::RpcError;
use crate::server::body::Job;
use crate::server::context::Context;
use crate::server::handled::{Handled, Outcome, Pending, Reply};
use crate::server::session::{
    Ask, Session, knows_tasks, lacks_tasks, not_found, params, write_error,
};

impl Context {
    /// Lets the call go on as a task, from 2026-07-28, when the client knows the tasks extension: its request is answered now, and
    /// questions and the result wait in the task. Says whether the call is a task.
    ///
    /// Questions that decide whether there is anything to do belong before it.
    ///
    /// ```
    /// # use interlock_sdk::server::{CallError, Context};
    /// # async fn build() -> String { String::new() }
    /// async fn handler(cx: Context) -> Result<String, CallError> {
    ///     cx.detach().await;
    ///     Ok(build().await)
    /// }
    /// ```
    pub async fn detach(&self) -> bool {
        if self.0.task.get().is_none() {
            if !self.is_modern() || !knows_tasks(self) {
                return false;
            }
            self.session().server().0.tasks.prepare(self, None);
        }
        // The handler has to wait once for the call to be taken over.
        let mut waited = false;
        poll_fn(|task| match std::mem::replace(&mut waited, true) {
            true => Poll::Ready(()),
            false => {
                task.waker().wake_by_ref();
                Poll::Pending
            }
        })
        .await;
        self.0.detach.load(Ordering::Acquire)
    }
}

impl Session {
    /// Lets a call go on as a task and answers its request with that.
    pub(in crate::server) fn start_task(
        &self,
        ask: &Ask<'_, '_>,
        cx: Context,
        job: Job,
        reply: &mut Vec<u8>,
    ) -> Result<Handled, RpcError> {
        let task = self.server().0.tasks.start(&cx, job)?;
        let outcome = self.write_created(ask.id, ask.revision, &task.created(), reply);
        Ok(Handled::Replied(outcome))
    }

    pub(in crate::server) fn write_created(
        &self,
        id: &Id<'_>,
        revision: Revision,
        task: &Task,
        reply: &mut Vec<u8>,
    ) -> Outcome {
        match revision {
            Revision::V2026_07_28 => self.write(id, revision, task, reply),
            _ => {
                let result = CreateTaskResult {
                    task: task.clone(),
                    meta: None,
                    extra: Extra::default(),
                };
                self.write(id, revision, &result, reply)
            }
        }
    }

    pub(in crate::server) fn task_request(
        &self,
        ask: Ask<'_, '_>,
        reply: &mut Vec<u8>,
    ) -> Result<Handled, RpcError> {
        let outcome = match ask.revision {
            Revision::V2026_07_28 => self.modern_task(&ask, reply)?,
            Revision::V2025_11_25 if self.server().has_task_tools() => match ask.message.method() {
                Method::TasksResult => return self.task_result(ask, reply),
                Method::TasksList => self.list_tasks(&ask, reply)?,
                _ => self.legacy_task(&ask, reply)?,
            },
            _ => return Err(not_found(ask.message)),
        };
        Ok(Handled::Replied(outcome))
    }

    fn modern_task(&self, ask: &Ask<'_, '_>, reply: &mut Vec<u8>) -> Result<Outcome, RpcError> {
        let method = ask.message.method();
        if matches!(method, Method::TasksResult | Method::TasksList) {
            return Err(not_found(ask.message));
        }
        let meta = ask.message.meta();
        let out = ask.out.clone();
        let cx = Context::new(self.clone(), ask.revision, meta, out, Default::default());
        if !knows_tasks(&cx) {
            return Err(lacks_tasks());
        }
        let task = self.named_task(ask)?;
        match method {
            Method::TasksGet => {
                let details = Task {
                    result_type: Some(ResultType::Complete),
                    ..task.details()
                };
                return Ok(self.write(ask.id, ask.revision, &details, reply));
            }
            Method::TasksCancel => {
                task.cancel();
            }
            _ => {
                for (key, answer) in answers(ask)? {
                    task.answer(&key, answer);
                }
            }
        }
        Ok(self.write(ask.id, ask.revision, &EmptyResult::default(), reply))
    }

    fn legacy_task(&self, ask: &Ask<'_, '_>, reply: &mut Vec<u8>) -> Result<Outcome, RpcError> {
        let task = self.named_task(ask)?;
        match ask.message.method() {
            Method::TasksGet => {}
            Method::TasksCancel if task.cancel() => {}
            Method::TasksCancel => return Err(RpcError::invalid_params("the task has ended")),
            _ => return Err(not_found(ask.message)),
        }
        Ok(self.write(ask.id, ask.revision, &task.snapshot(), reply))
    }

    fn list_tasks(&self, ask: &Ask<'_, '_>, reply: &mut Vec<u8>) -> Result<Outcome, RpcError> {
        let start = self.start_of_page(ask, "tasks")?;
        let size = self.server().0.settings.page_size;
        let mine = self.server().0.tasks.of(self);
        let behind = start.saturating_add(size);
        let next_cursor = match mine.len() > behind {
            true => self.cursor("tasks", behind),
            false => None,
        };
        let page = mine.iter().skip(start).take(size);
        let result = ListTasksResult {
            tasks: page.map(TaskHandle::snapshot).collect(),
            next_cursor,
            ..ListTasksResult::default()
        };
        Ok(self.write(ask.id, ask.revision, &result, reply))
    }

    /// Waits until the task has ended; meanwhile its questions go to where the answer will go.
    fn task_result(&self, ask: Ask<'_, '_>, reply: &mut Vec<u8>) -> Result<Handled, RpcError> {
        let task = self.named_task(&ask)?;
        if task.has_ended() {
            let outcome = write_outcome(&task, ask.id, reply);
            return Ok(Handled::Replied(outcome));
        }
        task.lend(ask.out.clone());
        let out = ask.out.clone();
        let cx = Context::new(self.clone(), ask.revision, None, out, ask.arrival);
        let flight = self.take_off(ask.id.clone().into_owned(), cx)?;
        Ok(Handled::Later(Pending::new(async move {
            flight.until_cancelled(task.ended()).await?;
            let mut bytes = Vec::new();
            let outcome = write_outcome(&task, &flight.id, &mut bytes);
            flight.land();
            Some(Reply { bytes, outcome })
        })))
    }

    fn named_task(&self, ask: &Ask<'_, '_>) -> Result<TaskHandle, RpcError> {
        let named: TaskIdParams = params(ask)?;
        let modern = ask.is_modern();
        self.server().0.tasks.find(&named.task_id, self, modern)
    }
}

fn write_outcome(task: &TaskHandle, id: &Id<'_>, out: &mut Vec<u8>) -> Outcome {
    let mut result = Vec::new();
    match task.write_outcome(&mut result) {
        Ok(()) => {
            out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
            id.encode(out);
            out.extend_from_slice(br#","result":"#);
            out.extend_from_slice(&result);
            out.push(b'}');
            Outcome::Result
        }
        Err(fault) => write_error(&fault, Some(id), out),
    }
}

/// The answers of `tasks/update`, each an object.
fn answers(ask: &Ask<'_, '_>) -> Result<Map<Json>, RpcError> {
    let raw = ask
        .message
        .params()
        .and_then(|raw| json::member(raw, "inputResponses"));
    let read = Map::<Json>::decode(raw.unwrap_or(b"null"));
    let answers =
        read.map_err(|_| RpcError::invalid_params("`inputResponses` is not an object"))?;
    let objects = answers.iter().all(|(_, answer)| answer.is_object());
    match objects {
        true => Ok(answers),
        false => Err(RpcError::invalid_params(
            "an answer of `inputResponses` is not an object",
        )),
    }
}

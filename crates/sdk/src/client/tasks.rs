//! Tasks: work that goes on after its call was answered. 2025-11-25 has them in its core, 2026-07-28 as an extension; here they are one.

use std::collections::HashSet;
use std::time::Duration;

use interlock_wire::types::{
    CallToolResult, CreateTaskResult, Decode, Encode, Task, TaskIdParams, TaskParams, TaskStatus,
    TaskSupport,
};
use interlock_wire::{Method, Revision};
use tokio::time::Instant;

use super::Client;
use super::error::CallError;
use super::link::{Ask, from_object};
use super::message;
use super::options::CallOptions;
use super::rounds::Finished;

const DEFAULT_POLL: Duration = Duration::from_secs(1);
const SHORTEST_POLL: Duration = Duration::from_millis(20);
const LONGEST_POLL: Duration = Duration::from_secs(60);
/// However long a server keeps a task, nobody waits longer in one call.
const LONGEST_TASK: Duration = Duration::from_secs(24 * 60 * 60);

/// A task at the server. Its id outlives the connection: [`Client::task`] takes it up again.
#[derive(Debug, Clone)]
pub struct TaskHandle {
    client: Client,
    id: String,
    /// Keys of questions that were answered already.
    answered: HashSet<String>,
    /// As last seen.
    seen: Option<Task>,
}

impl TaskHandle {
    pub(super) fn new(client: Client, id: String, seen: Option<Task>) -> Self {
        Self {
            client,
            id,
            answered: HashSet::new(),
            seen,
        }
    }

    /// Names the task for good. Whoever knows it may be able to see the result, so it is kept as a secret is.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How the task stood when it was last looked at.
    pub fn last_seen(&self) -> Option<&Task> {
        self.seen.as_ref()
    }

    /// Asks how the task stands.
    ///
    /// # Errors
    /// [`CallError`] when the server does not know it, or does not answer.
    pub async fn get(&mut self) -> Result<&Task, CallError> {
        let raw = self.ask(Method::TasksGet).await?;
        let task = Task::decode(&raw)?;
        if task.task_id != self.id {
            return Err(CallError::Rule(
                "another task than the one that was asked for",
            ));
        }
        Ok(self.seen.insert(task))
    }

    /// Asks the server to stop. It may go on to the end all the same.
    ///
    /// # Errors
    /// [`CallError`] when the server does not know the task, or does not answer.
    pub async fn cancel(&mut self) -> Result<(), CallError> {
        self.ask(Method::TasksCancel).await.map(drop)
    }

    /// Waits for the result, and answers what the task asks on the way. When the returned future is dropped the task goes on.
    ///
    /// # Errors
    /// [`CallError`] when the task fails or is cancelled, or the server does not answer.
    pub async fn result(&mut self) -> Result<CallToolResult, CallError> {
        let end = Instant::now() + LONGEST_TASK;
        loop {
            if self.seen.is_none() {
                self.get().await?;
            }
            let Some(task) = self.seen.take() else {
                continue;
            };
            let legacy = self.is_legacy();
            match task.status {
                TaskStatus::Completed if legacy => return self.fetch().await,
                // Asking for the result is how a server of 2025-11-25 gets to ask its questions.
                TaskStatus::InputRequired if legacy => return self.fetch().await,
                TaskStatus::Completed => {
                    let result = task
                        .result
                        .ok_or(CallError::Rule("a task without its result"))?;
                    return Ok(CallToolResult::decode(result.raw())?);
                }
                TaskStatus::Failed if legacy => return self.fetch().await,
                TaskStatus::Failed => {
                    let error = task
                        .error
                        .ok_or(CallError::Rule("a failure without its error"))?;
                    return Err(CallError::TaskFailed(from_object(error)));
                }
                TaskStatus::Cancelled => return Err(CallError::TaskCancelled),
                TaskStatus::InputRequired => self.update(&task).await?,
                _ => {}
            }
            if Instant::now() >= end {
                return Err(CallError::Timeout(LONGEST_TASK));
            }
            tokio::time::sleep(pause(&task)).await;
        }
    }

    fn is_legacy(&self) -> bool {
        self.client.server().revision() != Revision::V2026_07_28
    }

    async fn ask(&self, method: Method) -> Result<Vec<u8>, CallError> {
        self.client.offered(method)?;
        let ask = Ask::new(method, TaskIdParams::new(self.id.as_str()).to_json()).about(&self.id);
        self.client.link().ask(&ask, self.client.options()).await
    }

    /// 2025-11-25: the result of a task is asked for by itself, and comes when the task is over.
    async fn fetch(&self) -> Result<CallToolResult, CallError> {
        let ask = Ask::new(
            Method::TasksResult,
            TaskIdParams::new(self.id.as_str()).to_json(),
        );
        let patient = CallOptions {
            timeout: LONGEST_TASK,
            longest: LONGEST_TASK,
            ..self.client.options().clone()
        };
        match self.client.link().ask(&ask, &patient).await {
            Ok(raw) => Ok(CallToolResult::decode(&raw)?),
            Err(CallError::Rpc(error)) => Err(CallError::TaskFailed(error)),
            Err(error) => Err(error),
        }
    }

    /// The extension: answers the questions that were not answered yet.
    async fn update(&mut self, task: &Task) -> Result<(), CallError> {
        let mut questions = message::Object::new();
        let mut new = Vec::new();
        for (key, question) in task.input_requests.iter().flat_map(|all| all.iter()) {
            if !self.answered.contains(key) {
                questions.raw(key, &question.to_json());
                new.push(key.to_owned());
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let answers = self.client.link().answers(&questions.end()).await?;
        let mut params = message::Object::new();
        params
            .text("taskId", &self.id)
            .raw("inputResponses", &answers);
        let ask = Ask {
            method: Method::Other,
            name: "tasks/update",
            params: params.end(),
            about: Some(self.id.clone()),
            headers: Vec::new(),
        };
        self.client.link().ask(&ask, self.client.options()).await?;
        self.answered.extend(new);
        Ok(())
    }
}

fn pause(task: &Task) -> Duration {
    let asked = task.poll_interval_ms.or(task.poll_interval);
    let wished = asked.map_or(DEFAULT_POLL, Duration::from_millis);
    wished.clamp(SHORTEST_POLL, LONGEST_POLL)
}

/// What a tool call became.
#[derive(Debug)]
#[non_exhaustive]
pub enum Started {
    /// It is done.
    Done(Box<CallToolResult>),
    /// It goes on at the server.
    Task(Box<TaskHandle>),
}

impl Client {
    /// Takes up a task whose id was kept.
    pub fn task(&self, id: impl Into<String>) -> TaskHandle {
        TaskHandle::new(self.clone(), id.into(), None)
    }

    /// The `task` parameter of 2025-11-25, when the call is to be one: the tool requires it, or allows what the caller asked for.
    pub(super) fn task_params(&self, tool: &str) -> Option<TaskParams> {
        let server = self.server();
        let declared = server.capabilities().tasks.as_ref();
        let offered = declared
            .and_then(|tasks| tasks.requests.as_ref()?.tools.as_ref()?.call.as_ref())
            .is_some();
        if !offered || server.revision() != Revision::V2025_11_25 {
            return None;
        }
        let wished = self.options().task;
        let support = self.link().core.tools.facts(tool)?.task.clone()?;
        let wanted = match support {
            TaskSupport::Required => true,
            TaskSupport::Optional => wished.is_some(),
            _ => false,
        };
        wanted.then(|| TaskParams {
            ttl: wished.flatten(),
            ..TaskParams::default()
        })
    }

    /// What a raw result of a tool call is.
    pub(super) fn started(&self, finished: &Finished, legacy: bool) -> Result<Started, CallError> {
        let task = match (finished.task, legacy) {
            (true, _) => Task::decode(&finished.result)?,
            (false, true) => CreateTaskResult::decode(&finished.result)?.task,
            (false, false) => {
                let result = CallToolResult::decode(&finished.result)?;
                return Ok(Started::Done(Box::new(result)));
            }
        };
        let handle = TaskHandle::new(self.clone(), task.task_id.clone(), Some(task));
        Ok(Started::Task(Box::new(handle)))
    }
}

/// Cancels a task whose caller is gone before it was over.
pub(super) struct CancelOnDrop {
    handle: Option<TaskHandle>,
}

impl CancelOnDrop {
    pub(super) fn new(handle: TaskHandle) -> Self {
        Self {
            handle: Some(handle),
        }
    }

    /// Waits for the result.
    pub(super) async fn result(mut self) -> Result<CallToolResult, CallError> {
        let Some(handle) = self.handle.as_mut() else {
            return Err(CallError::TaskCancelled);
        };
        let outcome = handle.result().await;
        self.handle = None;
        outcome
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if let Some(mut handle) = self.handle.take() {
            super::core::spawn(async move {
                // It ends by itself when it cannot be told to.
                drop(handle.cancel().await);
            });
        }
    }
}

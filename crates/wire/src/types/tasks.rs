//! Tasks: work that goes on after its request was answered. 2025-11-25 has them in its core, 2026-07-28 as the extension
//! `io.modelcontextprotocol/tasks`; [`Task`] has the members of both.

use super::{
    Decode, DecodeError, Encode, ErrorObject, Input, InputRequests, InputResponses, Meta, Output,
    RequestMeta, ResultType,
};
use crate::Object;

/// The name of the extension.
pub const TASKS_EXTENSION: &str = "io.modelcontextprotocol/tasks";

names! {
    /// How far a task is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub enum TaskStatus {
        /// It works.
        #[default]
        Working = "working",
        /// It waits for the client.
        InputRequired = "input_required",
        /// It is done; its result may still be a failure of the tool.
        Completed = "completed",
        /// It ended in an error.
        Failed = "failed",
        /// It was cancelled.
        Cancelled = "cancelled",
    }
}

message! {
    /// Asks for a request to be run as a task, in 2025-11-25.
    #[derive(Default)]
    pub struct TaskParams {
        /// For how many milliseconds to keep it.
        may ttl: u64 = "ttl";
    }

    /// A task. The same shape is the result of `tasks/get` and, in 2025-11-25, of `tasks/cancel`, and the parameters of a status
    /// notification.
    #[derive(Default)]
    pub struct Task {
        /// In the extension: `task` when it has just been made, `complete` when it was asked for.
        may result_type: ResultType = "resultType", since V2026_07_28;
        /// Names it.
        must task_id: String = "taskId";
        /// How far it is.
        must status: TaskStatus = "status";
        /// The same for people.
        may status_message: String = "statusMessage";
        /// An ISO 8601 time.
        must created_at: String = "createdAt";
        /// An ISO 8601 time.
        must last_updated_at: String = "lastUpdatedAt";
        /// In 2025-11-25: for how many milliseconds it is kept; `null` for ever.
        may ttl: Option<u64> = "ttl", until V2025_11_25, or None;
        /// In the extension: for how many milliseconds it is kept; `null` for ever.
        may ttl_ms: Option<u64> = "ttlMs", since V2026_07_28, or None;
        /// In 2025-11-25: how many milliseconds to wait between questions.
        may poll_interval: u64 = "pollInterval", until V2025_11_25;
        /// In the extension: how many milliseconds to wait between questions.
        may poll_interval_ms: u64 = "pollIntervalMs", since V2026_07_28;
        /// In the extension: what it waits for.
        may input_requests: InputRequests = "inputRequests", since V2026_07_28;
        /// In the extension: what came of it.
        may result: Object = "result", since V2026_07_28;
        /// In the extension: how it failed.
        may error: ErrorObject = "error", since V2026_07_28;
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// Instead of the result of a request that became a task, in 2025-11-25.
    pub struct CreateTaskResult {
        /// The task.
        must task: Task = "task";
        /// What rides along.
        may meta: Meta = "_meta";
    }

    /// Parameters of `tasks/get`, `tasks/result` and `tasks/cancel`.
    #[derive(Default)]
    pub struct TaskIdParams {
        /// Which task.
        must task_id: String = "taskId";
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta";
    }

    /// Parameters of `tasks/update`, in the extension.
    #[derive(Default)]
    pub struct UpdateTaskParams {
        /// Which task.
        must task_id: String = "taskId";
        /// Answers to what it waits for.
        must input_responses: InputResponses = "inputResponses";
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta";
    }

    /// Result of `tasks/list`, in 2025-11-25.
    #[derive(Default)]
    pub struct ListTasksResult {
        /// One page of tasks.
        must tasks: Vec<Task> = "tasks";
        /// Where the next page begins; none when this is the last.
        may next_cursor: String = "nextCursor";
        /// What rides along.
        may meta: Meta = "_meta";
    }
}

impl TaskStatus {
    /// Whether it stays so.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl TaskIdParams {
    /// Of a task.
    pub fn new(task_id: impl Into<String>) -> Self {
        Self {
            task_id: task_id.into(),
            ..Self::default()
        }
    }
}

/// What a request may be answered with: its result, or something that leads to it.
///
/// ```
/// use interlock_wire::types::{Answer, CallToolResult, Decode};
///
/// let raw = br#"{"resultType":"input_required","requestState":"s"}"#;
/// let answer = Answer::<CallToolResult>::decode(raw)?;
/// assert!(matches!(answer, Answer::InputRequired(_)));
/// # Ok::<(), interlock_wire::types::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Answer<T> {
    /// The result.
    Complete(T),
    /// Questions of the server.
    InputRequired(Box<super::InputRequiredResult>),
    /// A task of the extension.
    Task(Box<Task>),
    /// A task of 2025-11-25.
    LegacyTask(Box<CreateTaskResult>),
    /// Of a `resultType` that no revision and no extension here names: not an answer that can be understood.
    Unknown(Object),
}

impl<T: Decode> Decode for Answer<T> {
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        match input.look("resultType") {
            Some(br#""input_required""#) => Decode::read(input).map(Self::InputRequired),
            Some(br#""task""#) => Decode::read(input).map(Self::Task),
            Some(other) if other != br#""complete""# => Decode::read(input).map(Self::Unknown),
            None if is_task(input) => Decode::read(input).map(Self::LegacyTask),
            _ => T::read(input).map(Self::Complete),
        }
    }
}

/// Results of tools have no member `task`, and a task has a `taskId`.
fn is_task(input: &Input<'_>) -> bool {
    input
        .look("task")
        .is_some_and(|task| crate::json::member(task, "taskId").is_some())
}

impl<T: Encode> Encode for Answer<T> {
    fn write(&self, out: &mut Output<'_>) {
        match self {
            Self::Complete(result) => result.write(out),
            Self::InputRequired(result) => result.write(out),
            Self::Task(task) => task.write(out),
            Self::LegacyTask(result) => result.write(out),
            Self::Unknown(result) => result.write(out),
        }
    }
}

//! What a handler tells while it works: progress and log messages. They go where the answer will go, and before it.

use std::sync::PoisonError;

use interlock_wire::types::{
    Decode, LogLevel, LogParams, Meta, ProgressParams, RelatedTask, write_notification,
};
use interlock_wire::{Json, Revision, json};

use super::context::Context;
use super::session::SessionKind;

impl Context {
    /// Reports progress, when the client asked for it. It only grows: a smaller value than before is not sent.
    ///
    /// Waits while the client reads too slowly.
    ///
    /// ```
    /// # use interlock_sdk::server::{CallError, Context};
    /// async fn copy(files: Vec<String>, cx: Context) -> Result<(), CallError> {
    ///     let total = files.len() as f64;
    ///     for (done, file) in files.iter().enumerate() {
    ///         cx.progress(done as f64, total, file.as_str()).await;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub async fn progress<'a>(
        &self,
        progress: f64,
        total: impl Into<Option<f64>>,
        message: impl Into<Option<&'a str>>,
    ) {
        let Some(token) = self.meta_id("progressToken") else {
            return;
        };
        if !self.advance(progress) {
            return;
        }
        let mut params = ProgressParams::new(token, progress);
        params.total = total.into();
        params.message = message.into().map(str::to_owned);
        params.meta = self.related();
        self.notify("notifications/progress", &params).await;
    }

    /// Ends the connection that the answer would come on, in 2025-11-25 over HTTP: the client comes back for the rest after a
    /// while, so that a long call holds no connection. Elsewhere it does nothing.
    ///
    /// ```
    /// # use interlock_sdk::server::{CallError, Context};
    /// # async fn compute() -> String { String::new() }
    /// async fn slow(cx: Context) -> Result<String, CallError> {
    ///     cx.close_stream();
    ///     Ok(compute().await)
    /// }
    /// ```
    pub fn close_stream(&self) {
        let resumable = self.revision() == Revision::V2025_11_25;
        if resumable && self.session().kind() == SessionKind::HttpLegacy {
            self.0.out.cut();
        }
    }

    /// Sends a log message, when the client wants ones of that level.
    ///
    /// ```
    /// # use interlock_sdk::server::Context;
    /// # use interlock_wire::types::LogLevel;
    /// # async fn handler(cx: Context) {
    /// cx.log(LogLevel::Warning, "the cache is cold").await;
    /// # }
    /// ```
    pub async fn log(&self, level: LogLevel, data: impl Into<Json>) {
        self.log_as(None, level, data).await;
    }

    /// The same in the name of a part of the server.
    pub async fn log_as(
        &self,
        logger: impl Into<Option<&str>>,
        level: LogLevel,
        data: impl Into<Json>,
    ) {
        if self.least_level().is_none_or(|least| level < least) || !self.is_open() {
            return;
        }
        let mut params = LogParams::new(level, data);
        params.logger = logger.into().map(str::to_owned);
        params.meta = self.related();
        self.notify("notifications/message", &params).await;
    }

    /// From which level on messages are sent. A modern client has to ask for them.
    fn least_level(&self) -> Option<LogLevel> {
        match self.is_modern() {
            true => {
                let raw = json::member(self.raw_meta()?, "io.modelcontextprotocol/logLevel")?;
                LogLevel::decode(raw).ok()
            }
            false => Some(self.0.session.log_level()),
        }
    }

    fn meta_id(&self, key: &str) -> Option<interlock_wire::Id<'static>> {
        Decode::decode(json::member(self.raw_meta()?, key)?).ok()
    }

    fn advance(&self, progress: f64) -> bool {
        let mut last = self
            .0
            .progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match *last {
            Some(before) if progress > before => {
                *last = Some(progress);
                true
            }
            _ => false,
        }
    }

    fn is_open(&self) -> bool {
        let last = self
            .0
            .progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        last.is_some()
    }

    /// A message of 2025-11-25 says to which task it belongs.
    pub(super) fn related(&self) -> Option<Meta> {
        let task = self.0.task.get().filter(|_| !self.is_modern())?;
        let mut meta = Meta::default();
        meta.set_related_task(&RelatedTask {
            task_id: task.id().to_owned(),
            ..RelatedTask::default()
        });
        Some(meta)
    }

    async fn notify(&self, method: &str, params: &impl interlock_wire::types::Encode) {
        // The extension sends neither for tasks, and a legacy task's request was answered long ago.
        let out = match self.0.task.get() {
            Some(_) if self.is_modern() => return,
            Some(_) => self.0.session.standalone(),
            None => Some(self.0.out.clone()),
        };
        let mut text = Vec::with_capacity(160);
        write_notification(method, params, self.0.revision, &mut text);
        if let Some(out) = out {
            // A client that is gone misses nothing.
            let _gone = out.send(text).await;
        }
    }
}

//! Tower layers around calls: for logs, limits and policies of an application's own.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};

use interlock_wire::Method;
use tower_layer::Layer;
use tower_service::Service;

use super::body::{Body, Job};
use super::context::Context;
use crate::{BoxFuture, RpcError};

/// One call of a tool, a prompt, a resource or a completion on its way to its handler.
pub struct Call {
    pub(super) method: Method,
    pub(super) name: String,
    pub(super) cx: Context,
    pub(super) job: Job,
}

impl Call {
    /// `tools/call`, `prompts/get`, `resources/read` or `completion/complete`.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The tool's or prompt's name, or the resource's URI, as the client wrote it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Who calls, and all else that a handler knows.
    pub fn context(&self) -> &Context {
        &self.cx
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// What came of a [`Call`].
#[derive(Debug)]
pub struct Answer(pub(super) Body);

impl Answer {
    /// Whether a tool said that it failed.
    pub fn is_error(&self) -> bool {
        matches!(&self.0, Body::Tool(result) if result.is_error == Some(true))
    }
}

type Run = dyn Fn(Call) -> BoxFuture<'static, Result<Answer, RpcError>> + Send + Sync;

/// What a layer is put around: the handler, or the layers within.
#[derive(Clone)]
pub struct CallService(Arc<Run>);

impl CallService {
    fn innermost() -> Self {
        Self(Arc::new(|mut call| {
            Box::pin(async move { poll_fn(|task| call.job.poll(task)).await.map(Answer) })
        }))
    }

    pub(super) fn run(&self, call: Call) -> BoxFuture<'static, Result<Answer, RpcError>> {
        (self.0)(call)
    }
}

impl Service<Call> for CallService {
    type Response = Answer;
    type Error = RpcError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, RpcError>> + Send>>;

    fn poll_ready(&mut self, _task: &mut task::Context<'_>) -> Poll<Result<(), RpcError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        self.run(call)
    }
}

impl std::fmt::Debug for CallService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallService")
    }
}

/// Puts a layer around what there is.
pub(super) fn wrap<L>(inner: Option<CallService>, layer: L) -> CallService
where
    L: Layer<CallService>,
    L::Service: Service<Call, Response = Answer, Error = RpcError, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static,
{
    let service = layer.layer(inner.unwrap_or_else(CallService::innermost));
    CallService(Arc::new(move |call| {
        let mut service = service.clone();
        Box::pin(async move {
            poll_fn(|task| service.poll_ready(task)).await?;
            service.call(call).await
        })
    }))
}

//! A tower layer around every call: here it refuses callers without a scope.

use std::pin::Pin;
use std::task::{Context as Task, Poll};

use interlock_sdk::RpcError;
use interlock_sdk::duplex::ServeError;
use interlock_sdk::server::{Answer, Call, Context, Server};
use tower::{Layer, Service};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

#[derive(Clone)]
struct NeedsScope(&'static str);

#[derive(Clone)]
struct Guarded<S> {
    inner: S,
    scope: &'static str,
}

impl<S> Layer<S> for NeedsScope {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        let scope = self.0;
        Guarded { inner, scope }
    }
}

impl<S> Service<Call> for Guarded<S>
where
    S: Service<Call, Response = Answer, Error = RpcError, Future: Send + 'static>,
{
    type Response = Answer;
    type Error = RpcError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, RpcError>> + Send>>;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), RpcError>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let caller = call.context().principal();
        match caller.is_anonymous() || caller.has_scope(self.scope) {
            true => Box::pin(self.inner.call(call)),
            false => Box::pin(async { Err(RpcError::new(-31_001, "not allowed")) }),
        }
    }
}

fn main() -> Result<(), ServeError> {
    Server::builder("guarded", "1.0.0")
        .tool("now", "Tells the time", async |_: Nothing, _cx: Context| {
            Ok("12:00")
        })
        .layer(NeedsScope("clock:read"))
        .build()
        .run_stdio()
}

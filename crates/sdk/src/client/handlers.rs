//! What a client does when the server asks it, in whichever era and way the question arrives.

use std::sync::{Arc, Mutex, PoisonError};

use interlock_wire::error_reply::INTERNAL_ERROR;
use interlock_wire::types::{
    CreateMessageParams, CreateMessageResult, Decode, ElicitAction, ElicitFormParams, ElicitParams,
    ElicitResult, ElicitUrlParams, Encode, FormSchema, ListRootsResult, LogParams, Root,
};
use interlock_wire::{Json, Method, Revision};

use super::change::{Change, change};
use super::elicit;
use super::machine::{Grants, Ignored};
use super::sampling;
use crate::{BoxFuture, RpcError};

/// Answers one kind of question.
pub(crate) type Handler<P, R> =
    Arc<dyn Fn(P) -> BoxFuture<'static, Result<R, RpcError>> + Send + Sync>;
/// Hears one kind of notification, on the reading side: it must not block.
pub(crate) type Hook<T> = Arc<dyn Fn(T) + Send + Sync>;

/// Hears notifications that only their name tells apart.
pub(crate) type NamedHook = Arc<dyn Fn(&str, Json) + Send + Sync>;

/// Questions that are worked on at the same time; more are refused.
const MOST_AT_ONCE: usize = 32;

/// See the module's head.
#[derive(Default)]
pub(crate) struct Handlers {
    pub(crate) sampling: Option<Handler<CreateMessageParams, CreateMessageResult>>,
    /// Whether the sampling handler gives its model the server's tools.
    pub(crate) sampling_tools: bool,
    pub(crate) form: Option<Handler<ElicitFormParams, ElicitResult>>,
    pub(crate) url: Option<Handler<ElicitUrlParams, ElicitResult>>,
    pub(crate) has_roots: bool,
    pub(crate) roots: Mutex<Vec<Root>>,
    pub(crate) log: Option<Hook<LogParams>>,
    pub(crate) change: Option<Hook<Change>>,
    pub(crate) other: Option<NamedHook>,
    pub(crate) ignored: Option<Hook<Ignored>>,
}

impl Handlers {
    pub(crate) fn grants(&self) -> Grants {
        Grants {
            roots: self.has_roots,
            sampling: self.sampling.is_some(),
            elicitation: self.form.is_some() || self.url.is_some(),
        }
    }

    pub(crate) fn most_at_once(&self) -> usize {
        MOST_AT_ONCE
    }

    /// The result of one question: a raw object as `revision` has it.
    pub(crate) fn answer(
        &self,
        method: Method,
        params: &[u8],
        revision: Revision,
    ) -> BoxFuture<'static, Result<Vec<u8>, RpcError>> {
        match method {
            Method::RootsList if self.has_roots => self.list_roots(revision),
            Method::CreateMessage => self.create_message(params, revision),
            Method::Elicit => self.elicit(params, revision),
            _ => ready(Err(RpcError::method_not_found(
                method.name().unwrap_or("this method"),
            ))),
        }
    }

    fn list_roots(&self, revision: Revision) -> BoxFuture<'static, Result<Vec<u8>, RpcError>> {
        let roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        let result = ListRootsResult {
            roots: roots.clone(),
            ..ListRootsResult::default()
        };
        ready(Ok(encoded(&result, revision)))
    }

    fn create_message(
        &self,
        params: &[u8],
        revision: Revision,
    ) -> BoxFuture<'static, Result<Vec<u8>, RpcError>> {
        let Some(handler) = &self.sampling else {
            return ready(Err(RpcError::method_not_found("sampling/createMessage")));
        };
        let judged = CreateMessageParams::decode(params)
            .map_err(|error| RpcError::invalid_params(error.to_string()))
            .and_then(|params| {
                sampling::judge(&params, self.sampling_tools)?;
                Ok(params)
            });
        match judged {
            Ok(params) => encode_later(handler(params), revision),
            Err(error) => ready(Err(error)),
        }
    }

    fn elicit(
        &self,
        params: &[u8],
        revision: Revision,
    ) -> BoxFuture<'static, Result<Vec<u8>, RpcError>> {
        let params = match ElicitParams::decode(params) {
            Ok(params) => params,
            Err(error) => return ready(Err(RpcError::invalid_params(error.to_string()))),
        };
        let declined = || {
            ready(Ok(encoded(
                &ElicitResult::new(ElicitAction::Decline),
                revision,
            )))
        };
        match (params, &self.form, &self.url) {
            // A secret typed into a form would pass through us and whatever else sits in between: the person is not even asked.
            (ElicitParams::Form(params), Some(_), _) if elicit::asks_for_secret(&params) => {
                declined()
            }
            (ElicitParams::Form(params), Some(handler), _) => {
                let schema = params.requested_schema.clone();
                let work = handler(params);
                Box::pin(async move { Ok(encoded(&fitting(work.await?, &schema)?, revision)) })
            }
            (ElicitParams::Url(params), _, Some(_)) if !elicit::may_open(&params.url) => declined(),
            (ElicitParams::Url(params), _, Some(handler)) => {
                encode_later(handler(params), revision)
            }
            _ => ready(Err(RpcError::invalid_params(
                "this client does not ask in that mode",
            ))),
        }
    }

    /// A notification that the machine let pass.
    pub(crate) fn notice(&self, method: Method, name: &str, params: &[u8]) {
        match method {
            Method::LogMessage => {
                if let (Some(log), Ok(params)) = (&self.log, LogParams::decode(params)) {
                    log(params);
                }
            }
            _ => match change(method, name, params) {
                Some(seen) => {
                    if let Some(hook) = &self.change {
                        hook(seen);
                    }
                }
                None => self.other(method, name, params),
            },
        }
    }

    fn other(&self, method: Method, name: &str, params: &[u8]) {
        let name = method.name().unwrap_or(name);
        if let (Some(other), Ok(params)) = (&self.other, Json::decode(params)) {
            other(name, params);
        }
    }

    /// A message without effect.
    pub(crate) fn ignored(&self, why: Ignored) {
        if let Some(hook) = &self.ignored {
            hook(why);
        }
    }
}

/// An accepted answer that does not fit its form is a fault of the handler, and is not sent. What a form requires and starts with a value
/// keeps that value where the handler gives none.
fn fitting(mut result: ElicitResult, schema: &FormSchema) -> Result<ElicitResult, RpcError> {
    if result.action == ElicitAction::Accept {
        elicit::fill(schema, &mut result);
        crate::server::form::check(schema, result.content.as_ref())
            .map_err(|fault| RpcError::new(INTERNAL_ERROR, format!("the answer: {fault}")))?;
    }
    Ok(result)
}

pub(crate) fn ready<T: Send + 'static>(value: T) -> BoxFuture<'static, T> {
    Box::pin(std::future::ready(value))
}

fn encode_later<R: Encode + Send + 'static>(
    work: BoxFuture<'static, Result<R, RpcError>>,
    revision: Revision,
) -> BoxFuture<'static, Result<Vec<u8>, RpcError>> {
    Box::pin(async move { work.await.map(|result| encoded(&result, revision)) })
}

fn encoded(value: &impl Encode, revision: Revision) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    value.encode_for(revision, &mut out);
    out
}

//! Work and what comes of it, for the kinds of calls that have handlers.

use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use interlock_wire::types::{
    CacheScope, CallToolResult, CompleteResult, Completion, Decode, EmptyResult, Encode,
    GetPromptResult, Meta, ReadResourceResult,
};
use interlock_wire::{Json, Object, Revision};
use jsonschema::Validator;

use super::fault::CallError;
use super::layers::Answer;
use super::offers::{ReadFuture, ToolFuture};
use super::registry::Server;
use super::schema;
use crate::{BoxFuture, RpcError};

/// What a handler gave.
#[derive(Debug)]
pub(super) enum Body {
    Tool(CallToolResult),
    Prompt(GetPromptResult),
    Read(ReadResourceResult),
    Complete(CompleteResult),
    /// Of an extension: what it has besides `resultType` and `_meta` is kept as it is.
    Other(EmptyResult),
}

/// A handler at work.
pub(super) enum Job {
    Tool(ToolFuture, Option<Arc<Validator>>),
    Prompt(BoxFuture<'static, Result<GetPromptResult, CallError>>),
    Read(ReadFuture),
    Complete(BoxFuture<'static, Result<Completion, CallError>>),
    Other(BoxFuture<'static, Result<Object, CallError>>),
    Layered(BoxFuture<'static, Result<Answer, RpcError>>),
    /// The answer was known at once.
    Failed(Option<CallError>),
}

impl Job {
    pub(super) fn poll(&mut self, task: &mut Task<'_>) -> Poll<Result<Body, RpcError>> {
        Poll::Ready(match self {
            Self::Tool(work, output) => tool_body(ready!(work.as_mut().poll(task)), output),
            Self::Prompt(work) => match ready!(work.as_mut().poll(task)) {
                Ok(result) => Ok(Body::Prompt(result)),
                Err(error) => Err(error.into_rpc()),
            },
            Self::Read(work) => match ready!(work.as_mut().poll(task)) {
                Ok(result) => Ok(Body::Read(result)),
                Err(error) => Err(error.into_rpc()),
            },
            Self::Complete(work) => match ready!(work.as_mut().poll(task)) {
                Ok(completion) => Ok(Body::Complete(CompleteResult {
                    completion,
                    ..CompleteResult::default()
                })),
                Err(error) => Err(error.into_rpc()),
            },
            Self::Other(work) => match ready!(work.as_mut().poll(task)) {
                // Our own bug, when its author's result has a `resultType` or `_meta` that is none.
                Ok(result) => EmptyResult::decode(result.raw())
                    .map(Body::Other)
                    .map_err(|_| RpcError::internal()),
                Err(error) => Err(error.into_rpc()),
            },
            Self::Layered(work) => ready!(work.as_mut().poll(task)).map(|answer| answer.0),
            Self::Failed(error) => match error.take() {
                Some(error) => tool_body(Err(error), &None),
                None => Err(RpcError::internal()),
            },
        })
    }
}

fn tool_body(
    given: Result<CallToolResult, CallError>,
    output: &Option<Arc<Validator>>,
) -> Result<Body, RpcError> {
    let result = match given {
        Ok(result) => result,
        Err(error) => return error.into_tool_result().map(Body::Tool),
    };
    let Some(validator) = output.as_ref().filter(|_| result.is_error != Some(true)) else {
        return Ok(Body::Tool(result));
    };
    // A result that breaks the tool's own promise is our bug, and reaches nobody.
    let structured = result.structured_content.as_ref();
    let kept = structured.is_some_and(|value| schema::check(validator, value.raw()).is_ok());
    match kept {
        true => Ok(Body::Tool(result)),
        false => Err(RpcError::internal()),
    }
}

impl Body {
    /// Appends the result object, as `revision` has it.
    pub(super) fn write(&mut self, server: &Server, revision: Revision, out: &mut Vec<u8>) {
        if let (Self::Read(result), Revision::V2026_07_28) = (&mut *self, revision) {
            // What a resource holds may be its reader's own, so only its handler may say otherwise.
            result.ttl_ms.get_or_insert(0);
            result.cache_scope.get_or_insert(CacheScope::Private);
        }
        if let (Self::Tool(result), true) = (&mut *self, revision < Revision::V2026_07_28) {
            // Earlier revisions want an object there; the text says the same.
            result.structured_content = result.structured_content.take().filter(Json::is_object);
        }
        match self {
            Self::Tool(result) => sign(&mut result.meta, server, revision),
            Self::Prompt(result) => sign(&mut result.meta, server, revision),
            Self::Read(result) => sign(&mut result.meta, server, revision),
            Self::Complete(result) => sign(&mut result.meta, server, revision),
            Self::Other(result) => sign(&mut result.meta, server, revision),
        }
        let signed = match self {
            Self::Tool(result) => {
                result.encode_for(revision, out);
                result.meta.is_some()
            }
            Self::Prompt(result) => {
                result.encode_for(revision, out);
                result.meta.is_some()
            }
            Self::Read(result) => {
                result.encode_for(revision, out);
                result.meta.is_some()
            }
            Self::Complete(result) => {
                result.encode_for(revision, out);
                result.meta.is_some()
            }
            Self::Other(result) => {
                result.encode_for(revision, out);
                result.meta.is_some()
            }
        };
        if revision == Revision::V2026_07_28 && !signed && out.last() == Some(&b'}') {
            out.pop();
            out.extend_from_slice(&server.0.signature);
        }
    }

    /// Says to which task a result of 2025-11-25 belongs.
    pub(super) fn meta(&mut self) -> &mut Option<Meta> {
        match self {
            Self::Tool(result) => &mut result.meta,
            Self::Prompt(result) => &mut result.meta,
            Self::Read(result) => &mut result.meta,
            Self::Complete(result) => &mut result.meta,
            Self::Other(result) => &mut result.meta,
        }
    }
}

/// A result with a `_meta` of its own gets the signature into it; the others get it appended as text.
fn sign(meta: &mut Option<Meta>, server: &Server, revision: Revision) {
    if let (Some(meta), Revision::V2026_07_28) = (meta, revision) {
        let key = "io.modelcontextprotocol/serverInfo";
        if meta.get(key).is_none() {
            meta.insert(key, server.info_json());
        }
    }
}

/// What a modern result has where it has no members of its own: `{"resultType":"complete","_meta":…}`.
pub(super) fn write_signed(
    server: &Server,
    revision: Revision,
    object: &impl Encode,
    out: &mut Vec<u8>,
) {
    object.encode_for(revision, out);
    if revision == Revision::V2026_07_28 && out.last() == Some(&b'}') {
        out.pop();
        if out.last() == Some(&b'{') {
            // Never the case for results, which have a `resultType`.
            out.extend_from_slice(br#""resultType":"complete""#);
        }
        out.extend_from_slice(&server.0.signature);
    }
}

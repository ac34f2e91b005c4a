//! Resources, one by one and by template, and what reads them.

use std::sync::Arc;

use interlock_wire::types::{Map, ReadResourceResult, Resource, ResourceTemplate};
use interlock_wire::uri_template::{Template, Value};

use super::super::context::Context;
use super::super::fault::CallError;
use super::super::output::IntoContents;
use crate::BoxFuture;

/// A handler at work.
pub(in crate::server) type ReadFuture = BoxFuture<'static, Result<ReadResourceResult, CallError>>;

/// Reads a resource, its types erased.
pub(in crate::server) type Reader = Arc<dyn Fn(Requested, Context) -> ReadFuture + Send + Sync>;

/// Which resource a handler is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Requested {
    /// Its URI, as the client wrote it.
    pub uri: String,
    /// The template's variables that lead to it, decoded; none for a resource of its own.
    pub variables: Map<String>,
}

#[derive(Clone)]
pub(in crate::server) struct ResourceEntry {
    pub(in crate::server) definition: Resource,
    pub(in crate::server) reader: Reader,
}

#[derive(Clone)]
pub(in crate::server) struct TemplateEntry {
    pub(in crate::server) definition: ResourceTemplate,
    pub(in crate::server) template: Option<Template>,
    pub(in crate::server) reader: Reader,
}

impl TemplateEntry {
    /// The variables that lead to a URI, decoded. None when it does not belong to the template, and none when a variable
    /// climbs: `.` and `..` are no names of resources.
    pub(in crate::server) fn variables(&self, uri: &str) -> Option<Map<String>> {
        let matched = self.template.as_ref()?.matches(uri)?;
        if matched.has_dots() {
            return None;
        }
        let joined = |value: &Value| value.texts().collect::<Vec<_>>().join(",");
        Some(
            matched
                .iter()
                .map(|(name, value)| (name, joined(value)))
                .collect(),
        )
    }
}

/// Erases the types of a reading handler.
pub(in crate::server) fn reader<F, Fut, R>(mime_type: Option<String>, handler: F) -> Reader
where
    F: Fn(Requested, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, CallError>> + Send + 'static,
    R: IntoContents + 'static,
{
    let mime_type: Option<Arc<str>> = mime_type.map(Into::into);
    Arc::new(move |requested, cx| {
        let (uri, mime_type) = (requested.uri.clone(), mime_type.clone());
        let work = handler(requested, cx);
        Box::pin(async move { Ok(work.await?.into_contents(&uri, mime_type.as_deref())) })
    })
}

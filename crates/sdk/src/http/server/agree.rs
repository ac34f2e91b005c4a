//! Headers and body must say the same (2026-07-28, "Server Validation"), before anything is dispatched.
//!
//! Something between client and server may have let the request pass for what its headers say. What is executed is the body,
//! so a difference is an attack or a fault; both are refused.

use http::{HeaderMap, HeaderValue, StatusCode};
use interlock_wire::header::{METHOD, NAME, PROTOCOL_VERSION, ParamHeaders, decode};
use interlock_wire::{Era, Kind, Message, Method, Revision, json};

use super::refusal::Refusal;
use crate::RpcError;

/// The era that a message is served in, from its `MCP-Protocol-Version` and its `_meta`.
pub(super) fn era_of(headers: &HeaderMap, message: &Message<'_>) -> Result<Era, Refusal> {
    let id = message.id();
    let inside = message.meta_version().and_then(json::as_str);
    let Some(named) = only(headers, PROTOCOL_VERSION, message)? else {
        return match inside {
            // Before 2025-06-18 there was no such header, and some later clients forget it.
            None => Ok(Era::Legacy),
            Some(_) => Err(Refusal::mismatch(
                id,
                "header `mcp-protocol-version` is missing",
            )),
        };
    };
    let named = named.to_str().unwrap_or_default();
    if inside.is_some_and(|inside| inside != named) {
        let text = "header `mcp-protocol-version` is not the revision of `_meta`";
        return Err(Refusal::mismatch(id, text));
    }
    let Some(revision) = Revision::from_name(named) else {
        let mut supported = Revision::ALL;
        supported.reverse();
        let error = RpcError::unsupported_version(named, &supported);
        return Err(Refusal::rpc(StatusCode::BAD_REQUEST, id, &error));
    };
    Ok(revision.era())
}

/// Whether `Mcp-Method` and `Mcp-Name` say what the body says. Legacy clients need not send them, but may not lie in them.
pub(super) fn standard(
    headers: &HeaderMap,
    message: &Message<'_>,
    era: Era,
) -> Result<(), Refusal> {
    let (method, is_request) = match &message.kind {
        Kind::Request { method, .. } => (method.as_ref(), true),
        Kind::Notification { method, .. } => (method.as_ref(), false),
        Kind::Response { .. } | Kind::Error { .. } => ("", false),
    };
    let required = era == Era::Modern && is_request;
    match only(headers, METHOD, message)? {
        Some(value) if value.as_bytes() == method.as_bytes() => {}
        None if !required => {}
        Some(_) => return Err(differs(message, METHOD)),
        None => return Err(missing(message, METHOD)),
    }
    let Some(value) = only(headers, NAME, message)? else {
        return match required && named_by(message.method()) && message.about().is_some() {
            true => Err(missing(message, NAME)),
            false => Ok(()),
        };
    };
    let value = decode(value.as_bytes()).map_err(|_| malformed(message, NAME))?;
    match message.about() {
        Some(object) if object == value => Ok(()),
        _ => Err(differs(message, NAME)),
    }
}

/// Whether the `Mcp-Param-*` headers say what the arguments of the called tool say.
pub(super) fn params(
    headers: &HeaderMap,
    message: &Message<'_>,
    expected: &ParamHeaders,
) -> Result<(), Refusal> {
    let values = |name: &str| headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let arguments = message.arguments().unwrap_or(b"{}");
    let agreed = expected.agree(arguments, values);
    agreed.map_err(|mismatch| Refusal::mismatch(message.id(), mismatch.to_string()))
}

/// Whether a request has what `_meta` must hold in 2026-07-28.
///
/// A probe is answered to the letter, because it is how a client finds out whether it speaks the revision right. Later requests
/// whose revision the header names are served as those of a client without capabilities, which gives it nothing.
pub(super) fn meta(message: &Message<'_>) -> Result<(), Refusal> {
    if message.method() != Method::Discover {
        return Ok(());
    }
    let lacking = match (message.meta_version(), message.meta_capabilities()) {
        (None, _) => "`_meta` lacks `io.modelcontextprotocol/protocolVersion`",
        (_, None) => "`_meta` lacks `io.modelcontextprotocol/clientCapabilities`",
        _ => return Ok(()),
    };
    let error = RpcError::invalid_params(lacking);
    Err(Refusal::rpc(StatusCode::BAD_REQUEST, message.id(), &error))
}

/// Methods that need `Mcp-Name`.
fn named_by(method: Method) -> bool {
    matches!(
        method,
        Method::ToolsCall | Method::PromptsGet | Method::ResourcesRead
    )
}

/// The one value of a header; two may mean different things to different readers.
fn only<'h>(
    headers: &'h HeaderMap,
    name: &str,
    message: &Message<'_>,
) -> Result<Option<&'h HeaderValue>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(malformed(message, name)),
    }
}

fn missing(message: &Message<'_>, name: &str) -> Refusal {
    Refusal::mismatch(message.id(), format!("header `{name}` is missing"))
}

fn differs(message: &Message<'_>, name: &str) -> Refusal {
    Refusal::mismatch(
        message.id(),
        format!("header `{name}` does not match the body"),
    )
}

fn malformed(message: &Message<'_>, name: &str) -> Refusal {
    Refusal::mismatch(message.id(), format!("header `{name}` is malformed"))
}

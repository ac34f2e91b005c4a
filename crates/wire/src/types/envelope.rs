//! Whole messages: a method and its parameters, a result, an error, each as one line without its end.

use super::{Encode, ErrorObject};
use crate::json::write_string;
use crate::{Id, Revision};

/// Appends a request.
///
/// ```
/// use interlock_wire::types::{CallToolParams, write_request};
/// use interlock_wire::{Id, Revision};
///
/// let mut line = Vec::new();
/// write_request(&Id::Number(1), "tools/call", &CallToolParams::new("now"), Revision::V2025_11_25, &mut line);
/// assert_eq!(line, br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"now"}}"#);
/// ```
pub fn write_request(
    id: &Id<'_>,
    method: &str,
    params: &impl Encode,
    revision: Revision,
    out: &mut Vec<u8>,
) {
    head(id, out);
    out.extend_from_slice(br#","method":"#);
    write_string(method, out);
    out.extend_from_slice(br#","params":"#);
    params.encode_for(revision, out);
    out.push(b'}');
}

/// Appends a notification.
pub fn write_notification(
    method: &str,
    params: &impl Encode,
    revision: Revision,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(br#"{"jsonrpc":"2.0","method":"#);
    write_string(method, out);
    out.extend_from_slice(br#","params":"#);
    params.encode_for(revision, out);
    out.push(b'}');
}

/// Appends a response with a result.
pub fn write_result(id: &Id<'_>, result: &impl Encode, revision: Revision, out: &mut Vec<u8>) {
    head(id, out);
    out.extend_from_slice(br#","result":"#);
    result.encode_for(revision, out);
    out.push(b'}');
}

/// Appends a response with an error; without an id when the request's could not be read.
pub fn write_error(
    id: Option<&Id<'_>>,
    error: &ErrorObject,
    revision: Revision,
    out: &mut Vec<u8>,
) {
    match id {
        Some(id) => head(id, out),
        // JSON-RPC 2.0 wants null there, which every reader of every revision takes.
        None => out.extend_from_slice(br#"{"jsonrpc":"2.0","id":null"#),
    }
    out.extend_from_slice(br#","error":"#);
    error.encode_for(revision, out);
    out.push(b'}');
}

fn head(id: &Id<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    id.write(out);
}

//! Error responses of our own, valid in every revision.

use crate::json::write_string;
use crate::{Blame, Id, Reject, RejectCode, Revision};

/// JSON-RPC 2.0: the line could not be parsed.
pub const PARSE_ERROR: i64 = -32700;
/// JSON-RPC 2.0: not a valid request here and now.
pub const INVALID_REQUEST: i64 = -32600;
/// JSON-RPC 2.0: no such method, or not in this direction.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// JSON-RPC 2.0: the parameters are not acceptable.
pub const INVALID_PARAMS: i64 = -32602;
/// JSON-RPC 2.0: the other side failed.
pub const INTERNAL_ERROR: i64 = -32603;
/// MCP 2026-07-28: the revision is not supported.
pub const UNSUPPORTED_VERSION: i64 = -32022;
/// Interlock refused: not approved, withheld, over a limit. Outside of every range that JSON-RPC and MCP reserve.
pub const REFUSED: i64 = -31000;

/// An error response without its line end. `data` is raw JSON that the caller vouches for.
///
/// Without an id the member is `null`, as JSON-RPC 2.0 says.
pub fn refusal(id: Option<&Id<'_>>, code: i64, message: &str, data: Option<&[u8]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(96 + message.len());
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    match id {
        Some(id) => id.write(&mut out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(br#","error":{"code":"#);
    out.extend_from_slice(code.to_string().as_bytes());
    out.extend_from_slice(br#","message":"#);
    write_string(message, &mut out);
    if let Some(data) = data {
        out.extend_from_slice(br#","data":"#);
        out.extend_from_slice(data);
    }
    out.extend_from_slice(b"}}");
    out
}

/// The error of 2026-07-28 for a revision that nobody here speaks.
pub fn unsupported_version(id: &Id<'_>, requested: &str) -> Vec<u8> {
    let mut data = br#"{"supported":["#.to_vec();
    for (index, revision) in Revision::ALL.iter().rev().enumerate() {
        if index > 0 {
            data.push(b',');
        }
        write_string(revision.name(), &mut data);
    }
    data.extend_from_slice(br#"],"requested":"#);
    write_string(requested, &mut data);
    data.push(b'}');
    refusal(
        Some(id),
        UNSUPPORTED_VERSION,
        "unsupported protocol version",
        Some(&data),
    )
}

/// The one place that maps a refused line to a JSON-RPC error code.
pub fn code_of(reject: &Reject) -> i64 {
    match reject.code {
        RejectCode::NotJson
        | RejectCode::ByteOrderMark
        | RejectCode::Utf8
        | RejectCode::Syntax
        | RejectCode::Trailing
        | RejectCode::CarriageReturn
        | RejectCode::Surrogate => PARSE_ERROR,
        RejectCode::Params | RejectCode::NulText => INVALID_PARAMS,
        _ if reject.blame == Blame::Limits => REFUSED,
        _ => INVALID_REQUEST,
    }
}

//! Writing answers: the envelope, and what each revision wants around a result.

use interlock_wire::{Id, Revision};

use super::handled::Outcome;
use super::output::{Failure, ToolError, ToolReply};
use super::registry::Server;
use crate::RpcError;

/// Writes a result: the envelope, what `members` writes (each `"name":value`, with a comma between them, at least one when
/// the revision is legacy), and what a modern revision adds.
pub(super) fn result(
    server: &Server,
    revision: Revision,
    id: &Id<'_>,
    out: &mut Vec<u8>,
    members: impl FnOnce(&mut Vec<u8>),
) -> Outcome {
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    id.write(out);
    out.extend_from_slice(br#","result":{"#);
    let modern = revision == Revision::V2026_07_28;
    if modern {
        out.extend_from_slice(br#""resultType":"complete","#);
    }
    members(out);
    if modern {
        if out.last() != Some(&b',') {
            out.push(b',');
        }
        out.extend_from_slice(br#""_meta":{"io.modelcontextprotocol/serverInfo":"#);
        out.extend_from_slice(&server.0.info);
        out.push(b'}');
    }
    out.extend_from_slice(b"}}");
    Outcome::Result
}

/// Writes an error response.
pub(super) fn error(error: &RpcError, id: Option<&Id<'_>>, out: &mut Vec<u8>) -> Outcome {
    error.write(id, out);
    Outcome::Error(error.code())
}

/// Writes what a tool gave.
pub(super) fn tool(
    server: &Server,
    revision: Revision,
    id: &Id<'_>,
    given: Result<ToolReply, ToolError>,
    out: &mut Vec<u8>,
) -> Outcome {
    let reply = match given {
        Ok(reply) => reply,
        Err(ToolError(Failure::Told(text))) => ToolReply::error(&text),
        Err(ToolError(Failure::Rpc(fault))) => return error(&fault, Some(id), out),
    };
    result(server, revision, id, out, |out| {
        out.extend_from_slice(br#""content":"#);
        out.extend_from_slice(&reply.content);
        if reply.is_error {
            out.extend_from_slice(br#","isError":true"#);
        }
    })
}

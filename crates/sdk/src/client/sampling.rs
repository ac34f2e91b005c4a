//! What a request for the client's model has to keep to.

use interlock_wire::types::{ContentBlock, CreateMessageParams, Role, SamplingMessage};

use crate::RpcError;

/// Judges the request before the handler sees it. `tools` says whether the client declared `sampling.tools`.
///
/// 2025-11-25, "Tool use and result balance": every use of a tool is followed by a message of results only, one for each.
pub(crate) fn judge(params: &CreateMessageParams, tools: bool) -> Result<(), RpcError> {
    if !tools && (params.tools.is_some() || params.tool_choice.is_some()) {
        return Err(RpcError::invalid_params(
            "this client lends its model no tools",
        ));
    }
    let mut open: Vec<&str> = Vec::new();
    for message in &params.messages {
        let results = results(message);
        if !results.is_empty()
            && (results.len() != blocks(message).len() || message.role != Role::User)
        {
            return Err(RpcError::invalid_params(
                "tool results stand in user messages of their own",
            ));
        }
        let balanced = open.len() == results.len() && open.iter().all(|id| results.contains(id));
        if !balanced {
            return Err(RpcError::invalid_params(
                "a use of a tool without its result, or the other way round",
            ));
        }
        open = uses(message);
    }
    // Uses at the very end wait for the model's next turn, which is what is asked for.
    Ok(())
}

fn blocks(message: &SamplingMessage) -> &[ContentBlock] {
    message.content.as_slice()
}

fn results(message: &SamplingMessage) -> Vec<&str> {
    let mut ids = Vec::new();
    for block in blocks(message) {
        if let ContentBlock::ToolResult(result) = block {
            ids.push(result.tool_use_id.as_str());
        }
    }
    ids
}

fn uses(message: &SamplingMessage) -> Vec<&str> {
    let mut ids = Vec::new();
    for block in blocks(message) {
        if let ContentBlock::ToolUse(wanted) = block {
            ids.push(wanted.id.as_str());
        }
    }
    ids
}

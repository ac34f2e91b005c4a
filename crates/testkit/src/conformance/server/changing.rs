//! Tools that change what the server offers while it runs.

use interlock_sdk::Context;
use interlock_sdk::server::{Builder, OfferedTool, Offers};
use interlock_wire::types::{Map, Prompt};

use super::data::Nothing;

const TOOL: &str = "test_dynamic_tool";
const PROMPT: &str = "test_dynamic_prompt";

/// Adds them.
pub(super) fn offer(builder: Builder) -> Builder {
    builder
        .tool(
            "test_trigger_tool_change",
            "Adds a tool, or takes it away again",
            async |_: Nothing, cx: Context| {
                cx.session().server().change(toggle_tool);
                Ok("the list of tools changed")
            },
        )
        .tool(
            "test_trigger_prompt_change",
            "Adds a prompt, or takes it away again",
            async |_: Nothing, cx: Context| {
                cx.session().server().change(toggle_prompt);
                Ok("the list of prompts changed")
            },
        )
}

fn toggle_tool(offers: &mut Offers) {
    if !offers.remove_tool(TOOL) {
        let text = async |_: Nothing, _: Context| Ok("here for now");
        offers.tool(OfferedTool::new(TOOL, "Comes and goes", text));
    }
}

fn toggle_prompt(offers: &mut Offers) {
    if !offers.remove_prompt(PROMPT) {
        let text = async |_: Map<String>, _: Context| Ok("here for now");
        offers.prompt(Prompt::new(PROMPT).description("Comes and goes"), text);
    }
}

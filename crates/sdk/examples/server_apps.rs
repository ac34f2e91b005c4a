//! MCP Apps: a tool with a page of its own. The extension is negotiated, the page is a resource, and the tool names it in `_meta`.

use interlock_sdk::server::{Context, OfferedTool, Server};
use interlock_wire::types::Resource;
use interlock_wire::{Json, Object};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

const PAGE: &str = "<!doctype html><title>Clock</title><p>12:00</p>";
const SETTINGS: &[u8] = br#"{"mimeTypes":["text/html;profile=mcp-app"]}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let page = Resource::new("ui://clock/page", "page").mime_type("text/html;profile=mcp-app");
    let tool = OfferedTool::new("now", "Tells the time", async |_: Nothing, _cx: Context| {
        Ok("12:00")
    })
    .meta("ui", Json::parse(br#"{"resourceUri":"ui://clock/page"}"#)?);
    let server = Server::builder("clock", "1.0.0")
        .extension("io.modelcontextprotocol/ui", Object::parse(SETTINGS)?)
        .resource(page, async |_cx: Context| Ok(PAGE))
        .offer_tool(tool)
        .try_build()?;
    Ok(server.run_stdio()?)
}

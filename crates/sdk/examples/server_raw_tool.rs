//! A tool whose JSON Schemas are data: arguments and results that do not fit them pass in neither direction.

use interlock_sdk::server::{Context, Server};
use interlock_wire::types::{CallToolResult, Tool};
use interlock_wire::{Json, Object};

const INPUT: &[u8] = br#"{
    "type": "object",
    "properties": {"region": {"type": "string", "x-mcp-header": "Region"}, "query": {"type": "string"}},
    "required": ["region", "query"]
}"#;
const OUTPUT: &[u8] = br#"{"type": "array", "items": {"type": "string"}}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut tool = Tool::with_schema("find", Object::parse(INPUT)?);
    tool.output_schema = Some(Object::parse(OUTPUT)?);
    let find = async |_arguments: Object, _cx: Context| {
        Ok(CallToolResult::structured(Json::parse(
            br#"["one","two"]"#,
        )?))
    };
    // `try_build` finds what is wrong with a schema before anybody calls.
    let server = Server::builder("finder", "1.0.0")
        .raw_tool(tool, find)
        .try_build()?;
    Ok(server.run_stdio()?)
}

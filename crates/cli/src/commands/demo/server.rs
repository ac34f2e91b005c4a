//! A small MCP server over stdio, enough for the demonstration: `initialize`, `tools/list`,
//! `tools/call`. Both servers of the demonstration are this one with different tools.

use std::io::{BufRead as _, Write as _};

use serde_json::{Value, json};

/// What a tool answers: its text, or the text of an error.
pub type Answer = Result<String, String>;

/// One tool of a demonstration server.
pub struct Tool {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its description.
    pub description: &'static str,
    /// What a call does.
    pub call: fn(&Value) -> Answer,
}

/// Serves until standard input ends.
///
/// # Errors
/// When standard input or output breaks.
pub fn serve(name: &str, tools: &[Tool]) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let Ok(message) = serde_json::from_str::<Value>(&line?) else {
            continue;
        };
        let (Some(id), Some(method)) = (message.get("id"), message.get("method")) else {
            continue;
        };
        let parameters = message.get("params").cloned().unwrap_or(Value::Null);
        let reply = match answer(
            name,
            tools,
            method.as_str().unwrap_or_default(),
            &parameters,
        ) {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err(error) => json!({ "jsonrpc": "2.0", "id": id, "error": error }),
        };
        writeln!(output, "{reply}")?;
        output.flush()?;
    }
    Ok(())
}

fn answer(name: &str, tools: &[Tool], method: &str, parameters: &Value) -> Result<Value, Value> {
    match method {
        "initialize" => Ok(json!({
            "protocolVersion": "2025-11-25",
            "capabilities": { "tools": {} },
            "serverInfo": { "name": name, "version": env!("CARGO_PKG_VERSION") },
        })),
        "ping" => Ok(json!({})),
        "tools/list" => Ok(json!({ "tools": tools.iter().map(describe).collect::<Vec<_>>() })),
        "tools/call" => call(tools, parameters),
        _ => Err(json!({ "code": -32601, "message": format!("no method `{method}`") })),
    }
}

fn describe(tool: &Tool) -> Value {
    json!({
        "name": tool.name,
        "description": tool.description,
        "inputSchema": { "type": "object" },
    })
}

fn call(tools: &[Tool], parameters: &Value) -> Result<Value, Value> {
    let name = parameters
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let Some(tool) = tools.iter().find(|tool| tool.name == name) else {
        return Err(json!({ "code": -32602, "message": format!("no tool `{name}`") }));
    };
    let arguments = parameters.get("arguments").cloned().unwrap_or(Value::Null);
    let (text, failed) = match (tool.call)(&arguments) {
        Ok(text) => (text, false),
        Err(text) => (text, true),
    };
    Ok(json!({ "content": [{ "type": "text", "text": text }], "isError": failed }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOLS: &[Tool] = &[Tool {
        name: "echo",
        description: "Says it again.",
        call: |a| Ok(a.to_string()),
    }];

    fn check(method: &str, parameters: Value, expected: &str) {
        let answered = match answer("t", TOOLS, method, &parameters) {
            Ok(result) => result.to_string(),
            Err(error) => error.to_string(),
        };
        assert!(answered.contains(expected), "{method}: {answered}");
    }

    #[test]
    fn the_protocol_is_answered() {
        check("initialize", Value::Null, "2025-11-25");
        check("tools/list", Value::Null, "Says it again.");
        check(
            "tools/call",
            json!({ "name": "echo", "arguments": { "a": 1 } }),
            r#"{\"a\":1}"#,
        );
        check("tools/call", json!({ "name": "other" }), "no tool");
        check("resources/list", Value::Null, "-32601");
    }
}

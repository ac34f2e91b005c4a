//! How requests are written in the two eras.

use serde_json::{Value, json};

/// How a session is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// With a handshake, up to 2025-11-25.
    Legacy,
    /// Without, from 2026-07-28.
    Modern,
}

impl Era {
    /// As it stands in the table of results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Modern => "modern",
        }
    }

    /// A request.
    pub fn request(self, id: impl Into<Value>, method: &str, mut params: Value) -> String {
        if self == Self::Modern
            && let Some(params) = params.as_object_mut()
        {
            let meta = params.entry("_meta").or_insert_with(|| json!({}));
            if let Some(meta) = meta.as_object_mut() {
                for (name, value) in [
                    ("protocolVersion", json!("2026-07-28")),
                    ("clientCapabilities", json!({})),
                    (
                        "clientInfo",
                        json!({"name": "stdio-conformance", "version": "1"}),
                    ),
                ] {
                    meta.entry(format!("io.modelcontextprotocol/{name}"))
                        .or_insert(value);
                }
            }
        }
        json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params}).to_string()
    }

    /// A call of a tool.
    pub fn call(self, id: impl Into<Value>, tool: &str, arguments: Value) -> String {
        self.request(
            id,
            "tools/call",
            json!({"name": tool, "arguments": arguments}),
        )
    }

    /// The request that opens a legacy session.
    pub fn initialize(self, id: &str, revision: &str) -> String {
        let params = json!({"protocolVersion": revision, "capabilities": {},
            "clientInfo": {"name": "stdio-conformance", "version": "1"}});
        Self::Legacy.request(id, "initialize", params)
    }
}

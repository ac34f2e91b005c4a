//! Putting a server together.

use std::collections::HashMap;
use std::sync::Arc;

use interlock_wire::Limits;
use interlock_wire::json::write_string;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::context::Context;
use super::output::{IntoToolResult, ToolError};
use super::registry::{Inner, Server};
use super::tool::{ToolEntry, TypedTool};

/// Puts a [`Server`] together: [`Server::builder`].
pub struct Builder {
    name: String,
    version: String,
    instructions: Option<String>,
    limits: Limits,
    tools: Vec<ToolEntry>,
}

impl Builder {
    pub(super) fn new(name: String, version: String) -> Self {
        Self {
            name,
            version,
            instructions: None,
            limits: Limits::default(),
            tools: Vec::new(),
        }
    }

    /// How a model should use this server.
    #[must_use]
    pub fn instructions(mut self, text: impl Into<String>) -> Self {
        self.instructions = Some(text.into());
        self
    }

    /// Other bounds than the default ones.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// A tool with typed arguments. Their JSON Schema is derived, and arguments that do not fit never reach the handler.
    ///
    /// ```
    /// use interlock_sdk::server::{Context, Server};
    ///
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct Add { a: i64, b: i64 }
    ///
    /// let server = Server::builder("calc", "1.0.0")
    ///     .tool("add", "Adds two numbers", async |add: Add, _cx: Context| Ok(add.a + add.b))
    ///     .build();
    /// ```
    #[must_use]
    pub fn tool<A, F, Fut, R>(mut self, name: &str, description: &str, handler: F) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, ToolError>> + Send + 'static,
        R: IntoToolResult + 'static,
    {
        let handler = Arc::new(TypedTool::new(handler));
        self.tools
            .push(ToolEntry::typed::<A, R>(name, description, handler));
        self
    }

    /// The finished server.
    pub fn build(self) -> Server {
        let mut info = br#"{"name":"#.to_vec();
        write_string(&self.name, &mut info);
        info.extend_from_slice(br#","version":"#);
        write_string(&self.version, &mut info);
        info.push(b'}');
        let mut tools: Vec<Arc<ToolEntry>> = Vec::new();
        let mut tool_index = HashMap::new();
        for tool in self.tools {
            tool_index.insert(tool.name.clone(), tools.len());
            tools.push(Arc::new(tool));
        }
        Server(Arc::new(Inner {
            limits: self.limits,
            info,
            instructions: self.instructions,
            tools,
            tool_index,
        }))
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

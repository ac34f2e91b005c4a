//! What the client remembers of the tools it was shown: which arguments go into headers, what results look like.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use interlock_wire::Object;
use interlock_wire::header::{ParamHeaders, SchemaError};
use interlock_wire::types::{TaskSupport, Tool};

use super::schema::Schema;

/// More tools than any server offers; the rest is called without what is remembered here.
const MOST: usize = 16 << 10;

/// What calls of one tool need to know.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) headers: ParamHeaders,
    output: Option<Object>,
    compiled: OnceLock<Schema>,
    pub(crate) task: Option<TaskSupport>,
}

impl Facts {
    /// What structured results have to match; compiled at the first use.
    pub(crate) fn output(&self) -> Option<&Schema> {
        let output = self.output.as_ref()?;
        Some(self.compiled.get_or_init(|| Schema::new(output)))
    }
}

/// See the module's head.
#[derive(Debug, Default)]
pub(crate) struct ToolBook(Mutex<HashMap<String, Arc<Facts>>>);

impl ToolBook {
    /// Remembers a tool.
    ///
    /// # Errors
    /// When its `x-mcp-header` marks are invalid.
    pub(crate) fn learn(&self, tool: &Tool) -> Result<(), SchemaError> {
        let headers = ParamHeaders::of_schema(tool.input_schema.raw())?;
        let facts = Facts {
            headers,
            output: tool.output_schema.clone(),
            compiled: OnceLock::new(),
            task: tool
                .execution
                .as_ref()
                .and_then(|run| run.task_support.clone()),
        };
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if book.len() < MOST || book.contains_key(&tool.name) {
            book.insert(tool.name.clone(), Arc::new(facts));
        }
        Ok(())
    }

    /// What is known of a tool.
    pub(crate) fn facts(&self, name: &str) -> Option<Arc<Facts>> {
        let book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.get(name).cloned()
    }

    /// The tools are not what they were.
    pub(crate) fn changed(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

//! What the client remembers of the tools it was shown: which arguments go into headers, what results look like, and which tools it does
//! not use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use interlock_wire::Object;
use interlock_wire::header::ParamHeaders;
use interlock_wire::schema::{Bounds, judge};
use interlock_wire::types::{TaskSupport, Tool};

use super::refused_tool::{RefusedTool, ToolFault};
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
    fn of(tool: &Tool, bounds: &Bounds, mirrors: bool) -> Result<Self, ToolFault> {
        judge(tool.input_schema.raw(), bounds).map_err(ToolFault::InputSchema)?;
        if let Some(output) = &tool.output_schema {
            judge(output.raw(), bounds).map_err(ToolFault::OutputSchema)?;
        }
        let headers = match ParamHeaders::of_schema(tool.input_schema.raw()) {
            Err(fault) if mirrors => return Err(ToolFault::Headers(fault)),
            headers => headers.unwrap_or_default(),
        };
        Ok(Self {
            headers,
            output: tool.output_schema.clone(),
            compiled: OnceLock::new(),
            task: tool
                .execution
                .as_ref()
                .and_then(|run| run.task_support.clone()),
        })
    }

    /// What structured results have to match; compiled at the first use.
    pub(crate) fn output(&self) -> Option<&Schema> {
        let output = self.output.as_ref()?;
        Some(self.compiled.get_or_init(|| Schema::new(output)))
    }
}

/// What became of a tool when it was listed.
type Learned = Result<Arc<Facts>, ToolFault>;

/// See the module's head.
#[derive(Debug, Default)]
pub(crate) struct ToolBook(Mutex<HashMap<String, Learned>>);

impl ToolBook {
    /// Remembers a tool, and tells whether it is one to use. Where arguments are mirrored in headers, its marks have to be valid.
    pub(crate) fn learn(&self, tool: &Tool, bounds: &Bounds, mirrors: bool) -> bool {
        let learned = Facts::of(tool, bounds, mirrors).map(Arc::new);
        let usable = learned.is_ok();
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if book.len() < MOST || book.contains_key(&tool.name) {
            book.insert(tool.name.clone(), learned);
        }
        usable
    }

    /// What is known of a tool that is used.
    pub(crate) fn facts(&self, name: &str) -> Option<Arc<Facts>> {
        let book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.get(name)?.as_ref().ok().cloned()
    }

    /// Why a tool is not used.
    pub(crate) fn fault(&self, name: &str) -> Option<ToolFault> {
        let book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.get(name)?.as_ref().err().cloned()
    }

    /// The tools that are not used, by name.
    pub(crate) fn refused(&self) -> Vec<RefusedTool> {
        let book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = |(name, learned): (&String, &Learned)| {
            let fault = learned.as_ref().err()?.clone();
            Some(RefusedTool {
                name: name.clone(),
                fault,
            })
        };
        let mut all: Vec<_> = book.iter().filter_map(refused).collect();
        all.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// The tools are not what they were.
    pub(crate) fn changed(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

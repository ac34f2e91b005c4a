//! The frozen server: what is offered, and the fragments of answers that never change.

use std::collections::HashMap;
use std::sync::Arc;

use interlock_wire::Limits;

use super::Builder;
use super::session::{Session, SessionKind};
use super::tool::ToolEntry;
use crate::Principal;

/// A server, ready to serve. Cloning it is cheap.
#[derive(Clone)]
pub struct Server(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) limits: Limits,
    /// `{"name":…,"version":…}`.
    pub(super) info: Vec<u8>,
    pub(super) instructions: Option<String>,
    pub(super) tools: Vec<Arc<ToolEntry>>,
    pub(super) tool_index: HashMap<String, usize>,
}

impl Server {
    /// Begins a server of that name and version.
    pub fn builder(name: impl Into<String>, version: impl Into<String>) -> Builder {
        Builder::new(name.into(), version.into())
    }

    /// A session with one peer.
    pub fn session(&self, kind: SessionKind, principal: Principal) -> Session {
        Session::new(self.clone(), kind, principal)
    }

    /// The bounds that transports check before anything is parsed.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(super) fn tool(&self, name: &str) -> Option<&Arc<ToolEntry>> {
        self.0.tools.get(*self.0.tool_index.get(name)?)
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("info", &String::from_utf8_lossy(&self.0.info))
            .field("tools", &self.0.tools.len())
            .finish_non_exhaustive()
    }
}

//! What a client is, in all of its connections' messages.

use std::time::Duration;

use interlock_wire::schema::Bounds;
use interlock_wire::types::{
    ClientCapabilities, ElicitationCapability, Encode, Implementation, LogLevel, Map,
    RootsCapability, SamplingCapability, TASKS_EXTENSION,
};
use interlock_wire::{Object, Revision};

use super::handlers::Handlers;
use super::message::Envelope;

/// See the module's head.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) client: Implementation,
    pub(crate) capabilities: ClientCapabilities,
    /// Oldest first.
    pub(crate) revisions: Vec<Revision>,
    pub(crate) handshake: Duration,
    pub(crate) probe: Duration,
    pub(crate) most_rounds: u32,
    pub(crate) most_pages: u32,
    pub(crate) schema_bounds: Bounds,
    pub(crate) log_level: Option<LogLevel>,
    pub(crate) tasks: bool,
}

impl Settings {
    pub(crate) fn new(client: Implementation) -> Self {
        Self {
            client,
            capabilities: ClientCapabilities::default(),
            revisions: Revision::ALL.to_vec(),
            handshake: Duration::from_secs(60),
            probe: Duration::from_secs(10),
            most_rounds: 16,
            most_pages: 1_000,
            schema_bounds: Bounds::default(),
            log_level: None,
            tasks: false,
        }
    }

    /// Fills in what the handlers make possible.
    pub(crate) fn declare(&mut self, handlers: &Handlers) {
        let has = &mut self.capabilities;
        if handlers.has_roots {
            has.roots = Some(RootsCapability::default().list_changed(true));
        }
        if handlers.sampling.is_some() {
            let tools = handlers.sampling_tools.then(Object::default);
            has.sampling = Some(SamplingCapability {
                tools,
                ..SamplingCapability::default()
            });
        }
        if handlers.form.is_some() || handlers.url.is_some() {
            has.elicitation = Some(ElicitationCapability {
                form: handlers.form.as_ref().map(|_| Object::default()),
                url: handlers.url.as_ref().map(|_| Object::default()),
                ..ElicitationCapability::default()
            });
        }
        if self.tasks {
            let extensions = has.extensions.get_or_insert_with(Map::default);
            extensions.insert(TASKS_EXTENSION, Object::default());
        }
    }

    /// The newest revision of the session era that is allowed.
    pub(crate) fn newest_legacy(&self) -> Option<Revision> {
        let legacy = |revision: &&Revision| **revision != Revision::V2026_07_28;
        self.revisions.iter().rev().find(legacy).copied()
    }

    pub(crate) fn allows(&self, revision: Revision) -> bool {
        self.revisions.contains(&revision)
    }

    pub(crate) fn envelope(&self) -> Envelope {
        let mut client = Vec::new();
        let mut capabilities = Vec::new();
        self.client.encode_for(Revision::V2026_07_28, &mut client);
        self.capabilities
            .encode_for(Revision::V2026_07_28, &mut capabilities);
        Envelope::new(&client, &capabilities)
    }
}

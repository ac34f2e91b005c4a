//! Records that wait to be written together.
//!
//! A batch renders events as they are pushed; sequence numbers and hashes are added under the log's lock
//! when it is committed, because only then is it known what another process wrote in between.

use std::time::SystemTime;

use crate::event::{Event, Own};
use crate::memory::Memory;
use crate::render::TimeText;

/// Events to be recorded with one lock and one write.
///
/// Keep one and reuse it: its buffers are kept from commit to commit.
#[derive(Debug, Clone)]
pub struct Batch {
    bodies: Vec<u8>,
    ends: Vec<usize>,
    time: TimeText,
    calls: usize,
    memory: Memory,
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bodies: Vec::new(),
            ends: Vec::new(),
            time: TimeText::new(),
            calls: 0,
            memory: Memory {
                ledger: 0,
                approver: None,
            },
        }
    }

    /// Adds an event that happens, or is about to happen, at `now`.
    pub fn push(&mut self, now: SystemTime, event: &Event<'_>) {
        self.render(now, |out| event.write(out));
        self.calls += usize::from(event.announces_call());
        if let Some(added) = Memory::of(event) {
            self.memory = self.memory.then(added);
        }
    }

    pub(crate) fn push_own(&mut self, now: SystemTime, event: &Own<'_>) {
        self.render(now, |out| event.write(out));
    }

    fn render(&mut self, now: SystemTime, event: impl FnOnce(&mut Vec<u8>)) {
        self.bodies.extend_from_slice(b"\"time\":\"");
        self.time.write(now, &mut self.bodies);
        self.bodies.extend_from_slice(b"\",");
        event(&mut self.bodies);
        self.ends.push(self.bodies.len());
    }

    /// How many events wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no event waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Forgets the events that wait.
    pub fn clear(&mut self) {
        self.bodies.clear();
        self.ends.clear();
        self.calls = 0;
        self.memory = Memory::default();
    }

    /// What its events add to the log's memory.
    pub(crate) const fn memory(&self) -> Memory {
        self.memory
    }

    /// How many tool calls its receipt will authorise.
    pub(crate) const fn calls(&self) -> usize {
        self.calls
    }

    /// The rendered bodies, in order.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.bodies.as_slice();
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let (body, after) = rest.split_at_checked(end - start).unwrap_or((rest, &[]));
            (rest, start) = (after, *end);
            body
        })
    }
}

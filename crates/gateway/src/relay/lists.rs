//! Tool lists on their way to the client: every definition is compared with its pin.
//!
//! A list of approved definitions passes as it is. Otherwise it is written again without the others; what else
//! stands in the result, a cursor to the next page for example, stays as the server wrote it.

use std::collections::HashSet;

use interlock_audit::Event;
use interlock_wire::Id;
use interlock_wire::tools::{self, Definition};

use crate::clock::Now;
use crate::journal::Journal;
use crate::pins::{Callable, Digest, Pins, Standing};
use crate::text::brief;

/// So many different definitions are recorded and told in one session; a list can be asked for any number of times.
const TOLD: usize = 1024;

/// A tool's name is recorded up to this length.
const NAME: usize = 256;

/// Who is told of definitions that are not approved, so that a person can be shown them.
pub trait Observer {
    /// A definition that was withheld. Told once for each definition.
    fn unapproved(&mut self, tool: Unapproved<'_>);
}

/// A definition that is not approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unapproved<'a> {
    /// The tool's name.
    pub name: &'a str,
    /// Its definition as the server sent it: raw JSON, untrusted.
    pub definition: &'a [u8],
    /// SHA-256 over the canonical definition.
    pub digest: Digest,
    /// The digest that is approved for this name, if one is.
    pub pinned: Option<Digest>,
}

/// Told to nobody.
impl Observer for () {
    fn unapproved(&mut self, _tool: Unapproved<'_>) {}
}

/// See the module's head.
pub(super) struct Lists {
    pins: Pins,
    observer: Box<dyn Observer>,
    told: HashSet<Digest>,
}

impl Lists {
    pub(super) fn new(pins: Pins, observer: Box<dyn Observer>) -> Self {
        Self {
            pins,
            observer,
            told: HashSet::new(),
        }
    }

    /// Whether a tool may be called.
    pub(super) fn callable(&self, name: &str) -> Callable {
        self.pins.callable(name)
    }

    /// The response to send in place of one whose result is `result`; `None` when that can pass as it is.
    pub(super) fn filter(
        &mut self,
        id: &Id<'_>,
        result: &[u8],
        now: Now,
        journal: &mut Journal,
    ) -> Option<Vec<u8>> {
        let approved: Vec<bool> = tools::definitions(result)
            .map(|tool| self.is_approved(&tool, now, journal))
            .collect();
        if approved.iter().all(|approved| *approved) {
            return None;
        }
        let mut approved = approved.into_iter();
        Some(tools::rebuild(id, result, |_| {
            approved.next().unwrap_or(false)
        }))
    }

    fn is_approved(&mut self, tool: &Definition<'_>, now: Now, journal: &mut Journal) -> bool {
        let Ok(digest) = tools::digest(tool.raw) else {
            return false;
        };
        let (reason, pinned) = match self.pins.observe(&tool.name, digest) {
            Standing::Approved => return true,
            Standing::Changed { pinned } => ("changed", Some(pinned)),
            Standing::New => ("new", None),
        };
        if self.told.len() < TOLD && self.told.insert(digest) {
            let name = brief(&tool.name, NAME);
            journal.announce(now, |session| Event::ToolWithheld {
                session,
                tool: name,
                reason,
                pinned,
                seen: digest,
            });
            self.observer.unapproved(Unapproved {
                name: &tool.name,
                definition: tool.raw,
                digest,
                pinned,
            });
        }
        false
    }
}

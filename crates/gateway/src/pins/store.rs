//! Which definitions are approved, and which of the tools are what was approved right now.

use std::collections::HashMap;

use super::Digest;

/// The pins of one server, for one session.
#[derive(Debug, Default)]
pub struct Pins {
    tools: HashMap<Box<str>, Tool>,
    /// Set by a danger option only: every definition is let through.
    unpinned: bool,
}

#[derive(Debug)]
struct Tool {
    pinned: Digest,
    /// Whether the server showed another definition last.
    changed: bool,
}

/// What a definition in a list is, compared with the approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The approved one.
    Approved,
    /// Another one than this.
    Changed {
        /// The approved digest.
        pinned: Digest,
    },
    /// No tool of this name was approved.
    New,
}

/// Whether a tool may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callable {
    /// It is approved, and was not seen to differ.
    Yes,
    /// The server showed a definition that is not the approved one.
    Changed,
    /// No tool of this name was approved.
    New,
}

impl Pins {
    /// The pins of an approval. Without any, every tool counts as new.
    pub fn new<N: Into<Box<str>>>(pins: impl IntoIterator<Item = (N, Digest)>) -> Self {
        let tools = pins.into_iter().map(|(name, pinned)| {
            let tool = Tool {
                pinned,
                changed: false,
            };
            (name.into(), tool)
        });
        Self {
            tools: tools.collect(),
            unpinned: false,
        }
    }

    /// Lets every tool through, whatever its definition. Using it is an audit event of the caller's.
    #[must_use]
    pub fn danger_unpinned() -> Self {
        Self {
            tools: HashMap::new(),
            unpinned: true,
        }
    }

    /// Compares a definition that the server sent. A changed tool stays refused until the server shows the
    /// approved definition again.
    pub fn observe(&mut self, name: &str, seen: Digest) -> Standing {
        if self.unpinned {
            return Standing::Approved;
        }
        match self.tools.get_mut(name) {
            None => Standing::New,
            Some(tool) => {
                tool.changed = tool.pinned != seen;
                if tool.changed {
                    Standing::Changed {
                        pinned: tool.pinned,
                    }
                } else {
                    Standing::Approved
                }
            }
        }
    }

    /// Whether a tool may be called now. One that is pinned may, even before the server listed it.
    #[must_use]
    pub fn callable(&self, name: &str) -> Callable {
        match self.tools.get(name) {
            _ if self.unpinned => Callable::Yes,
            None => Callable::New,
            Some(tool) if tool.changed => Callable::Changed,
            Some(_) => Callable::Yes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Digest = [1; 32];
    const B: Digest = [2; 32];

    /// A session with `add` pinned to A, after the observations.
    fn check(observed: &[(&str, Digest, Standing)], calls: &[(&str, Callable)]) {
        let mut pins = Pins::new([("add", A)]);
        for (name, seen, standing) in observed {
            assert_eq!(pins.observe(name, *seen), *standing);
        }
        for (name, callable) in calls {
            assert_eq!(pins.callable(name), *callable, "{name}");
        }
    }

    #[test]
    fn only_what_was_approved_may_be_listed_and_called() {
        let changed = Standing::Changed { pinned: A };
        check(&[], &[("add", Callable::Yes), ("sub", Callable::New)]);
        check(&[("add", A, Standing::Approved)], &[("add", Callable::Yes)]);
        check(&[("add", B, changed)], &[("add", Callable::Changed)]);
        check(
            &[("add", B, changed), ("add", A, Standing::Approved)],
            &[("add", Callable::Yes)],
        );
        check(
            &[("add", A, Standing::Approved), ("add", B, changed)],
            &[("add", Callable::Changed)],
        );
        check(&[("sub", A, Standing::New)], &[("sub", Callable::New)]);
    }

    #[test]
    fn without_pins_nothing_may_be_called() {
        let mut pins = Pins::default();
        assert_eq!(pins.observe("add", A), Standing::New);
        assert_eq!(pins.callable("add"), Callable::New);
    }

    #[test]
    fn the_danger_option_lets_all_through() {
        let mut pins = Pins::danger_unpinned();
        assert_eq!(pins.observe("add", A), Standing::Approved);
        assert_eq!(pins.callable("anything"), Callable::Yes);
    }
}

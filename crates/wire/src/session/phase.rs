//! Where the two handshakes stand. A legacy session has phases; the modern era only has evidence.

use crate::Revision;

/// The legacy handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Legacy {
    /// No `initialize` yet, or the last one failed.
    Absent,
    /// `initialize` is in flight.
    Asked,
    /// `initialize` is in flight and the client already sent `initialized`, as scripts that do not wait do.
    Hurried,
    /// The server answered.
    Agreed(Revision),
    /// The client confirmed.
    Ready(Revision),
}

impl Legacy {
    /// The agreed revision.
    pub(super) fn revision(self) -> Option<Revision> {
        match self {
            Self::Agreed(revision) | Self::Ready(revision) => Some(revision),
            Self::Absent | Self::Asked | Self::Hurried => None,
        }
    }

    /// The server's answer to `initialize`.
    pub(super) fn agree(self, revision: Revision) -> Self {
        match self {
            Self::Hurried => Self::Ready(revision),
            _ => Self::Agreed(revision),
        }
    }

    /// The client's `initialized`; `None` when it has no place here.
    pub(super) fn confirm(self) -> Option<Self> {
        match self {
            Self::Asked => Some(Self::Hurried),
            Self::Agreed(revision) => Some(Self::Ready(revision)),
            Self::Absent | Self::Hurried | Self::Ready(_) => None,
        }
    }
}

/// What speaks for the modern era.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Modern {
    /// Nothing yet.
    Unseen,
    /// The client sent a request of 2026-07-28.
    Asked,
    /// The server answered one, or is known from before.
    Confirmed,
}

/// What the client can be asked for on a legacy session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ClientCapabilities {
    pub(super) roots: bool,
    pub(super) sampling: bool,
    pub(super) elicitation: bool,
    pub(super) tasks: bool,
}

impl ClientCapabilities {
    pub(super) const ALL: Self = Self {
        roots: true,
        sampling: true,
        elicitation: true,
        tasks: true,
    };

    /// Reads the `capabilities` of `initialize`: a validated raw object.
    pub(super) fn read(raw: &[u8]) -> Self {
        let mut read = Self::default();
        for (name, value) in crate::json::members(raw) {
            let declared = value.first() == Some(&b'{');
            match &*name {
                "roots" => read.roots = declared,
                "sampling" => read.sampling = declared,
                "elicitation" => read.elicitation = declared,
                "tasks" => read.tasks = declared,
                _ => {}
            }
        }
        read
    }
}

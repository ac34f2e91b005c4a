//! How servers are written in one kind of file.

use super::fields::Fields;
use super::place::Scope;
use crate::server::SwitchKind;

/// Where the servers are in a file, how an entry is written, and which switches the file has.
#[derive(Debug)]
pub struct Shape {
    /// Its id, for tests and messages.
    pub id: &'static str,
    /// Where servers are. Each that is there is read.
    pub roots: &'static [Root],
    /// How an entry is written.
    pub fields: &'static Fields,
    /// Switches of the file as a whole.
    pub switches: &'static [SwitchRule],
}

/// One place in a file where servers are.
#[derive(Debug)]
pub struct Root {
    /// Keys from the document's root; `*` is any key. Empty for the document itself.
    pub path: &'static [&'static str],
    /// What stands there.
    pub layout: Layout,
    /// Only entries that look like servers are some: the map holds other things too, or the file may not be meant for clients at all.
    pub loose: bool,
    /// For whom these count, where it is not for whom the file counts.
    pub scope: Option<Scope>,
}

/// How several servers stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A map of names to entries.
    Map,
    /// A list of entries, each with its name under a key; those without are numbered.
    List {
        /// Keys from the entry to its name, the first that is there.
        name: &'static [&'static [&'static str]],
    },
    /// A list of names of servers that are defined elsewhere, which are not entries, and of maps of names to entries; or a map.
    Mixed,
    /// One entry, named by this key beside the root, or by the file.
    One {
        /// Keys from the document's root to the name.
        name: &'static [&'static str],
    },
}

/// A switch of a file: something a client does for all servers, or for those it names.
#[derive(Debug)]
pub struct SwitchRule {
    /// What it switches.
    pub kind: SwitchKind,
    /// Keys from the document's root; `*` is any key.
    pub path: &'static [&'static str],
}

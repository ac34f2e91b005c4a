//! What changes in a file, entry by entry, for a person to read. Values that may be secret are not shown.

use std::collections::HashMap;
use std::path::Path;

use similar::{ChangeTag, TextDiff};

use crate::clients::{Client, Place};
use crate::discover::read_text;
use crate::rules::masker;
use crate::server::Server;

/// One entry that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The server's name, as written.
    pub name: String,
    /// The line of the old text on which the entry begins, from 1.
    pub line: usize,
    /// The entry, line by line, before and after.
    pub lines: Vec<(Side, String)>,
}

/// Which text has a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Both.
    Same,
    /// The old one.
    Old,
    /// The new one.
    New,
}

/// The entries that differ between two contents of one file, in its order.
#[must_use]
pub fn differences(
    client: &'static Client,
    place: &'static Place,
    path: &Path,
    (old, new): (&[u8], &[u8]),
) -> Vec<Difference> {
    let (old, new) = (
        read_text(client, place, path, old),
        read_text(client, place, path, new),
    );
    let (Some(before), Some(after)) = (old.document(), new.document()) else {
        return Vec::new();
    };
    let (show_old, show_new) = (masker(&old), masker(&new));
    let counterparts: HashMap<&[String], &Server> = new
        .servers
        .iter()
        .map(|other| (other.trail.as_slice(), other))
        .collect();
    let compare = |server: &Server| {
        let other = counterparts.get(server.trail.as_slice())?;
        let changed = before.slice(server.span) != after.slice(other.span);
        changed.then(|| Difference {
            name: server.name.clone(),
            line: before.line_column(server.span.start).0,
            lines: lines(&show_old(server.span), &show_new(other.span)),
        })
    };
    old.servers.iter().filter_map(compare).collect()
}

fn lines(was: &str, is: &str) -> Vec<(Side, String)> {
    let diff = TextDiff::from_lines(was, is);
    let line = |change: similar::Change<&str>| {
        let side = match change.tag() {
            ChangeTag::Equal => Side::Same,
            ChangeTag::Delete => Side::Old,
            ChangeTag::Insert => Side::New,
        };
        (
            side,
            change.value().trim_end_matches(['\n', '\r']).to_owned(),
        )
    };
    diff.iter_all_changes().map(line).collect()
}

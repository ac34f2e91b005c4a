//! What changes in a file, entry by entry, for a person to read. Values that may be secret are not shown.

use std::path::Path;

use interlock_launch::secret_of_argument;
use similar::{ChangeTag, TextDiff};

use crate::clients::{Client, Place};
use crate::discover::{ConfigFile, read_text};
use crate::document::{Document, Span};
use crate::edit::Edits;
use crate::server::{Kind, Local, Server};

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
    let compare = |server: &Server| {
        let other = counterpart(&new, server)?;
        let (was, is) = (masked(before, server), masked(after, other));
        (was != is).then(|| Difference {
            name: server.name.clone(),
            line: before.line_column(server.span.start).0,
            lines: lines(&was, &is),
        })
    };
    old.servers.iter().filter_map(compare).collect()
}

fn counterpart<'a>(file: &'a ConfigFile, server: &Server) -> Option<&'a Server> {
    file.servers
        .iter()
        .find(|other| other.trail == server.trail)
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

/// The text of an entry, without the values of its variables and without secrets among its arguments.
fn masked(document: &Document, server: &Server) -> String {
    let text = document.slice(server.span);
    let Kind::Local(local) = &server.kind else {
        return text.to_owned();
    };
    let mut edits = Edits::new();
    for span in hidden(local) {
        if span.start >= server.span.start && span.end <= server.span.end {
            edits.replace(
                span.start - server.span.start..span.end - server.span.start,
                "\"…\"",
            );
        }
    }
    edits.apply(text).unwrap_or_default()
}

fn hidden(local: &Local) -> Vec<Span> {
    let mut spans: Vec<Span> = local
        .env_spans
        .iter()
        .map(|variable| variable.value)
        .collect();
    let mut before = "";
    for (argument, span) in local.request.args.iter().zip(&local.arg_spans) {
        if secret_of_argument(before, argument).is_some() {
            spans.push(*span);
        }
        before = argument;
    }
    spans
}

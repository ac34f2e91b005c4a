//! Making the changes of one file: a new text that differs in nothing else, permissions, and secrets that move.
//!
//! Makes text. Whoever calls it shows the difference, asks, keeps the old file and writes.

use std::collections::BTreeSet;

use interlock_launch::{Secret, SecretName};
use similar::{ChangeTag, TextDiff};

use super::{Change, Fix};
use crate::discover::{ConfigFile, read_text};
use crate::document::{Document, Node, Span, Value};
use crate::edit::{EditError, Editor, Literal, Together, together};
use crate::rules::masked;
use crate::server::Kind;

/// What would be done to one file.
pub struct Repair {
    /// The new text; none where it stays.
    pub text: Option<String>,
    /// The new permissions; none where they stay.
    pub mode: Option<u32>,
    /// Secrets that go to the store before the text changes.
    pub secrets: Vec<(SecretName, Secret)>,
    /// What is done, one sentence each.
    pub done: Vec<String>,
    /// What cannot be done without changing anything else.
    pub left: Vec<String>,
}

/// A line of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineOf {
    /// Both texts.
    Both,
    /// The old one.
    Old,
    /// The new one.
    New,
}

/// Works out what the fixes of one file's findings come to. A fix that does not go together with those before it is left.
#[must_use]
pub fn repair(file: &ConfigFile, fixes: &[&Fix]) -> Repair {
    let mut repair = Repair {
        text: None,
        mode: None,
        secrets: Vec::new(),
        done: Vec::new(),
        left: Vec::new(),
    };
    let mut edits: Vec<&Fix> = Vec::new();
    for fix in fixes {
        if let Change::Permissions(mode) = &fix.0 {
            repair.mode = Some(repair.mode.map_or(*mode, |before| before & mode));
            repair.done.push(fix.description());
        } else {
            edits.push(fix);
        }
    }
    let Together { text, left } = together(edits.len(), |chosen| {
        let changes: Vec<&Change> = chosen
            .iter()
            .filter_map(|at| Some(&edits.get(*at)?.0))
            .collect();
        let document = file.document().ok_or(EditError::Outside)?;
        edited(document, file, &changes)
    });
    repair.text = text;
    let left: BTreeSet<usize> = left.into_iter().map(|(at, _)| at).collect();
    for (at, fix) in edits.iter().enumerate() {
        if left.contains(&at) {
            repair.left.push(fix.description());
        } else {
            repair.done.push(fix.description());
            repair.secrets.extend(secret(file, &fix.0));
        }
    }
    repair
}

/// The lines that differ between a file and its new text, with two lines around them. Secrets are masked in both.
#[must_use]
pub fn difference(file: &ConfigFile, text: &str) -> Vec<(LineOf, String)> {
    let new = read_text(file.client, file.place, &file.path, text.as_bytes());
    let (old, new) = (masked(file), masked(&new));
    let diff = TextDiff::from_lines(&old, &new);
    let groups = diff.grouped_ops(2);
    let changes = groups.iter().flatten().flat_map(|op| diff.iter_changes(op));
    let line = |change: similar::Change<&str>| {
        let of = match change.tag() {
            ChangeTag::Equal => LineOf::Both,
            ChangeTag::Delete => LineOf::Old,
            ChangeTag::Insert => LineOf::New,
        };
        (of, change.value().trim_end_matches(['\n', '\r']).to_owned())
    };
    changes.map(line).collect()
}

fn edited(
    document: &Document,
    file: &ConfigFile,
    changes: &[&Change],
) -> Result<String, EditError> {
    let mut editor = Editor::new(document)?;
    let root = document.root().ok_or(EditError::Outside)?;
    for change in changes {
        match change {
            Change::Text { at, now, .. } => {
                let node = leaf(root, *at).ok_or(EditError::Outside)?;
                editor.set(node, Literal::Text(now))?;
            }
            Change::Remove { at, .. } => remove(root, *at, &mut editor)?,
            Change::Secret { server, name } => {
                let at = variable(file, *server, name).ok_or(EditError::Outside)?;
                remove(root, at, &mut editor)?;
            }
            Change::Permissions(_) => {}
        }
    }
    editor.finish()
}

fn remove<'d>(root: &'d Node, at: Span, editor: &mut Editor<'d>) -> Result<(), EditError> {
    let (map, key) = holder(root, at).ok_or(EditError::Outside)?;
    editor.remove_member(map, key)
}

/// The text that stands at a span.
fn leaf(node: &Node, at: Span) -> Option<&Node> {
    if node.span == at && matches!(node.value, Value::Text(_)) {
        return Some(node);
    }
    around(node, at).find_map(|inner| leaf(inner, at))
}

/// The map with a member whose value stands at a span, and the member's key.
fn holder(node: &Node, at: Span) -> Option<(&Node, &str)> {
    if let Some(member) = node.members().iter().find(|member| member.value.span == at) {
        return Some((node, &member.key));
    }
    around(node, at).find_map(|inner| holder(inner, at))
}

/// What is directly below a node and has the span inside it.
fn around(node: &Node, at: Span) -> impl Iterator<Item = &Node> {
    let members = node.members().iter().map(|member| &member.value);
    let inside = move |inner: &&Node| inner.span.start <= at.start && at.end <= inner.span.end;
    members.chain(node.elements()).filter(inside)
}

/// Where the value of a server's variable stands.
fn variable(file: &ConfigFile, server: Span, name: &SecretName) -> Option<Span> {
    let server = file.servers.iter().find(|one| one.span == server)?;
    let Kind::Local(local) = &server.kind else {
        return None;
    };
    let variables = local.request.env.iter().zip(&local.env_spans);
    let mut named = variables.filter(|((one, _), _)| one == name.as_str());
    named.next().map(|(_, spans)| spans.value)
}

fn secret(file: &ConfigFile, change: &Change) -> Option<(SecretName, Secret)> {
    let Change::Secret { server, name } = change else {
        return None;
    };
    let at = variable(file, *server, name)?;
    let value = leaf(file.document()?.root()?, at)?.as_text()?;
    Some((name.clone(), Secret::new(value.as_bytes().to_vec())))
}

//! What a document means, and what it has to mean after changes: the check that an edit did what it should.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::editor::Literal;
use crate::document::{Node, Value};

/// A value without its place. Maps are in the order of their keys: where a new member went is a matter of form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plain {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Plain>),
    Map(Vec<(String, Plain)>),
}

/// One change in terms of the tree. Nodes are told apart by where they are in memory.
#[derive(Debug)]
pub(super) enum Change<'a> {
    Set(&'a Node, Plain),
    Prepend(&'a Node, Vec<String>),
    RemoveElements(&'a Node, Range<usize>),
    Insert(&'a Node, String, Plain),
    RemoveMember(&'a Node, usize),
}

impl Change<'_> {
    fn node(&self) -> &Node {
        match self {
            Change::Set(node, _)
            | Change::Prepend(node, _)
            | Change::RemoveElements(node, _)
            | Change::Insert(node, ..)
            | Change::RemoveMember(node, _) => node,
        }
    }
}

impl Plain {
    pub(crate) fn of(node: &Node) -> Self {
        expected(node, &[])
    }

    pub(super) fn of_literal(value: Literal<'_>) -> Self {
        match value {
            Literal::Text(text) => Plain::Text(text.to_owned()),
            Literal::Bool(truth) => Plain::Bool(truth),
            Literal::Texts(texts) => Plain::List(texts.iter().cloned().map(Plain::Text).collect()),
        }
    }

    fn sorted(mut members: Vec<(String, Plain)>) -> Self {
        // Stable: of a key that is there twice, the last stays the last.
        members.sort_by(|one, other| one.0.cmp(&other.0));
        Plain::Map(members)
    }
}

/// Changes by the node that they change, found in one step.
type ByNode<'c> = HashMap<*const Node, Vec<&'c Change<'c>>>;

/// What `node` means once the changes are made.
pub(super) fn expected(node: &Node, changes: &[Change<'_>]) -> Plain {
    let mut by_node: ByNode<'_> = HashMap::new();
    for change in changes {
        let node = std::ptr::from_ref(change.node());
        by_node.entry(node).or_default().push(change);
    }
    changed(node, &by_node)
}

/// Depth is bounded by the document's reader.
fn changed(node: &Node, changes: &ByNode<'_>) -> Plain {
    let mut own = changes
        .get(&std::ptr::from_ref(node))
        .cloned()
        .unwrap_or_default();
    if let Some(Change::Set(_, value)) = own.iter().find(|change| matches!(change, Change::Set(..)))
    {
        return value.clone();
    }
    // Removals first: their indices are those of the document.
    own.sort_by_key(|change| matches!(change, Change::Prepend(..) | Change::Insert(..)));
    match &node.value {
        Value::Null => Plain::Null,
        Value::Bool(truth) => Plain::Bool(*truth),
        Value::Number(number) => Plain::Number(number.clone()),
        Value::Text(text) => Plain::Text(text.clone()),
        Value::List(elements) => list(elements, &own, changes),
        Value::Map(_) => map(node, &own, changes),
    }
}

fn list(elements: &[Node], own: &[&Change<'_>], changes: &ByNode<'_>) -> Plain {
    let gone = |index: usize| {
        own.iter().any(
            |change| matches!(change, Change::RemoveElements(_, range) if range.contains(&index)),
        )
    };
    let kept = elements
        .iter()
        .enumerate()
        .filter(|(index, _)| !gone(*index));
    let mut values: Vec<Plain> = kept.map(|(_, element)| changed(element, changes)).collect();
    for change in own {
        if let Change::Prepend(_, texts) = change {
            values.splice(0..0, texts.iter().cloned().map(Plain::Text));
        }
    }
    Plain::List(values)
}

fn map(node: &Node, own: &[&Change<'_>], changes: &ByNode<'_>) -> Plain {
    let removed: HashSet<usize> = own
        .iter()
        .filter_map(|change| match change {
            Change::RemoveMember(_, at) => Some(*at),
            _ => None,
        })
        .collect();
    let gone = |index: usize| removed.contains(&index);
    let kept = node
        .members()
        .iter()
        .enumerate()
        .filter(|(index, _)| !gone(*index));
    let mut members: Vec<(String, Plain)> = kept
        .map(|(_, member)| (member.key.clone(), changed(&member.value, changes)))
        .collect();
    for change in own {
        if let Change::Insert(_, key, value) = change {
            members.push((key.clone(), value.clone()));
        }
    }
    Plain::sorted(members)
}

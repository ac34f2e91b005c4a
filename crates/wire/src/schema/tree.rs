//! A schema's JSON as an arena: references are looked up many times, and text is walked once.

use std::collections::HashMap;

use super::{Bounds, SchemaFault};
use crate::json;

pub(super) type Index = usize;

/// The values of a document, parents before children.
pub(super) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    members: HashMap<(Index, String), Index>,
}

pub(super) struct Node<'a> {
    pub(super) raw: &'a [u8],
    /// Children by the name or number they have, in the order written.
    pub(super) children: Vec<(String, Index)>,
    parent: Option<Index>,
}

impl<'a> Tree<'a> {
    pub(super) const ROOT: Index = 0;

    /// Reads validated text.
    pub(super) fn of(raw: &'a [u8], bounds: &Bounds) -> Result<Self, SchemaFault> {
        let root = Node {
            raw,
            children: Vec::new(),
            parent: None,
        };
        let mut tree = Self {
            nodes: vec![root],
            members: HashMap::new(),
        };
        tree.grow(Self::ROOT, 1, bounds)?;
        Ok(tree)
    }

    fn grow(&mut self, at: Index, depth: usize, bounds: &Bounds) -> Result<(), SchemaFault> {
        let Some(raw) = self.node(at).map(|node| node.raw) else {
            return Ok(());
        };
        let mut children: Vec<(String, &'a [u8])> = Vec::new();
        match raw.first() {
            Some(b'{') => {
                children.extend(json::members(raw).map(|(name, value)| (name.into_owned(), value)))
            }
            Some(b'[') => {
                children.extend(
                    json::elements(raw)
                        .enumerate()
                        .map(|(index, value)| (index.to_string(), value)),
                );
            }
            _ => return Ok(()),
        }
        if depth > bounds.max_depth {
            return Err(SchemaFault::TooDeep(bounds.max_depth));
        }
        for (name, raw) in children {
            let child = self.nodes.len();
            if child >= bounds.max_values {
                return Err(SchemaFault::TooMany(bounds.max_values));
            }
            self.nodes.push(Node {
                raw,
                children: Vec::new(),
                parent: Some(at),
            });
            self.members.insert((at, name.clone()), child);
            if let Some(node) = self.nodes.get_mut(at) {
                node.children.push((name, child));
            }
            self.grow(child, depth + 1, bounds)?;
        }
        Ok(())
    }

    pub(super) fn node(&self, at: Index) -> Option<&Node<'a>> {
        self.nodes.get(at)
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The child of a name, or an array's element of a number.
    pub(super) fn child(&self, at: Index, name: &str) -> Option<Index> {
        self.members.get(&(at, name.to_owned())).copied()
    }

    /// The children of a value, by name.
    pub(super) fn children(&self, at: Index) -> &[(String, Index)] {
        self.node(at).map_or(&[], |node| &node.children)
    }

    /// The text of a string member.
    pub(super) fn text(&self, at: Index, name: &str) -> Option<std::borrow::Cow<'a, str>> {
        json::as_str(self.node(self.child(at, name)?)?.raw)
    }

    pub(super) fn is_object(&self, at: Index) -> bool {
        self.node(at)
            .is_some_and(|node| node.raw.first() == Some(&b'{'))
    }

    /// The value at a JSON pointer below another.
    pub(super) fn at_pointer(&self, from: Index, pointer: &str) -> Option<Index> {
        let mut names = pointer.split('/');
        // A pointer is empty or begins with a slash.
        names.next().filter(|first| first.is_empty())?;
        names.try_fold(from, |at, name| {
            self.child(at, &name.replace("~1", "/").replace("~0", "~"))
        })
    }

    /// The JSON pointer to a value.
    pub(super) fn pointer(&self, at: Index) -> String {
        let (mut names, mut now) = (Vec::new(), at);
        while let Some(parent) = self.node(now).and_then(|node| node.parent) {
            let name = self
                .children(parent)
                .iter()
                .find(|(_, child)| *child == now);
            names.push(name.map_or_else(String::new, |(name, _)| {
                name.replace('~', "~0").replace('/', "~1")
            }));
            now = parent;
        }
        names
            .iter()
            .rev()
            .fold(String::new(), |path, name| path + "/" + name)
    }
}

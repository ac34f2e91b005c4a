//! The tree: values with the place they were written at.

use std::collections::HashMap;

use super::span::Span;

/// One value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The text of the value, its quotes and brackets included. For a TOML table with a header of its own: from the header to the end
    /// of its last member; for YAML in block style: from the first to the last character of what is in it, its anchor and tag included.
    pub span: Span,
    /// What it is.
    pub value: Value,
    /// The value's YAML tag where one was written, without its exclamation marks: `secret`, `str`, …
    pub tag: Option<Box<str>>,
    /// The value was not written here: it is a copy of what a YAML anchor names, or was merged in. It must not be edited.
    pub copied: bool,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~`, nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number, as written; TOML's dates and times too.
    Number(String),
    /// Text, unescaped.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map in the order written. A key that was written twice is there twice.
    Map(Vec<Member>),
}

/// One key of a map and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The key, unescaped.
    pub key: String,
    /// The text of the key, its quotes included.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A value that was written at `span`.
    #[must_use]
    pub fn new(span: Span, value: Value) -> Self {
        Node {
            span,
            value,
            tag: None,
            copied: false,
        }
    }

    /// The value of a key; of a key written twice the last, which is what clients use. None where this is no map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.member(key).map(|member| &member.value)
    }

    /// The member with this key, the last where it was written twice.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&Member> {
        self.members().iter().rev().find(|member| member.key == key)
    }

    /// The value at a path of keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The members of a map; none for anything else.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    /// The members that count: of each key the last, in the order of those.
    #[must_use]
    pub fn effective(&self) -> Vec<&Member> {
        let members = self.members();
        let last: HashMap<&str, usize> = members
            .iter()
            .enumerate()
            .map(|(at, member)| (member.key.as_str(), at))
            .collect();
        members
            .iter()
            .enumerate()
            .filter(|(at, member)| last.get(member.key.as_str()) == Some(at))
            .map(|(_, member)| member)
            .collect()
    }

    /// The elements of a list; none for anything else.
    #[must_use]
    pub fn elements(&self) -> &[Node] {
        match &self.value {
            Value::List(elements) => elements,
            _ => &[],
        }
    }

    /// The text, where this is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// True or false, where this is one of them.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match &self.value {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// Whether this is a map.
    #[must_use]
    pub fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// Whether this is a list.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.value, Value::List(_))
    }

    /// Whether this is null or nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Moves every span of the tree `by` bytes on.
    pub(super) fn shift(&mut self, by: usize) {
        if by == 0 {
            return;
        }
        self.span = self.span.shifted(by);
        match &mut self.value {
            Value::List(elements) => elements.iter_mut().for_each(|element| element.shift(by)),
            Value::Map(members) => {
                for member in members {
                    member.key_span = member.key_span.shifted(by);
                    member.value.shift(by);
                }
            }
            _ => {}
        }
    }

    /// What it is, as a word for a person.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(at: usize, text: &str) -> Node {
        Node::new(Span::new(at, at + 1), Value::Text(text.to_owned()))
    }

    fn member(key: &str, value: Node) -> Member {
        Member {
            key: key.to_owned(),
            key_span: Span::default(),
            value,
        }
    }

    #[test]
    fn of_a_key_written_twice_the_last_counts() {
        let map = Node::new(
            Span::default(),
            Value::Map(vec![
                member("a", text(0, "first")),
                member("b", text(1, "other")),
                member("a", text(2, "last")),
            ]),
        );
        assert_eq!(map.get("a").and_then(Node::as_text), Some("last"));
        assert_eq!(map.members().len(), 3);
        let keys: Vec<_> = map.effective().iter().map(|m| m.value.as_text()).collect();
        assert_eq!(keys, [Some("other"), Some("last")]);
    }

    #[test]
    fn paths_lead_through_maps_only() {
        let inner = Node::new(Span::default(), Value::Map(vec![member("b", text(0, "x"))]));
        let outer = Node::new(Span::default(), Value::Map(vec![member("a", inner)]));
        assert_eq!(outer.at(&["a", "b"]).and_then(Node::as_text), Some("x"));
        assert_eq!(outer.at(&["a", "b", "c"]), None);
        assert_eq!(outer.at(&[]), Some(&outer));
    }
}

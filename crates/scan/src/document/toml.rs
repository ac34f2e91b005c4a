//! TOML. Its readers agree on what a file says and refuse what is not TOML, duplicate keys included.

use interlock_launch::text::excerpt;
use toml_edit::{Document as Parsed, InlineTable, Item, Key, Table, Value as TomlValue};

use super::node::{Member, Node, Value};
use super::problem::{Problem, ProblemKind};
use super::read::{MOST_NODES, Reading};
use super::span::Span;

/// Reads `text`, which starts `shift` bytes into the file.
pub(super) fn read(text: &str, shift: usize) -> Reading {
    // More signs of assignment and separation than values are read: nothing is built for it.
    let signs = text
        .bytes()
        .filter(|byte| matches!(byte, b'=' | b',' | b'[' | b'.'));
    if signs.count() > MOST_NODES {
        let said = "the file holds more values than are read";
        return broken(Span::default(), ProblemKind::TooMany, said.to_owned());
    }
    match Parsed::parse(text) {
        Ok(parsed) => {
            let whole = Span::new(0, text.len());
            let mut root = table(parsed.as_table(), Some(whole));
            root.shift(shift);
            Reading {
                root: Some(root),
                problems: Vec::new(),
            }
        }
        Err(error) => {
            let message = error.message().lines().next().unwrap_or("").to_owned();
            let kind = if message.contains("duplicate key") {
                ProblemKind::DuplicateKey
            } else if message.contains("recursion") {
                ProblemKind::TooDeep
            } else {
                ProblemKind::Syntax
            };
            let span = error
                .span()
                .map_or(Span::default(), Span::from)
                .shifted(shift);
            broken(
                span,
                kind,
                format!("this is no TOML: {}", excerpt(&message)),
            )
        }
    }
}

fn broken(span: Span, kind: ProblemKind, text: String) -> Reading {
    Reading {
        root: None,
        problems: vec![Problem::new(span, kind, text)],
    }
}

fn item(item: &Item) -> Option<Node> {
    match item {
        Item::None => None,
        Item::Value(found) => Some(value(found)),
        Item::Table(found) => Some(table(found, None)),
        Item::ArrayOfTables(tables) => {
            let elements: Vec<Node> = tables.iter().map(|found| table(found, None)).collect();
            let spans = elements.iter().map(|element| element.span);
            let span = spans.reduce(Span::join).unwrap_or_default();
            Some(Node::new(span, Value::List(elements)))
        }
    }
}

/// A table's own span is its header's; its members may stand after it, or, for a table that no header names, anywhere.
fn table(found: &Table, whole: Option<Span>) -> Node {
    let members: Vec<Member> = found
        .iter()
        .filter_map(|(key, value)| member(found.key(key), key, item(value)?))
        .collect();
    let header = whole.or_else(|| found.span().map(Span::from));
    map(header, members)
}

fn inline(found: &InlineTable) -> Node {
    let members = found
        .iter()
        .filter_map(|(key, inner)| member(found.key(key), key, value(inner)))
        .collect();
    let own = found.span().map(Span::from);
    map(own, members)
}

fn map(own: Option<Span>, members: Vec<Member>) -> Node {
    let inside = members
        .iter()
        .map(|member| member.key_span.join(member.value.span))
        .reduce(Span::join);
    let span = match (own, inside) {
        (Some(own), Some(inside)) => own.join(inside),
        (one, other) => one.or(other).unwrap_or_default(),
    };
    Node::new(span, Value::Map(members))
}

fn member(written: Option<&Key>, key: &str, value: Node) -> Option<Member> {
    let key_span = written
        .and_then(Key::span)
        .map_or(Span::new(value.span.start, value.span.start), Span::from);
    Some(Member {
        key: key.to_owned(),
        key_span,
        value,
    })
}

fn value(found: &TomlValue) -> Node {
    let span = found.span().map_or(Span::default(), Span::from);
    let value = match found {
        TomlValue::String(text) => Value::Text(text.value().clone()),
        TomlValue::Integer(number) => Value::Number(number.value().to_string()),
        TomlValue::Float(number) => Value::Number(number.value().to_string()),
        TomlValue::Datetime(time) => Value::Number(time.value().to_string()),
        TomlValue::Boolean(truth) => Value::Bool(*truth.value()),
        TomlValue::Array(array) => Value::List(array.iter().map(self::value).collect()),
        TomlValue::InlineTable(table) => return inline(table),
    };
    Node::new(span, value)
}

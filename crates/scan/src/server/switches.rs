//! Switches: what a client does without asking, read off a file or an entry.

use super::model::{Effect, Switch, SwitchKind, Text};
use crate::clients::{Fields, Shape};
use crate::document::{Member, Node, Value};

/// The switches of a file as a whole.
pub(super) fn file_switches(root: &Node, shape: &Shape, switches: &mut Vec<Switch>) {
    for rule in shape.switches {
        collect(root, rule.path, rule.kind, "", switches);
    }
}

/// The switches of one entry.
pub(super) fn entry_switches(node: &Node, fields: &Fields, trail: &[String]) -> Vec<Switch> {
    let mut switches = Vec::new();
    let before = trail.join(".");
    for field in fields.switches {
        collect(node, field.path, field.kind, &before, &mut switches);
    }
    switches
}

fn collect(node: &Node, path: &[&str], kind: SwitchKind, before: &str, switches: &mut Vec<Switch>) {
    let Some((step, rest)) = path.split_first() else {
        return;
    };
    for member in node.effective() {
        if *step != "*" && member.key != *step {
            continue;
        }
        let trail = if before.is_empty() {
            member.key.clone()
        } else {
            format!("{before}.{}", member.key)
        };
        if rest.is_empty() {
            switches.push(switch(member, kind, trail));
        } else {
            collect(&member.value, rest, kind, &trail, switches);
        }
    }
}

fn switch(member: &Member, kind: SwitchKind, trail: String) -> Switch {
    Switch {
        kind,
        trail,
        span: member.key_span.join(member.value.span),
        value_span: member.value.span,
        effect: effect(&member.value),
    }
}

/// For what a value switches something on.
fn effect(node: &Node) -> Effect {
    match &node.value {
        Value::Null | Value::Bool(false) => Effect::Off,
        Value::Bool(true) => Effect::All,
        Value::Text(text) if text == "*" => Effect::All,
        Value::Text(text) => Effect::Value(text.clone()),
        Value::Number(number) => Effect::Value(number.clone()),
        Value::List(elements) if elements.is_empty() => Effect::Off,
        Value::List(elements) => {
            let all = elements
                .iter()
                .any(|element| element.as_text() == Some("*"));
            if all {
                return Effect::All;
            }
            Effect::Named(elements.iter().map(named).collect())
        }
        Value::Map(members) => {
            let on = members.iter().filter(|member| is_on(&member.value));
            let named: Vec<Text> = on
                .map(|member| Text {
                    text: member.key.clone(),
                    span: member.key_span,
                })
                .collect();
            match named.is_empty() {
                true => Effect::Off,
                false if named.iter().any(|name| name.text == "*") => Effect::All,
                false => Effect::Named(named),
            }
        }
    }
}

/// Whether the value of a name in a map of switches switches it on.
fn is_on(node: &Node) -> bool {
    match &node.value {
        Value::Null | Value::Bool(false) => false,
        Value::Text(text) => !matches!(
            text.as_str(),
            "DO_NOT_TRUST" | "ask" | "prompt" | "deny" | "never"
        ),
        _ => true,
    }
}

/// What an element of a list names: text, or the words in `{serverName}`, `{serverUrl}`, `{serverCommand: […]}`.
fn named(node: &Node) -> Text {
    let words: Vec<&str> = match node.as_text() {
        Some(text) => vec![text],
        None => node
            .members()
            .iter()
            .flat_map(|member| match member.value.as_text() {
                Some(text) => vec![text],
                None => {
                    let elements = member.value.elements().iter();
                    elements.filter_map(Node::as_text).collect()
                }
            })
            .collect(),
    };
    Text {
        text: words.join(" "),
        span: node.span,
    }
}

//! Marks that models take for the borders of messages, and tags that dress text as an order.

use super::Role;
use crate::finding::{DELIMITER, Finding, PRESSURE, Severity, quoted};

/// Marks of chat templates that have no form of their own. Compared in lower case.
const BORDERS: &[&str] = &[
    "[inst]",
    "[/inst]",
    "<<sys>>",
    "<</sys>>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<function_calls>",
    "</function_calls>",
    "<system-reminder>",
    "</tool_response>",
    "</tool_result>",
    "\n\nhuman:",
    "\n\nassistant:",
    "### instruction:",
    "### system:",
    "<function_results>",
];
const TAGS: &[&str] = &[
    "important",
    "critical",
    "system",
    "instruction",
    "instructions",
    "secret",
    "hidden",
    "admin",
    "override",
    "urgent",
    "mandatory",
    "attention",
    "system_prompt",
    "system-prompt",
    "prompt",
    "ai",
    "assistant",
];

pub(super) fn marks(text: &str, place: &str, role: Role) -> Vec<Finding> {
    if !text.contains(['<', '[', ':']) {
        return Vec::new();
    }
    let lower = text.to_lowercase();
    let border = BORDERS
        .iter()
        .find(|mark| lower.contains(**mark))
        .map(|mark| (*mark).to_owned())
        .or_else(|| template_mark(&lower));
    let border = border.map(|mark| {
        let finding = Finding::new(&DELIMITER, place, format!("`{}`", quoted(&mark, 40)));
        // Pages about chat templates show them.
        if role == Role::Answer {
            finding.at(Severity::Medium)
        } else {
            finding
        }
    });
    let tag = tags(&lower)
        .find(|name| TAGS.contains(name))
        .filter(|_| role != Role::Answer);
    let tag = tag.map(|name| Finding::new(&PRESSURE, place, format!("`<{}>`", quoted(name, 40))));
    border.into_iter().chain(tag).collect()
}

/// `<|word|>`: the form of the marks of many templates.
fn template_mark(text: &str) -> Option<String> {
    let is_part = |c: &char| c.is_alphanumeric() || *c == '_';
    text.split("<|").skip(1).find_map(|behind| {
        let name: String = behind.chars().take(32).take_while(is_part).collect();
        let closed = behind.strip_prefix(name.as_str())?.starts_with("|>");
        (closed && !name.is_empty()).then(|| format!("<|{name}|>"))
    })
}

/// The names of opening tags.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    text.split('<').skip(1).filter_map(|piece| {
        let (name, _) = piece.split_once('>')?;
        (name.len() <= 24).then_some(name.trim())
    })
}

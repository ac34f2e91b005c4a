//! Tool definitions, one by one and as a list.

use crate::document::{fault, strings, tidied};
use crate::finding::Finding;
use crate::text::hidden;

/// What is found in one tool definition: the JSON text of a [`Tool`](interlock_wire::types::Tool), as a server sent it.
#[must_use]
pub fn tool(definition: &[u8]) -> Vec<Finding> {
    tidied(one(definition, ""))
}

/// What is found in the definitions of one server: in each, at `/0`, `/1` and so on, and between them.
#[must_use]
pub fn tools(definitions: &[&[u8]]) -> Vec<Finding> {
    let each = definitions.iter().enumerate();
    tidied(
        each.flat_map(|(index, definition)| one(definition, &format!("/{index}")))
            .collect(),
    )
}

fn one(definition: &[u8], place: &str) -> Vec<Finding> {
    let definition = definition.trim_ascii();
    if let Some(mut fault) = fault(definition) {
        fault.place = place.to_owned();
        return vec![fault];
    }
    let mut findings = Vec::new();
    strings(definition, place, &mut |text| {
        findings.extend(hidden(text.text, text.place))
    });
    findings
}

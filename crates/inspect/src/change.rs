//! What became of a server's tools since they were approved.

use std::collections::{BTreeMap, HashMap};

use interlock_wire::json;
use interlock_wire::tools::digest;

use crate::definition::name_of;
use crate::document::{below, fault, tidied};
use crate::finding::{Finding, TOOL_ADDED, TOOL_CHANGED, TOOL_REMOVED, quoted};

/// What is different between the definitions that were approved and those that are offered now. The places are names of tools.
///
/// ```
/// let before: [&[u8]; 1] = [br#"{"name":"a","inputSchema":{"type":"object"}}"#];
/// let after: [&[u8]; 1] = [br#"{"name":"a","inputSchema":{"type":"object","properties":{"to":{}}}}"#];
/// let findings = interlock_inspect::changes(&before, &after);
/// assert_eq!((findings[0].code, findings[0].text.as_str()), ("tool-changed", "other at `/inputSchema/properties`"));
/// assert!(interlock_inspect::changes(&before, &before).is_empty());
/// ```
#[must_use]
pub fn changes(before: &[&[u8]], after: &[&[u8]]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (before, after) = (
        by_name(before, &mut findings),
        by_name(after, &mut findings),
    );
    for (name, now) in &after {
        let place = below("", name);
        match before.get(name) {
            None => findings.push(Finding::new(
                &TOOL_ADDED,
                &place,
                format!("`{}`", quoted(name, 80)),
            )),
            Some(then) if digest(then).ok() != digest(now).ok() => {
                let mut places = Vec::new();
                differences(then, now, "", &mut places);
                let shown: Vec<String> = places
                    .iter()
                    .take(4)
                    .map(|place| format!("`{}`", quoted(place, 80)))
                    .collect();
                findings.push(Finding::new(
                    &TOOL_CHANGED,
                    &place,
                    format!("other at {}", shown.join(", ")),
                ));
            }
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    findings.extend(gone.map(|name| {
        Finding::new(
            &TOOL_REMOVED,
            &below("", name),
            format!("`{}`", quoted(name, 80)),
        )
    }));
    tidied(findings)
}

fn by_name<'a>(
    definitions: &[&'a [u8]],
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, &'a [u8]> {
    let mut named = BTreeMap::new();
    for definition in definitions {
        match fault(definition) {
            Some(fault) => findings.push(fault),
            None => drop(named.insert(name_of(definition), definition.trim_ascii())),
        }
    }
    named
}

/// The places where two values differ, as deep as both are objects.
fn differences(then: &[u8], now: &[u8], place: &str, places: &mut Vec<String>) {
    if then == now {
        return;
    }
    let objects = then.first() == Some(&b'{') && now.first() == Some(&b'{');
    if !objects {
        places.push(place.to_owned());
        return;
    }
    let mut was: HashMap<_, _> = json::members(then).collect();
    for (name, value) in json::members(now) {
        match was.remove(&name) {
            Some(was) => differences(was, value, &below(place, &name), places),
            None => places.push(below(place, &name)),
        }
    }
    let mut gone: Vec<_> = was.into_keys().map(|name| below(place, &name)).collect();
    gone.sort_unstable();
    places.extend(gone);
}

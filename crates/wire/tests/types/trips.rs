//! Every definition of every revision: read, written, and the same again.

use interlock_wire::{Limits, Method, Revision, parse};
use serde_json::{Value, json};

use super::instances::instances;
use super::schema::Schema;
use super::shapes::{Shape, Trip, shape};

fn go(trip: Trip, value: &Value, target: Option<Revision>) -> Value {
    let raw = serde_json::to_vec(value).expect("a value is JSON");
    let out = trip(&raw, target).unwrap_or_else(|error| panic!("{error}: {value}"));
    serde_json::from_slice(&out)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out)))
}

fn check(schema: &Schema, name: &str, trip: Trip, value: &Value) {
    assert_eq!(go(trip, value, None), *value, "{name} of {}", schema.name);
    let same = go(trip, value, Some(schema.revision));
    assert_eq!(
        same, *value,
        "{name} of {} for its own revision",
        schema.name
    );
}

/// The instances of a definition, each judged by the schema itself.
fn judged(schema: &Schema, name: &str) -> Vec<Value> {
    let judge = schema.judge(name);
    let definition = schema.get(name).expect("a definition");
    let values = instances(schema, definition);
    assert!(!values.is_empty(), "{name}");
    for value in &values {
        if let Err(error) = judge(value) {
            panic!(
                "the generator is wrong about {name} of {}: {error}: {value}",
                schema.name
            );
        }
    }
    values
}

// SPEC: both/client/elicitation/elicitation-requests:2 both/server/prompts/audio-content:1
// SPEC: both/server/prompts/embedded-resources:1,3 both/server/prompts/image-content:1
#[test]
fn what_is_read_is_written_back() {
    for schema in Schema::all() {
        for name in schema.names() {
            match shape_in(&schema, name) {
                None => panic!("{name} of {} has no type", schema.name),
                Some(Shape::Whole(trip)) => {
                    for value in judged(&schema, name) {
                        check(&schema, name, trip, &value);
                    }
                }
                Some(Shape::Member(member, trip)) => check_member(&schema, name, member, trip),
                Some(Shape::Union) => check_union(&schema, name),
                Some(Shape::Envelope) => {
                    for value in judged(&schema, name) {
                        check_envelope(&schema, name, value);
                    }
                }
                Some(Shape::Not(_)) => {}
            }
        }
    }
}

fn check_member(schema: &Schema, name: &str, member: &str, trip: Trip) {
    for value in judged(schema, name) {
        if let Some(method) = value.get("method").and_then(Value::as_str) {
            let known = Method::of(method) != Method::Other || schema.name == "tasks";
            assert!(known, "{method} of {name}");
        }
        if let Some(part) = value.get(member) {
            check(schema, name, trip, part);
        }
        check_envelope(schema, name, value);
    }
}

/// A choice needs no instances: each of its arms is checked by itself.
fn check_union(schema: &Schema, name: &str) {
    let definition = schema.get(name).expect("a definition");
    let whole = [definition.clone()];
    let arms = definition["anyOf"]
        .as_array()
        .map_or(&whole[..], Vec::as_slice);
    for arm in arms {
        let arm = schema.refer(arm).map(|(name, _)| name);
        assert!(
            arm.is_none_or(|name| shape(name).is_some()),
            "{arm:?} of {name}"
        );
    }
}

/// What a schema allows and [`parse`] refuses on purpose: see `RejectCode`.
fn refused(value: &Value) -> bool {
    value.is_array()
        || value.get("method") == Some(&json!(""))
        || value
            .get("method")
            .and_then(Value::as_str)
            .is_some_and(|method| method.contains('\n'))
        || value.get("id").is_some_and(|id| *id == json!(""))
}

fn check_envelope(schema: &Schema, name: &str, mut value: Value) {
    // Old schemas leave out what makes a request one, and batches are refused.
    if value.is_object() && value.get("jsonrpc").is_none() {
        let request = name.ends_with("Request").then(|| json!(1));
        value["jsonrpc"] = json!("2.0");
        request.into_iter().for_each(|id| value["id"] = id);
    }
    let line = serde_json::to_vec(&value).expect("a value is JSON");
    match parse(&line, &Limits::default()) {
        Ok(message) => assert_eq!(message.raw, line),
        Err(_) if refused(&value) => {}
        Err(reject) => panic!("{name} of {}: {reject}: {value}", schema.name),
    }
}

/// Members that are sent to peers of earlier revisions although their schema lacks them, with the reason.
const KEPT: &[(&str, &str)] = &[
    // Extensions are negotiated with peers of 2025-11-25, as MCP Apps are.
    ("ClientCapabilities", "extensions"),
    ("ServerCapabilities", "extensions"),
    // Every request may have it, but old schemas say so in one place only.
    ("params", "_meta"),
    // Questions at a URL do not exist before; without these they would become forms.
    ("params", "mode"),
    ("params", "url"),
    // Words of JSON Schema that every reader of it knows.
    ("EnumSchema", "default"),
    ("NumberSchema", "default"),
    ("StringSchema", "default"),
];

#[test]
fn earlier_revisions_get_nothing_they_do_not_know() {
    for (newer, older) in pairs() {
        for name in newer.names() {
            let (Some(of), Some(trip)) = (older.get(name), trip_of(name)) else {
                continue;
            };
            let (of, member) = match trip {
                (None, _) => (of, name),
                (Some(member), _) => (&of["properties"][member], member),
            };
            let of = older.refer(of).map_or(of, |(_, of)| of);
            let Some(known) = of["properties"].as_object() else {
                continue;
            };
            let full = instances(&newer, newer.get(name).expect("a definition"))
                .pop()
                .expect("the fullest one");
            let full = trip.0.map_or(Some(&full), |member| full.get(member));
            let Some(full) = full else { continue };
            for key in go(trip.1, full, Some(older.revision))
                .as_object()
                .expect("an object")
                .keys()
            {
                let kept =
                    KEPT.contains(&(member, key)) || of.get("additionalProperties").is_some();
                assert!(
                    known.contains_key(key) || kept,
                    "{name} of {} keeps `{key}` for {}",
                    newer.name,
                    older.name
                );
            }
        }
    }
}

// SPEC: 2026-07-28/basic/index/result-responses:3 2026-07-28/server/utilities/caching/cacheable-results:1
// SPEC: 2026-07-28/server/utilities/caching/time-to-live-ttl-field:5
#[test]
fn later_revisions_get_what_they_require() {
    let latest = Schema::of(Revision::V2026_07_28);
    for older in &Revision::ALL[..4] {
        let older = Schema::of(*older);
        for name in older
            .names()
            .into_iter()
            .filter(|name| name.ends_with("Result"))
        {
            let (Some(_), Some((None, trip))) = (latest.get(name), trip_of(name)) else {
                continue;
            };
            let judge = latest.judge(name);
            for value in instances(&older, older.get(name).expect("a definition")) {
                // Answers to questions have no type of result, so nothing may be added there.
                let moved = go(trip, &value, Some(latest.revision));
                judge(&moved)
                    .unwrap_or_else(|error| panic!("{name} of {}: {error}: {moved}", older.name));
            }
        }
    }
}

/// `tasks/cancel` is answered by the task in 2025-11-25, and by nothing in the extension.
fn shape_in(schema: &Schema, name: &str) -> Option<Shape> {
    match (schema.name, name) {
        ("tasks", "CancelTaskResult") => shape("EmptyResult"),
        _ => shape(name),
    }
}

fn pairs() -> Vec<(Schema, Schema)> {
    let newer = Revision::ALL.into_iter().skip(1);
    newer
        .flat_map(|newer| {
            let older = Revision::ALL
                .into_iter()
                .filter(move |older| *older < newer);
            older.map(move |older| (Schema::of(newer), Schema::of(older)))
        })
        .collect()
}

fn trip_of(name: &str) -> Option<(Option<&'static str>, Trip)> {
    match shape(name)? {
        Shape::Whole(trip) => Some((None, trip)),
        Shape::Member(member, trip) => Some((Some(member), trip)),
        _ => None,
    }
}

//! The JSON reader: what it accepts, serde_json accepts and reads alike; walking and canonical form agree with it.

use interlock_wire::{Limits, json, parse};
use serde_json::Value;

/// Panics when a promise is broken.
pub(crate) fn run(text: &[u8]) {
    let limits = Limits::default();
    let _ = parse(text, &limits);
    let _ = json::members(text).count() + json::elements(text).count();
    let mut canonical = Vec::new();
    if json::canonical(text, &limits, &mut canonical).is_err() {
        return;
    }
    let value: Value = serde_json::from_slice(text).expect("we accept only JSON");
    assert!(same(&value, text), "walked differently");
    let mut again = Vec::new();
    json::canonical(&canonical, &limits, &mut again).expect("canonical JSON is JSON");
    assert_eq!(canonical, again, "the canonical form is a fixed point");
}

/// Compares shape and texts; numbers differ by serde_json's rounding.
fn same(value: &Value, raw: &[u8]) -> bool {
    match value {
        Value::Object(map) => {
            json::members(raw).count() == map.len()
                && json::members(raw)
                    .all(|(key, raw)| map.get(&*key).is_some_and(|value| same(value, raw)))
        }
        Value::Array(list) => {
            json::elements(raw).count() == list.len()
                && json::elements(raw)
                    .zip(list)
                    .all(|(raw, value)| same(value, raw))
        }
        Value::String(text) => json::as_str(raw).is_some_and(|read| read == text.as_str()),
        Value::Number(_) | Value::Bool(_) | Value::Null => true,
    }
}

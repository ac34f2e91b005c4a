//! Values of a schema: every member absent and present, every arm of every union, with members that nobody knows.

use serde_json::{Map, Value, json};

use super::schema::Schema;

/// The least one first, the fullest one last; enough that everything the schema tells apart occurs.
pub(super) fn instances(schema: &Schema, of: &Value) -> Vec<Value> {
    values(schema, of, 0)
}

/// What lies deeper than this varies only between the least and the fullest: it has a definition of its own.
const DEEP: usize = 2;

type Join = fn(&Schema, &[Value], usize) -> Vec<Value>;

fn values(schema: &Schema, of: &Value, depth: usize) -> Vec<Value> {
    if let Some((name, definition)) = schema.refer(of) {
        return match name {
            // As published it has neither null nor fractions.
            "JSONValue" => vec![
                json!({"k": [{"n": 2}]}),
                json!("text"),
                json!(-12),
                json!(true),
                json!([]),
            ],
            _ => values(schema, definition, depth),
        };
    }
    let object = of.as_object().cloned().unwrap_or_default();
    for (key, join) in [("anyOf", any_of as Join), ("allOf", all_of)] {
        if let Some(parts) = object.get(key).and_then(Value::as_array) {
            return join(schema, parts, depth);
        }
    }
    if let Some(constant) = object.get("const") {
        return vec![constant.clone()];
    }
    if let Some(values) = object.get("enum").and_then(Value::as_array) {
        return values.clone();
    }
    if object.contains_key("not") {
        return Vec::new();
    }
    match object.get("type") {
        Some(Value::String(kind)) => of_type(schema, of, kind, depth),
        Some(Value::Array(kinds)) => kinds
            .iter()
            .flat_map(|kind| of_type(schema, of, kind.as_str().expect("a type"), depth))
            .collect(),
        _ if object.contains_key("properties") => of_type(schema, of, "object", depth),
        _ => anything(),
    }
}

fn any_of(schema: &Schema, arms: &[Value], depth: usize) -> Vec<Value> {
    arms.iter()
        .flat_map(|arm| values(schema, arm, depth))
        .collect()
}

fn all_of(schema: &Schema, parts: &[Value], depth: usize) -> Vec<Value> {
    let lists: Vec<_> = parts
        .iter()
        .map(|part| values(schema, part, depth))
        .collect();
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let merged = |index: usize| {
        let mut whole = Map::new();
        for list in &lists {
            let part = list.get(index).or(list.last());
            whole.extend(part.and_then(Value::as_object).cloned().unwrap_or_default());
        }
        Value::Object(whole)
    };
    (0..longest).map(merged).collect()
}

fn of_type(schema: &Schema, of: &Value, kind: &str, depth: usize) -> Vec<Value> {
    match kind {
        "null" => vec![Value::Null],
        "boolean" => vec![json!(false), json!(true)],
        "integer" => vec![json!(1), json!(0), json!(9_007_199_254_740_991_u64)],
        "number" => vec![json!(1), json!(0.25), json!(0)],
        "string" => strings(of),
        "array" => arrays(schema, of, depth),
        "object" => objects(schema, of, depth),
        other => panic!("unknown type {other}"),
    }
}

fn strings(of: &Value) -> Vec<Value> {
    match of.get("format").and_then(Value::as_str) {
        Some("uri") => vec![
            json!("file:///a%20b"),
            json!("https://example.com/?q=%C5%BE#a"),
        ],
        Some("uri-template") => vec![json!("file:///{path}")],
        Some("byte") => vec![json!("aGk="), json!("")],
        _ => vec![json!("text"), json!(""), json!("\"\\\u{1F600}ž\n\u{1}/")],
    }
}

fn arrays(schema: &Schema, of: &Value, depth: usize) -> Vec<Value> {
    let items = values(schema, &of["items"], depth);
    let mut out: Vec<_> = items.iter().map(|item| json!([item])).collect();
    out.push(json!([]));
    out.push(Value::Array(items.into_iter().rev().take(3).collect()));
    out
}

fn objects(schema: &Schema, of: &Value, depth: usize) -> Vec<Value> {
    let none = Map::new();
    let properties = of
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let required = |key: &str| {
        of.get("required")
            .and_then(Value::as_array)
            .is_some_and(|keys| keys.iter().any(|name| name == key))
    };
    let members: Vec<_> = properties
        .iter()
        .map(|(key, of)| (key, values(schema, of, depth + 1)))
        .collect();
    let first = |(key, values): &(&String, Vec<Value>)| (key.to_string(), values[0].clone());
    let last =
        |(key, values): &(&String, Vec<Value>)| (key.to_string(), values[values.len() - 1].clone());
    let least: Map<_, _> = members
        .iter()
        .filter(|member| required(member.0))
        .map(first)
        .collect();
    let mut out = vec![Value::Object(least.clone())];
    let with = |key: &str, value: &Value| {
        let mut object = least.clone();
        object.insert(key.to_owned(), value.clone());
        Value::Object(object)
    };
    for (key, values) in &members {
        out.extend(values.iter().map(|value| with(key, value)));
    }
    if let Some(others) = of
        .get("additionalProperties")
        .filter(|others| others.is_object())
    {
        let values = values(schema, others, depth + 1);
        out.extend(values.iter().map(|value| with("a \"key\"", value)));
    }
    let open = of
        .get("additionalProperties")
        .is_none_or(|others| *others == json!({}) || *others == true);
    if open {
        out.extend(anything().iter().map(|value| with("x-unknown", value)));
    }
    let full = Value::Object(members.iter().map(last).collect());
    out.truncate(if depth > DEEP { 1 } else { out.len() });
    out.push(full);
    out
}

fn anything() -> Vec<Value> {
    vec![
        json!({"k": [null, {"n": 1.5}]}),
        json!("text"),
        json!(-12),
        json!(true),
        json!([]),
        Value::Null,
    ]
}

//! Schemas of peers: what is ordinary passes, what is a bomb is named.

use interlock_wire::schema::{Bounds, PatternFault, SchemaFault, judge};
use proptest::prelude::*;
use serde_json::{Value, json};

#[track_caller]
fn check(schema: &Value, expected: Option<SchemaFault>) {
    let text = schema.to_string();
    assert_eq!(
        judge(text.as_bytes(), &Bounds::default()).err(),
        expected,
        "{text:.300}"
    );
}

fn nested(keyword: &str, depth: usize) -> Value {
    (0..depth).fold(json!({}), |inner, _| json!({keyword: [inner]}))
}

#[test]
fn ordinary_schemas_pass() {
    for schema in [
        json!({}),
        json!(true),
        json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "^[a-z]+$"}}, "required": ["a"]}),
        json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": {"a": {"type": "string"}}, "items": {"$ref": "#/$defs/a"}}),
        // A tree is recursive, and each turn consumes something of the value.
        json!({"properties": {"children": {"type": "array", "items": {"$ref": "#"}}}}),
        json!({"$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}}, "$ref": "#/$defs/node"}),
        json!({"$defs": {"a/b~c %": {"type": "null"}}, "items": {"$ref": "#/$defs/a~1b~0c%20%25"}}),
        json!({"$defs": {"x": {"$anchor": "here"}}, "items": {"$ref": "#here"}}),
        json!({"$id": "https://example.com/a", "$defs": {"x": {"$id": "b", "type": "string"}}, "items": {"$ref": "b"}}),
        json!({"items": {"$ref": "https://json-schema.org/draft/2020-12/schema"}}),
        // What looks like a reference and is data.
        json!({"default": {"$ref": "https://example.com"}, "enum": [{"$ref": "#/nowhere"}], "properties": {"$ref": {"type": "string"}}}),
        nested("allOf", 20),
        json!({"anyOf": vec![json!({"const": 1}); 500]}),
    ] {
        check(&schema, None);
    }
}

#[test]
fn what_asks_for_endless_work_is_refused() {
    let cycle = |place: &str| Some(SchemaFault::Cycle(place.to_owned()));
    check(&json!({"$ref": "#"}), cycle(""));
    check(
        &json!({"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}),
        cycle("/$defs/a"),
    );
    check(
        &json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}),
        cycle("/$defs/a"),
    );
    check(
        &json!({"$defs": {"a": {"not": {"$ref": "#/$defs/a"}}}}),
        cycle("/$defs/a"),
    );
    check(
        &json!({"properties": {"x": {"$dynamicAnchor": "x", "anyOf": [{"$dynamicRef": "#x"}]}}}),
        cycle("/properties/x"),
    );
    check(
        &json!({"dependentSchemas": {"a": {"$ref": "#"}}}),
        cycle(""),
    );
}

#[test]
fn what_multiplies_is_refused() {
    let mut doubling = serde_json::Map::new();
    for level in 0..40 {
        let next = format!("#/$defs/{}", level + 1);
        doubling.insert(
            level.to_string(),
            json!({"allOf": [{"$ref": next}, {"$ref": next}]}),
        );
    }
    doubling.insert("40".to_owned(), json!({}));
    check(
        &json!({"$defs": doubling, "properties": {"a": {"$ref": "#/$defs/0"}}}),
        Some(SchemaFault::TooExpensive(10_000)),
    );
    check(&nested("allOf", 100), Some(SchemaFault::TooDeep(48)));
    let deep = [r#"{"allOf":["#.repeat(5_000), "]}".repeat(5_000)].concat();
    let fault = judge(deep.as_bytes(), &Bounds::default()).unwrap_err();
    assert_eq!(fault, SchemaFault::TooDeep(48));
    check(
        &json!({"anyOf": vec![json!({}); 30_000]}),
        Some(SchemaFault::TooMany(20_000)),
    );
    check(
        &json!({"description": "x".repeat(300_000)}),
        Some(SchemaFault::TooLong(256 << 10)),
    );
}

#[test]
fn a_long_chain_of_references_needs_no_stack() {
    let mut chain = serde_json::Map::new();
    for link in 0..5_000 {
        chain.insert(
            link.to_string(),
            json!({"$ref": format!("#/$defs/{}", link + 1)}),
        );
    }
    chain.insert("5000".to_owned(), json!({"type": "string"}));
    check(&json!({"$defs": chain, "$ref": "#/$defs/0"}), None);
}

#[test]
fn references_stay_inside() {
    let away = |place: &str| Some(SchemaFault::Remote(place.to_owned()));
    for outside in [
        "https://example.com/s.json",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "other.json",
        "//host/x",
        "https://example.com/s.json#/a",
    ] {
        check(
            &json!({"properties": {"a": {"$ref": outside}}}),
            away("/properties/a/$ref"),
        );
    }
    for missing in ["#/$defs/none", "#none", "#/$defs/%zz", "#/properties/a/1"] {
        let fault = SchemaFault::Unresolved("/properties/a/$ref".to_owned());
        check(
            &json!({"properties": {"a": {"$ref": missing}}}),
            Some(fault),
        );
    }
}

#[test]
fn patterns_are_judged_wherever_they_stand() {
    let slow = |place: &str| {
        Some(SchemaFault::Pattern(
            place.to_owned(),
            PatternFault::Exponential,
        ))
    };
    check(
        &json!({"properties": {"a": {"pattern": "^(a+)+$"}}}),
        slow("/properties/a/pattern"),
    );
    check(
        &json!({"patternProperties": {"^(a|a)*$": {}}}),
        slow("/patternProperties/^(a|a)*$"),
    );
    check(
        &json!({"properties": {"pattern": {"type": "string"}}}),
        None,
    );
    let bounds = Bounds {
        refuse_slow_patterns: false,
        ..Bounds::default()
    };
    assert!(judge(br#"{"pattern":"^(a+)+$"}"#, &bounds).is_ok());
}

#[test]
fn what_is_no_schema_is_refused() {
    for text in ["", "1", "[]", "\"a\"", "{", "{\"a\":1,\"a\":2}", "null"] {
        assert_eq!(
            judge(text.as_bytes(), &Bounds::default()).err(),
            Some(SchemaFault::NotASchema),
            "{text}"
        );
    }
}

#[test]
fn a_message_shows_the_place_escaped() {
    let fault = judge(
        br#"{"properties":{"a\u202eb":{"$ref":"x"}}}"#,
        &Bounds::default(),
    )
    .unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the schema at `/properties/a\\u{202e}b/$ref` refers to what lies elsewhere"
    );
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({})),
        Just(json!(true)),
        Just(json!({"$ref": "#"})),
        Just(json!({"$ref": "#/$defs/a"})),
        Just(json!({"$ref": "#/properties/a/items"})),
        Just(json!({"pattern": "(a|b)+"})),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let keyword = prop::sample::select(vec!["not", "items", "if", "additionalProperties"]);
        let list = prop::sample::select(vec!["allOf", "anyOf", "prefixItems"]);
        prop_oneof![
            (keyword, inner.clone()).prop_map(|(keyword, inner)| json!({keyword: inner})),
            (list, prop::collection::vec(inner.clone(), 1..4))
                .prop_map(|(list, inner)| json!({list: inner})),
            (inner.clone(), inner)
                .prop_map(|(a, b)| json!({"$defs": {"a": a}, "properties": {"a": b}})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// What was judged to end does end: a validator that follows references is done with any value.
    #[test]
    fn what_passes_can_be_compiled_and_used(schema in schema()) {
        if judge(schema.to_string().as_bytes(), &Bounds::default()).is_ok() {
            let validator = jsonschema::options().build(&schema);
            prop_assert!(validator.is_ok(), "{:?} {}", validator.err(), schema);
            let _ = validator.map(|validator| validator.is_valid(&json!({"a": [{"a": []}]})));
        }
    }

    #[test]
    fn any_text_gives_a_verdict(text in ".{0,80}", pattern in r"[\[\](){}|*+?\\^$a-c0-3,.<=!:-]{0,40}") {
        let _ = judge(text.as_bytes(), &Bounds::default());
        let _ = judge(json!({"pattern": pattern}).to_string().as_bytes(), &Bounds::default());
    }
}

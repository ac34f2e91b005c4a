use proptest::prelude::*;
use serde_json::{Value, json};

use super::yaml::parse;

fn check(text: &str, expected: Value) {
    match parse(text) {
        Ok(mapping) => assert_eq!(Value::Object(mapping), expected, "{text}"),
        Err(error) => panic!("{error} in\n{text}"),
    }
}

fn refused(text: &str) {
    if let Ok(mapping) = parse(text) {
        panic!("{mapping:?} was read from\n{text}");
    }
}

#[test]
fn a_usual_frontmatter_is_read() {
    check(
        "name: pdf-processing\ndescription: Extract, fill, and assemble PDF documents\nlicense: Apache-2.0\n\
         metadata:\n  version: \"2.1.0\"\n  author: 'it''s me'\nallowed-tools: [Read, \"Bash(git:*)\"]\n",
        json!({
            "name": "pdf-processing",
            "description": "Extract, fill, and assemble PDF documents",
            "license": "Apache-2.0",
            "metadata": {"version": "2.1.0", "author": "it's me"},
            "allowed-tools": ["Read", "Bash(git:*)"],
        }),
    );
}

#[test]
fn scalars_resolve_as_the_core_schema_says() {
    for (text, value) in [
        ("", Value::Null),
        ("~", Value::Null),
        ("null", Value::Null),
        ("true", json!(true)),
        ("FALSE", json!(false)),
        ("yes", json!("yes")),
        ("12", json!(12)),
        ("-7", json!(-7)),
        ("+7", json!(7)),
        ("0o17", json!(15)),
        ("0xff", json!(255)),
        ("1.5", json!(1.5)),
        ("-.5e3", json!(-500.0)),
        ("1.2.3", json!("1.2.3")),
        ("1e", json!("1e")),
        (".", json!(".")),
        ("2026-07-28", json!("2026-07-28")),
        ("a:b", json!("a:b")),
        ("a#b", json!("a#b")),
        ("a # comment", json!("a")),
        ("\"a\\n\\u00e9\\x41\"", json!("a\né\u{41}")),
        ("'a \"b\" # c' # d", json!("a \"b\" # c")),
        ("# nothing", Value::Null),
        ("[]", json!([])),
        ("[a, 'b, c', 3]  # x", json!(["a", "b, c", 3])),
        ("{a: 1, \"b\": [x]}", json!({"a": 1, "b": ["x"]})),
    ] {
        check(&format!("k: {text}"), json!({"k": value}));
    }
}

#[test]
fn blocks_are_read() {
    check(
        "# head\nlist:\n- a\n-   b # c\n\nother:\n  - 1\n  - true\nmap:\n  x:\n    y: z\n  w:\nlast: 1",
        json!({"list": ["a", "b"], "other": [1, true], "map": {"x": {"y": "z"}, "w": null}, "last": 1}),
    );
    check(
        "k: one\n  two\n  three # c\nl: x",
        json!({"k": "one two three", "l": "x"}),
    );
    check(
        "k: |\n  a\n   b\n\n  c\n\nl: x",
        json!({"k": "a\n b\n\nc\n", "l": "x"}),
    );
    check(
        "k: |-\n  a\n  # no comment\n",
        json!({"k": "a\n# no comment"}),
    );
    check("k: |+\n  a\n\n", json!({"k": "a\n\n"}));
    check("k: >\n  a\n  b\n\n  c\n", json!({"k": "a b\nc\n"}));
    check("k: >-\n  a\n    deep\n  b\n", json!({"k": "a\n  deep\nb"}));
    check("", json!({}));
    check("# nothing\n\n", json!({}));
    check(
        "\"quoted: key\": 1\nplain key: 2",
        json!({"quoted: key": 1, "plain key": 2}),
    );
}

#[test]
fn what_is_not_supported_is_refused() {
    for text in [
        "just words",
        "a: &x 1",
        "a: *x",
        "a: !!str 1",
        "%YAML 1.2",
        "? a\n: b",
        "a: 1\na: 2",
        "a: {b: 1, b: 2}",
        "a:\n\tb: 1",
        "a: 1\n  b: 2",
        "  a: 1\n b: 2",
        "a: b: c",
        "a: \"open",
        "a: 'open",
        "a: \"x\" y",
        "a: \"\\q\"",
        "a: \"\\ud800\"",
        "a: [1, 2",
        "a: [1, [2]] x",
        "a:\n  - b: 1",
        "a:\n  - - 1",
        "a:\n  words alone",
        "a: .inf",
        "a: 99999999999999999999",
        "a: |2\n   x",
        "a: |\n   x\n  y",
        "a: @x",
        "---\na: 1",
        "a: 1\n...\nb: 2",
        "a: x\u{7}y",
        "- a\n- b",
    ] {
        refused(text);
    }
    refused(&format!("a: {}", "[".repeat(100)));
    let deep: String = (0..40)
        .map(|level| format!("{}a:\n", " ".repeat(level)))
        .collect();
    refused(&deep);
}

#[test]
fn an_error_names_its_line() {
    let error = parse("a: 1\nb: *x\n").unwrap_err();
    assert_eq!(error.line, 2);
    assert!(error.to_string().starts_with("line 2: "));
}

proptest! {
    #[test]
    fn nothing_panics(text in "([a-c \\-:#'\"\\[\\]{}|>&*!,~\\n\\t0-9.\\\\é]|: |- |\\n  ){0,60}") {
        let _ = parse(&text);
    }

    #[test]
    fn a_double_quoted_string_comes_back(text in "[^\\p{C}]{0,40}") {
        let quoted = serde_json::to_string(&text).unwrap();
        let mapping = parse(&format!("k: {quoted}")).unwrap();
        prop_assert_eq!(mapping.get("k"), Some(&Value::String(text)));
    }
}

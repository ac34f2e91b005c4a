//! Whatever the bytes: reading ends, spans are places in the text, and of JSON the tree is what another reader sees.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use interlock_scan::{CLIENTS, Document, Format, Kind, Node, Span, Value, read_text};
use proptest::prelude::*;

const FORMATS: [Format; 6] = [
    Format::Json,
    Format::Jsonc,
    Format::Toml,
    Format::Yaml,
    Format::FrontMatter,
    Format::Bundle,
];

fn check_span(document: &Document, span: Span) {
    assert!(document.text().get(span.range()).is_some(), "{span:?}");
}

fn check_node(document: &Document, node: &Node) {
    check_span(document, node.span);
    for element in node.elements() {
        check_node(document, element);
    }
    for member in node.members() {
        check_span(document, member.key_span);
        check_node(document, &member.value);
    }
}

/// Reads `bytes` in every format, and as the file of every client.
fn check(bytes: &[u8]) {
    for format in FORMATS {
        let document = Document::read(bytes, format);
        if let Some(root) = document.root() {
            check_node(&document, root);
        }
        for problem in document.problems() {
            check_span(&document, problem.span);
            assert!(
                !problem.text.contains(['\u{1b}', '\u{202e}']),
                "{}",
                problem.text
            );
            assert!(document.line_column(problem.span.start).0 > 0);
        }
    }
    for client in CLIENTS {
        for place in client.places.iter().take(3) {
            let file = read_text(client, place, Path::new("/home/me/file"), bytes);
            let document = file.document().unwrap();
            for server in &file.servers {
                check_span(document, server.span);
                check_span(document, server.name_span);
                if let Kind::Local(local) = &server.kind {
                    assert_eq!(local.request.args.len(), local.arg_spans.len());
                    assert_eq!(local.request.env.len(), local.env_spans.len());
                    local
                        .arg_spans
                        .iter()
                        .for_each(|span| check_span(document, *span));
                }
            }
            for problem in file.all_problems() {
                check_span(document, problem.span);
            }
        }
    }
}

/// Text of the kind that configurations are made of, put together at random.
fn soup() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "'",
        "\n",
        "  ",
        "- ",
        "---\n",
        "# x\n",
        "// x\n",
        "/*",
        "*/",
        "mcpServers",
        "\"mcpServers\"",
        "\"servers\"",
        "\"command\"",
        "\"args\"",
        "\"url\"",
        "\"type\"",
        "\"a\"",
        "a: ",
        "command: npx\n",
        "[mcp_servers.a]\n",
        "a = 1\n",
        "\"x\"",
        "&a ",
        "*a",
        "<<: ",
        "!!str ",
        "!x ",
        "| \n",
        "> \n",
        "\\u0041",
        "\\",
        "\u{feff}",
        "\0",
        "é",
        "🦀",
        "\u{202e}",
        "\u{1b}[2J",
        "null",
        "true",
        "1e9",
        "0x",
        "%YAML 1.2\n",
        "? ",
        "\t",
        "\r\n",
    ]);
    prop::collection::vec(words, 0..60).prop_map(|words| words.concat())
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn same(node: &Node, other: &serde_json::Value) -> bool {
    match (&node.value, other) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (Value::Number(a), serde_json::Value::Number(b)) => *a == b.to_string(),
        (Value::Text(a), serde_json::Value::String(b)) => a == b,
        (Value::List(a), serde_json::Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Map(a), serde_json::Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|member| {
                    b.get(&member.key)
                        .is_some_and(|value| same(&member.value, value))
                })
        }
        _ => false,
    }
}

/// Every value's own text, read again, is the value.
fn reads_again(document: &Document, node: &Node) {
    let again = Document::read(document.slice(node.span).as_bytes(), document.format());
    assert!(same(node, &serde_json::from_str(again.text()).unwrap()));
    for element in node.elements() {
        reads_again(document, element);
    }
    for member in node.members() {
        reads_again(document, &member.value);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&bytes);
    }

    #[test]
    fn anything_that_looks_like_a_configuration_is_read_to_an_end(text in soup()) {
        check(text.as_bytes());
    }

    #[test]
    fn json_is_what_another_reader_sees(value in json()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        let document = Document::read(text.as_bytes(), Format::Json);
        let root = document.root().unwrap();
        prop_assert!(same(root, &value));
        reads_again(&document, root);
    }
}

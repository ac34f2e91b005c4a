//! Each change, in each format, in every way of writing that files are found in.

use super::{EditError, Editor, Literal};
use crate::document::{Document, Format, Node};

/// The map that the changes are made to stands under `m`, or is the whole document.
fn map(document: &Document) -> &Node {
    let root = document.root().expect("a document");
    root.get("m").unwrap_or(root)
}

fn check(
    format: Format,
    before: &str,
    change: impl for<'a> FnOnce(&mut Editor<'a>, &'a Node) -> Result<(), EditError>,
    after: &str,
) {
    let document = Document::read(before.as_bytes(), format);
    let mut editor = Editor::new(&document).unwrap();
    change(&mut editor, map(&document)).unwrap_or_else(|error| panic!("{error}: {before}"));
    let changed = editor
        .finish()
        .unwrap_or_else(|error| panic!("{error}: {before}"));
    assert_eq!(changed, after, "{before}");
}

fn texts(words: &str) -> Vec<String> {
    words.split(' ').map(str::to_owned).collect()
}

#[test]
fn a_value_is_replaced_in_the_way_it_was_written() {
    let set = |format, before: &str, after: &str| {
        check(
            format,
            before,
            |editor, map| editor.set(map.get("c").unwrap(), Literal::Text("a b")),
            after,
        );
    };
    set(Format::Json, r#"{"c":"x","d":1}"#, r#"{"c":"a b","d":1}"#);
    set(
        Format::Jsonc,
        "{ // c\n\t\"c\" : \"x\", }",
        "{ // c\n\t\"c\" : \"a b\", }",
    );
    set(
        Format::Json,
        "\u{feff}{\"c\": \"x\"}\r\n",
        "\u{feff}{\"c\": \"a b\"}\r\n",
    );
    set(
        Format::Toml,
        "[m]\nc = 'x' # why\n",
        "[m]\nc = 'a b' # why\n",
    );
    set(Format::Toml, "m.c = \"x\"", "m.c = \"a b\"");
    set(Format::Toml, "m = { c = \"x\" }\n", "m = { c = \"a b\" }\n");
    set(
        Format::Toml,
        "[m]\nc = \"\"\"\nx\"\"\"\n",
        "[m]\nc = \"a b\"\n",
    );
    set(
        Format::Yaml,
        "m:\n  c: x # why\n",
        "m:\n  c: \"a b\" # why\n",
    );
    set(Format::Yaml, "m: {c: 'x'}\n", "m: {c: 'a b'}\n");
}

#[test]
fn truth_is_written_as_every_format_has_it() {
    for (format, before, after) in [
        (Format::Json, r#"{"c":true}"#, r#"{"c":false}"#),
        (Format::Toml, "c = true\n", "c = false\n"),
        (Format::Yaml, "c: true\n", "c: false\n"),
    ] {
        check(
            format,
            before,
            |editor, map| editor.set(map.get("c").unwrap(), Literal::Bool(false)),
            after,
        );
    }
}

#[test]
fn elements_are_put_before_others_in_their_form() {
    let put = |format, before: &str, after: &str| {
        check(
            format,
            before,
            |editor, map| editor.prepend(map.get("l").unwrap(), &texts("run --")),
            after,
        );
    };
    put(
        Format::Json,
        r#"{"l":["x", "y"]}"#,
        r#"{"l":["run", "--", "x", "y"]}"#,
    );
    put(
        Format::Json,
        r#"{"l":["x","y"]}"#,
        r#"{"l":["run","--","x","y"]}"#,
    );
    put(Format::Json, r#"{"l":[]}"#, r#"{"l":["run", "--"]}"#);
    put(
        Format::Json,
        "{\n  \"l\": [\n    \"x\"\n  ]\n}",
        "{\n  \"l\": [\n    \"run\",\n    \"--\",\n    \"x\"\n  ]\n}",
    );
    put(
        Format::Jsonc,
        "{\r\n\t\"l\": [ // first\r\n\t\t\"x\", // last\r\n\t],\r\n}",
        "{\r\n\t\"l\": [ // first\r\n\t\t\"run\",\r\n\t\t\"--\",\r\n\t\t\"x\", // last\r\n\t],\r\n}",
    );
    put(
        Format::Toml,
        "l = ['x'] # c\n",
        "l = ['run', '--', 'x'] # c\n",
    );
    put(
        Format::Toml,
        "l = [\n  \"x\", # c\n]\n",
        "l = [\n  \"run\",\n  \"--\",\n  \"x\", # c\n]\n",
    );
    put(
        Format::Toml,
        "[m]\nl = [ # none\n]\n",
        "[m]\nl = [\"run\", \"--\" # none\n]\n",
    );
    put(
        Format::Yaml,
        "m:\n  l: [x]\n",
        "m:\n  l: [run, \"--\", x]\n",
    );
    put(
        Format::Yaml,
        "m:\n  l:\n    - x # c\n    - y\n",
        "m:\n  l:\n    - run\n    - \"--\"\n    - x # c\n    - y\n",
    );
    put(
        Format::Yaml,
        "m:\n  l:\n  - 'x'\n",
        "m:\n  l:\n  - 'run'\n  - '--'\n  - 'x'\n",
    );
}

#[test]
fn members_are_put_after_others_in_their_form() {
    let put = |format, before: &str, after: &str| {
        check(
            format,
            before,
            |editor, map| editor.insert_after(map, "c", "args", Literal::Texts(&texts("run x"))),
            after,
        );
    };
    put(
        Format::Json,
        r#"{"c":"x"}"#,
        r#"{"c":"x", "args":["run", "x"]}"#,
    );
    put(
        Format::Json,
        r#"{"c": "x", "d": 1}"#,
        r#"{"c": "x", "args": ["run", "x"], "d": 1}"#,
    );
    put(
        Format::Json,
        "{\n  \"c\": \"x\"\n}\n",
        "{\n  \"c\": \"x\",\n  \"args\": [\"run\", \"x\"]\n}\n",
    );
    put(
        Format::Jsonc,
        "{\r\n\t\"c\": \"x\", // c\r\n\t\"d\": 1,\r\n}\r\n",
        "{\r\n\t\"c\": \"x\", // c\r\n\t\"args\": [\"run\", \"x\"],\r\n\t\"d\": 1,\r\n}\r\n",
    );
    put(
        Format::Jsonc,
        "{\n  \"c\": \"x\" // c\n}\n",
        "{\n  \"c\": \"x\", // c\n  \"args\": [\"run\", \"x\"]\n}\n",
    );
    put(
        Format::Toml,
        "[m]\nc = \"x\" # c\nd = 1\n",
        "[m]\nc = \"x\" # c\nargs = [\"run\", \"x\"]\nd = 1\n",
    );
    put(
        Format::Toml,
        "[m]\nc = \"x\"",
        "[m]\nc = \"x\"\nargs = [\"run\", \"x\"]",
    );
    put(
        Format::Toml,
        "m = { c = 'x' }\n",
        "m = { c = 'x', args = ['run', 'x'] }\n",
    );
    put(
        Format::Toml,
        "m.c = \"x\"\nm.d = 1\n",
        "m.c = \"x\"\nm.args = [\"run\", \"x\"]\nm.d = 1\n",
    );
    put(
        Format::Yaml,
        "m:\n  c: x # c\n  d: 1\n",
        "m:\n  c: x # c\n  args: [run, x]\n  d: 1\n",
    );
    put(
        Format::Yaml,
        "m: {c: x, d: 1}\n",
        "m: {c: x, args: [run, x], d: 1}\n",
    );
    put(
        Format::Yaml,
        "m:\n  c: >-\n    x\n  d: 1\n",
        "m:\n  args: [run, x]\n  c: >-\n    x\n  d: 1\n",
    );
}

#[test]
fn a_member_of_a_lists_element_gets_a_neighbour() {
    let before = "l:\n  - c: x\n    d: 1\n";
    let document = Document::read(before.as_bytes(), Format::Yaml);
    let element = document
        .root()
        .unwrap()
        .get("l")
        .unwrap()
        .elements()
        .first()
        .unwrap();
    let mut editor = Editor::new(&document).unwrap();
    editor
        .insert_after(element, "c", "args", Literal::Texts(&texts("run")))
        .unwrap();
    assert_eq!(
        editor.finish().unwrap(),
        "l:\n  - args: [run]\n    c: x\n    d: 1\n"
    );
}

#[test]
fn members_are_taken_out_with_their_line_or_comma() {
    let cut = |format, before: &str, after: &str| {
        check(
            format,
            before,
            |editor, map| editor.remove_member(map, "c"),
            after,
        );
    };
    cut(Format::Json, r#"{"c": 1, "d": 2}"#, r#"{"d": 2}"#);
    cut(Format::Json, r#"{"b": 1, "c": 2}"#, r#"{"b": 1}"#);
    cut(Format::Json, r#"{"c": 1}"#, "{}");
    cut(
        Format::Json,
        "{\n  \"b\": 1,\n  \"c\": [\n    1\n  ]\n}\n",
        "{\n  \"b\": 1\n}\n",
    );
    cut(
        Format::Json,
        "{\r\n  \"c\": 1,\r\n  \"d\": 2\r\n}",
        "{\r\n  \"d\": 2\r\n}",
    );
    cut(
        Format::Jsonc,
        "{\n  \"b\": 1, // one\n  // of c\n  \"c\": 2, // two\n}\n",
        "{\n  \"b\": 1, // one\n  // of c\n}\n",
    );
    cut(
        Format::Toml,
        "[m]\nb = 1\nc = 2 # two\nd = 3\n",
        "[m]\nb = 1\nd = 3\n",
    );
    cut(Format::Toml, "m = { b = 1, c = 2 }\n", "m = { b = 1 }\n");
    cut(Format::Toml, "m.b = 1\nm.c = [\n 1,\n]\n", "m.b = 1\n");
    cut(
        Format::Yaml,
        "m:\n  b: 1\n  c: 2 # two\n  d: 3\n",
        "m:\n  b: 1\n  d: 3\n",
    );
    cut(Format::Yaml, "m:\n  b: 1\n  c:\n    - x\n", "m:\n  b: 1\n");
    cut(Format::Yaml, "m: {b: 1, c: 2}\n", "m: {b: 1}\n");
}

#[test]
fn elements_are_taken_out_with_their_separators() {
    let cut = |format, before: &str, range: std::ops::Range<usize>, after: &str| {
        check(
            format,
            before,
            |editor, map| editor.remove_elements(map.get("l").unwrap(), range),
            after,
        );
    };
    cut(
        Format::Json,
        r#"{"l":["a", "b", "c"]}"#,
        0..2,
        r#"{"l":["c"]}"#,
    );
    cut(
        Format::Json,
        r#"{"l":["a", "b", "c"]}"#,
        1..3,
        r#"{"l":["a"]}"#,
    );
    cut(Format::Json, "{\"l\":[\n  \"a\"\n]}", 0..1, "{\"l\":[]}");
    cut(
        Format::Jsonc,
        "{\"l\":[ /* x */ \"a\", ]}",
        0..1,
        "{\"l\":[ /* x */  ]}",
    );
    cut(
        Format::Toml,
        "l = [\n  \"a\",\n  \"b\", # b\n]\n",
        0..1,
        "l = [\n  \"b\", # b\n]\n",
    );
    cut(
        Format::Yaml,
        "l:\n  - a\n  - b\n  - c\nd: 1\n",
        0..1,
        "l:\n  - b\n  - c\nd: 1\n",
    );
    cut(
        Format::Yaml,
        "l:\n  - a\n  - b\n  - c\nd: 1\n",
        1..3,
        "l:\n  - a\nd: 1\n",
    );
    cut(Format::Yaml, "l:\n  - a\nd: 1\n", 0..1, "l:\n  []\nd: 1\n");
}

#[test]
fn several_changes_are_made_together() {
    check(
        Format::Json,
        r#"{"c": "npx", "l": ["x"], "t": true}"#,
        |editor, map| {
            editor.prepend(map.get("l").unwrap(), &texts("run -- npx"))?;
            editor.set(map.get("c").unwrap(), Literal::Text("interlock"))?;
            editor.remove_member(map, "t")
        },
        r#"{"c": "interlock", "l": ["run", "--", "npx", "x"]}"#,
    );
}

#[test]
fn what_would_mean_something_else_is_refused() {
    let refused = |format, before: &str, key: &str| {
        let document = Document::read(before.as_bytes(), format);
        let mut editor = Editor::new(&document).unwrap();
        let node = map(&document).get(key).unwrap();
        let done = editor
            .set(node, Literal::Text("y"))
            .and_then(|()| editor.finish().map(drop));
        assert!(done.is_err(), "{before}");
    };
    refused(Format::Yaml, "a: &x {k: v}\nc: *x\n", "c");
    // The anchor goes with the value, and with it what the alias stands for.
    refused(Format::Yaml, "a: &x v\nc: *x\n", "a");
    let document = Document::read(b"{\"a\": ", Format::Json);
    assert!(Editor::new(&document).is_err() || document.root().is_some());
    assert!(Editor::new(&Document::read(b"{\"a\": \"\xff\"}", Format::Json)).is_err());
}

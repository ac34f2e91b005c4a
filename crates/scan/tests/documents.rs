//! Documents of each format as trees: what is where, and what a strict reader says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use interlock_scan::{Document, Format, Node, Value};

/// The tree in one line per value: its path, the text it was written as, what it is.
fn dump(document: &Document) -> String {
    let mut out = String::new();
    match document.root() {
        Some(root) => node(document, root, "", &mut out),
        None => out.push_str("nothing\n"),
    }
    for problem in document.problems() {
        let (line, column) = document.line_column(problem.span.start);
        writeln!(out, "! {line}:{column} {}", problem.kind.code()).unwrap();
    }
    out
}

fn one_line(text: &str) -> String {
    text.replace('\n', "\\n").replace('\t', "\\t")
}

fn node(document: &Document, found: &Node, path: &str, out: &mut String) {
    let tag = found
        .tag
        .as_ref()
        .map(|tag| format!(" !{tag}"))
        .unwrap_or_default();
    let copied = if found.copied { " (copied)" } else { "" };
    let written = one_line(document.slice(found.span));
    let what = match &found.value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => format!("number {number}"),
        Value::Text(text) => format!("{text:?}"),
        Value::List(elements) => format!("list of {}", elements.len()),
        Value::Map(members) => format!("map of {}", members.len()),
    };
    writeln!(out, "{path}={what}{tag}{copied} <{written}>").unwrap();
    for (at, element) in found.elements().iter().enumerate() {
        node(document, element, &format!("{path}/{at}"), out);
    }
    for member in found.members() {
        let key = document.slice(member.key_span);
        node(document, &member.value, &format!("{path}/{key}"), out);
    }
}

fn check(format: Format, text: &str, expected: &str) {
    let found = dump(&Document::read(text.as_bytes(), format));
    let expected: String = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn json_is_read_with_the_place_of_everything() {
    check(
        Format::Json,
        r#"{"a": [1, -2.5e3, true, null], "ü": "\u0063\n"}"#,
        r#"
        =map of 2 <{"a": [1, -2.5e3, true, null], "ü": "\u0063\n"}>
        /"a"=list of 4 <[1, -2.5e3, true, null]>
        /"a"/0=number 1 <1>
        /"a"/1=number -2.5e3 <-2.5e3>
        /"a"/2=true <true>
        /"a"/3=null <null>
        /"ü"="c\n" <"\u0063\n">
        "#,
    );
}

#[test]
fn what_plain_json_has_not_is_a_problem_where_the_client_reads_plain_json() {
    let text = "{\n  // why\n  \"a\": 1,\n}";
    let tree = r#"
        =map of 1 <{\n  // why\n  "a": 1,\n}>
        /"a"=number 1 <1>
        "#;
    check(Format::Jsonc, text, tree);
    check(
        Format::Json,
        text,
        &format!("{tree}\n! 2:3 comments\n! 3:9 trailing-comma"),
    );
}

#[test]
fn json_that_is_read_differently_is_a_problem() {
    check(
        Format::Json,
        "\u{feff}{\"a\":1,\"A\":2,\"a\":3,\"__proto__\":{}}",
        r#"
        =map of 4 <{"a":1,"A":2,"a":3,"__proto__":{}}>
        /"a"=number 1 <1>
        /"A"=number 2 <2>
        /"a"=number 3 <3>
        /"__proto__"=map of 0 <{}>
        ! 1:1 byte-order-mark
        ! 1:9 case-variant-key
        ! 1:15 case-variant-key
        ! 1:21 prototype-key
        "#,
    );
    check(
        Format::Json,
        "{\"a\":\"x\ty\"}",
        r#"
        =map of 1 <{"a":"x\ty"}>
        /"a"="x\ty" <"x\ty">
        ! 1:8 bad-text"#,
    );
    check(Format::Json, "{} {}", "nothing\n! 1:4 trailing-data");
    check(Format::Json, "{'a':1}", "nothing\n! 1:2 not-json");
    check(Format::Json, "{\"a\":1 \"b\":2}", "nothing\n! 1:7 not-json");
    check(Format::Json, "[1, 2", "nothing\n! 1:1 not-json");
    check(Format::Json, "", "nothing\n! 1:1 not-json");
    check(Format::Jsonc, "", "nothing");
    check(Format::Jsonc, "// nothing yet\n", "nothing");
}

#[test]
fn bytes_that_are_no_text_are_read_as_lenient_readers_do() {
    let document = Document::read(b"{\"a\":\"\xff\"}", Format::Json);
    assert!(!document.is_exact());
    let a = document.root().unwrap().get("a").unwrap();
    assert_eq!(a.as_text(), Some("\u{fffd}"));
    assert_eq!(document.problems()[0].kind.code(), "not-utf-8");
    let wide: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let document = Document::read(&wide, Format::Json);
    assert_eq!(document.root(), None);
    assert!(Document::read(b"{}", Format::Json).is_exact());
}

#[test]
fn toml_is_read_with_tables_from_header_to_last_member() {
    check(
        Format::Toml,
        "x = 1\n[s.a]\nc = 'npx' # why\nargs = [\"-y\", 2]\n[s.a.env]\nK = \"v\"\n[[t]]\ni = {j = true}\n",
        r#"
        =map of 3 <x = 1\n[s.a]\nc = 'npx' # why\nargs = ["-y", 2]\n[s.a.env]\nK = "v"\n[[t]]\ni = {j = true}\n>
        /x=number 1 <1>
        /s=map of 1 <[s.a]\nc = 'npx' # why\nargs = ["-y", 2]\n[s.a.env]\nK = "v">
        /s/a=map of 3 <[s.a]\nc = 'npx' # why\nargs = ["-y", 2]\n[s.a.env]\nK = "v">
        /s/a/c="npx" <'npx'>
        /s/a/args=list of 2 <["-y", 2]>
        /s/a/args/0="-y" <"-y">
        /s/a/args/1=number 2 <2>
        /s/a/env=map of 1 <[s.a.env]\nK = "v">
        /s/a/env/K="v" <"v">
        /t=list of 1 <[[t]]\ni = {j = true}>
        /t/0=map of 1 <[[t]]\ni = {j = true}>
        /t/0/i=map of 1 <{j = true}>
        /t/0/i/j=true <true>
        "#,
    );
    check(
        Format::Toml,
        "a = 1\na = 2\n",
        "nothing\n! 2:1 duplicate-key",
    );
    check(Format::Toml, "a = \n", "nothing\n! 1:5 not-json");
    check(Format::Toml, "", "=map of 0 <>");
}

#[test]
fn yaml_is_read_in_block_and_flow_style() {
    check(
        Format::Yaml,
        "a: 1 # why\nb:\n  - x y\n  - 'it''s'\nc: {d: \"é\", e: [~, no]}\nf: |\n  text\n",
        r#"
        =map of 4 <a: 1 # why\nb:\n  - x y\n  - 'it''s'\nc: {d: "é", e: [~, no]}\nf: |\n  text\n>
        /a=number 1 <1>
        /b=list of 2 <- x y\n  - 'it''s'>
        /b/0="x y" <x y>
        /b/1="it's" <'it''s'>
        /c=map of 2 <{d: "é", e: [~, no]}>
        /c/d="é" <"é">
        /c/e=list of 2 <[~, no]>
        /c/e/0=null <~>
        /c/e/1="no" <no>
        /f="text\n" <|\n  text\n>
        ! 5:20 yaml-1.1-value
        "#,
    );
}

#[test]
fn yaml_that_is_read_differently_is_a_problem() {
    check(
        Format::Yaml,
        "base: &b\n  command: npx\none: *b\ntwo:\n  <<: *b\n  x: 1\nt: !!binary aGk=\n",
        r#"
        =map of 4 <base: &b\n  command: npx\none: *b\ntwo:\n  <<: *b\n  x: 1\nt: !!binary aGk=>
        /base=map of 1 <&b\n  command: npx>
        /base/command="npx" <npx>
        /one=map of 1 (copied) <*b>
        /one/command="npx" (copied) <npx>
        /two=map of 2 <<<: *b\n  x: 1>
        /two/command="npx" (copied) <npx>
        /two/x=number 1 <1>
        /t="aGk=" !binary <!!binary aGk=>
        ! 3:6 yaml-alias
        ! 5:7 yaml-alias
        ! 5:3 yaml-merge-key
        ! 7:4 yaml-tag
        "#,
    );
    check(
        Format::Yaml,
        "a: &a [*a]\n",
        r#"
        =map of 1 <a: &a [*a]>
        /a=list of 1 <&a [*a]>
        /a/0=null <*a>
        ! 1:8 yaml-alias"#,
    );
    check(
        Format::Yaml,
        "a: 1\na: 2\n",
        "
        =map of 2 <a: 1\\na: 2>
        /a=number 1 <1>
        /a=number 2 <2>
        ! 2:1 duplicate-key",
    );
    check(
        Format::Yaml,
        "a: 1\n---\nb: 2\n",
        "
        =map of 1 <a: 1>
        /a=number 1 <1>
        ! 2:1 trailing-data",
    );
    check(Format::Yaml, "a: [1\n", "nothing\n! 2:1 not-json");
    check(Format::Yaml, "# nothing\n", "nothing");
}

#[test]
fn front_matter_is_yaml_between_two_lines() {
    check(
        Format::FrontMatter,
        "---\nname: a\n---\nText: {not yaml\n",
        "
        =map of 1 <name: a>
        /name=\"a\" <a>",
    );
    check(Format::FrontMatter, "# Title\n---\na: 1\n---\n", "nothing");
    check(
        Format::FrontMatter,
        "---\r\na: 1\r\n---\r\n",
        "
        =map of 1 <a: 1>
        /a=number 1 <1>",
    );
    check(
        Format::FrontMatter,
        "---\na: 1\n",
        "
        =map of 1 <a: 1>
        /a=number 1 <1>",
    );
    check(Format::FrontMatter, "", "nothing");
}

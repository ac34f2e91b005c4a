//! Tool definitions: walking, pinning, withholding.

use interlock_wire::{Id, tools};

use crate::support::message;

const LIST: &str = r#"{"_meta":{"a":1},"tools":[{"name":"a","description":"x"},{"name":"b"},{"name":"\u0063"}],"nextCursor":"n"}"#;

#[test]
fn walks_definitions() {
    let names: Vec<_> = tools::definitions(LIST.as_bytes())
        .map(|tool| tool.name)
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
    let odd = br#"{"tools":[{"name":1},{},7]}"#;
    assert!(tools::definitions(odd).all(|tool| tool.name.is_empty()));
    for none in [&b"{}"[..], br#"{"tools":{}}"#, br#"{"tools":null}"#] {
        assert_eq!(tools::definitions(none).count(), 0);
    }
}

#[test]
fn a_pin_follows_meaning_not_spelling() {
    let digest = |text: &str| tools::digest(text.as_bytes()).expect("valid");
    let first = digest(r#"{"name":"a","inputSchema":{"type":"object","x":1.0}}"#);
    assert_eq!(
        first,
        digest(r#" { "inputSchema":{"x":1,"type":"\u006fbject"}, "name":"a" }"#)
    );
    for changed in [
        r#"{"name":"a","inputSchema":{"type":"object","x":2}}"#,
        r#"{"name":"a","inputSchema":{"type":"object","x":"1"}}"#,
        r#"{"name":"a\u200b","inputSchema":{"type":"object","x":1}}"#,
        r#"{"name":"a","inputSchema":{"type":"object"},"x":1}"#,
    ] {
        assert_ne!(first, digest(changed), "{changed}");
    }
}

#[test]
fn rebuilds_without_the_withheld() {
    let check = |keep: &[&str], expected: &str| {
        let line = tools::rebuild(&Id::Number(3), LIST.as_bytes(), |tool| {
            keep.contains(&&*tool.name)
        });
        let line = String::from_utf8(line).expect("UTF-8");
        message(&line);
        assert_eq!(
            line,
            format!(r#"{{"jsonrpc":"2.0","id":3,"result":{expected}}}"#)
        );
    };
    check(&["a", "b", "c"], LIST);
    check(
        &["b"],
        r#"{"_meta":{"a":1},"tools":[{"name":"b"}],"nextCursor":"n"}"#,
    );
    check(&["a", "c"], &LIST.replace(r#"{"name":"b"},"#, ""));
    check(&[], r#"{"_meta":{"a":1},"tools":[],"nextCursor":"n"}"#);
}

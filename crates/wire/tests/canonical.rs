//! The canonical form, with the examples of RFC 8785.

use interlock_wire::{Limits, json};

fn check(text: &str, expected: &str) {
    let mut out = b"before ".to_vec();
    json::canonical(text.as_bytes(), &Limits::default(), &mut out).expect("valid");
    let out = String::from_utf8(out).expect("UTF-8");
    assert_eq!(out.strip_prefix("before "), Some(expected), "{text}");
}

#[test]
fn objects_are_sorted_by_utf_16() {
    check(
        r#" { "b" : 1 , "a" : [ ] , "\u0061b" : { } } "#,
        r#"{"a":[],"ab":{},"b":1}"#,
    );
    // RFC 8785, section 3.2.3.
    check(
        r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#,
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}",
    );
}

#[test]
fn strings_have_the_shortest_escapes() {
    check(
        r#""\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/""#,
        "\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"",
    );
    check(
        r#""\u0008\u0009\u000c\u000d\u001f\u007f""#,
        "\"\\b\\t\\f\\r\\u001f\u{7f}\"",
    );
}

#[test]
fn numbers_are_written_as_ecmascript_does() {
    // RFC 8785, appendix B, and the borders of the layout rules.
    let cases = [
        ("0.0", "0"),
        ("-0.0", "0"),
        ("-0", "0"),
        ("0e5", "0"),
        ("4.50", "4.5"),
        ("2e-3", "0.002"),
        ("1E30", "1e+30"),
        ("0.000000000000000000000000001", "1e-27"),
        ("1.0", "1"),
        ("100.0", "100"),
        ("5e-324", "5e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("9007199254740992.0", "9007199254740992"),
        ("295147905179352830000.0", "295147905179352830000"),
        ("9.999999999999997e22", "9.999999999999997e+22"),
        ("1e23", "1e+23"),
        ("1e20", "100000000000000000000"),
        ("1e21", "1e+21"),
        ("1e22", "1e+22"),
        ("1e-6", "0.000001"),
        ("1e-7", "1e-7"),
        ("333333333.3333332", "333333333.3333332"),
        ("-1.5e-9", "-1.5e-9"),
        ("123456.789e3", "123456789"),
        ("1.5e300", "1.5e+300"),
    ];
    for (written, expected) in cases {
        check(written, expected);
    }
}

#[test]
fn integers_keep_every_digit() {
    check("9007199254740993", "9007199254740993");
    check(
        "-123456789012345678901234567890",
        "-123456789012345678901234567890",
    );
}

#[test]
fn a_fault_writes_nothing() {
    let mut out = Vec::new();
    assert!(json::canonical(b"{\"a\":1,\"a\":1}", &Limits::default(), &mut out).is_err());
    assert!(out.is_empty());
}

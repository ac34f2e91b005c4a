//! The reader: what it accepts, what it refuses, and as what.

use interlock_wire::{Limits, json};
use json::JsonFault::{self, *};

fn fault(text: impl AsRef<[u8]>) -> Option<JsonFault> {
    json::validate(text.as_ref(), &Limits::default())
        .err()
        .map(|error| error.fault)
}

#[test]
fn accepts_what_rfc_8259_allows() {
    let texts = [
        "{}",
        "[]",
        "0",
        "-0",
        "1e308",
        "-1.5E-3",
        "true",
        "false",
        "null",
        "\"\"",
        " [ 1 , 2 ]\t",
        "{\"a\":{\"a\":[{\"a\":1},{\"a\":2}]}}",
        "\"\\ud83d\\ude00\"",
        "\"\\/\\b\\f\\n\\r\\t\\\\\\\"\"",
        "\"\u{2028}\u{7f}é漢😀\"",
        "1e-400",
        "123456789012345678901234567890",
        "\"\\u0000\"",
        "[[[[]]]]",
        "{\"\":1}",
        "{\"a\":1,\"A\":2}",
    ];
    for text in texts {
        assert_eq!(fault(text), None, "{text}");
    }
}

// SPEC: 2026-07-28/basic/transports/index/messages:1 2025-11-25/basic/transports/top:1
#[test]
fn refuses_each_fault_by_name() {
    let cases: &[(&[u8], JsonFault)] = &[
        (b"", Empty),
        (b"  ", Empty),
        (b"\xEF\xBB\xBF{}", ByteOrderMark),
        (b"\"\xFF\"", Utf8),
        (b"\"\xC0\xAF\"", Utf8),
        (b"\"\xED\xA0\x80\"", Utf8),
        (b"{\0}", Unexpected),
        (b"NaN", Unexpected),
        (b"Infinity", Unexpected),
        (b"-Infinity", Number),
        (b"nul", Unexpected),
        (b"'a'", Unexpected),
        (b"{a:1}", Unexpected),
        (b"[1,]", Unexpected),
        (b"{\"a\":1,}", Unexpected),
        (b"{\"a\" 1}", Unexpected),
        (b"{,}", Unexpected),
        (b"[1 2]", Unexpected),
        (b"// c\n{}", Unexpected),
        (b"{/**/}", Unexpected),
        (b"\xC2\xA0{}", Unexpected),
        (b"{", Truncated),
        (b"[1,", Truncated),
        (b"{\"a\":", Truncated),
        (b"\"a", Truncated),
        (b"\"\\u12", Escape),
        (b"{} {}", Trailing),
        (b"{}x", Trailing),
        (b"1 2", Trailing),
        (b"truefalse", Trailing),
        (b"[1,\r2]", CarriageReturn),
        (b"\"a\tb\"", Control),
        (b"\"a\0b\"", Control),
        (b"\"\x1F\"", Control),
        (b"\"\\x41\"", Escape),
        (b"\"\\u00g0\"", Escape),
        (b"\"\\uD800\"", Surrogate),
        (b"\"\\uD800\\u0041\"", Surrogate),
        (b"\"\\uDC00\\uD800\"", Surrogate),
        (b"{\"\\uD800\":1}", Surrogate),
        (b"01", Number),
        (b"-", Number),
        (b"1.", Number),
        (b".5", Unexpected),
        (b"+1", Unexpected),
        (b"1e", Number),
        (b"0x10", Trailing),
        (b"1e400", NumberRange),
        (b"-1e999999999999", NumberRange),
        (b"{\"a\":1,\"a\":2}", DuplicateKey),
        (b"{\"a\":1,\"\\u0061\":2}", DuplicateKey),
        (
            b"{\"longer key with words\":1,\"longer key with \\u0077ords\":2}",
            DuplicateKey,
        ),
        (b"[{\"x\":{\"y\":1,\"z\":2,\"y\":3}}]", DuplicateKey),
        (b"{\"\":1,\"\":2}", DuplicateKey),
        (b"{\"a\\u0000b\":1}", NulKey),
    ];
    for (text, expected) in cases {
        assert_eq!(
            fault(text),
            Some(*expected),
            "{}",
            String::from_utf8_lossy(text)
        );
    }
}

#[test]
fn a_fault_says_where() {
    let error = json::validate(b"{\"a\":1,\"a\":2}", &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "duplicate key at byte 7");
}

#[test]
fn every_control_and_quote_is_found_at_every_offset() {
    // Crosses the word-wise part, its tail and the long part of the scan.
    for length in [0, 1, 7, 8, 9, 63, 64, 65, 70, 600, 2_000] {
        for at in 0..length {
            for byte in [0_u8, 1, 0x1F] {
                let mut text = vec![b'x'; length + 2];
                (text[0], text[length + 1], text[at + 1]) = (b'"', b'"', byte);
                assert_eq!(fault(&text), Some(Control), "{byte} at {at} of {length}");
            }
        }
    }
    for length in 0..200 {
        assert_eq!(fault(format!("\"{}\"", "é".repeat(length))), None);
        assert_eq!(fault(format!("\"{}\\n\"", "\u{80}".repeat(length))), None);
    }
}

#[test]
fn depth_is_counted_exactly() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(fault(nested(64)), None);
    assert_eq!(fault(nested(65)), Some(Depth));
    assert_eq!(fault("{\"a\":".repeat(100_000)), Some(Depth));
    let deepest = Limits {
        max_depth: usize::MAX,
        ..Limits::default()
    };
    assert!(json::validate(nested(256).as_bytes(), &deepest).is_ok());
    assert!(json::validate(nested(257).as_bytes(), &deepest).is_err());
}

#[test]
fn siblings_do_not_add_to_the_depth() {
    let row = vec!["[[{}]]"; 1_000].join(",");
    assert_eq!(fault(format!("[{row}]")), None);
}

#[test]
fn limits_hold() {
    let small = Limits {
        max_message: 10,
        max_keys: 3,
        max_number: 5,
        ..Limits::default()
    };
    let fault = |text: &str| {
        json::validate(text.as_bytes(), &small)
            .err()
            .map(|error| error.fault)
    };
    assert_eq!(fault("[1,2,3,4,5,6]"), Some(TooLong));
    assert_eq!(fault("[12345]"), None);
    assert_eq!(fault("[123456]"), Some(NumberRange));
    let keys = Limits {
        max_keys: 3,
        ..Limits::default()
    };
    let keys = |text: &str| {
        json::validate(text.as_bytes(), &keys)
            .err()
            .map(|error| error.fault)
    };
    assert_eq!(keys("{\"a\":1,\"b\":2,\"c\":3}"), None);
    assert_eq!(keys("{\"a\":1,\"b\":2,\"c\":{\"d\":1}}"), Some(TooManyKeys));
    assert_eq!(keys("[{\"a\":1,\"b\":2},{\"c\":3,\"d\":4}]"), None);
}

#[test]
fn duplicates_are_found_in_objects_of_every_size() {
    for count in [2, 15, 16, 17, 18, 47, 48, 49, 50, 100, 1_000] {
        let keys: Vec<String> = (0..count)
            .map(|key| format!("\"common prefix {key}\":0"))
            .collect();
        assert_eq!(
            fault(format!("{{{}}}", keys.join(","))),
            None,
            "{count} keys"
        );
        let again = format!("{{{},{}}}", keys.join(","), keys[count / 2]);
        assert_eq!(fault(again), Some(DuplicateKey), "{count} keys");
        let escaped = keys[0].replace('c', "\\u0063");
        assert_eq!(
            fault(format!("{{{},{escaped}}}", keys.join(","))),
            Some(DuplicateKey)
        );
    }
}

#[test]
fn large_objects_inside_each_other_keep_their_keys_apart() {
    let keys = |count: usize| {
        (0..count)
            .map(|key| format!("\"{key}\":0"))
            .collect::<Vec<_>>()
    };
    let inner = format!("{{{}}}", keys(60).join(","));
    let outer = format!("{{{},\"x\":{inner},\"y\":{inner}}}", keys(60).join(","));
    assert_eq!(fault(&outer), None);
    let twice = outer.replace("\"y\"", "\"x\"");
    assert_eq!(fault(twice), Some(DuplicateKey));
}

#[test]
fn members_and_elements_walk_what_was_read() {
    let object = br#" { "a" : [1, {"b":"]}"}] , "c\n" : "x\"y" , "d" : -1.5 } "#;
    let members: Vec<_> = json::members(object)
        .map(|(key, value)| {
            (
                key.into_owned(),
                String::from_utf8_lossy(value).into_owned(),
            )
        })
        .collect();
    let expected = [
        ("a", r#"[1, {"b":"]}"}]"#),
        ("c\n", r#""x\"y""#),
        ("d", "-1.5"),
    ];
    assert_eq!(members.len(), 3);
    for ((key, value), (name, raw)) in members.iter().zip(expected) {
        assert_eq!((key.as_str(), value.as_str()), (name, raw));
    }
    let elements: Vec<_> = json::elements(b"[1,[2,3],\"4\"]").collect();
    assert_eq!(elements, [&b"1"[..], b"[2,3]", b"\"4\""]);
    assert_eq!(json::member(object, "d"), Some(&b"-1.5"[..]));
    assert_eq!(json::as_str(b"\"\\ud83d\\ude00\"").as_deref(), Some("😀"));
    assert_eq!(json::as_str(b"1"), None);
}

#[test]
fn walking_what_was_never_validated_ends() {
    for text in [
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":}",
        "{\"a\":[",
        "{1:2}",
        "[[",
        "[,",
        "{\"a\":1 2",
    ] {
        assert!(json::members(text.as_bytes()).count() <= 1, "{text}");
        assert!(json::elements(text.as_bytes()).count() <= 1, "{text}");
    }
}

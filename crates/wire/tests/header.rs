//! The header codec: values, and arguments that stand in headers.

use interlock_wire::header::{Mismatch, ParamHeaders, SchemaError, ValueError, decode, encode};
use proptest::prelude::*;

// SPEC: 2026-07-28/basic/transports/streamable-http/standard-request-headers:2
// SPEC: 2026-07-28/basic/transports/streamable-http/value-encoding:1-3,6
#[test]
fn values_are_encoded_as_the_specification_shows() {
    let check = |text: &str, value: &str| {
        assert_eq!(encode(text), value, "{text:?}");
        assert_eq!(decode(value.as_bytes()).as_deref(), Ok(text), "{value:?}");
    };
    check("us-west1", "us-west1");
    check("a b\tc", "a b\tc");
    check("", "");
    check("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?=");
    check(" padded ", "=?base64?IHBhZGRlZCA=?=");
    check("line1\nline2", "=?base64?bGluZTEKbGluZTI=?=");
    check("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=");
    check("=?BASE64?literal?=", "=?BASE64?literal?=");
    check("=?base64?open", "=?base64?open");
    check("=?base64?=", "=?base64?=");
    check(
        "file:///projects/myapp/config.json",
        "file:///projects/myapp/config.json",
    );
}

#[test]
fn values_without_a_meaning_are_refused() {
    let check = |value: &[u8], error| assert_eq!(decode(value), Err(error), "{value:?}");
    check(b"a\nb", ValueError::Character);
    check(b"a\0", ValueError::Character);
    check("grüße".as_bytes(), ValueError::Character);
    check(b"\xff", ValueError::Character);
    check(b"=?base64?SGVsbG8?=", ValueError::Base64);
    check(b"=?base64?SGVsbG9=?=", ValueError::Base64);
    check(b"=?base64?SGVs bG8=?=", ValueError::Base64);
    check(b"=?base64?%%%%?=", ValueError::Base64);
    check(b"=?base64?/w==?=", ValueError::Utf8);
}

fn schema(properties: &str) -> String {
    format!(r#"{{"type":"object","properties":{{{properties}}}}}"#)
}

// SPEC: 2026-07-28/basic/transports/streamable-http/schema-extension:1-5,7-8
// SPEC: 2026-07-28/server/tools/x-mcp-header:1-5,7
#[test]
fn annotations_that_break_a_rule_are_found() {
    let check = |properties: &str, expected: Result<usize, SchemaError>| {
        let found = ParamHeaders::of_schema(schema(properties).as_bytes());
        assert_eq!(
            found.map(|headers| headers.iter().count()),
            expected,
            "{properties}"
        );
    };
    check(r#""a":{"type":"string"}"#, Ok(0));
    check(
        r#""a":{"type":"string","x-mcp-header":"A"},"b":{"type":"integer","x-mcp-header":"B"}"#,
        Ok(2),
    );
    check(
        r#""a":{"type":["boolean","null"],"x-mcp-header":"A"}"#,
        Ok(1),
    );
    check(
        r#""o":{"type":"object","properties":{"p":{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}}}"#,
        Ok(1),
    );
    // A property of that name is no annotation, and neither are data.
    check(r#""x-mcp-header":{"type":"string"}"#, Ok(0));
    check(
        r#""a":{"const":{"x-mcp-header":"A"},"default":{"x-mcp-header":""}}"#,
        Ok(0),
    );
    // An escaped key is the same key.
    check(
        r#""a":{"type":"string","x-mcp-h\u0065ader":""}"#,
        Err(SchemaError::Name),
    );
    for name in [
        r#""""#,
        r#""a b""#,
        r#""a\r\nb""#,
        r#""ä""#,
        r#""a:b""#,
        "1",
        "null",
        "{}",
    ] {
        check(
            &format!(r#""a":{{"type":"string","x-mcp-header":{name}}}"#),
            Err(SchemaError::Name),
        );
    }
    for kind in [
        r#""number""#,
        r#""object""#,
        r#""array""#,
        r#""null""#,
        r#"["string","integer"]"#,
        "[]",
        r#"["null"]"#,
    ] {
        check(
            &format!(r#""a":{{"type":{kind},"x-mcp-header":"A"}}"#),
            Err(SchemaError::Type),
        );
    }
    check(r#""a":{"x-mcp-header":"A"}"#, Err(SchemaError::Type));
    check(
        r#""a":{"type":"string","x-mcp-header":"Re"},"b":{"type":"string","x-mcp-header":"rE"}"#,
        Err(SchemaError::Twice),
    );
    let inner = r#"{"type":"string","x-mcp-header":"A"}"#;
    for place in [
        "items",
        "not",
        "if",
        "additionalProperties",
        "contains",
        "unevaluatedProperties",
    ] {
        check(
            &format!(r#""a":{{"{place}":{inner}}}"#),
            Err(SchemaError::Place),
        );
        check(
            &format!(r#""a":{{"{place}":{{"properties":{{"b":{inner}}}}}}}"#),
            Err(SchemaError::Place),
        );
    }
    for place in ["oneOf", "anyOf", "allOf", "prefixItems"] {
        check(
            &format!(r#""a":{{"{place}":[{inner}]}}"#),
            Err(SchemaError::Place),
        );
    }
    for place in [
        "$defs",
        "patternProperties",
        "dependentSchemas",
        "definitions",
    ] {
        check(
            &format!(r#""a":{{"{place}":{{"x":{inner}}}}}"#),
            Err(SchemaError::Place),
        );
    }
    let root = br#"{"type":"string","x-mcp-header":"A"}"#;
    assert_eq!(ParamHeaders::of_schema(root), Err(SchemaError::Place));
}

/// A tool with a parameter of each kind, one of them nested.
fn tool() -> ParamHeaders {
    let properties = r#""region":{"type":"string","x-mcp-header":"Region"},"count":{"type":"integer","x-mcp-header":"Count"},
        "dry":{"type":"boolean","x-mcp-header":"Dry"},"in":{"type":"object","properties":{"deep":{"type":"string","x-mcp-header":"Deep"}}}"#;
    ParamHeaders::of_schema(schema(properties).as_bytes()).expect("valid")
}

// SPEC: 2026-07-28/basic/transports/streamable-http/schema-extension:6 2026-07-28/server/tools/x-mcp-header:6
// SPEC: 2026-07-28/basic/transports/streamable-http/client-behavior:3-5
// SPEC: 2026-07-28/basic/transports/streamable-http/custom-headers-from-tool-parameters:2
// SPEC: 2026-07-28/basic/transports/streamable-http/server-behavior-for-custom-headers:5,7,9
#[test]
fn arguments_become_headers() {
    let check = |arguments: &str, expected: &[(&str, &str)]| {
        let values = tool().values(arguments.as_bytes());
        let values: Vec<_> = values
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(values, expected, "{arguments}");
    };
    check("{}", &[]);
    check(r#"{"region":null,"count":null}"#, &[]);
    check(
        r#"{"region":" x","count":-7,"dry":true,"in":{"deep":"d"}}"#,
        &[
            ("mcp-param-region", "=?base64?IHg=?="),
            ("mcp-param-count", "-7"),
            ("mcp-param-dry", "true"),
            ("mcp-param-deep", "d"),
        ],
    );
    check(
        r#"{"count":4.2e1,"dry":false}"#,
        &[("mcp-param-count", "42"), ("mcp-param-dry", "false")],
    );
    check(
        r#"{"count":9007199254740992,"dry":"true","region":{},"in":[]}"#,
        &[],
    );
    check(r#"{"count":-0}"#, &[("mcp-param-count", "0")]);
}

// SPEC: 2026-07-28/basic/transports/streamable-http/server-behavior-for-custom-headers:2-3,8,10
// SPEC: 2026-07-28/basic/transports/streamable-http/server-validation:2
// SPEC: 2026-07-28/basic/transports/streamable-http/value-encoding:5
#[test]
fn headers_and_arguments_must_agree() {
    let check = |arguments: &str, headers: &[(&str, &str)], expected: Result<(), Mismatch>| {
        let values = |name: &str| {
            let name = name.to_owned();
            headers
                .iter()
                .filter(move |header| header.0 == name)
                .map(|header| header.1.as_bytes())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            tool().agree(arguments.as_bytes(), values),
            expected,
            "{arguments} {headers:?}"
        );
    };
    let region = || "mcp-param-region".to_owned();
    check("{}", &[], Ok(()));
    check("{}", &[("mcp-param-unknown", "x")], Ok(()));
    check(r#"{"region":"a"}"#, &[("mcp-param-region", "a")], Ok(()));
    check(
        r#"{"region":"a"}"#,
        &[("mcp-param-region", "=?base64?YQ==?=")],
        Ok(()),
    );
    check(
        r#"{"region":"a"}"#,
        &[("mcp-param-region", "A")],
        Err(Mismatch::Differs(region())),
    );
    check(r#"{"region":"a"}"#, &[], Err(Mismatch::Missing(region())));
    check(
        "{}",
        &[("mcp-param-region", "a")],
        Err(Mismatch::Unexpected(region())),
    );
    check(
        r#"{"region":null}"#,
        &[("mcp-param-region", "a")],
        Err(Mismatch::Unexpected(region())),
    );
    check(
        r#"{"region":"a"}"#,
        &[("mcp-param-region", "=?base64?!?=")],
        Err(Mismatch::Malformed(region())),
    );
    check(
        r#"{"region":"a"}"#,
        &[("mcp-param-region", "a"), ("mcp-param-region", "a")],
        Err(Mismatch::Malformed(region())),
    );
    let count = || Err(Mismatch::Differs("mcp-param-count".to_owned()));
    for same in ["42", "42.0", "4.2e1", "042"] {
        check(r#"{"count":42}"#, &[("mcp-param-count", same)], Ok(()));
    }
    for other in [
        "43", "42.5", "", "0x2a", "inf", "NaN", "+42", " 42", "1e400",
    ] {
        check(r#"{"count":42}"#, &[("mcp-param-count", other)], count());
    }
    check(r#"{"count":"42"}"#, &[("mcp-param-count", "42")], count());
    check(
        r#"{"count":9007199254740993}"#,
        &[("mcp-param-count", "9007199254740993")],
        count(),
    );
    let dry = || Err(Mismatch::Differs("mcp-param-dry".to_owned()));
    check(r#"{"dry":true}"#, &[("mcp-param-dry", "true")], Ok(()));
    check(r#"{"dry":true}"#, &[("mcp-param-dry", "True")], dry());
    check(r#"{"dry":"true"}"#, &[("mcp-param-dry", "true")], dry());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The body of the fuzz target `header`: what is encoded is safe in a header and decodes to itself.
    #[test]
    fn every_text_survives(text in any::<String>()) {
        let value = encode(&text);
        prop_assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t')));
        prop_assert_eq!(value.trim_matches([' ', '\t']), &value);
        let back = decode(value.as_bytes());
        prop_assert_eq!(back.as_deref(), Ok(text.as_str()));
    }

    /// No two values mean one text, apart from Base64 of what needs none.
    #[test]
    fn any_bytes_are_decoded_or_refused(value in proptest::collection::vec(any::<u8>(), 0..60), marked in any::<bool>()) {
        let value = match marked {
            true => [b"=?base64?".as_slice(), &value, b"?="].concat(),
            false => value,
        };
        if let Ok(text) = decode(&value) {
            let again = encode(&text);
            let same = decode(again.as_bytes()).is_ok_and(|again| again == text);
            prop_assert!(same);
        }
    }
}

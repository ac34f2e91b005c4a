//! Values that are kept as text.

use interlock_wire::{Json, NotAnObject, Object};

#[test]
fn a_value_is_kept_as_it_was_written() {
    for text in [
        "null",
        "true",
        "-1.50",
        r#""\u0041""#,
        r#"{ "b": 1, "a": [ ] }"#,
    ] {
        let value = Json::parse(format!(" {text}\n").as_bytes()).expect("valid");
        assert_eq!(value.text(), text);
        assert_eq!(value.clone(), value);
        assert_eq!(format!("{value:?}"), text);
    }
}

#[test]
fn kinds_are_told_apart() {
    let value = |text: &str| Json::parse(text.as_bytes()).expect("valid");
    assert!(Json::null().is_null() && !value("0").is_null());
    assert_eq!(value("true").as_bool(), Some(true));
    assert_eq!(value("1").as_bool(), None);
    assert_eq!(value("-7").as_i64(), Some(-7));
    assert_eq!(value("7.5").as_i64(), None);
    assert_eq!(value("7.5").as_f64(), Some(7.5));
    assert_eq!(value(r#""7""#).as_f64(), None);
    assert_eq!(value(r#""a\nb""#).as_str().as_deref(), Some("a\nb"));
    assert_eq!(
        value(r#"{"a":{"b":[1]}}"#)
            .get("a")
            .and_then(|a| a.get("b")),
        Some(value("[1]"))
    );
    assert_eq!(value("[1]").get("a"), None);
}

#[test]
fn values_are_made_from_rust() {
    assert_eq!(Json::from("é\"\u{1}").text(), "\"é\\\"\\u0001\"");
    assert_eq!(Json::from(String::new()).text(), "\"\"");
    assert_eq!(Json::from(i64::MIN).text(), "-9223372036854775808");
    assert_eq!(Json::from(false).text(), "false");
    assert_eq!(Json::default(), Json::null());
    assert_eq!(Object::default().text(), "{}");
}

#[test]
fn what_is_no_json_is_refused() {
    for text in [
        "",
        "{",
        "01",
        "{}{}",
        r#"{"a":1,"a":2}"#,
        "\u{FEFF}{}",
        "NaN",
    ] {
        assert!(Json::parse(text.as_bytes()).is_err(), "{text}");
        assert!(
            matches!(Object::parse(text.as_bytes()), Err(NotAnObject::Json(_))),
            "{text}"
        );
    }
    for text in ["[]", "null", "\"{}\"", "1"] {
        assert_eq!(
            Object::parse(text.as_bytes()),
            Err(NotAnObject::Kind),
            "{text}"
        );
    }
}

//! Properties over generated documents and bytes.

use interlock_wire::{Limits, json, parse};
use proptest::prelude::*;
use serde_json::Value;

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Exact in binary: serde_json without its feature `float_roundtrip` is off by one digit.
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            proptest::collection::hash_map("[^\0]{0,12}", inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The reader against serde_json: what we accept, it accepts, and reads the same.
fn agrees(text: &[u8]) -> Result<(), TestCaseError> {
    if json::validate(text, &Limits::default()).is_ok() {
        let value: Result<Value, _> = serde_json::from_slice(text);
        prop_assert!(
            value.is_ok(),
            "accepted alone: {}",
            String::from_utf8_lossy(text)
        );
        let mut canonical = Vec::new();
        json::canonical(text, &Limits::default(), &mut canonical).expect("validated before");
        let again: Result<Value, _> = serde_json::from_slice(&canonical);
        prop_assert!(again.is_ok(), "canonical JSON is JSON");
        let mut twice = Vec::new();
        json::canonical(&canonical, &Limits::default(), &mut twice).expect("canonical is valid");
        prop_assert_eq!(twice, canonical, "canonical form is a fixed point");
    }
    Ok(())
}

/// All members and elements, walked lazily, rebuilt into a value.
fn rebuilt(raw: &[u8]) -> Value {
    match raw.trim_ascii().first() {
        Some(b'{') => Value::Object(
            json::members(raw)
                .map(|(key, value)| (key.into_owned(), rebuilt(value)))
                .collect(),
        ),
        Some(b'[') => json::elements(raw).map(rebuilt).collect(),
        Some(b'"') => json::as_str(raw).expect("a string").into_owned().into(),
        _ => serde_json::from_slice(raw).expect("a scalar"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_document_is_accepted_and_walked_alike(value in document()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).expect("text")] {
            prop_assert_eq!(json::validate(text.as_bytes(), &Limits::default()), Ok(()));
            prop_assert_eq!(&rebuilt(text.as_bytes()), &value);
        }
    }

    #[test]
    fn a_repeated_member_is_always_found(value in document(), at in any::<usize>()) {
        if let Value::Object(map) = &value && !map.is_empty() {
            let key = Value::from(map.keys().nth(at % map.len()).expect("a key").as_str());
            let text = value.to_string();
            let twice = format!("{},{key}:0}}", text.strip_suffix('}').expect("an object"));
            let fault = json::validate(twice.as_bytes(), &Limits::default()).unwrap_err().fault;
            prop_assert_eq!(fault, json::JsonFault::DuplicateKey);
        }
    }

    #[test]
    fn damaged_documents_are_judged_like_serde_json(
        value in document(), at in any::<usize>(), byte in any::<u8>(), cut in any::<bool>(),
    ) {
        let mut text = value.to_string().into_bytes();
        let at = at % text.len();
        if cut { text.remove(at); } else { text[at] = byte; }
        agrees(&text)?;
    }

    #[test]
    fn json_like_soup_is_judged_like_serde_json(text in r#"[\[\]{}",:0-9eE.+\-\\u a\r\ntrfalsn]{0,40}"#) {
        agrees(text.as_bytes())?;
    }

    #[test]
    fn any_bytes_give_a_verdict(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, &Limits::default());
        let _ = json::members(&bytes).count() + json::elements(&bytes).count();
    }

    #[test]
    fn the_canonical_form_ignores_order_and_space(value in document()) {
        let compact = canonical(&value.to_string());
        let pretty = canonical(&serde_json::to_string_pretty(&value).expect("text"));
        prop_assert_eq!(&compact, &pretty);
        prop_assert_eq!(&compact, &canonical(&reversed(&value).to_string()));
    }

    #[test]
    fn strings_are_written_as_they_are_read(text in any::<String>()) {
        let mut written = Vec::new();
        json::write_string(&text, &mut written);
        prop_assert_eq!(json::validate(&written, &Limits::default()), Ok(()));
        prop_assert_eq!(json::as_str(&written).expect("a string"), text);
    }
}

fn canonical(text: &str) -> String {
    let mut out = Vec::new();
    json::canonical(text.as_bytes(), &Limits::default(), &mut out).expect("valid");
    String::from_utf8(out).expect("UTF-8")
}

fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .rev()
            .map(|(key, value)| (key.clone(), reversed(value)))
            .collect(),
        Value::Array(list) => list.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

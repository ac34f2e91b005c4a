//! The header codec: what is encoded is safe in a header and decodes to itself; schemas and arguments never disagree with the
//! headers that a client would make of them. The first line is a header's value, the second a schema, the rest arguments.

use interlock_wire::header::{ParamHeaders, decode, encode};
use interlock_wire::{Limits, json};

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let mut lines = input.splitn(3, |byte| *byte == b'\n');
    let [value, schema, arguments] = std::array::from_fn(|_| lines.next().unwrap_or_default());
    if let Ok(text) = std::str::from_utf8(value) {
        let encoded = encode(text);
        assert!(
            encoded
                .bytes()
                .all(|byte| matches!(byte, b' '..=b'~' | b'\t'))
        );
        assert_eq!(encoded.trim_matches([' ', '\t']), encoded);
        assert_eq!(decode(encoded.as_bytes()).as_deref(), Ok(text));
    }
    if let Ok(text) = decode(value) {
        assert_eq!(
            decode(encode(&text).as_bytes()).as_deref(),
            Ok(text.as_ref())
        );
    }
    let valid = |text: &[u8]| json::validate(text, &Limits::default()).is_ok();
    if !valid(schema) || !valid(arguments) {
        return;
    }
    let Ok(headers) = ParamHeaders::of_schema(schema) else {
        return;
    };
    let sent = headers.values(arguments);
    let values = |name: &str| {
        let name = name.to_owned();
        sent.iter()
            .filter(move |header| header.0 == name)
            .map(|header| header.1.as_bytes())
            .collect::<Vec<_>>()
    };
    // A header that is missing belongs to an argument of the wrong type; nothing else may differ.
    if sent.len()
        == headers
            .iter()
            .filter(|header| has(arguments, &header.path))
            .count()
    {
        assert_eq!(headers.agree(arguments, values), Ok(()));
    }
}

fn has(arguments: &[u8], path: &[String]) -> bool {
    let at = path
        .iter()
        .try_fold(arguments, |raw, name| json::member(raw, name));
    at.is_some_and(|raw| raw != b"null")
}

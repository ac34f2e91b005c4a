//! Tool definitions inside a `tools/list` result: walking them, their digests, and the result without the withheld ones.

use std::borrow::Cow;

use crate::json::{self, JsonError};
use crate::{Id, Limits};

/// One definition of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition<'a> {
    /// The tool's name; empty when it has none or it is no string, which no pin matches.
    pub name: Cow<'a, str>,
    /// The definition as it came.
    pub raw: &'a [u8],
}

/// The definitions of a raw `tools/list` result that a message brought.
pub fn definitions(result: &[u8]) -> impl Iterator<Item = Definition<'_>> {
    let tools = json::member(result, "tools").unwrap_or_default();
    json::elements(tools).map(|raw| {
        let name = json::member(raw, "name").and_then(json::as_str);
        Definition {
            name: name.unwrap_or_default(),
            raw,
        }
    })
}

/// SHA-256 over the canonical form of one definition: the pin.
///
/// # Errors
/// When `raw` is not acceptable JSON, which a definition of a parsed message always is.
pub fn digest(raw: &[u8]) -> Result<[u8; 32], JsonError> {
    json::digest(raw, &Limits::default())
}

/// The response to `id` with only the definitions that `keep` accepts. Everything else of the result, the cursor included,
/// is copied as it came.
pub fn rebuild(
    id: &Id<'_>,
    result: &[u8],
    mut keep: impl FnMut(&Definition<'_>) -> bool,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(result.len() + 64);
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    id.write(&mut out);
    out.extend_from_slice(br#","result":{"#);
    for (index, (key, value)) in json::members(result).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        json::write_string(&key, &mut out);
        out.push(b':');
        match &*key {
            "tools" => write_kept(result, &mut keep, &mut out),
            _ => out.extend_from_slice(value),
        }
    }
    out.extend_from_slice(b"}}");
    out
}

fn write_kept(result: &[u8], keep: &mut impl FnMut(&Definition<'_>) -> bool, out: &mut Vec<u8>) {
    out.push(b'[');
    let mut first = true;
    for definition in definitions(result) {
        if keep(&definition) {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            out.extend_from_slice(definition.raw);
        }
    }
    out.push(b']');
}

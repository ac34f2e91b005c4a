//! Strings of a JSON document, each with the place where it stands.

use interlock_wire::{Limits, json};

use crate::finding::{Finding, MALFORMED, TOO_LARGE};

/// More findings are not looked for in one document.
pub(crate) const MOST: usize = 4_096;
/// So many are told: a hostile document does not fill a screen.
const TOLD: usize = 64;

/// Why a document is not inspected any further.
pub(crate) fn fault(raw: &[u8]) -> Option<Finding> {
    let limits = Limits::default();
    if raw.len() > limits.max_message {
        let text = format!(
            "{} bytes are more than {} MiB",
            raw.len(),
            limits.max_message >> 20
        );
        return Some(Finding::new(&TOO_LARGE, "", text));
    }
    let fault = json::validate(raw, &limits).err()?;
    Some(Finding::new(&MALFORMED, "", fault.to_string()))
}

/// Calls `see` with every string value and every name of a member below `raw`, and the JSON pointer to it.
///
/// `raw` was validated, so it is no deeper than the limits allow.
pub(crate) fn strings(raw: &[u8], place: &str, see: &mut dyn FnMut(Text<'_>)) {
    match raw.first() {
        Some(b'"') => {
            let text = json::as_str(raw).unwrap_or_default();
            see(Text {
                text: &text,
                place,
                is_name: false,
            });
        }
        Some(b'{') => {
            for (name, value) in json::members(raw) {
                let place = below(place, &name);
                see(Text {
                    text: &name,
                    place: &place,
                    is_name: true,
                });
                strings(value, &place, see);
            }
        }
        Some(b'[') => {
            for (index, value) in json::elements(raw).enumerate() {
                strings(value, &format!("{place}/{index}"), see);
            }
        }
        _ => {}
    }
}

/// One string of a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    pub(crate) text: &'a str,
    pub(crate) place: &'a str,
    /// The name of a member, not its value.
    pub(crate) is_name: bool,
}

/// The pointer to a member.
pub(crate) fn below(place: &str, name: &str) -> String {
    format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The findings worth telling: each once, the worst first, no more than a person reads.
pub(crate) fn tidied(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| b.confidence.cmp(&a.confidence))
    });
    let mut seen = std::collections::HashSet::new();
    findings
        .retain(|finding| seen.insert((finding.code, finding.place.clone(), finding.text.clone())));
    findings.truncate(TOLD);
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_found_with_their_place() {
        let mut found = Vec::new();
        strings(br#"{"a/b":["x",{"c":"y"}],"d":1}"#, "", &mut |text| {
            found.push((text.place.to_owned(), text.text.to_owned(), text.is_name));
        });
        let expected = [
            ("/a~1b", "a/b", true),
            ("/a~1b/0", "x", false),
            ("/a~1b/1/c", "c", true),
            ("/a~1b/1/c", "y", false),
            ("/d", "d", true),
        ];
        let found: Vec<_> = found
            .iter()
            .map(|(place, text, name)| (place.as_str(), text.as_str(), *name))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_json_is_one_finding() {
        for (raw, code) in [
            ("{", Some("malformed")),
            (r#"{"a":1,"a":2}"#, Some("malformed")),
            (&"[".repeat(100), Some("malformed")),
            ("{}", None),
        ] {
            assert_eq!(
                fault(raw.as_bytes()).map(|finding| finding.code),
                code,
                "{raw}"
            );
        }
        let large = vec![b' '; (16 << 20) + 1];
        assert_eq!(fault(&large).map(|finding| finding.code), Some("too-large"));
    }
}

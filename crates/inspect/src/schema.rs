//! Schemas of tools, and values against them.

use interlock_wire::json;
use interlock_wire::schema::{Bounds, SchemaFault, judge};
use jsonschema::PatternOptions;

use crate::document::{below, fault, tidied};
use crate::finding::{
    Finding, PARAMETER, Rule, SCHEMA_BROKEN, SCHEMA_COST, SCHEMA_CYCLE, SCHEMA_MISMATCH,
    SCHEMA_PATTERN, SCHEMA_REMOTE, Severity, quoted,
};

/// Parameters that are for what a tool was not asked: notes on the side, other places, the conversation.
const SUSPICIOUS: &[&str] = &[
    "sidenote",
    "side_note",
    "exfil",
    "exfiltrate",
    "system_prompt",
    "systemprompt",
    "full_conversation",
    "conversation_history",
    "chat_history",
    "conversation",
    "chain_of_thought",
    "user_secrets",
    "hidden",
    "keylog",
];

/// What is found in a schema.
pub(crate) fn schema(raw: &[u8], place: &str) -> Option<Finding> {
    let error = judge(raw, &Bounds::default()).err()?;
    let (rule, inside): (&'static Rule, &str) = match &error {
        SchemaFault::Cycle(at) => (&SCHEMA_CYCLE, at),
        SchemaFault::Remote(at) => (&SCHEMA_REMOTE, at),
        SchemaFault::Unresolved(at) => (&SCHEMA_BROKEN, at),
        SchemaFault::Pattern(at, _) => (&SCHEMA_PATTERN, at),
        SchemaFault::NotASchema => (&SCHEMA_BROKEN, ""),
        _ => (&SCHEMA_COST, ""),
    };
    Some(Finding::new(
        rule,
        &format!("{place}{inside}"),
        error.to_string(),
    ))
}

/// Parameters whose names say what they are for.
pub(crate) fn parameters(definition: &[u8], place: &str) -> Vec<Finding> {
    let schema = json::member(definition, "inputSchema").unwrap_or_default();
    let properties = json::member(schema, "properties").unwrap_or_default();
    let place = below(&below(place, "inputSchema"), "properties");
    let judged = |(name, _): (std::borrow::Cow<'_, str>, &[u8])| {
        let lower = name.to_lowercase();
        let known = SUSPICIOUS.iter().any(|word| lower == *word)
            || lower
                .split(['_', '-'])
                .any(|word| matches!(word, "exfil" | "exfiltrate" | "sidenote"));
        let severity = if lower.contains("conversation") || lower.contains("chat") {
            Severity::Info
        } else {
            Severity::Low
        };
        known.then(|| {
            Finding::new(
                &PARAMETER,
                &below(&place, &name),
                format!("`{}`", quoted(&name, 80)),
            )
            .at(severity)
        })
    };
    json::members(properties).filter_map(judged).collect()
}

/// Whether a call's arguments, or a structured result, are what a tool's schema allows. The schema is judged before it is used, and
/// what is no usable schema allows nothing.
///
/// ```
/// let schema = br#"{"properties":{"path":{"type":"string"}},"additionalProperties":false}"#;
/// assert!(interlock_inspect::value(schema, br#"{"path":"/a"}"#).is_empty());
/// assert_eq!(interlock_inspect::value(schema, br#"{"path":"/a","admin":true}"#)[0].code, "schema-mismatch");
/// ```
#[must_use]
pub fn value(schema: &[u8], value: &[u8]) -> Vec<Finding> {
    tidied(mismatch(schema, value, "").into_iter().collect())
}

pub(crate) fn mismatch(schema: &[u8], value: &[u8], place: &str) -> Option<Finding> {
    if let Some(fault) = fault(value) {
        return Some(fault);
    }
    let refused = |text: String| Some(Finding::new(&SCHEMA_MISMATCH, place, text));
    // A pattern runs in linear time here, whatever it is.
    let bounds = Bounds {
        refuse_slow_patterns: false,
        ..Bounds::default()
    };
    if let Err(fault) = judge(schema, &bounds) {
        return refused(fault.to_string());
    }
    let parsed = serde_json::from_slice::<serde_json::Value>(schema)
        .ok()
        .zip(serde_json::from_slice::<serde_json::Value>(value).ok());
    let Some((schema, value)) = parsed else {
        return refused("it cannot be read".to_owned());
    };
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
    let Ok(validator) = options.build(&schema) else {
        return refused("the schema cannot be used".to_owned());
    };
    let error = validator.validate(&value).err()?;
    let at = error.instance_path().to_string();
    Some(Finding::new(
        &SCHEMA_MISMATCH,
        &format!("{place}{at}"),
        quoted(&error.to_string(), 160),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_become_findings() {
        for (raw, code, place) in [
            (r##"{"$ref":"#"}"##, "schema-cycle", "/s"),
            (
                r#"{"items":{"$ref":"https://a.example"}}"#,
                "schema-remote",
                "/s/items/$ref",
            ),
            (
                r##"{"items":{"$ref":"#/x"}}"##,
                "schema-broken",
                "/s/items/$ref",
            ),
            (r#"{"pattern":"(a+)+$"}"#, "schema-pattern", "/s/pattern"),
            ("[]", "schema-broken", "/s"),
        ] {
            let finding = schema(raw.as_bytes(), "/s").unwrap();
            assert_eq!((finding.code, finding.place.as_str()), (code, place));
        }
        assert_eq!(schema(b"{}", "/s"), None);
    }

    #[test]
    fn values_are_held_against_schemas() {
        let codes = |schema: &str, text: &str| {
            value(schema.as_bytes(), text.as_bytes())
                .iter()
                .map(|finding| finding.code)
                .collect::<Vec<_>>()
        };
        assert_eq!(codes("{}", "1"), [""; 0]);
        assert_eq!(codes(r#"{"type":"string"}"#, "1"), ["schema-mismatch"]);
        assert_eq!(codes(r##"{"$ref":"#"}"##, "1"), ["schema-mismatch"]);
        assert_eq!(
            codes(r#"{"$ref":"https://a.example/"}"#, "1"),
            ["schema-mismatch"]
        );
        assert_eq!(codes("{}", "{"), ["malformed"]);
    }
}

//! Tool definitions that were recorded at approval: what they say to a model.

use std::path::Path;

use interlock_launch::text::excerpt;

use super::table::rule_of;
use crate::finding::{Confidence, Finding, Location, Severity};

/// Judges the definitions that an approved server had when it was approved. `path` is where they are recorded.
#[must_use]
pub fn judge_tools(path: &Path, server: &str, definitions: &[(String, Vec<u8>)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (tool, raw) in definitions {
        for found in interlock_inspect::tool(raw) {
            let Some(rule) = rule_of("tool-text") else {
                continue;
            };
            findings.push(Finding {
                rule,
                severity: severity(found.severity),
                confidence: confidence(found.confidence),
                location: Location {
                    path: path.to_owned(),
                    region: None,
                },
                client: None,
                server: Some(excerpt(server)),
                message: format!("the tool `{}`: {}", excerpt(tool), found.text),
                subject: format!("{} {} {}", excerpt(tool), found.code, found.place),
                fix: None,
            });
        }
    }
    findings
}

fn severity(severity: interlock_inspect::Severity) -> Severity {
    match severity {
        interlock_inspect::Severity::Info => Severity::Info,
        interlock_inspect::Severity::Low => Severity::Low,
        interlock_inspect::Severity::Medium => Severity::Medium,
        _ => Severity::High,
    }
}

fn confidence(confidence: interlock_inspect::Confidence) -> Confidence {
    match confidence {
        interlock_inspect::Confidence::Low => Confidence::Low,
        interlock_inspect::Confidence::Medium => Confidence::Medium,
        _ => Confidence::High,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_that_hides_text_is_found_and_an_honest_one_is_not() {
        let tool = |text: &str| {
            let raw = serde_json::json!({"name": "add", "description": text, "inputSchema": {"type": "object"}});
            vec![("add".to_owned(), raw.to_string().into_bytes())]
        };
        assert!(judge_tools(Path::new("/x"), "s", &tool("Adds two numbers.")).is_empty());
        let found = judge_tools(Path::new("/x"), "s", &tool("Adds.\u{202e}"));
        assert_eq!(
            found.first().map(|one| (one.rule.id, one.severity)),
            Some(("tool-text", Severity::High))
        );
    }
}

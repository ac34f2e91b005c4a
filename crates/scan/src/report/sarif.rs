//! For code scanning: SARIF 2.1.0. Every rule is described, every result has a fingerprint that survives edits elsewhere in its file.

use serde_json::{Value, json};

use super::sift::{Report, Reported};
use crate::finding::{Confidence, Severity};
use crate::rules::{Rule, rules};

/// The whole report as one log.
#[must_use]
pub fn sarif(report: &Report) -> Value {
    let whole = report
        .findings
        .iter()
        .all(|one| one.finding.rule.id != "not-scanned");
    let results = report.findings.iter().map(|one| result(one, None));
    let ignored = report
        .ignored
        .iter()
        .map(|one| result(&one.reported, Some(&one.reason)));
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "interlock",
                    "semanticVersion": report.version,
                    "informationUri": "https://github.com/interlock-mcp/interlock",
                    "rules": rules().map(descriptor).collect::<Vec<_>>(),
                }
            },
            "invocations": [{ "executionSuccessful": whole }],
            "columnKind": "unicodeCodePoints",
            "results": results.chain(ignored).collect::<Vec<_>>(),
        }]
    })
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "help": {
            "text": format!("{} {}", rule.why, rule.remedy),
            "markdown": format!("{}\n\n**What to do:** {}", rule.why, rule.remedy),
        },
        "helpUri": rule.url(),
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "tags": ["security", "mcp"],
            "precision": precision(rule.confidence),
            "security-severity": score(rule.severity),
        }
    })
}

fn result(reported: &Reported, ignored: Option<&str>) -> Value {
    let finding = &reported.finding;
    let mut physical = json!({ "artifactLocation": { "uri": reported.uri } });
    if let (Some(region), Some(object)) = (&finding.location.region, physical.as_object_mut()) {
        let value = json!({
            "startLine": region.start.line,
            "startColumn": region.start.column,
            "endLine": region.end.line,
            "endColumn": region.end.column,
        });
        object.insert("region".to_owned(), value);
    }
    let mut result = json!({
        "ruleId": finding.rule.id,
        "ruleIndex": rules().position(|rule| rule.id == finding.rule.id),
        "level": level(finding.severity),
        "message": { "text": message(reported) },
        "locations": [{ "physicalLocation": physical }],
        "partialFingerprints": { "interlockFinding/v1": reported.fingerprint },
        "properties": {
            "severity": finding.severity.as_str(),
            "confidence": finding.confidence.as_str(),
            "client": finding.client,
            "server": finding.server,
        }
    });
    if let (Some(reason), Some(object)) = (ignored, result.as_object_mut()) {
        let suppressed =
            json!([{ "kind": "inSource", "status": "accepted", "justification": reason }]);
        object.insert("suppressions".to_owned(), suppressed);
    }
    result
}

fn message(reported: &Reported) -> String {
    let finding = &reported.finding;
    match &finding.server {
        Some(server) => format!(
            "{} (server `{server}`): {}",
            finding.rule.title, finding.message
        ),
        None => format!("{}: {}", finding.rule.title, finding.message),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info | Severity::Low => "note",
        Severity::Medium => "warning",
        Severity::High => "error",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "medium",
        Confidence::Medium => "high",
        Confidence::High => "very-high",
    }
}

/// What code scanning sorts by.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "0.5",
        Severity::Low => "3.0",
        Severity::Medium => "5.5",
        Severity::High => "8.0",
    }
}

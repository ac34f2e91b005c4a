//! For programs: one JSON object, version 1. Within a version members are added, never changed or removed.

use serde_json::{Value, json};

use super::sift::{Report, Reported};
use crate::rules::{JudgedFile, JudgedServer, Standing};

/// The whole report as one object.
#[must_use]
pub fn json(report: &Report) -> Value {
    let counts = report.counts();
    let [info, low, medium, high] = counts.severities;
    json!({
        "v": 1,
        "tool": "interlock",
        "version": report.version,
        "advisories": report.advisories,
        "summary": {
            "clients": counts.clients,
            "files": counts.files,
            "servers": counts.servers,
            "local": counts.local,
            "wrapped": counts.wrapped,
            "high": high,
            "medium": medium,
            "low": low,
            "info": info,
            "lighter": report.lighter,
            "known": report.known,
            "ignored": report.ignored.len(),
        },
        "files": report.files.iter().map(|file| self::file(report, file)).collect::<Vec<_>>(),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "ignored": report.ignored.iter().map(|ignored| {
            let mut object = finding(&ignored.reported);
            if let Some(object) = object.as_object_mut() {
                object.insert("reason".to_owned(), json!(ignored.reason));
            }
            object
        }).collect::<Vec<_>>(),
    })
}

fn file(report: &Report, file: &JudgedFile) -> Value {
    json!({
        "path": report.paths.path(&file.path),
        "client": file.client.id,
        "also": file.also.iter().map(|client| client.id).collect::<Vec<_>>(),
        "scope": file.scope.as_str(),
        "servers": file.servers.iter().map(server).collect::<Vec<_>>(),
    })
}

fn server(server: &JudgedServer) -> Value {
    json!({
        "name": server.name,
        "scope": server.scope.as_str(),
        "kind": server.kind,
        "enabled": server.enabled,
        "what": server.what,
        "class": server.class,
        "decision": server.decision.map(interlock_launch::Decision::as_str),
        "approved": server.standing.as_ref().map(|standing| *standing == Standing::Approved),
        "wrapped": server.wrapped,
    })
}

fn finding(reported: &Reported) -> Value {
    let finding = &reported.finding;
    let region = finding.location.region.as_ref();
    json!({
        "rule": finding.rule.id,
        "severity": finding.severity.as_str(),
        "confidence": finding.confidence.as_str(),
        "title": finding.rule.title,
        "message": finding.message,
        "path": reported.shown,
        "uri": reported.uri,
        "line": region.map(|region| region.start.line),
        "column": region.map(|region| region.start.column),
        "end_line": region.map(|region| region.end.line),
        "end_column": region.map(|region| region.end.column),
        "client": finding.client,
        "server": finding.server,
        "why": finding.rule.why,
        "remedy": finding.rule.remedy,
        "fix": finding.fix.as_ref().map(crate::fix::Fix::description),
        "page": finding.rule.url(),
        "fingerprint": reported.fingerprint,
    })
}

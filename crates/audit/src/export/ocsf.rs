//! A record as an event of the Open Cybersecurity Schema Framework: API Activity (class 6003).
//!
//! The shape follows <https://schema.ocsf.io/1.5.0/classes/api_activity>: all required attributes, and those
//! recommended ones that a record knows. Every field of the record is also under `unmapped`, so nothing is
//! lost. It does not group a call with its outcome; `api.request.uid` does that.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::read::Record;

/// The version of the schema.
pub const OCSF_VERSION: &str = "1.5.0";

const CATEGORY: u64 = 6;
const CLASS: u64 = 6003;

/// Which machine the log is from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its host name.
    pub hostname: &'a str,
    /// The version of Interlock that exports.
    pub version: &'a str,
}

/// One record as an OCSF API Activity event.
#[must_use]
pub fn ocsf(record: &Record, source: &Source<'_>) -> Value {
    let (activity_id, activity_name) = activity(&record.event);
    let (status_id, status) = status(record);
    let (severity_id, severity) = severity(record, status_id);
    let mut event = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            event.insert(name.to_owned(), value);
        }
    };
    put("category_uid", json!(CATEGORY));
    put("category_name", json!("Application Activity"));
    put("class_uid", json!(CLASS));
    put("class_name", json!("API Activity"));
    put("activity_id", json!(activity_id));
    put("activity_name", json!(activity_name));
    put("type_uid", json!(CLASS * 100 + activity_id));
    put("type_name", json!(format!("API Activity: {activity_name}")));
    put("time", json!(milliseconds(record.time)));
    put("severity_id", json!(severity_id));
    put("severity", json!(severity));
    put("status_id", json!(status_id));
    put("status", json!(status));
    put(
        "status_code",
        json!(record.number("code").map(|code| code.to_string())),
    );
    put(
        "status_detail",
        json!(record.text("reason").or_else(|| record.text("error"))),
    );
    put(
        "duration",
        json!(record.number("micros").map(|micros| micros / 1000)),
    );
    put("metadata", metadata(record, source));
    put("actor", actor(record));
    put("api", api(record));
    put(
        "src_endpoint",
        json!({ "hostname": source.hostname, "svc_name": "interlock" }),
    );
    put("dst_endpoint", dst_endpoint(record));
    put("resources", resources(record));
    put("unmapped", Value::Object(record.fields.clone()));
    Value::Object(event)
}

/// What is made, changed or ended, in the schema's words; a tool call is none of these by itself.
fn activity(event: &str) -> (u64, &str) {
    match event {
        "launch-started" | "approved" | "key-created" | "package-fetched" | "segment" => {
            (1, "Create")
        }
        "exit" | "revoked" => (4, "Delete"),
        other => (99, other),
    }
}

fn status(record: &Record) -> (u64, &'static str) {
    let success = match record.event.as_str() {
        "tool-outcome" => record.fields.get("ok").and_then(Value::as_bool),
        "launch-decision" => record
            .text("decision")
            .map(|decision| decision == "approved"),
        "egress" => record.text("verdict").map(|verdict| verdict == "allowed"),
        "tool-refused" | "tool-withheld" | "rejected" | "launch-failed" | "handshake-failed"
        | "approval-failed" | "recovered" => Some(false),
        "launch-started" | "handshake" | "approved" | "revoked" | "key-created"
        | "package-fetched" => Some(true),
        "exit" => record.number("code").map(|code| code == 0),
        _ => None,
    };
    match success {
        Some(true) => (1, "Success"),
        Some(false) => (2, "Failure"),
        None => (0, "Unknown"),
    }
}

/// Interlock stopping something is worth a look; a weakened default or a broken log more so.
fn severity(record: &Record, status_id: u64) -> (u64, &'static str) {
    match record.event.as_str() {
        "recovered" => (4, "High"),
        "danger-used" | "tool-withheld" => (3, "Medium"),
        "tool-outcome" | "exit" => (1, "Informational"),
        _ if status_id == 2 => (2, "Low"),
        _ => (1, "Informational"),
    }
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn metadata(record: &Record, source: &Source<'_>) -> Value {
    json!({
        "version": OCSF_VERSION,
        "product": {
            "name": "Interlock",
            "vendor_name": "Interlock",
            "version": source.version,
        },
        "log_name": "interlock-audit",
        "event_code": record.event,
        "sequence": record.seq,
        "uid": format!("{}-{}", source.hostname, record.seq),
    })
}

fn actor(record: &Record) -> Value {
    let mut actor = Map::from_iter([("app_name".to_owned(), json!("interlock"))]);
    if let Some(session) = record.text("session") {
        actor.insert("session".to_owned(), json!({ "uid": session }));
    }
    if let Some(command) = record.text("command") {
        actor.insert("process".to_owned(), json!({ "name": command }));
    }
    Value::Object(actor)
}

fn api(record: &Record) -> Value {
    let mut api = Map::new();
    let operation = record.text("tool").unwrap_or(&record.event);
    api.insert("operation".to_owned(), json!(operation));
    if let Some(call) = record.text("call") {
        api.insert("request".to_owned(), json!({ "uid": call }));
    }
    if let Some(code) = record
        .number("code")
        .filter(|_| record.event == "tool-outcome")
    {
        api.insert("response".to_owned(), json!({ "code": code }));
    }
    if let Some(server) = record.text("server").or_else(|| record.text("name")) {
        api.insert("service".to_owned(), json!({ "name": server }));
    }
    Value::Object(api)
}

fn dst_endpoint(record: &Record) -> Value {
    let Some(host) = record.text("host") else {
        return Value::Null;
    };
    let mut endpoint = Map::from_iter([("hostname".to_owned(), json!(host))]);
    endpoint.extend(
        record
            .number("port")
            .map(|port| ("port".to_owned(), json!(port))),
    );
    endpoint.extend(record.text("addr").map(|ip| ("ip".to_owned(), json!(ip))));
    Value::Object(endpoint)
}

fn resources(record: &Record) -> Value {
    let resource = |kind: &str, name: &str| json!([{ "type": kind, "name": name }]);
    match (
        record.text("tool"),
        record.text("package"),
        record.text("secret"),
    ) {
        (Some(tool), _, _) => resource("mcp-tool", tool),
        (_, Some(package), _) => resource("package", package),
        (_, _, Some(secret)) => resource("secret", secret),
        _ => Value::Null,
    }
}

#[cfg(test)]
#[path = "ocsf_tests.rs"]
mod tests;

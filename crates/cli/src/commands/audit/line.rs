//! One record as one line for a person: time, event, then what matters, escaped.

use std::time::{SystemTime, UNIX_EPOCH};

use interlock_audit::read::Record;
use serde_json::Value;

use crate::terminal::{Style, visible};

/// Fields that a person does not need in a list; `--format json` has them.
const LEFT_OUT: [&str; 4] = ["prev", "hash", "session", "args_sha256"];

/// Renders a record.
pub fn render(record: &Record, style: Style) -> String {
    let event = match record.event.as_str() {
        "rejected" | "tool-refused" | "tool-withheld" | "handshake-failed" | "launch-failed"
        | "approval-failed" | "danger-used" | "recovered" => style.bad(&record.event),
        event if is_denial(record) => style.bad(event),
        event => style.bold(event),
    };
    let mut line = format!("{} {event}", style.dim(&clock(record.time)));
    for (name, value) in &record.fields {
        if !LEFT_OUT.contains(&name.as_str()) && !value.is_null() {
            line.push_str(&format!(
                " {}{}",
                style.dim(&format!("{name}=")),
                shown(value)
            ));
        }
    }
    line
}

fn is_denial(record: &Record) -> bool {
    record.text("verdict") == Some("denied")
        || record
            .text("decision")
            .is_some_and(|decision| decision != "approved")
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => visible(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(" "))
        }
        other => other.to_string(),
    }
}

/// Time of day in UTC; the date is in the JSON.
fn clock(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs() % 86_400;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!(
        "{hours:02}:{minutes:02}:{:02}.{:03}",
        seconds % 60,
        since.subsec_millis()
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn check(event: &str, fields: Value, expected: &str) {
        let record = Record {
            seq: 1,
            time: UNIX_EPOCH + Duration::from_millis(3_723_004),
            event: event.to_owned(),
            fields: fields.as_object().cloned().unwrap(),
            line: String::new(),
        };
        assert_eq!(render(&record, Style::plain()), expected);
    }

    #[test]
    fn a_record_is_one_harmless_line() {
        check("exit", json!({ "code": 0 }), "01:02:03.004 exit code=0");
        check(
            "tool-call",
            json!({ "session": "s", "tool": "a\u{1b}[2J", "args_sha256": "00" }),
            "01:02:03.004 tool-call tool=\"a\\u{1b}[2J\"",
        );
        check(
            "launch-requested",
            json!({ "command": "npx", "args": ["-y", "a b"] }),
            "01:02:03.004 launch-requested command=npx args=[-y \"a b\"]",
        );
    }
}

use super::*;
use crate::Event;
use crate::read::{Filter, Records};
use crate::testing::{at, fresh, open};

const SOURCE: Source<'_> = Source {
    hostname: "desk",
    version: "0.1.0",
};

/// Records an event and exports it.
fn exported(event: &Event<'_>) -> Value {
    let (_dir, path) = fresh();
    drop(open(&path).append(at(1_500), event).unwrap());
    let record = Records::open(&path, Filter::default())
        .unwrap()
        .last()
        .unwrap()
        .unwrap();
    ocsf(&record, &SOURCE)
}

/// What the schema requires of every API Activity event.
#[track_caller]
fn check_required(event: &Value) {
    for field in [
        "activity_id",
        "category_uid",
        "class_uid",
        "severity_id",
        "time",
        "type_uid",
    ] {
        assert!(event[field].is_u64(), "{field}: {event}");
    }
    assert_eq!(
        (&event["class_uid"], &event["category_uid"]),
        (&json!(6003), &json!(6))
    );
    let activity = event["activity_id"].as_u64().unwrap();
    assert!([0, 1, 2, 3, 4, 99].contains(&activity), "{event}");
    assert_eq!(event["type_uid"], json!(600_300 + activity));
    assert_eq!(event["metadata"]["version"], OCSF_VERSION);
    for field in ["name", "vendor_name"] {
        assert!(event["metadata"]["product"][field].is_string());
    }
    assert!(event["api"]["operation"].is_string());
    assert!(event["actor"].is_object());
    assert!(event["src_endpoint"]["hostname"].is_string());
    assert!(
        !event.as_object().unwrap().values().any(Value::is_null),
        "{event}"
    );
}

#[track_caller]
fn check(event: &Event<'_>, expected: &[(&str, Value)]) {
    let event = exported(event);
    check_required(&event);
    for (pointer, value) in expected {
        assert_eq!(event.pointer(pointer), Some(value), "{pointer} of {event}");
    }
}

#[test]
fn a_call_and_its_outcome_share_the_request() {
    check(
        &crate::testing::call("17"),
        &[
            ("/activity_id", json!(99)),
            ("/activity_name", json!("tool-call")),
            ("/time", json!(1_795_000_000_001_u64)),
            ("/api/operation", json!("echo")),
            ("/api/request/uid", json!("17")),
            ("/actor/session/uid", json!("s1")),
            ("/resources/0/name", json!("echo")),
            ("/metadata/sequence", json!(2)),
            ("/metadata/uid", json!("desk-2")),
            ("/unmapped/args_sha256", json!("07".repeat(32))),
        ],
    );
    let event = Event::ToolOutcome {
        session: "s1",
        call: "17",
        ok: false,
        code: Some(-32603),
        micros: 2_500,
    };
    check(
        &event,
        &[
            ("/status_id", json!(2)),
            ("/status_code", json!("-32603")),
            ("/api/request/uid", json!("17")),
            ("/api/response/code", json!(-32603)),
            ("/duration", json!(2)),
        ],
    );
}

#[test]
fn what_was_stopped_is_a_failure_and_stands_out() {
    let session = "s1";
    check(
        &Event::LaunchDecision {
            session,
            decision: "refused",
            reasons: &["inline-code"],
            fingerprint: None,
            approval: None,
        },
        &[("/status", json!("Failure")), ("/severity_id", json!(2))],
    );
    check(
        &Event::ToolWithheld {
            session,
            tool: "t",
            reason: "changed",
            pinned: None,
            seen: [1; 32],
        },
        &[
            ("/severity_id", json!(3)),
            ("/status_detail", json!("changed")),
        ],
    );
    check(
        &Event::DangerUsed {
            session: None,
            option: "--danger-x",
            value: None,
        },
        &[("/severity", json!("Medium")), ("/status_id", json!(0))],
    );
    check(
        &Event::Egress {
            session,
            host: "metadata.internal",
            port: 80,
            addr: Some("169.254.169.254"),
            verdict: "denied",
            reason: Some("link-local"),
        },
        &[
            ("/status_id", json!(2)),
            ("/dst_endpoint/hostname", json!("metadata.internal")),
            ("/dst_endpoint/ip", json!("169.254.169.254")),
            ("/dst_endpoint/port", json!(80)),
        ],
    );
}

#[test]
fn beginnings_and_ends_have_their_activities() {
    let session = "s1";
    check(
        &Event::LaunchStarted {
            session,
            pid: 7,
            program: "/usr/bin/node",
            layers: &["seccomp"],
        },
        &[
            ("/activity_name", json!("Create")),
            ("/status_id", json!(1)),
        ],
    );
    check(
        &Event::Exit {
            session,
            code: Some(0),
            signal: None,
            reason: "exited",
            micros: 9_000,
        },
        &[
            ("/activity_name", json!("Delete")),
            ("/status_id", json!(1)),
            ("/duration", json!(9)),
        ],
    );
}

#[test]
fn what_the_log_says_about_itself_is_an_event_too() {
    let (_dir, path) = fresh();
    open(&path).checkpoint(at(1)).unwrap();
    let records: Vec<_> = Records::open(&path, Filter::default())
        .unwrap()
        .flatten()
        .collect();
    assert_eq!(records.len(), 2);
    records
        .iter()
        .for_each(|record| check_required(&ocsf(record, &SOURCE)));
}

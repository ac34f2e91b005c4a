//! Advisories from files, and what they hit.

use super::*;
use serde_json::{Value, json};

fn targets() -> Vec<Target> {
    let target = |ecosystem, name: &str, version: &str| Target {
        server: "app".into(),
        ecosystem,
        name: name.into(),
        version: version.into(),
    };
    vec![
        target(Ecosystem::Npm, "@s/app", "1.4.2"),
        target(Ecosystem::Npm, "dep", "2.0.0"),
        target(Ecosystem::Pypi, "Some_Package", "1.0.post1"),
    ]
}

fn record(ecosystem: &str, name: &str, rest: Value) -> Value {
    let mut affected = json!({ "package": { "ecosystem": ecosystem, "name": name } });
    affected
        .as_object_mut()
        .unwrap()
        .extend(rest.as_object().unwrap().clone());
    json!({ "id": "X-1", "modified": "2026-01-01T00:00:00Z", "summary": "bad", "affected": [affected] })
}

fn fixed(version: &str) -> Value {
    json!({ "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": version }] }] })
}

/// What a record hits: `name` and whether that is sure.
fn check(record: &Value, expected: &[(&str, bool)]) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.json");
    fs::write(&path, record.to_string()).unwrap();
    for path in [path.as_path(), directory.path()] {
        let report = super::check(path, &targets()).unwrap();
        assert_eq!((report.records, report.unread.len()), (1, 0));
        let hits: Vec<(&str, bool)> = report
            .hits
            .iter()
            .map(|hit| (hit.target.name.as_str(), hit.sure))
            .collect();
        assert_eq!(hits, expected, "{record}");
    }
}

#[test]
fn what_an_advisory_is_about() {
    check(&record("npm", "dep", fixed("2.0.1")), &[("dep", true)]);
    check(&record("npm", "dep", fixed("2.0.0")), &[]);
    check(
        &record("npm", "@s/app", fixed("2.0.0")),
        &[("@s/app", true)],
    );
    check(&record("npm", "@t/app", fixed("2.0.0")), &[]);
    check(&record("PyPI", "dep", fixed("2.0.1")), &[]);
    check(&record("npm", "DEP", fixed("2.0.1")), &[]);
    check(
        &record("PyPI", "some-package", fixed("1.1")),
        &[("Some_Package", true)],
    );
    check(
        &record(
            "PyPI",
            "some.package",
            json!({ "versions": ["1.0.0.post1"] }),
        ),
        &[("Some_Package", true)],
    );
    check(
        &record("npm", "dep", json!({ "versions": ["2.0.0"] })),
        &[("dep", true)],
    );
    check(&record("npm", "dep", json!({ "versions": ["1.0.0"] })), &[]);
}

#[test]
fn what_cannot_be_decided_is_a_hit_that_is_not_sure() {
    check(&record("npm", "dep", json!({})), &[("dep", false)]);
    check(&record("npm", "dep", fixed("two")), &[("dep", false)]);
    let commits = json!({ "ranges": [{ "type": "GIT", "events": [{ "introduced": "0" }] }] });
    check(&record("npm", "dep", commits), &[("dep", false)]);
}

#[test]
fn what_was_taken_back_hits_nothing() {
    let mut record = record("npm", "dep", fixed("9.0.0"));
    record["withdrawn"] = "2026-01-02T00:00:00Z".into();
    check(&record, &[]);
}

#[test]
fn lists_and_lines() {
    let (one, two) = (
        record("npm", "dep", fixed("9.0.0")),
        record("npm", "other", fixed("9.0.0")),
    );
    let directory = tempfile::tempdir().unwrap();
    for text in [format!("[{one},{two}]"), format!("{two}\n{one}\n")] {
        let path = directory.path().join("all.json");
        fs::write(&path, text).unwrap();
        let report = super::check(&path, &targets()).unwrap();
        assert_eq!((report.records, report.hits.len()), (2, 1));
        assert_eq!(report.hits[0].fixed, ["9.0.0"]);
    }
}

#[test]
fn what_cannot_be_read_is_told_and_never_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let nothing = super::check(directory.path(), &targets());
    assert!(matches!(nothing, Err(AdvisoryError::Nothing(_))));
    let gone = super::check(&directory.path().join("gone"), &targets());
    assert!(matches!(gone, Err(AdvisoryError::Unreadable { .. })));
    fs::create_dir(directory.path().join("npm")).unwrap();
    fs::write(
        directory.path().join("npm/good.json"),
        record("npm", "dep", fixed("9.0.0")).to_string(),
    )
    .unwrap();
    fs::write(directory.path().join("npm/dep.json"), "{ \"id\": \"dep").unwrap();
    fs::write(directory.path().join("npm/note.txt"), "dep").unwrap();
    let report = super::check(directory.path(), &targets()).unwrap();
    assert_eq!(
        (report.records, report.hits.len(), report.unread.len()),
        (1, 1, 1)
    );
    assert!(!report.is_clean());
    assert!(super::check(&directory.path().join("npm/dep.json"), &targets()).is_err());
}

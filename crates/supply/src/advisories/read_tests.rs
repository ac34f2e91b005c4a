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
fn a_name_is_read_however_it_is_written() {
    for name in [r"\u0064ep", r"d\u0065p", "dep"] {
        let text = record("npm", "dep", fixed("2.0.1")).to_string();
        let text = text.replace("\"dep\"", &format!("\"{name}\""));
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("x.json"), text).unwrap();
        let report = super::check(directory.path(), &targets()).unwrap();
        assert_eq!((report.records, report.hits.len()), (1, 1), "{name}");
    }
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

/// A dump that is put together from links would say less than its owner thinks.
#[test]
fn links_are_told_and_not_followed() {
    let (directory, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let advisory = record("npm", "dep", fixed("9.0.0")).to_string();
    fs::write(elsewhere.path().join("dep.json"), &advisory).unwrap();
    fs::write(directory.path().join("good.json"), &advisory).unwrap();
    for (target, name, is_told) in [
        ("dep.json", "dep.json", true),
        ("", "npm", true),
        ("absent", "absent.json", true),
        ("dep.json", "note.txt", false),
        ("absent", "absent", false),
    ] {
        let link = directory.path().join(name);
        std::os::unix::fs::symlink(elsewhere.path().join(target), &link).unwrap();
        let report = super::check(directory.path(), &targets()).unwrap();
        let unread: Vec<_> = report.unread.iter().map(|(path, _)| path.clone()).collect();
        let expected: &[_] = if is_told {
            std::slice::from_ref(&link)
        } else {
            &[]
        };
        assert_eq!((report.records, unread.as_slice()), (1, expected), "{name}");
        fs::remove_file(link).unwrap();
    }
    // The one that somebody named is the one that is meant.
    let link = directory.path().join("named");
    std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
    let report = super::check(&link, &targets()).unwrap();
    assert_eq!((report.records, report.unread.len()), (1, 0));
}

#[test]
fn half_a_file_is_no_advisory_even_when_the_name_is_in_the_other_half() {
    let whole = record("npm", "dep", fixed("9.0.0")).to_string();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.json");
    let start = whole.find("\"dep\"").unwrap();
    assert!(whole.get(..start).unwrap().contains("\"affected\""));
    for end in [start, start - 1, whole.len() - 1] {
        fs::write(&path, whole.get(..end).unwrap()).unwrap();
        let report = super::check(directory.path(), &targets()).unwrap();
        assert_eq!((report.records, report.unread.len()), (0, 1), "{end}");
        assert!(super::check(&path, &targets()).is_err(), "{end}");
    }
}

#[test]
fn whoever_relies_on_advisories_has_all_of_them_or_none() {
    let directory = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    let found = || check_whole(directory.path(), &targets());
    assert!(matches!(found(), Err(AdvisoryError::Nothing(_))));
    put(
        "good.json",
        &record("npm", "dep", fixed("9.0.0")).to_string(),
    );
    assert_eq!(found().unwrap().len(), 1);
    for (name, text, expected) in [
        (
            "b.json",
            "{ \"id\": \"dep",
            "b.json` cannot be read as an advisory",
        ),
        ("c.json", "[1]", "and one more file"),
        ("d.json", " ", "and 2 more files"),
        ("e.json", "{}", "and 3 more files"),
    ] {
        put(name, text);
        let error = found().unwrap_err();
        assert!(matches!(error, AdvisoryError::Broken { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{name}: {error}");
    }
    // Nothing that OSV could name is asked about.
    let mut file = targets().remove(0);
    file.ecosystem = Ecosystem::Binary;
    assert_eq!(check_whole(directory.path(), &[file]).unwrap(), []);
}

#[test]
fn what_is_malicious_says_so_in_one_of_its_names() {
    for (id, alias, expected) in [
        ("MAL-2025-1", "GHSA-x", true),
        ("GHSA-x", "MAL-2025-1", true),
        ("mal-2025-1", "x", true),
        ("GHSA-x", "CVE-MAL-1", false),
        ("MALFORMED-1", "", false),
        ("ma\u{142}-1", "", false),
    ] {
        let mut record = record("npm", "dep", fixed("9.0.0"));
        record["id"] = id.into();
        record["aliases"] = json!([alias]);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.json");
        fs::write(&path, record.to_string()).unwrap();
        let hits = check_whole(&path, &targets()).unwrap();
        let found: Vec<bool> = hits.iter().map(Hit::is_malicious).collect();
        assert_eq!(found, [expected], "{id} {alias}");
    }
}

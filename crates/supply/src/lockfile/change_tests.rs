//! One change, one line.

use crate::lockfile::{Lockfile, sample};

/// Edits the text of a lock and compares: `server what: was -> now`.
fn check(edit: (&str, &str), expected: &[&str]) {
    let text = sample::text();
    assert!(text.contains(edit.0), "{}", edit.0);
    let (was, now): (Lockfile, Lockfile) = (
        text.parse().unwrap(),
        text.replacen(edit.0, edit.1, 1).parse().unwrap(),
    );
    let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "(none)".into());
    let changes = was.changes(&now);
    let lines = changes.iter().flat_map(|(name, lines)| {
        lines
            .iter()
            .map(move |l| format!("{name} {}: {} -> {}", l.what, side(&l.was), side(&l.now)))
    });
    assert_eq!(lines.collect::<Vec<_>>(), expected);
    assert!(now.changes(&now).is_empty());
}

#[test]
fn each_change_is_one_line() {
    check(("[server.py]", "[server.py]"), &[]);
    check(("[\"--all\"]", "[]"), &["app arguments: --all -> (none)"]);
    check(
        ("api.example.com", "evil.example"),
        &[
            "app grant net: api.example.com:443 -> (none)",
            "app grant net: (none) -> evil.example:443",
        ],
    );
    check(
        ("memory = 1073741824\n", ""),
        &["app grant memory: 1073741824 -> (none)"],
    );
    check(
        ("danger = [\"private-network\"]\n", ""),
        &["app grant danger: private-network -> (none)"],
    );
    check(
        (&"b".repeat(64), &"c".repeat(64)),
        &[&format!(
            "app tool echo: {} -> {}",
            "b".repeat(64),
            "c".repeat(64)
        )],
    );
    check(
        ("interpreter = \"python\"", "interpreter = \"pypy\""),
        &["py interpreter: python -> pypy"],
    );
    check(
        (
            "name = \"dep\", version = \"2.0.0\"",
            "name = \"dep\", version = \"2.0.1\"",
        ),
        &[&format!(
            "app dependency node_modules/dep: dep@2.0.0 ({0}) -> dep@2.0.1 ({0})",
            sample::integrity(2)
        )],
    );
}

#[test]
fn where_it_came_from_is_part_of_what_differs() {
    check(
        ("publisher = \"alice\"", "publisher = \"mallory\""),
        &["app publisher: alice -> mallory"],
    );
    check(
        ("commit = \"4f2c\"", "commit = \"5a3d\""),
        &["app commit: 4f2c -> 5a3d"],
    );
    check(
        (
            "published = \"2026-08-01T12:00:00Z\"",
            "published = \"2026-08-02T12:00:00Z\"",
        ),
        &["app published: 2026-08-01T12:00:00Z -> 2026-08-02T12:00:00Z"],
    );
    let attested = "attested = \"npm-provenance\"\nrepository = \"https://github.com/s/app\"\ncommit = \"4f2c\"\nissuer = \"https://token.actions.githubusercontent.com\"\n";
    let gone = format!(
        "app {}: https://github.com/s/app at commit 4f2c (npm provenance) -> (none)",
        super::ATTESTATION_GONE
    );
    check((attested, ""), &[&gone]);
    // The loudest line is the first one.
    let claimed = "claimed-repository = \"https://github.com/s/app\"\n";
    let all = format!("publisher = \"alice\"\n{attested}");
    check(
        (&all, &format!("publisher = \"bob\"\n{claimed}")),
        &[
            &gone,
            "app publisher: alice -> bob",
            "app claimed repository: (none) -> https://github.com/s/app",
        ],
    );
}

#[test]
fn a_server_that_comes_or_goes_is_one_line() {
    let whole: Lockfile = sample::text().parse().unwrap();
    let mut less = whole.clone();
    less.server.remove(&"py".parse().unwrap());
    let gone = whole.changes(&less);
    let lines: Vec<_> = gone.values().flatten().collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].was.as_deref(), Some("command:python3"));
    assert_eq!(lines[0].now, None);
}

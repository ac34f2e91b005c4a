//! The configurations that other scanners are tested with: what is found in each, above `info`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use interlock_scan::{Advisories, Context, Severity, Standing, client, judge_files, read_text};

/// Reads a file as the client's at the first of its places that ends like this; the number of servers, and the rules.
fn check(name: &str, id: &str, end: &str, servers: usize, expected: &[&str]) {
    let client = client(id).unwrap();
    let place = client
        .places
        .iter()
        .find(|place| place.path.ends_with(end))
        .unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/peers");
    let bytes = std::fs::read(data.join(name)).unwrap();
    let file = read_text(client, place, Path::new("/home/me/file"), &bytes);
    assert_eq!(file.servers.len(), servers, "{name}");
    let advisories = Advisories::bundled();
    let judged = judge_files(
        &[file],
        &Context {
            standing: &|_| Standing::Unapproved,
            version: &|_| None,
            variables: None,
            advisories: &advisories,
            bases: &[],
        },
    );
    let told = judged
        .findings
        .iter()
        .filter(|one| one.severity > Severity::Info);
    let rules: BTreeSet<&str> = told.map(|one| one.rule.id).collect();
    assert_eq!(rules, expected.iter().copied().collect(), "{name}");
}

#[test]
fn snyks_fixtures_are_read_and_judged() {
    check(
        "snyk-client.json",
        "cursor",
        ".cursor/mcp.json",
        4,
        &["packed-command"],
    );
    check(
        "snyk-all.json",
        "cursor",
        ".cursor/mcp.json",
        2,
        &["packed-command"],
    );
    check(
        "snyk-test-configs.json",
        "cursor",
        ".cursor/mcp.json",
        2,
        &[],
    );
    check(
        "snyk-multiple-transport.json",
        "vscode",
        "Code/User/settings.json",
        2,
        &[],
    );
    check(
        "snyk-vscode-empty.json",
        "vscode",
        "Code/User/settings.json",
        0,
        &[],
    );
    check("snyk-invalid.json", "cursor", ".cursor/mcp.json", 0, &[]);
}

//! Whatever is not looked at is said: nothing is dropped without a word, and what is none of a client's files makes no noise.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use interlock_scan::report::{Report, Shown, Sieve};
use interlock_scan::{
    Advisories, Baseline, Context, Discovery, Home, Ignores, Judgements, LARGEST_FILE, Limits,
    Machine, Os, Severity, Standing, Unreadable, discover, judge_files, judge_skipped,
    known_projects,
};

fn put(top: &Path, name: &str, text: &str) {
    let path = top.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn project(top: &Path) -> Discovery {
    let machine = Machine::project_only(top.to_owned(), Os::Linux);
    discover(&machine, &Limits::default(), &mut |_| {})
}

/// The rules of everything that is found, files and directories.
fn rules(found: &Discovery) -> BTreeSet<&'static str> {
    let judged = judged(found);
    let skipped = judge_skipped(&found.skipped);
    let all = judged.findings.iter().chain(&skipped);
    all.map(|finding| finding.rule.id).collect()
}

fn judged(found: &Discovery) -> Judgements {
    let advisories = Advisories::bundled();
    judge_files(
        &found.files,
        &Context {
            standing: &|_| Standing::Unapproved,
            version: &|_| None,
            variables: None,
            advisories: &advisories,
            bases: &[],
        },
    )
}

/// What is told of one file of a name that other programs use too.
fn check_common(name: &str, text: &str, expected: &[&str]) {
    let top = tempfile::tempdir().unwrap();
    put(top.path(), name, text);
    let found = rules(&project(top.path()));
    assert_eq!(
        found,
        expected.iter().copied().collect(),
        "{name}: {text:.80}"
    );
}

#[test]
fn a_broken_file_of_a_common_name_is_told_where_it_speaks_of_servers() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    for (name, text, expected) in [
        // None of a client's.
        ("config.yaml", "a: [", &[][..]),
        ("config.json", "{\"port\": 1,}", &[]),
        (
            "config.json",
            "{\"servers\": {\"a\": {\"url\": \"x\"}}}",
            &[],
        ),
        ("config.json", "[1, 2", &[]),
        (
            "manifest.json",
            "{\"name\": \"an extension\", // of a browser\n}",
            &[],
        ),
        ("mcp.json", "\"text\"", &[]),
        // Broken, and written for servers.
        ("config.yaml", "mcp_servers: [", &["not-scanned"]),
        (
            "litellm.yml",
            "litellm_settings:\n  mcp_servers: {a: {",
            &["not-scanned"],
        ),
        ("config.json", "{\"mcpServers\": {", &["not-scanned"]),
        (
            "mcp.json",
            "{\"a\": {\"command\": \"x\", ",
            &["not-scanned"],
        ),
        // In escapes that nobody undid.
        (
            "config.json",
            "{\"\\u006dcpServ\\u0065rs\": {",
            &["not-scanned"],
        ),
        (
            "manifest.json",
            "{\"server\": {\"mcp_config\": ",
            &["not-scanned"],
        ),
        (
            "config.json",
            "{\"mcpServers\": {}} {\"mcpServers\": {\"a\": {\"command\": \"x\"}}}",
            &["not-scanned"],
        ),
        // Readers differ on whether there are servers.
        (
            "config.json",
            "{\"McpServers\": {\"a\": {\"command\": \"x\"}}}",
            &["case-variant-key"],
        ),
        (
            "config.yaml",
            "a: 1\n---\nmcp_servers: {a: {command: x}}\n",
            &["parser-differential"],
        ),
        // Beyond what is read, so nobody knows.
        ("config.json", &deep, &["perhaps-a-config"]),
    ] {
        check_common(name, text, expected);
    }
}

#[test]
fn servers_that_an_extension_brings_in_its_code_are_named() {
    let home = tempfile::tempdir().unwrap();
    let manifest = |inside: &str| format!("{{\"name\": \"x\", \"contributes\": {{{inside}}}}}");
    let brings = "\"mcpServerDefinitionProviders\": [{\"id\": \"a.b\", \"label\": \"Mine\"}]";
    put(
        home.path(),
        ".vscode/extensions/one-1.0.0/package.json",
        &manifest(brings),
    );
    put(
        home.path(),
        ".vscode/extensions/two-1.0.0/package.json",
        &manifest("\"commands\": []"),
    );
    let machine = Machine::home_only(home.path().to_owned(), Os::Linux);
    let found = discover(&machine, &Limits::default(), &mut |_| {});
    let names: Vec<_> = found.files.iter().flat_map(|file| &file.servers).collect();
    let names: Vec<_> = names
        .iter()
        .map(|server| (&*server.name, &server.kind))
        .collect();
    assert!(
        matches!(names[..], [("Mine", interlock_scan::Kind::BuiltIn)]),
        "{names:?}"
    );
    assert_eq!(rules(&found), BTreeSet::new());
}

#[test]
fn a_common_name_that_cannot_be_read_is_told_lightly_and_a_directory_not_at_all() {
    let top = tempfile::tempdir().unwrap();
    let large = fs::File::create(top.path().join("config.json")).unwrap();
    large.set_len(LARGEST_FILE as u64 + 1).unwrap();
    symlink("gone", top.path().join("mcp.json")).unwrap();
    fs::create_dir(top.path().join("config.yaml")).unwrap();
    let found = project(top.path());
    assert_eq!(found.files.len(), 2);
    assert!(rules(&found).is_subset(&BTreeSet::from(["perhaps-a-config", "symlinked-config"])));
}

#[test]
fn what_was_not_looked_at_is_told_whatever_is_asked_for() {
    let top = tempfile::tempdir().unwrap();
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    put(top.path(), "config.json", &deep);
    let found = project(top.path());
    let shown = Shown {
        root: None,
        home: None,
    };
    let sieve = Sieve {
        least: Severity::High,
        ignores: &Ignores::default(),
        baseline: &Baseline::default(),
    };
    let report = Report::new(judged(&found), &sieve, shown, "2026-11-21", "0.0.0");
    let told: Vec<_> = report
        .findings
        .iter()
        .map(|it| it.finding.rule.id)
        .collect();
    assert_eq!(told, ["perhaps-a-config"]);
}

#[test]
fn stars_go_deep_and_say_where_they_end() {
    let home = tempfile::tempdir().unwrap();
    let plugins = ".claude/plugins/cache";
    let file = "{\"mcpServers\": {\"a\": {\"command\": \"x\"}}}";
    let at = |levels: usize| format!("{plugins}/{}.mcp.json", "d/".repeat(levels));
    put(home.path(), &at(12), file);
    let machine = Machine::home_only(home.path().to_owned(), Os::Linux);
    let look = || discover(&machine, &Limits::default(), &mut |_| {});
    let found = look();
    assert_eq!((found.files.len(), found.skipped.len()), (1, 0));
    put(home.path(), &at(40), file);
    let found = look();
    assert_eq!(found.files.len(), 1);
    let deep = |reason: &Unreadable| *reason == Unreadable::TooDeep;
    assert!(found.skipped.iter().any(|one| deep(&one.reason)));
    assert!(rules(&found).contains("not-scanned"));
}

#[test]
fn links_are_followed_once_in_a_home_and_noted_in_a_project() {
    let home = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = "{\"mcpServers\": {\"a\": {\"command\": \"x\"}}}";
    put(elsewhere.path(), "plugin/.mcp.json", file);
    let cache = home.path().join(".claude/plugins/cache");
    fs::create_dir_all(&cache).unwrap();
    symlink(elsewhere.path(), cache.join("mine")).unwrap();
    symlink(&cache, cache.join("round")).unwrap();
    let machine = Machine::home_only(home.path().to_owned(), Os::Linux);
    let found = discover(&machine, &Limits::default(), &mut |_| {});
    let paths: Vec<_> = found.files.iter().map(|file| &file.path).collect();
    assert!(
        paths.contains(&&cache.join("mine/plugin/.mcp.json")),
        "{paths:?}"
    );
    assert_eq!(found.skipped, []);

    let repository = tempfile::tempdir().unwrap();
    symlink(elsewhere.path(), repository.path().join("linked")).unwrap();
    put(repository.path(), "node_modules/x/.mcp.json", file);
    let found = project(repository.path());
    assert!(found.files.is_empty());
    let reasons: Vec<_> = found.skipped.iter().map(|one| &one.reason).collect();
    assert_eq!(reasons, [&Unreadable::Linked, &Unreadable::LeftOut]);
    assert_eq!(rules(&found), BTreeSet::from(["left-out"]));
}

#[test]
fn projects_that_share_what_is_above_them_find_it_once_and_each() {
    let top = tempfile::tempdir().unwrap();
    let file = "{\"mcpServers\": {\"a\": {\"command\": \"x\"}}}";
    put(top.path(), "all/.mcp.json", file);
    let mut projects = Vec::new();
    for name in ["one", "two", "deeper/three"] {
        put(top.path(), &format!("all/{name}/.mcp.json"), file);
        projects.push(top.path().join("all").join(name));
    }
    let machine = Machine {
        os: Os::Linux,
        root: None,
        homes: Vec::<Home>::new(),
        projects,
    };
    let found = discover(&machine, &Limits::default(), &mut |_| {});
    assert_eq!(found.files.len(), 4);
}

#[test]
fn every_project_that_a_client_remembers_is_looked_into() {
    let home = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..3000).map(|at| format!("\"/p{at}\": {{}}")).collect();
    let text = format!("{{\"projects\": {{{}}}}}", names.join(","));
    put(home.path(), ".claude.json", &text);
    let machine = Machine::home_only(home.path().to_owned(), Os::Linux);
    let found = discover(&machine, &Limits::default(), &mut |_| {});
    assert_eq!(known_projects(&found.files).len(), 3000);
}

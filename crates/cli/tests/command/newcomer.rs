//! What is promised to somebody who has never seen this: a home with the files of thirty clients, `scan`, `wrap`, `approve --pending`, work,
//! `unwrap`, and the same bytes as before.
//!
//! The files are the realistic ones of `interlock-scan`'s tests, with all their comments, line endings and oddities. One more client has servers that
//! start here without a network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::client::LIST;
use crate::world::{World, has};

/// The files of a home, by their path in it; those of projects are left out.
fn files() -> Vec<(String, Vec<u8>)> {
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scan/tests/data/clients");
    let folders = fs::read_dir(clients)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = folders.filter_map(|folder| file(&folder)).collect();
    files.sort();
    files
}

fn file(folder: &Path) -> Option<(String, Vec<u8>)> {
    let report = fs::read_to_string(folder.join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let inside = report["files"][0]["path"]
        .as_str()?
        .strip_prefix("~/")?
        .to_owned();
    let mut names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let before = names.find(|name| name.file_stem().is_some_and(|stem| stem == "before"));
    let at_home = !inside.starts_with("work/");
    at_home.then(|| (inside, fs::read(before.unwrap()).unwrap()))
}

/// A home with all of them, and with two clients whose servers are the test server.
fn home() -> (World, Vec<(PathBuf, Vec<u8>)>) {
    let world = World::new();
    let server = world.server();
    let own = [
        (
            ".claude.json",
            format!(
                "{{\r\n\t\"numStartups\": 1,\r\n\t\"mcpServers\": {{ \"mine\": {{ \"command\": \"{server}\", \"args\": [\"plain\"] }} }}\r\n}}\r\n"
            ),
        ),
        (
            ".config/zed/settings.json",
            format!(
                "{{\n  // mine\n  \"context_servers\": {{ \"mine\": {{ \"source\": \"custom\", \"command\": \"{server}\", \"args\": [\"plain\"], }}, }},\n}}\n"
            ),
        ),
    ];
    let mut laid = Vec::new();
    for (inside, bytes) in files() {
        let replaced = own.iter().find(|(name, _)| *name == inside);
        let bytes = replaced.map_or(bytes, |(_, text)| text.clone().into_bytes());
        let path = world.home.join(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &bytes).unwrap();
        laid.push((path, bytes));
    }
    (world, laid)
}

fn now(files: &[(PathBuf, Vec<u8>)]) -> Vec<(PathBuf, Vec<u8>)> {
    let read = |(path, _): &(PathBuf, Vec<u8>)| (path.clone(), fs::read(path).unwrap());
    files.iter().map(read).collect()
}

/// The first screen, as a terminal shows it.
fn screen(world: &World) -> String {
    let mut command = world.shell("exec script -qec '\"$INTERLOCK\" --color never scan' /dev/null");
    let output = command.stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).replace('\r', "")
}

#[test]
fn the_first_screen_has_the_worst_first_and_the_next_command_last() {
    let (world, _) = home();
    let text = screen(&world);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].contains(" servers in "), "{text}");
    assert!(lines[0].contains(" clients: "), "{text}");
    assert!(
        lines.len() <= 60,
        "one screen, not {} lines:\n{text}",
        lines.len()
    );
    let first = lines.iter().find(|line| line.starts_with("high")).unwrap();
    assert!(first.contains("inline-code"), "{text}");
    let last = &lines[lines.len() - 3..].join("\n");
    has(last, &["Next: interlock wrap", "interlock scan --fix"]);
    // Nothing of it is a secret.
    for secret in ["hunter2hunter2", "ghp_0123456789", "hf_abcdefghij"] {
        assert!(!text.contains(secret), "{text}");
    }
    // A file gets everything in full.
    let full = world.interlock(&["scan"]).expect(1);
    assert!(full.out.lines().count() > 120, "{}", full.out);
}

#[test]
fn a_newcomer_scans_wraps_approves_works_and_gives_everything_back() {
    let (world, before) = home();
    let clients = world.interlock(&["scan", "--format", "json"]).expect(1);
    let report: Value = serde_json::from_str(&clients.out).unwrap();
    assert!(
        report["summary"]["clients"].as_u64().unwrap() >= 20,
        "{}",
        report["summary"]
    );

    let shown = world.interlock(&["wrap", "--dry-run"]).expect(0);
    has(&shown.err, &["would be wrapped; nothing was changed"]);
    assert_eq!(now(&before), before);
    world.interlock(&["wrap", "--yes"]).expect(0);
    let wrapped = now(&before);
    assert!(
        wrapped
            .iter()
            .zip(&before)
            .filter(|(is, was)| is != was)
            .count()
            >= 20
    );

    // What is left is told, and why; what is wrapped is no longer open.
    let after = world.interlock(&["scan", "--format", "json"]);
    let report: Value = serde_json::from_str(&after.out).unwrap();
    let (local, behind) = (&report["summary"]["local"], &report["summary"]["wrapped"]);
    assert!(
        behind.as_u64().unwrap() * 10 >= local.as_u64().unwrap() * 8,
        "{}",
        report["summary"]
    );

    // One at a time, as far as there is no network: two clients start the same server, which is one approval.
    world.approve(&[], &["plain"]).expect(0);
    let mut client = world.run(&["--", &world.server(), "plain"]);
    client.greet();
    has(&client.ask(LIST), &["adds two numbers"]);
    client.close().expect(0);

    let unwrapped = world.interlock(&["unwrap", "--yes"]).expect(0);
    has(&unwrapped.out, &["byte for byte"]);
    assert_eq!(now(&before), before);
}

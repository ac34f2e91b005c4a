//! `interlock scan`: a machine, a repository, what it says and how it ends.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;

use serde_json::Value;

use crate::world::{World, has};

const EVIL: &str = r#"{"mcpServers":{"a":{"command":"bash","args":["-c","id"]}}}"#;

fn write(world: &World, inside: &str, text: &str) {
    let path = world.home.join(inside);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn rules(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|one| one["rule"].as_str().unwrap())
        .collect()
}

#[test]
fn a_new_users_first_screen_says_how_much_what_and_what_next() {
    let world = World::without_key();
    world.interlock(&["scan"]).expect(0);
    write(&world, ".cursor/mcp.json", EVIL);
    let said = world.interlock(&["scan"]).expect(1);
    assert!(
        said.out
            .starts_with("1 server in 1 file of 1 client: 1 high\n"),
        "{}",
        said.out
    );
    has(
        &said.out,
        &[
            "high[inline-code]",
            "~/.cursor/mcp.json:1:",
            "^^^",
            "interlock wrap",
        ],
    );
    let table = world.interlock(&["scan", "--format", "table"]).expect(1);
    has(&table.out, &["CLIENT", "cursor", "open"]);
    let other = world.interlock(&["scan", "--client", "zed"]).expect(0);
    has(&other.out, &["0 servers"]);
    world.interlock(&["scan", "--client", "nonsense"]).expect(2);
    world.interlock(&["scan", "/does/not/exist"]).expect(2);
}

#[test]
fn what_cannot_be_read_is_told_whatever_is_asked_for() {
    let world = World::without_key();
    fs::create_dir_all(world.home.join(".cursor/mcp.json")).unwrap();
    let said = world
        .interlock(&["scan", "--min-severity", "high"])
        .expect(1);
    has(&said.out, &["not-scanned", "this is a directory"]);
    fs::remove_dir(world.home.join(".cursor/mcp.json")).unwrap();
    write(&world, ".cursor/mcp.json", "{\"mcpServers\":");
    let report = world
        .interlock(&["scan", "--format", "json"])
        .expect(1)
        .json();
    assert_eq!(rules(&report[0]), ["not-scanned"]);
}

#[test]
fn a_repository_speaks_for_itself_only_where_it_is_what_is_scanned() {
    let world = World::without_key();
    let text = "{\n // interlock-ignore[inline-code]: a fixture of our tests\n \"servers\": {\"a\": {\"command\": \"bash\", \"args\": [\"-c\", \"id\"]}}\n}\n";
    write(&world, "repo/.vscode/mcp.json", text);
    let repo = world.path("repo");
    let said = world
        .interlock(&["scan", "--format", "json", &repo])
        .expect(0)
        .json();
    assert_eq!(said[0]["summary"]["ignored"], 1, "{}", said[0]);
    let shown = world
        .interlock(&["scan", "--show-ignored", &repo])
        .expect(0);
    has(&shown.out, &["a fixture of our tests"]);
    let file = world.path("repo/.vscode/mcp.json");
    let one = world
        .interlock(&["scan", "--format", "json", &file])
        .expect(0)
        .json();
    assert_eq!(one[0]["summary"]["files"], 1);
    write(
        &world,
        "repo/.interlock-ignore.toml",
        "[[ignore]]\nrule = \"x\"\n",
    );
    world.interlock(&["scan", &repo]).expect(2);
}

#[test]
fn a_file_that_no_client_reads_is_not_called_clean() {
    let world = World::without_key();
    write(&world, "repo/mine.json", EVIL);
    write(&world, "repo/.mcp.json", EVIL);
    let said = world.interlock(&["scan", &world.path("repo/mine.json")]);
    let said = said.expect(1);
    assert!(
        said.out.contains("no client that Interlock knows"),
        "{said:?}"
    );
    let said = world.interlock(&["scan", &world.path("repo/.mcp.json")]);
    assert!(
        !said
            .expect(1)
            .out
            .contains("no client that Interlock knows")
    );
}

#[test]
fn a_baseline_leaves_out_what_was_there() {
    let world = World::without_key();
    write(&world, ".cursor/mcp.json", EVIL);
    let before = world.interlock(&["scan", "--format", "json"]).expect(1);
    write(&world, "before.json", &before.out);
    let baseline = world.path("before.json");
    world
        .interlock(&["scan", "--baseline", &baseline])
        .expect(0);
    // Another server, and another program text under the old name.
    for (was, is) in [("\"a\"", "\"b\""), ("\"id\"", "\"date\"")] {
        assert!(EVIL.contains(was));
        write(&world, ".cursor/mcp.json", &EVIL.replace(was, is));
        world
            .interlock(&["scan", "--baseline", &baseline])
            .expect(1);
    }
}

#[test]
fn sarif_is_one_log_and_advisories_come_from_a_file() {
    let world = World::without_key();
    write(
        &world,
        ".cursor/mcp.json",
        r#"{"mcpServers":{"a":{"command":"npx","args":["mine@1.0.0"]}}}"#,
    );
    world.interlock(&["scan"]).expect(0);
    let list = r#"{"v":1,"date":"2026-12-01","advisories":[{"id":"X-1","ecosystem":"npm","package":"mine","ranges":[{"introduced":"0"}],"malicious":true,"severity":"high","summary":"bad","source":"https://example.com"}]}"#;
    write(&world, "list.json", list);
    let list = world.path("list.json");
    let log = world
        .interlock(&["scan", "--format", "sarif", "--advisories", &list])
        .expect(1)
        .json();
    assert_eq!(
        log[0]["runs"][0]["results"][0]["ruleId"],
        "malicious-release"
    );
    write(&world, "list.json", "{}");
    world.interlock(&["scan", "--advisories", &list]).expect(2);
}

#[test]
fn an_approved_server_is_known_as_one() {
    let world = World::approved("", &[]);
    let entry = |arg: &str| {
        let server = serde_json::json!({"command": world.server(), "args": [arg]});
        serde_json::json!({"mcpServers": {"test": server}}).to_string()
    };
    write(&world, ".cursor/mcp.json", &entry(""));
    let report = world
        .interlock(&["scan", "--format", "json", "--min-severity", "info"])
        .json();
    assert_eq!(
        report[0]["files"][0]["servers"][0]["approved"], true,
        "{}",
        report[0]
    );
    assert!(!rules(&report[0]).contains(&"unapproved"));
    write(&world, ".cursor/mcp.json", &entry("other"));
    let report = world
        .interlock(&["scan", "--format", "json", "--min-severity", "info"])
        .json();
    assert!(rules(&report[0]).contains(&"unapproved"));
    for (name, approved) in [("test", true), ("other", false)] {
        let text = format!(
            r#"{{"mcpServers":{{"a":{{"command":"interlock","args":["run","{name}"]}}}}}}"#
        );
        write(&world, ".cursor/mcp.json", &text);
        let report = world.interlock(&["scan", "--format", "json"]).json();
        let server = &report[0]["files"][0]["servers"][0];
        assert_eq!(
            (&server["approved"], &server["wrapped"]),
            (&approved.into(), &true.into())
        );
    }
}

#[test]
fn a_fix_changes_one_thing_and_keeps_the_old_file() {
    let world = World::without_key();
    let before = "{\n  \"mcpServers\": {\n    \"a\": {\n      \"command\": \"uvx\",\n      \"args\": [\"x==1.0.0\"],\n      \"trust\": true\n    }\n  }\n}\n";
    write(&world, ".gemini/settings.json", before);
    let said = world.interlock(&["scan", "--fix", "--yes"]).expect(0);
    has(
        &said.out,
        &["remove `mcpServers.a.trust`", "-       \"trust\": true"],
    );
    let after = fs::read_to_string(world.home.join(".gemini/settings.json")).unwrap();
    assert_eq!(after, before.replace(",\n      \"trust\": true", ""));
    let kept = fs::read_dir(world.home.join(".local/state/interlock/fixed"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(fs::read_to_string(kept.path()).unwrap(), before);
    world.interlock(&["scan"]).expect(0);
}

#[test]
fn a_file_that_appears_is_told_of_at_once() {
    let world = World::without_key();
    fs::create_dir_all(world.home.join(".cursor")).unwrap();
    let mut command = world.command(["scan", "--watch", "--format", "json"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut err = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(out.next().unwrap().unwrap().contains("\"findings\":[]"));
    assert!(err.next().unwrap().unwrap().starts_with("watching "));
    write(&world, ".cursor/mcp.json", EVIL);
    let report: Value = serde_json::from_str(&out.next().unwrap().unwrap()).unwrap();
    assert_eq!(rules(&report), ["inline-code"]);
    write(&world, ".codeium/windsurf/mcp_config.json", EVIL);
    let report: Value = serde_json::from_str(&out.next().unwrap().unwrap()).unwrap();
    assert_eq!(report["findings"][0]["client"], "windsurf");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_server_that_answers_everybody_is_found_only_when_asked_for() {
    let world = World::without_key();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    // Everybody who asks: another scan of this machine may come first.
    std::thread::spawn(move || {
        for mut stream in socket.incoming().flatten() {
            let mut request = Vec::new();
            let mut part = [0; 4096];
            // The request's last bytes: one that is closed before it is read whole is reset.
            while !request.ends_with(b"}}}") {
                match stream.read(&mut part) {
                    Ok(read) if read > 0 => request.extend_from_slice(&part[..read]),
                    _ => break,
                }
            }
            let body = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","serverInfo":{"name":"open"}}}"#;
            let length = body.len();
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    let quiet = world.interlock(&["scan", "--format", "json"]).expect(0);
    assert!(!quiet.out.contains("listener-without-authentication"));
    let said = world
        .interlock(&["scan", "--listeners", "--format", "json"])
        .expect(1);
    has(
        &said.out,
        &["listener-without-authentication", &address, "\"open\""],
    );
}

//! What `interlock check` refuses in a configuration is a problem here too, and what it reads is read here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use interlock_launch::{Request, parse_config};
use interlock_scan::{ConfigFile, Kind, Problem, ProblemKind, Strength, client, read_text};
use serde_json::Value;

/// The configurations of the launch corpus and of our own cases.
fn configurations() -> Vec<(String, String)> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../launch/tests/data");
    ["launch-config.jsonl", "own-cases.jsonl"]
        .iter()
        .flat_map(|name| {
            let text = std::fs::read_to_string(data.join(name)).unwrap();
            let cases: Vec<Value> = text
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            cases
        })
        .filter_map(|case| {
            let input = case.get("input")?;
            let text = input.get("raw_config_text").or(input.get("config"))?;
            let id = case.get("id")?.as_str()?.to_owned();
            Some((id, text.as_str().unwrap().to_owned()))
        })
        .collect()
}

/// Reads a configuration as the file of the client whose key it uses.
fn read(text: &str) -> ConfigFile {
    let (id, path) = [
        ("customizations", "vscode", "{project}/.devcontainer.json"),
        ("context_servers", "zed", "{project}/.zed/settings.json"),
        ("amp.mcpServers", "amp", "{project}/.amp/settings.json"),
        ("mcp.servers", "vscode", "{project}/.vscode/settings.json"),
        (
            "\"mcp\":{\"servers",
            "vscode",
            "{project}/.vscode/settings.json",
        ),
        ("\"mcp\":", "opencode", "{ancestors}/opencode.json"),
        ("\"projects\"", "claude-code", "{home}/.claude.json"),
        ("\"server\":", "claude-desktop", "{project}/manifest.json"),
        ("\"transport\":{", "cline", "{home}/.cline/mcp.json"),
        (
            "\"mcpServers\":[",
            "continue",
            "{home}/.continue/config.yaml",
        ),
        ("\"mcpServers\":", "roo", "{project}/.roo/mcp.json"),
        ("\"extensions\":", "goose", "{config}/goose/config.yaml"),
        ("\"servers\":", "vscode", "{project}/.vscode/mcp.json"),
    ]
    .into_iter()
    .find_map(|(mark, id, path)| text.contains(mark).then_some((id, path)))
    .unwrap_or(("langchain", "{project}/langchain*.json"));
    let client = client(id).unwrap();
    let place = client
        .places
        .iter()
        .find(|place| place.path == path)
        .unwrap();
    read_text(
        client,
        place,
        Path::new("/p/server/manifest.json"),
        text.as_bytes(),
    )
}

#[test]
fn what_check_refuses_is_a_problem() {
    let mut refused = 0;
    for (id, text) in configurations() {
        if let Err(reject) = parse_config(&text) {
            refused += 1;
            let file = read(&text);
            let problems = file.all_problems();
            let serious = problems.iter().any(|p| p.kind.strength() > Strength::Style);
            assert!(serious, "{id} ({}): {text}", reject.code());
        }
    }
    assert!(refused > 30, "{refused}");
}

#[test]
fn what_check_reads_is_read() {
    let mut servers = 0;
    for (id, text) in configurations() {
        let Ok(strict) = parse_config(&text) else {
            continue;
        };
        let file = read(&text);
        let found: Vec<Request> = file
            .servers
            .iter()
            .filter_map(|server| match &server.kind {
                Kind::Local(local) => Some(Request {
                    origin: None,
                    ..local.request.clone()
                }),
                _ => None,
            })
            .collect();
        // `check` reads whatever some client reads; here one client is meant, and what it does not read is said.
        let foreign = |problem: &&Problem| problem.kind == ProblemKind::ForeignRoot;
        if file
            .all_problems()
            .into_iter()
            .any(|problem| foreign(&problem))
        {
            assert_eq!(id, "LC-A9-012");
            continue;
        }
        let expected: Vec<Request> = strict.into_iter().map(|(_, request)| request).collect();
        assert_eq!(found, expected, "{id}: {text} {:?}", file.all_problems());
        servers += found.len();
    }
    assert!(servers >= 20, "{servers}");
}

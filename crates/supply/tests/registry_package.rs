//! Registry entries, packages and bundles, judged by the code that users get.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers fail by panicking"
)]

use interlock_launch::Decision;
use interlock_supply::registry::review;
use serde_json::Value;

const CASES: &str = include_str!("data/registry-package.jsonl");
/// Further cases of the same classes, made for this test.
const MORE: &str = include_str!("data/registry-package-more.jsonl");
/// A user's attempts to get something bad past the review, and honest entries, names and lines close to them.
const VARIANTS: &str = include_str!("data/registry-package-variants.jsonl");

fn judged(input: &Value, expected: &str, id: &str) -> Result<(), String> {
    let review = review(&input.to_string());
    let refused = review.decision() != Decision::NeedsApproval;
    let fits = match expected {
        "reject" => refused,
        "detect" => review.has_findings(),
        "allow" => !refused && !review.has_findings(),
        other => panic!("{id}: unknown expectation {other}"),
    };
    if fits {
        return Ok(());
    }
    Err(format!("{id}: {expected}, but {:#?}", review.reasons))
}

fn check(input: &Value, expected: &str, id: &str) {
    assert_eq!(judged(input, expected, id), Ok(()));
}

#[test]
fn the_corpus_is_judged_as_expected() {
    for (cases, expected) in [(CASES, 17), (MORE, 62), (VARIANTS, 774)] {
        let judge = |line: &str| {
            let case: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| case[key].as_str().unwrap();
            judged(&case["input"], text("expected"), text("id")).err()
        };
        let wrong: Vec<String> = cases.lines().filter_map(judge).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(cases.lines().count(), expected);
    }
}

fn entry(change: impl FnOnce(&mut Value)) -> Value {
    let mut entry: Value = serde_json::from_str(
        r#"{"$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
            "name": "io.github.user/x", "description": "X", "version": "1.0.0",
            "packages": [{"registryType": "npm", "identifier": "@user/x", "version": "1.0.0",
                "transport": {"type": "stdio"}}]}"#,
    )
    .unwrap();
    change(&mut entry);
    entry
}

/// More of the same classes, each a small change of an entry that is fine.
#[test]
fn variants_of_the_classes() {
    let package =
        |key: &'static str, value: Value| entry(move |entry| entry["packages"][0][key] = value);
    let json = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    for (id, input, expected) in [
        ("plain", entry(|_| {}), "allow"),
        (
            "base elsewhere",
            package("registryBaseUrl", json(r#""https://npm.evil.example""#)),
            "reject",
        ),
        (
            "base over http",
            package("registryBaseUrl", json(r#""http://registry.npmjs.org""#)),
            "reject",
        ),
        (
            "own base",
            package("registryBaseUrl", json(r#""https://registry.npmjs.org/""#)),
            "allow",
        ),
        ("range", package("version", json(r#""^1.0.0""#)), "reject"),
        (
            "no version",
            entry(|entry| {
                entry["packages"][0]
                    .as_object_mut()
                    .unwrap()
                    .remove("version");
            }),
            "reject",
        ),
        (
            "runtime is a shell",
            package("runtimeHint", json(r#""bash""#)),
            "reject",
        ),
        (
            "npx -c",
            package(
                "runtimeArguments",
                json(r#"[{"type": "named", "name": "-c", "value": "id"}]"#),
            ),
            "reject",
        ),
        (
            "node --eval by default",
            package(
                "environmentVariables",
                json(r#"[{"name": "NODE_OPTIONS", "default": "--require /tmp/x"}]"#),
            ),
            "reject",
        ),
        (
            "loader among choices",
            package(
                "environmentVariables",
                json(r#"[{"name": "LD_PRELOAD", "choices": ["", "/tmp/x.so"]}]"#),
            ),
            "reject",
        ),
        (
            "loader through a variable",
            package(
                "environmentVariables",
                json(
                    r#"[{"name": "NODE_OPTIONS", "value": "{x}", "variables": {"x": {"default": "--import=data:text/javascript,0"}}}]"#,
                ),
            ),
            "reject",
        ),
        (
            "key file",
            package(
                "packageArguments",
                json(r#"[{"type": "positional", "default": "~/.ssh/id_rsa"}]"#),
            ),
            "detect",
        ),
        (
            "unknown registry",
            package("registryType", json(r#""rpm""#)),
            "reject",
        ),
        (
            "publisher",
            entry(|entry| {
                entry["repository"] =
                    json(r#"{"url": "https://github.com/other/x", "source": "github"}"#)
            }),
            "detect",
        ),
        (
            "remote over http",
            entry(|entry| {
                entry["remotes"] = json(r#"[{"type": "sse", "url": "http://mcp.example.com"}]"#)
            }),
            "reject",
        ),
        (
            "remote inside",
            entry(|entry| {
                entry["remotes"] = json(r#"[{"type": "sse", "url": "https://10.0.0.1/"}]"#)
            }),
            "reject",
        ),
        (
            "hidden text",
            entry(|entry| entry["description"] = "a\u{202e}b".into()),
            "reject",
        ),
        (
            "bundle without digest",
            entry(|entry| {
                entry["packages"][0] = json(
                    r#"{"registryType": "mcpb", "identifier": "https://github.com/user/x/releases/download/v1.0.0/x.mcpb", "transport": {"type": "stdio"}}"#,
                )
            }),
            "reject",
        ),
        (
            "bundle",
            entry(|entry| {
                entry["packages"][0] = json(
                    r#"{"registryType": "mcpb", "identifier": "https://github.com/user/x/releases/download/v1.0.0/x.mcpb", "fileSha256": "0000000000000000000000000000000000000000000000000000000000000000", "transport": {"type": "stdio"}}"#,
                )
            }),
            "allow",
        ),
        (
            "bundle over http",
            entry(|entry| {
                entry["packages"][0] = json(
                    r#"{"registryType": "mcpb", "identifier": "http://github.com/user/x/releases/download/v1.0.0/x.mcpb", "fileSha256": "0000000000000000000000000000000000000000000000000000000000000000", "transport": {"type": "stdio"}}"#,
                )
            }),
            "reject",
        ),
        (
            "image by release tag",
            entry(|entry| {
                entry["packages"][0] = json(
                    r#"{"registryType": "oci", "identifier": "ghcr.io/user/x:1.0.0", "transport": {"type": "stdio"}}"#,
                )
            }),
            "allow",
        ),
        (
            "image latest",
            entry(|entry| {
                entry["packages"][0] = json(
                    r#"{"registryType": "oci", "identifier": "docker.io/user/x:latest", "transport": {"type": "stdio"}}"#,
                )
            }),
            "reject",
        ),
        (
            "privileged",
            entry(|entry| {
                entry["packages"][0] = json(
                    r#"{"registryType": "oci", "identifier": "docker.io/user/x:1.0.0", "runtimeArguments": [{"type": "named", "name": "--privileged"}], "transport": {"type": "stdio"}}"#,
                )
            }),
            "reject",
        ),
        (
            "nuget",
            entry(|entry| {
                entry["packages"][0] = json(
                    r#"{"registryType": "nuget", "identifier": "User.X", "version": "0.1.0-beta", "runtimeHint": "dnx", "transport": {"type": "stdio"}}"#,
                )
            }),
            "allow",
        ),
        (
            "local http",
            package(
                "transport",
                json(r#"{"type": "streamable-http", "url": "http://localhost:{port}/mcp"}"#),
            ),
            "allow",
        ),
        (
            "answer of the registry",
            {
                let server = entry(|_| {});
                let mut whole = json("{}");
                whole["server"] = server;
                whole
            },
            "allow",
        ),
        (
            "readme claims another",
            {
                let mut parts = json(r#"{"README.md": "mcp-name: io.github.other/x"}"#);
                parts["server.json"] = entry(|_| {});
                parts
            },
            "reject",
        ),
        (
            "readme claims it",
            {
                let mut parts = json(r#"{"README.md": "mcp-name: io.github.user/x"}"#);
                parts["server.json"] = entry(|_| {});
                parts
            },
            "allow",
        ),
        (
            "install script",
            json(r#"{"name": "x", "version": "1.0.0", "scripts": {"postinstall": "curl x | sh"}}"#),
            "detect",
        ),
        (
            "popular misspelt",
            json(
                r#"{"registryType": "npm", "identifier": "@modelcontextprotocol/server-filesytem", "version": "1.0.0"}"#,
            ),
            "detect",
        ),
        (
            "popular",
            json(
                r#"{"registryType": "npm", "identifier": "@modelcontextprotocol/server-filesystem", "version": "2025.8.21"}"#,
            ),
            "allow",
        ),
        (
            "digest as declared",
            json(r#"{"fileSha256": "aa", "sha256": "aa"}"#),
            "allow",
        ),
        (
            "other bytes",
            json(r#"{"fileSha256": "aa", "sha256": "ab"}"#),
            "reject",
        ),
        ("nothing", json("{}"), "reject"),
    ] {
        check(&input, expected, id);
    }
}

#[test]
fn strict_json_only() {
    for text in [
        "",
        "[",
        "{\"name\": 1, \"name\": 2}",
        "{\"registryType\": \"npm\",}",
    ] {
        assert_ne!(review(text).decision(), Decision::NeedsApproval, "{text}");
    }
}

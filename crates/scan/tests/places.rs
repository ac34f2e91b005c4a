//! A file at every place of the table, on every system, laid out below a temporary directory: each is found, by its client.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use interlock_scan::{
    CLIENTS, Client, ConfigFile, Discovery, Format, Home, Kind, Limits, Machine, Os, Place, Scope,
    Unreadable, discover,
};

/// A file of this shape with one server that is started (none where the shape has only switches).
fn content(place: &Place) -> (&'static str, usize) {
    match place.shape.id {
        "claude-settings" | "gemini-folders" | "cursor-permissions" | "copilot-config"
        | "extension-settings" => ("{}", 0),
        "claude-agent" => (
            "---\nname: a\nmcpServers:\n  - other\n  - s:\n      command: c\n---\nText.\n",
            1,
        ),
        "bundle" => (
            r#"{"name":"s","server":{"type":"node","mcp_config":{"command":"c"}}}"#,
            1,
        ),
        "vscode-extension" => (
            r#"{"contributes":{"mcpServerDefinitionProviders":[{"id":"s","label":"s"}]}}"#,
            1,
        ),
        "vscode-mcp" => (r#"{"servers":{"s":{"command":"c"}},}"#, 1),
        "vscode-settings" => (r#"{"mcp.servers":{"s":{"command":"c"}}}"#, 1),
        "vscode-workspace" => (
            r#"{"settings":{"mcp":{"servers":{"s":{"command":"c"}}}}}"#,
            1,
        ),
        "devcontainer" => (
            r#"{"customizations":{"vscode":{"mcp":{"servers":{"s":{"command":"c"}}}}}}"#,
            1,
        ),
        "zed" => (r#"{"context_servers":{"s":{"command":{"path":"c"}}}}"#, 1),
        "opencode" => (r#"{"mcp":{"s":{"type":"local","command":["c"]}}}"#, 1),
        "crush" => (r#"{"mcp":{"s":{"type":"stdio","command":"c"}}}"#, 1),
        "amp" => (r#"{"amp.mcpServers":{"s":{"command":"c"}}}"#, 1),
        "codex" => ("[mcp_servers.s]\ncommand = \"c\"\n", 1),
        "mistral-vibe" => (
            "[[mcp_servers]]\nname = \"s\"\ntransport = \"stdio\"\ncommand = \"c\"\n",
            1,
        ),
        "goose" => ("extensions:\n  s:\n    type: stdio\n    cmd: c\n", 1),
        "continue" => ("mcpServers:\n  - name: s\n    command: c\n", 1),
        "litellm" => (
            "mcp_servers:\n  s:\n    transport: stdio\n    command: c\n",
            1,
        ),
        "open-webui" => (
            r#"[{"type":"mcp","url":"https://a.example","info":{"id":"s"}}]"#,
            1,
        ),
        "langchain" => (r#"{"s":{"transport":"stdio","command":"c"}}"#, 1),
        _ => match place.format {
            Format::Yaml => ("mcpServers:\n  s:\n    command: c\n", 1),
            _ => (r#"{"mcpServers":{"s":{"command":"c"}}}"#, 1),
        },
    }
}

struct Laid {
    path: PathBuf,
    client: &'static Client,
    place: &'static Place,
}

/// Lays out a file for each place of `os`, below `top`.
fn lay_out(top: &Path, os: Os) -> Vec<Laid> {
    let mut laid = Vec::new();
    for client in CLIENTS {
        for place in client.places.iter().filter(|place| place.os.contains(&os)) {
            let path = concrete(top, place.path, os);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if !path.exists() {
                let text = content(place).0.as_bytes();
                let bundle = place.format == Format::Bundle;
                let bytes = if bundle {
                    archive(text)
                } else {
                    text.to_owned()
                };
                fs::write(&path, bytes).unwrap();
            }
            laid.push(Laid {
                path,
                client,
                place,
            });
        }
    }
    laid
}

/// An archive with `manifest` as its manifest, not compressed.
fn archive(manifest: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut out);
    let (mut entry, config) = archive.new_file("manifest.json").start().unwrap();
    let mut writer = config.wrap(&mut entry);
    writer.write_all(manifest).unwrap();
    let (_, descriptor) = writer.finish().unwrap();
    entry.finish(descriptor).unwrap();
    archive.finish().unwrap();
    out
}

/// The path as a user of `os` would have it.
fn concrete(top: &Path, template: &str, os: Os) -> PathBuf {
    let (base, rest) = template.split_once('}').unwrap();
    let home = top.join("home/me");
    let base = match (base, os) {
        ("{home", _) => home,
        ("{config", _) | ("{appdata", Os::Linux) => home.join(".config"),
        ("{appdata", Os::Macos) => home.join("Library/Application Support"),
        ("{appdata", Os::Windows) => home.join("AppData/Roaming"),
        ("{system", _) => top.join("system"),
        ("{project" | "{ancestors", _) => top.join("work/repository"),
        other => panic!("{other:?} is no base"),
    };
    let rest = rest.replace("**", "one/two").replace('*', "star");
    base.join(rest.trim_start_matches('/'))
}

fn machine(top: &Path, os: Os) -> Machine {
    Machine {
        os,
        root: Some(top.join("system")),
        homes: vec![Home {
            path: top.join("home/me"),
            user: Some("me".to_owned()),
            variables: Vec::new(),
        }],
        projects: vec![top.join("work/repository")],
    }
}

fn find(machine: &Machine) -> Discovery {
    discover(machine, &Limits::default(), &mut |_| {})
}

fn by_path(discovery: &Discovery) -> BTreeMap<&Path, &ConfigFile> {
    let files = discovery.files.iter();
    files.map(|file| (file.path.as_path(), file)).collect()
}

fn check_all_places(os: Os) {
    let top = tempfile::tempdir().unwrap();
    let laid = lay_out(top.path(), os);
    let discovery = find(&machine(top.path(), os));
    assert_eq!(discovery.skipped, []);
    let found = by_path(&discovery);
    for Laid {
        path,
        client,
        place,
    } in &laid
    {
        let file = found
            .get(path.as_path())
            .unwrap_or_else(|| panic!("{} at {} is not found", client.id, place.path));
        let readers = std::iter::once(file.client).chain(file.also.iter().copied());
        assert!(
            readers.clone().any(|reader| reader.id == client.id),
            "{} is not said to read {}",
            client.id,
            path.display()
        );
        if file.place.path == place.path {
            let (_, servers) = content(place);
            assert_eq!(
                file.servers.len(),
                servers,
                "{}: {:?}",
                path.display(),
                file.all_problems()
            );
            for server in &file.servers {
                assert_eq!(server.name, "s", "{}", path.display());
                assert!(!matches!(server.kind, Kind::Unusable), "{}", path.display());
            }
        }
    }
    let mut expected: Vec<&Path> = laid.iter().map(|laid| laid.path.as_path()).collect();
    expected.sort();
    expected.dedup();
    assert_eq!(
        found.keys().copied().collect::<Vec<_>>(),
        expected,
        "and nothing else"
    );
}

#[test]
fn every_place_is_found_on_linux() {
    check_all_places(Os::Linux);
}

#[test]
fn every_place_is_found_on_macos() {
    check_all_places(Os::Macos);
}

#[test]
fn every_place_is_found_on_windows() {
    check_all_places(Os::Windows);
}

#[test]
fn every_template_has_a_base_and_every_system_most_clients() {
    for client in CLIENTS {
        for place in client.places {
            let base = place.path.split_once('}').map(|(base, _)| base);
            let known = [
                "{home",
                "{config",
                "{appdata",
                "{system",
                "{project",
                "{ancestors",
            ];
            assert!(
                base.is_some_and(|base| known.contains(&base)),
                "{}",
                place.path
            );
            assert!(!place.os.is_empty(), "{}", place.path);
            let system = place.path.starts_with("{system");
            assert_eq!(system, place.scope == Scope::Managed, "{}", place.path);
        }
        for os in Os::ALL {
            let has = client.places.iter().any(|place| place.os.contains(&os));
            assert!(has, "{} has no place on {}", client.id, os.as_str());
        }
    }
}

#[test]
fn variables_move_files_of_the_user_who_scans() {
    let top = tempfile::tempdir().unwrap();
    let elsewhere = top.path().join("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    let json = r#"{"mcpServers":{"s":{"command":"c"}}}"#;
    for (name, text) in [
        (".claude.json", json),
        ("config.toml", "[mcp_servers.s]\ncommand = \"c\"\n"),
        ("mcp-config.json", json),
        (
            "own.json",
            r#"{"mcp":{"s":{"type":"local","command":["c"]}}}"#,
        ),
    ] {
        fs::write(elsewhere.join(name), text).unwrap();
    }
    let mut machine = machine(top.path(), Os::Linux);
    fs::create_dir_all(&machine.homes[0].path).unwrap();
    machine.projects.clear();
    assert_eq!(find(&machine).files.len(), 0);
    machine.homes[0].variables = vec![
        ("CLAUDE_CONFIG_DIR".to_owned(), elsewhere.clone()),
        ("CODEX_HOME".to_owned(), elsewhere.clone()),
        ("COPILOT_HOME".to_owned(), elsewhere.clone()),
        ("OPENCODE_CONFIG".to_owned(), elsewhere.join("own.json")),
    ];
    let discovery = find(&machine);
    let found: Vec<_> = discovery
        .files
        .iter()
        .map(|file| (file.client.id, file.servers.len()))
        .collect();
    assert_eq!(
        found,
        [
            ("claude-code", 1),
            ("codex", 1),
            ("vscode", 1),
            ("opencode", 1)
        ]
    );
}

#[test]
fn files_above_a_project_count_where_their_client_looks_there() {
    let top = tempfile::tempdir().unwrap();
    let inner = top.path().join("a/b/c");
    fs::create_dir_all(inner.join("packages/one/.vscode")).unwrap();
    let json = r#"{"mcpServers":{"s":{"command":"c"}}}"#;
    fs::write(top.path().join("a/.mcp.json"), json).unwrap();
    fs::create_dir_all(top.path().join("a/.cursor")).unwrap();
    fs::write(top.path().join("a/.cursor/mcp.json"), json).unwrap();
    fs::write(
        inner.join("packages/one/.vscode/mcp.json"),
        r#"{"servers":{}}"#,
    )
    .unwrap();
    fs::create_dir_all(inner.join("node_modules/x")).unwrap();
    fs::write(inner.join("node_modules/x/.mcp.json"), json).unwrap();
    let discovery = find(&Machine::project_only(inner.clone(), Os::Linux));
    let found: Vec<_> = discovery
        .files
        .iter()
        .map(|file| file.path.strip_prefix(top.path()).unwrap())
        .collect();
    assert_eq!(
        found,
        [
            Path::new("a/.mcp.json"),
            Path::new("a/b/c/packages/one/.vscode/mcp.json")
        ]
    );
}

#[test]
fn several_homes_are_several_users() {
    let top = tempfile::tempdir().unwrap();
    let mut homes = Vec::new();
    for user in ["anna", "ben"] {
        let path = top.path().join(user);
        fs::create_dir_all(path.join(".cursor")).unwrap();
        fs::write(path.join(".cursor/mcp.json"), "{}").unwrap();
        homes.push(Home {
            path,
            user: Some(user.to_owned()),
            variables: Vec::new(),
        });
    }
    homes.push(Home {
        path: top.path().join("nobody"),
        ..Home::default()
    });
    let discovery = find(&Machine {
        homes,
        projects: Vec::new(),
        root: None,
        os: Os::Linux,
    });
    let users: Vec<_> = discovery
        .files
        .iter()
        .filter_map(|file| file.user.as_deref())
        .collect();
    assert_eq!(users, ["anna", "ben"]);
    let skipped: Vec<_> = discovery
        .skipped
        .iter()
        .map(|skipped| &skipped.reason)
        .collect();
    assert_eq!(skipped, [&Unreadable::Missing]);
}

//! A sample of each client's file, read as that client's: every server is found, with what it starts or connects to.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use std::path::Path;

use interlock_scan::{CLIENTS, ConfigFile, Effect, Kind, Switch, client, read_text};

/// Sample, client, and the end of the place's path.
const SAMPLES: &[(&str, &str, &str)] = &[
    (
        "amazonq.mcp.json",
        "amazon-q",
        "{home}/.aws/amazonq/mcp.json",
    ),
    (
        "claude-code.managed-mcp.json",
        "claude-code",
        "{system}/etc/claude-code/managed-mcp.json",
    ),
    (
        "claude-code.managed-settings.json",
        "claude-code",
        "{system}/etc/claude-code/managed-settings.json",
    ),
    (
        "claude-code.project.mcp.json",
        "claude-code",
        "{ancestors}/.mcp.json",
    ),
    (
        "claude-code.settings.danger.json",
        "claude-code",
        "{project}/.claude/settings.json",
    ),
    (
        "claude-desktop.extension.manifest.json",
        "claude-desktop",
        "{appdata}/Claude/Claude Extensions/*/manifest.json",
    ),
    (
        "claude-desktop.json",
        "claude-desktop",
        "{appdata}/Claude/claude_desktop_config.json",
    ),
    (
        "cline.cline_mcp_settings.json",
        "cline",
        "{home}/.cline/data/settings/cline_mcp_settings.json",
    ),
    ("codex.config.toml", "codex", "{home}/.codex/config.toml"),
    (
        "copilot-cli.mcp-config.json",
        "copilot-cli",
        "{home}/.copilot/mcp-config.json",
    ),
    ("cursor.mcp.json", "cursor", "{home}/.cursor/mcp.json"),
    (
        "gemini-cli.settings.json",
        "gemini-cli",
        "{home}/.gemini/settings.json",
    ),
    ("goose.config.yaml", "goose", "{config}/goose/config.yaml"),
    (
        "jetbrains-ai-assistant.json",
        "jetbrains",
        "{project}/.ai/mcp/mcp.json",
    ),
    (
        "jetbrains-junie.mcp.json",
        "jetbrains",
        "{home}/.junie/mcp/mcp.json",
    ),
    (
        "langchain-mcp-adapters.json",
        "langchain",
        "{project}/langchain*.json",
    ),
    ("librechat.yaml", "librechat", "{project}/librechat.yaml"),
    (
        "lmstudio.mcp.json",
        "lm-studio",
        "{home}/.lmstudio/mcp.json",
    ),
    ("mcpo.config.json", "mcpo", "{project}/config.json"),
    (
        "open-webui.TOOL_SERVER_CONNECTIONS.json",
        "open-webui",
        "{project}/*TOOL_SERVER_CONNECTIONS*.json",
    ),
    ("opencode.jsonc", "opencode", "{ancestors}/opencode.jsonc"),
    ("roo.mcp_settings.json", "roo", "{project}/.roo/mcp.json"),
    (
        "vscode.devcontainer.json",
        "vscode",
        "{project}/.devcontainer/devcontainer.json",
    ),
    ("vscode.mcp.json", "vscode", "{project}/.vscode/mcp.json"),
    (
        "vscode.settings.jsonc",
        "vscode",
        "{project}/.vscode/settings.json",
    ),
    (
        "windsurf.mcp_config.json",
        "windsurf",
        "{home}/.codeium/windsurf/mcp_config.json",
    ),
    ("zed.settings.jsonc", "zed", "{config}/zed/settings.json"),
];

fn data() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

fn read(sample: &str, id: &str, path: &str) -> ConfigFile {
    let client = client(id).unwrap();
    let place = client.places.iter().find(|place| place.path == path);
    let place = place.unwrap_or_else(|| panic!("{id} has no place {path}"));
    let bytes = std::fs::read(data().join("samples").join(sample)).unwrap();
    read_text(
        client,
        place,
        Path::new("/x/demo").join(sample).as_path(),
        &bytes,
    )
}

/// The file as a listing: servers, switches, problems, each with its place and text.
fn listing(sample: &str, file: &ConfigFile) -> String {
    let document = file.document().unwrap();
    let mut out = format!(
        "== {sample} · {} · {}\n",
        file.client.id,
        file.scope.as_str()
    );
    let at = |start: usize| {
        let (line, column) = document.line_column(start);
        format!("{line}:{column}")
    };
    for server in &file.servers {
        let state = if server.enabled { "" } else { " (off)" };
        let name = &server.name;
        write!(
            out,
            "{} {name}{state} [{}]: ",
            at(server.span.start),
            server.trail.join(".")
        )
        .unwrap();
        match &server.kind {
            Kind::Local(local) => {
                assert_eq!(local.arg_spans.len(), local.request.args.len());
                let words: Vec<_> = local
                    .arg_spans
                    .iter()
                    .map(|span| document.slice(*span))
                    .collect();
                let command = document.slice(local.command_span);
                writeln!(out, "start {command} {}", words.join(" ")).unwrap();
                for (name, value) in &local.request.env {
                    writeln!(out, "    env {name}={value}").unwrap();
                }
                for name in &local.env_names {
                    writeln!(out, "    passes {}", name.text).unwrap();
                }
                if let Some(cwd) = &local.request.cwd {
                    writeln!(out, "    cwd {cwd}").unwrap();
                }
                if let Some(file) = &local.env_file {
                    writeln!(out, "    env file {}", file.text).unwrap();
                }
            }
            Kind::Remote(remote) => {
                let address = document.slice(remote.url.span);
                writeln!(out, "{:?} {}={address}", remote.transport, remote.url_key).unwrap();
                for header in &remote.headers {
                    writeln!(out, "    header {}: {}", header.name, header.value).unwrap();
                }
                for credential in &remote.credentials {
                    writeln!(out, "    credential {}", credential.text).unwrap();
                }
                for name in &remote.credential_names {
                    writeln!(out, "    credential in {}", name.text).unwrap();
                }
                if let Some(helper) = &remote.helper {
                    writeln!(out, "    helper {}", helper.text).unwrap();
                }
            }
            other => writeln!(out, "{other:?}").unwrap(),
        }
        for switch in &server.switches {
            writeln!(out, "    {}", shown(switch)).unwrap();
        }
    }
    for switch in &file.switches {
        writeln!(out, "{} {}", at(switch.span.start), shown(switch)).unwrap();
    }
    for problem in file.all_problems() {
        writeln!(
            out,
            "{} ! {}: {}",
            at(problem.span.start),
            problem.kind.code(),
            problem.text
        )
        .unwrap();
    }
    out
}

fn shown(switch: &Switch) -> String {
    let effect = match &switch.effect {
        Effect::Named(names) => {
            let names: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
            format!("for {}", names.join(", "))
        }
        Effect::Value(value) => format!("is {value}"),
        Effect::All => "for all".to_owned(),
        Effect::Off => "off".to_owned(),
    };
    format!("switch {:?} {} {effect}", switch.kind, switch.trail)
}

#[test]
fn every_server_of_every_sample_is_found() {
    let listings: Vec<String> = SAMPLES
        .iter()
        .map(|(sample, id, path)| listing(sample, &read(sample, id, path)))
        .collect();
    let found = listings.join("\n");
    let golden = data().join("samples.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(
        found, expected,
        "run with UPDATE_GOLDEN=1 and look at the difference"
    );
}

#[test]
fn no_sample_is_left_out() {
    let mut names: Vec<String> = std::fs::read_dir(data().join("samples"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let listed: Vec<&str> = SAMPLES.iter().map(|(sample, ..)| *sample).collect();
    assert_eq!(names, listed);
}

/// How many servers each sample has that are started and that are connected to.
#[test]
fn samples_have_the_right_number_of_servers() {
    let count = |sample: &str| {
        let (_, id, path) = SAMPLES.iter().find(|(name, ..)| *name == sample).unwrap();
        let file = read(sample, id, path);
        let local = file
            .servers
            .iter()
            .filter(|s| matches!(s.kind, Kind::Local(_)))
            .count();
        let remote = file
            .servers
            .iter()
            .filter(|s| matches!(s.kind, Kind::Remote(_)))
            .count();
        assert_eq!(local + remote, file.servers.len(), "{sample}");
        (local, remote)
    };
    for (sample, servers) in [
        ("amazonq.mcp.json", (1, 0)),
        ("claude-code.managed-mcp.json", (0, 1)),
        ("claude-code.managed-settings.json", (0, 0)),
        ("claude-code.project.mcp.json", (1, 4)),
        ("claude-code.settings.danger.json", (0, 0)),
        ("claude-desktop.extension.manifest.json", (1, 0)),
        ("claude-desktop.json", (2, 0)),
        ("cline.cline_mcp_settings.json", (2, 1)),
        ("codex.config.toml", (1, 1)),
        ("copilot-cli.mcp-config.json", (1, 1)),
        ("cursor.mcp.json", (1, 1)),
        ("gemini-cli.settings.json", (1, 2)),
        ("goose.config.yaml", (1, 1)),
        ("jetbrains-ai-assistant.json", (1, 0)),
        ("jetbrains-junie.mcp.json", (1, 0)),
        ("langchain-mcp-adapters.json", (1, 1)),
        ("librechat.yaml", (1, 1)),
        ("lmstudio.mcp.json", (1, 1)),
        ("mcpo.config.json", (1, 1)),
        ("open-webui.TOOL_SERVER_CONNECTIONS.json", (0, 1)),
        ("opencode.jsonc", (1, 1)),
        ("roo.mcp_settings.json", (1, 1)),
        ("vscode.devcontainer.json", (1, 0)),
        ("vscode.mcp.json", (1, 2)),
        ("vscode.settings.jsonc", (1, 0)),
        ("windsurf.mcp_config.json", (1, 1)),
        ("zed.settings.jsonc", (1, 1)),
    ] {
        assert_eq!(count(sample), servers, "{sample}");
    }
}

#[test]
fn clients_have_distinct_ids_and_places() {
    let mut ids: Vec<&str> = CLIENTS.iter().map(|client| client.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CLIENTS.len());
    for client in CLIENTS {
        assert!(!client.places.is_empty(), "{}", client.id);
        for place in client.places {
            let same = client.places.iter().filter(|other| {
                other.path == place.path && other.os.iter().any(|os| place.os.contains(os))
            });
            assert_eq!(same.count(), 1, "{} {}", client.id, place.path);
        }
    }
}

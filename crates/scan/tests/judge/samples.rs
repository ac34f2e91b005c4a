//! The samples of clients' files: nothing above `info` about any of them but what it really has. (A package runner in a directory runs what
//! the directory says, which is why `check` refuses two of them.)

use std::path::Path;

use interlock_scan::{Severity, client, read_text};

use crate::world::judge;

/// Sample, client, the place's path, and the rules above `info`.
const SAMPLES: &[(&str, &str, &str, &[&str])] = &[
    (
        "amazonq.mcp.json",
        "amazon-q",
        "{home}/.aws/amazonq/mcp.json",
        &[],
    ),
    (
        "claude-code.managed-mcp.json",
        "claude-code",
        "{system}/etc/claude-code/managed-mcp.json",
        &[],
    ),
    (
        "claude-code.managed-settings.json",
        "claude-code",
        "{system}/etc/claude-code/managed-settings.json",
        &[],
    ),
    (
        "claude-code.project.mcp.json",
        "claude-code",
        "{ancestors}/.mcp.json",
        &["headers-helper"],
    ),
    (
        "claude-code.settings.danger.json",
        "claude-code",
        "{project}/.claude/settings.json",
        &["auto-approval", "self-approval"],
    ),
    (
        "claude-desktop.extension.manifest.json",
        "claude-desktop",
        "{appdata}/Claude/Claude Extensions/*/manifest.json",
        &[],
    ),
    (
        "claude-desktop.json",
        "claude-desktop",
        "{appdata}/Claude/claude_desktop_config.json",
        &[],
    ),
    (
        "cline.cline_mcp_settings.json",
        "cline",
        "{home}/.cline/data/settings/cline_mcp_settings.json",
        &[],
    ),
    (
        "codex.config.toml",
        "codex",
        "{home}/.codex/config.toml",
        &["cwd-shadows-code"],
    ),
    (
        "copilot-cli.mcp-config.json",
        "copilot-cli",
        "{home}/.copilot/mcp-config.json",
        &[],
    ),
    ("cursor.mcp.json", "cursor", "{home}/.cursor/mcp.json", &[]),
    (
        "gemini-cli.settings.json",
        "gemini-cli",
        "{home}/.gemini/settings.json",
        &["cwd-shadows-code"],
    ),
    (
        "goose.config.yaml",
        "goose",
        "{config}/goose/config.yaml",
        &[],
    ),
    (
        "jetbrains-ai-assistant.json",
        "jetbrains",
        "{project}/.ai/mcp/mcp.json",
        &[],
    ),
    (
        "jetbrains-junie.mcp.json",
        "jetbrains",
        "{home}/.junie/mcp/mcp.json",
        &[],
    ),
    (
        "langchain-mcp-adapters.json",
        "langchain",
        "{project}/langchain*.json",
        &[],
    ),
    (
        "librechat.yaml",
        "librechat",
        "{project}/librechat.yaml",
        &[],
    ),
    (
        "lmstudio.mcp.json",
        "lm-studio",
        "{home}/.lmstudio/mcp.json",
        &[],
    ),
    ("mcpo.config.json", "mcpo", "{project}/config.json", &[]),
    (
        "open-webui.TOOL_SERVER_CONNECTIONS.json",
        "open-webui",
        "{project}/*TOOL_SERVER_CONNECTIONS*.json",
        &[],
    ),
    (
        "opencode.jsonc",
        "opencode",
        "{ancestors}/opencode.jsonc",
        &["starts-on-open"],
    ),
    (
        "roo.mcp_settings.json",
        "roo",
        "{project}/.roo/mcp.json",
        &[],
    ),
    (
        "vscode.devcontainer.json",
        "vscode",
        "{project}/.devcontainer/devcontainer.json",
        &[],
    ),
    (
        "vscode.mcp.json",
        "vscode",
        "{project}/.vscode/mcp.json",
        &["sandbox-auto-approval", "socket-in-temporary-directory"],
    ),
    (
        "vscode.settings.jsonc",
        "vscode",
        "{project}/.vscode/settings.json",
        &[],
    ),
    (
        "windsurf.mcp_config.json",
        "windsurf",
        "{home}/.codeium/windsurf/mcp_config.json",
        &[],
    ),
    (
        "zed.settings.jsonc",
        "zed",
        "{config}/zed/settings.json",
        &[],
    ),
];

#[test]
fn samples_have_only_the_weaknesses_that_they_have() {
    let mut misses = Vec::new();
    for (name, id, path, expected) in SAMPLES {
        let client = client(id).unwrap();
        let place = client.places.iter().find(|place| place.path == *path);
        let place = place.unwrap_or_else(|| panic!("{id} has no {path}"));
        let data = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data/samples")
            .join(name);
        let bytes = std::fs::read(data).unwrap();
        let judged = judge(&[read_text(client, place, Path::new("/home/me/x"), &bytes)]);
        let heavy = judged
            .findings
            .iter()
            .filter(|one| one.severity > Severity::Info);
        let mut found: Vec<&str> = heavy.map(|one| one.rule.id).collect();
        found.sort_unstable();
        found.dedup();
        if found != *expected {
            misses.push(format!("{name}: {found:?}"));
        }
    }
    assert!(misses.is_empty(), "{misses:#?}");
    assert_eq!(SAMPLES.len(), 27);
}

//! Entries as each client reads them, and what a strict reader says about them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use interlock_scan::{Effect, Kind, Server, client, read_text};

fn shown(server: &Server) -> String {
    let what = match &server.kind {
        Kind::Local(local) => {
            let request = &local.request;
            let words: Vec<&str> = std::iter::once(&request.command)
                .chain(&request.args)
                .map(String::as_str)
                .collect();
            let env = request
                .env
                .iter()
                .map(|(name, value)| format!(" {name}={value}"));
            format!("starts {}{}", words.join(" "), env.collect::<String>())
        }
        Kind::Remote(remote) => format!("{:?} {}", remote.transport, remote.url.text),
        other => format!("{other:?}"),
    };
    let off = if server.enabled { "" } else { " (off)" };
    format!("{} {what}{off}", server.name)
}

/// Reads `text` as the file at a place of a client: first servers, then switches that are on, then problems.
fn check(id: &str, path: &str, text: &str, expected: &[&str]) {
    let client = client(id).unwrap();
    let place = client.places.iter().find(|place| place.path == path);
    let place = place.unwrap_or_else(|| panic!("{id} has no place {path}"));
    let file = read_text(
        client,
        place,
        Path::new("/home/me/demo/file"),
        text.as_bytes(),
    );
    let mut found: Vec<String> = file.servers.iter().map(shown).collect();
    let entries = file.servers.iter().flat_map(|server| &server.switches);
    let on = entries
        .chain(&file.switches)
        .filter(|switch| switch.effect != Effect::Off);
    found.extend(on.map(|switch| format!("{:?} {}", switch.kind, switch.trail)));
    let problems = file.all_problems();
    found.extend(
        problems
            .iter()
            .map(|problem| format!("! {}", problem.kind.code())),
    );
    assert_eq!(found, expected, "{id}: {text}\n{problems:?}");
}

fn claude(entry: &str, expected: &[&str]) {
    let text = format!("{{\"mcpServers\":{{\"a\":{entry}}}}}");
    check("claude-code", "{ancestors}/.mcp.json", &text, expected);
}

#[test]
fn an_entry_is_a_program_or_an_address() {
    claude(
        r#"{"command":"npx","args":["-y","x"],"env":{"K":"v"}}"#,
        &["a starts npx -y x K=v"],
    );
    claude(
        r#"{"type":"http","url":"https://h"}"#,
        &["a Http https://h"],
    );
    claude(r#"{"type":"sse","url":"https://h"}"#, &["a Sse https://h"]);
    claude(r#"{"url":"wss://h"}"#, &["a WebSocket wss://h"]);
    claude(
        r#"{"command":null,"url":"https://h"}"#,
        &["a Http https://h"],
    );
    claude(
        r#"{"command":"c","url":"https://h"}"#,
        &["a starts c", "! two-transports"],
    );
    claude(
        r#"{"type":"http","command":"c","url":"https://h"}"#,
        &["a Http https://h", "! two-transports"],
    );
    claude("{}", &["a Unusable (off)", "! no-transport"]);
    claude("\"npx\"", &["a Unusable (off)", "! entry-not-an-object"]);
    claude("[]", &["a Unusable (off)", "! entry-not-an-object"]);
}

#[test]
fn what_an_entry_says_about_itself_has_to_agree() {
    claude(
        r#"{"type":"http","command":"c"}"#,
        &["a starts c", "! transport-contradiction"],
    );
    claude(
        r#"{"type":"stdio","url":"https://h"}"#,
        &["a Http https://h", "! transport-contradiction"],
    );
    claude(
        r#"{"type":"pipe","command":"c"}"#,
        &["a starts c", "! unknown-transport"],
    );
    claude(
        r#"{"transport":"pipe","command":"c"}"#,
        &["a starts c", "! unknown-transport"],
    );
    claude(
        r#"{"transport":"http","command":"c"}"#,
        &["a starts c", "! transport-contradiction"],
    );
    claude(r#"{"transport":"stdio","command":"c"}"#, &["a starts c"]);
    claude(r#"{"type":1,"command":"c"}"#, &["a starts c", "! not-text"]);
}

#[test]
fn keys_that_another_reader_would_take_are_problems() {
    claude(
        r#"{"command":"c","Command":"d"}"#,
        &["a starts c", "! case-variant-key", "! case-variant-key"],
    );
    claude(
        r#"{"Command":"d"}"#,
        &["a Unusable (off)", "! no-transport", "! case-variant-key"],
    );
    claude(
        r#"{"command":"c","command":"d"}"#,
        &["a starts d", "! duplicate-key"],
    );
    claude(
        r#"{"serverUrl":"https://h"}"#,
        &["a Unusable (off)", "! no-transport", "! foreign-field"],
    );
    claude(
        r#"{"command":"c","environment":{}}"#,
        &["a starts c", "! foreign-field"],
    );
    check(
        "vscode",
        "{project}/.vscode/mcp.json",
        r#"{"mcpServers":{"a":{"command":"c"}}}"#,
        &["! foreign-root"],
    );
    check(
        "cursor",
        "{home}/.cursor/mcp.json",
        r#"{"McpServers":{"a":{"command":"c"}}}"#,
        &["! case-variant-key"],
    );
    check(
        "windsurf",
        "{home}/.codeium/windsurf/mcp_config.json",
        r#"{"mcpServers":{"a":{"serverUrl":"https://h","url":"https://i"}}}"#,
        &["a Http https://h", "! two-spellings"],
    );
}

#[test]
fn values_of_the_wrong_kind_are_problems() {
    claude(
        r#"{"command":["c"]}"#,
        &["a Unusable (off)", "! command-not-text"],
    );
    claude(
        r#"{"command":"c","args":"x"}"#,
        &["a starts c", "! args-not-a-list"],
    );
    claude(
        r#"{"command":"c","args":["x",1,null]}"#,
        &["a starts c x 1 ", "! not-text", "! not-text"],
    );
    claude(
        r#"{"command":"c","env":["A=1"]}"#,
        &["a starts c", "! env-not-a-map"],
    );
    claude(
        r#"{"command":"c","env":{"A":1}}"#,
        &["a starts c A=1", "! not-text"],
    );
    claude(r#"{"command":"c","cwd":5}"#, &["a starts c", "! not-text"]);
    claude(r#"{"url":5}"#, &["a Unusable (off)", "! not-text"]);
    claude(
        "{\"url\":\"https://h\u{202e}x\"}",
        &["a Http https://h\u{202e}x", "! hidden-text"],
    );
    for (text, expected) in [
        (r#"{"mcpServers":[]}"#, &["! servers-not-a-map"][..]),
        (r#"{"mcpServers":null}"#, &[]),
        (
            r#"{"mcpServers":{"":{"command":"c"}}}"#,
            &[" starts c", "! bad-server-name"],
        ),
        ("[]", &[]),
        ("7", &["! not-an-object"]),
        ("null", &["! not-an-object"]),
        ("", &["! not-json"]),
    ] {
        check("claude-code", "{ancestors}/.mcp.json", text, expected);
    }
}

#[test]
fn clients_with_fields_of_their_own() {
    let zed = "{project}/.zed/settings.json";
    check(
        "zed",
        zed,
        r#"{"context_servers":{"a":{"settings":{}}}}"#,
        &["a BuiltIn"],
    );
    check(
        "zed",
        zed,
        r#"{"context_servers":{"a":{"source":"extension"}}}"#,
        &["a BuiltIn"],
    );
    check(
        "zed",
        zed,
        r#"{"context_servers":{"a":{"command":{"path":"p","args":["x"],"env":{"K":"v"}}}}}"#,
        &["a starts p x K=v"],
    );
    check(
        "zed",
        zed,
        r#"{"context_servers":{"a":{"command":{"args":[]}}}}"#,
        &["a Unusable (off)", "! command-not-text"],
    );
    let opencode = "{ancestors}/opencode.json";
    check(
        "opencode",
        opencode,
        r#"{"mcp":{"a":{"type":"local","command":["c","x"],"environment":{"K":"v"},"enabled":false}}}"#,
        &["a starts c x K=v (off)"],
    );
    check(
        "opencode",
        opencode,
        r#"{"mcp":{"a":{"type":"local","command":"c"},"b":{"type":"remote","url":"https://h"}}}"#,
        &["a starts c", "b Http https://h", "! command-not-text"],
    );
    check(
        "opencode",
        opencode,
        r#"{"mcp":{"a":{"type":"local","command":[]}}}"#,
        &["a Unusable (off)", "! command-not-text"],
    );
    let cline = "{home}/.cline/mcp.json";
    check(
        "cline",
        cline,
        r#"{"mcpServers":{"a":{"transport":{"type":"stdio","command":"c"},"disabled":true,"autoApprove":["*"]},"b":{"url":"https://h"}}}"#,
        &[
            "a starts c (off)",
            "b Sse https://h",
            "AutoApprove mcpServers.a.autoApprove",
        ],
    );
    check(
        "cline",
        cline,
        r#"{"mcpServers":{"a":{"type":"streamable-http","url":"https://h"}}}"#,
        &["a Http https://h", "! unknown-transport"],
    );
    check(
        "cline",
        cline,
        r#"{"mcpServers":{"a":{"command":"c","transport":{"type":"stdio","command":"d"}}}}"#,
        &["a starts d", "! two-transports"],
    );
}

#[test]
fn yaml_and_toml_clients_with_fields_of_their_own() {
    let goose = "{config}/goose/config.yaml";
    check(
        "goose",
        goose,
        "extensions:\n  d: {type: builtin, enabled: true}\n  p: {type: inline_python, code: print(1), enabled: false}\n  c: {type: stdio, command: x, enabled: true}\n",
        &[
            "d BuiltIn",
            "p starts python3 -c print(1) (off)",
            "c Unusable (off)",
            "! no-transport",
            "! foreign-field",
        ],
    );
    check(
        "continue",
        "{home}/.continue/config.yaml",
        "mcpServers:\n  - name: a\n    command: c\n  - url: https://h\n    type: sse\n    requestOptions: {headers: {A: b}}\n",
        &["a starts c", "#1 Sse https://h"],
    );
    check(
        "codex",
        "{home}/.codex/config.toml",
        "approval_policy = \"never\"\n[mcp_servers.a]\ncommand = \"c\"\ntools.t.approval_mode = \"approve\"\n[projects.\"/x\"]\ntrust_level = \"trusted\"\n",
        &[
            "a starts c",
            "AutoApprove mcp_servers.a.tools.t.approval_mode",
            "AutoRun approval_policy",
            "TrustedFolder projects./x.trust_level",
        ],
    );
    check(
        "litellm",
        "{project}/config.yaml",
        "mcp_servers:\n  a: {transport: stdio, command: c}\n  b: {url: https://h, auth_type: api_key, auth_value: x}\n",
        &["a starts c", "b Http https://h"],
    );
    check(
        "librechat",
        "{project}/librechat.yaml",
        "mcpServers:\n  a: &s {command: c}\n  b: *s\n",
        &["a starts c", "b starts c", "! yaml-alias"],
    );
}

#[test]
fn files_with_several_places_for_servers() {
    check(
        "claude-code",
        "{home}/.claude.json",
        r#"{"mcpServers":{"a":{"command":"c"}},"projects":{"/x":{"mcpServers":{"b":{"command":"d"}},"enableAllProjectMcpServers":true},"/y":{}}}"#,
        &[
            "a starts c",
            "b starts d",
            "EnableProjectServers projects./x.enableAllProjectMcpServers",
        ],
    );
    check(
        "kiro",
        "{home}/.kiro/settings/mcp.json",
        r#"{"mcpServers":{"a":{"command":"c"}},"powers":{"mcpServers":{"b":{"command":"d","disabled":true}}}}"#,
        &["a starts c", "b starts d (off)"],
    );
    let plugin = "{home}/.claude/plugins/cache/**/.mcp.json";
    check(
        "claude-code",
        plugin,
        r#"{"a":{"command":"c"},"note":"x"}"#,
        &["a starts c"],
    );
    check(
        "claude-code",
        plugin,
        r#"{"mcpServers":{"a":{"command":"c"}}}"#,
        &["a starts c"],
    );
    check(
        "claude-code",
        "{project}/.claude/agents/**/*.md",
        "---\nname: x\npermissionMode: bypassPermissions\nmcpServers: {a: {command: c}}\n---\n",
        &["a starts c", "AutoRun permissionMode"],
    );
    check(
        "vscode",
        "{project}/*.code-workspace",
        r#"{"folders":[],"settings":{"mcp.servers":{"a":{"command":"c"}},"chat.tools.autoApprove":true},}"#,
        &["a starts c", "AutoRun settings.chat.tools.autoApprove"],
    );
    check(
        "vscode",
        "{project}/.vscode/settings.json",
        r#"{"editor.fontSize":1}"#,
        &[],
    );
    check(
        "warp",
        "{home}/.warp/.mcp.json",
        r#"{"a":{"command":"c","start_on_launch":true}}"#,
        &["a starts c", "AutoStart a.start_on_launch"],
    );
    check(
        "amp",
        "{project}/.amp/settings.json",
        r#"{"amp.mcpServers":{"a":{"command":"c"}},"amp.dangerouslyAllowAll":true}"#,
        &["a starts c", "AutoRun amp.dangerouslyAllowAll"],
    );
    check(
        "gemini-cli",
        "{home}/.gemini/trustedFolders.json",
        r#"{"/x":"TRUST_FOLDER","/y":"DO_NOT_TRUST"}"#,
        &["TrustedFolder /x", "TrustedFolder /y"],
    );
}

//! What `--fix` makes of a file: the change and nothing else.

use interlock_scan::Scope;
use interlock_scan::fix::{LineOf, difference, repair};

use crate::world::{file, judge_with};

fn check(client: &str, text: &str, expected: &str, done: &[&str]) {
    let file = file(client, Scope::User, "/home/me/x", text);
    let judged = judge_with(std::slice::from_ref(&file), &|_| Some("1.2.3".to_owned()));
    let fixes: Vec<_> = judged
        .findings
        .iter()
        .filter_map(|one| one.fix.as_ref())
        .collect();
    let repair = repair(&file, &fixes);
    assert_eq!(repair.done, done, "{:?}", repair.left);
    assert_eq!(repair.text.as_deref().unwrap_or(text), expected);
}

#[test]
fn versions_are_named_and_switches_go() {
    check(
        "cline",
        "{\n  \"mcpServers\": {\n    \"a\": {\n      \"command\": \"npx\",\n      \"args\": [\"-y\", \"some-mcp\"],\n      \"autoApprove\": [\"*\"],\n      \"timeout\": 60\n    }\n  }\n}\n",
        "{\n  \"mcpServers\": {\n    \"a\": {\n      \"command\": \"npx\",\n      \"args\": [\"-y\", \"some-mcp@1.2.3\"],\n      \"timeout\": 60\n    }\n  }\n}\n",
        &[
            "remove `mcpServers.a.autoApprove`",
            "write `some-mcp@1.2.3` in place of `some-mcp`",
        ],
    );
    check(
        "codex",
        "# mine\n[mcp_servers.a]\ncommand = \"npx\" # why\nargs = [\"-y\", \"some-mcp@latest\"]\n",
        "# mine\n[mcp_servers.a]\ncommand = \"npx\" # why\nargs = [\"-y\", \"some-mcp@1.2.3\"]\n",
        &["write `some-mcp@1.2.3` in place of `some-mcp@latest`"],
    );
}

#[test]
fn a_secret_moves_only_where_interlock_can_give_it_back() {
    let secret = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";
    let of = |command: &str| {
        format!(
            "{{\"mcpServers\":{{\"a\":{{{command},\"env\":{{\"A\":\"1\",\"GITHUB_TOKEN\":\"{secret}\"}}}}}}}}"
        )
    };
    let wrapped = of("\"command\":\"interlock\",\"args\":[\"run\",\"--\",\"npx\",\"x@1.0.0\"]");
    let file = file("cursor", Scope::User, "/home/me/x", &wrapped);
    let judged = judge_with(std::slice::from_ref(&file), &|_| None);
    let fixes: Vec<_> = judged
        .findings
        .iter()
        .filter_map(|one| one.fix.as_ref())
        .collect();
    let repair = repair(&file, &fixes);
    let text = repair.text.unwrap();
    assert!(
        !text.contains("GITHUB_TOKEN") && text.contains("\"A\":\"1\""),
        "{text}"
    );
    assert_eq!(repair.secrets.len(), 1);
    assert_eq!(repair.secrets[0].1.reveal(), secret.as_bytes());
    let shown = difference(&file, &text);
    assert!(shown.iter().any(|(of, _)| *of == LineOf::Old));
    assert!(
        shown.iter().all(|(_, line)| !line.contains("0123456789")),
        "{shown:?}"
    );
    let open = of("\"command\":\"npx\",\"args\":[\"x@1.0.0\"]");
    check("cursor", &open, &open, &[]);
}

#[test]
fn permissions_are_only_ever_narrowed() {
    let text = "{\"mcpServers\":{\"a\":{\"url\":\"https://h.example\",\"headers\":{\"X-Api-Key\":\"0123456789abcdef\"}}}}";
    let mut file = file("cursor", Scope::User, "/home/me/x", text);
    file.meta.mode = Some(0o666);
    let judged = judge_with(std::slice::from_ref(&file), &|_| None);
    let fixes: Vec<_> = judged
        .findings
        .iter()
        .filter_map(|one| one.fix.as_ref())
        .collect();
    assert_eq!(repair(&file, &fixes).mode, Some(0o600));
}

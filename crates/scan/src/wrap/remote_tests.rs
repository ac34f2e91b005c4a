//! Addresses, wrapped and unwrapped: what is written, what is kept out of it, what stays and why.

use std::fs;
use std::path::PathBuf;

use super::{Inner, Journal, Plan, Skip, Writing, inner, plan, unplan};
use crate::clients::{Client, Place, client};
use crate::discover::read_text;
use crate::server::Kind;

struct Bench {
    directory: tempfile::TempDir,
    at: (&'static Client, &'static Place),
}

impl Bench {
    fn new(id: &str, end: &str, text: &str) -> Self {
        let client = client(id).unwrap_or_else(|| panic!("no client {id}"));
        let place = client.places.iter().find(|place| place.path.ends_with(end));
        let at = (client, place.unwrap_or_else(|| panic!("{id} has no {end}")));
        let bench = Self {
            directory: tempfile::tempdir().unwrap(),
            at,
        };
        bench.write(text);
        bench
    }

    fn path(&self) -> PathBuf {
        self.directory.path().canonicalize().unwrap().join("config")
    }

    fn write(&self, text: &str) {
        fs::write(self.path(), text).unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    fn journal(&self) -> Journal {
        Journal::open(self.directory.path()).unwrap()
    }

    fn plan(&self) -> Plan {
        self.plan_with(true)
    }

    fn plan_with(&self, without_headers: bool) -> Plan {
        let writing = Writing {
            own: "/opt/interlock".to_owned(),
            shared: "/opt/interlock".to_owned(),
            without_headers,
        };
        plan(self.at.0, self.at.1, &self.path(), &writing).unwrap()
    }

    fn unwrap(&self) -> Vec<String> {
        let journal = self.journal();
        let records = journal.records(&self.path()).unwrap();
        let plan = unplan(self.at.0, self.at.1, &self.path(), &records).unwrap();
        let skipped = plan.skipped.iter().map(|(name, _)| name.clone()).collect();
        plan.apply(&journal).unwrap();
        skipped
    }
}

/// A name of a secret without the digest of its place, which differs from run to run.
fn without_digest(text: &str) -> String {
    match text.rsplit_once('-') {
        Some((name, end)) if end.len() == 8 && end.bytes().all(|b| b.is_ascii_hexdigit()) => {
            name.to_owned()
        }
        _ => text.to_owned(),
    }
}

/// What becomes of an entry: the words after `run`, and the secrets that are kept elsewhere. Then back again, byte by byte.
fn check(id: &str, end: &str, text: &str, words: &str, secrets: &[(&str, &str)]) {
    let bench = Bench::new(id, end, text);
    let plan = bench.plan();
    assert!(plan.skipped.is_empty(), "{id}: {:?}", plan.skipped);
    let kept: Vec<(String, Vec<u8>)> = plan
        .wrapped
        .iter()
        .flat_map(|wrapped| &wrapped.secrets)
        .map(|secret| (secret.name.to_string(), secret.value.reveal().to_vec()))
        .map(|(name, value)| (without_digest(&name), value))
        .collect();
    let expected: Vec<(String, Vec<u8>)> = secrets
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
        .collect();
    assert_eq!(kept, expected, "{id}");
    plan.apply(&bench.journal()).unwrap();
    let now = bench.text();
    for (_, value) in secrets {
        assert!(!now.contains(value), "{id}: {now}");
    }
    let file = read_text(bench.at.0, bench.at.1, &bench.path(), now.as_bytes());
    let Kind::Local(local) = &file.servers[0].kind else {
        panic!("{id}: {now}");
    };
    assert_eq!(local.request.command, "/opt/interlock", "{id}: {now}");
    let args: Vec<String> = local
        .request
        .args
        .iter()
        .map(|arg| without_digest(arg))
        .collect();
    assert_eq!(args.join(" "), words, "{id}: {now}");
    assert!(matches!(inner(&local.request), Some(Inner::Command(_))));
    assert!(bench.plan().wrapped.is_empty(), "{id}: nothing more to do");
    assert_eq!(bench.unwrap(), [] as [String; 0], "{id}");
    assert_eq!(bench.text(), text, "{id}");
}

#[test]
fn addresses_of_every_way_of_writing_stand_behind_interlock() {
    let plain = "run --url https://mcp.example/mcp";
    check(
        "cursor",
        "mcp.json",
        "{\n  // mine\n  \"mcpServers\": {\n    \"far\": { \"url\": \"https://mcp.example/mcp\" } // here\n  }\n}\n",
        plain,
        &[],
    );
    check(
        "claude-code",
        ".mcp.json",
        "{\"mcpServers\": {\"far\": {\"type\": \"http\", \"url\": \"https://mcp.example/mcp\", \"headers\": {\"Authorization\": \"Bearer hush-hush-1\", \"X-MCP-Readonly\": \"true\"}}}}",
        "run --url https://mcp.example/mcp --header Authorization=Bearer claude-code-far-authorization --header X-MCP-Readonly: true",
        &[("claude-code-far-authorization", "hush-hush-1")],
    );
    check(
        "vscode",
        "User/mcp.json",
        "{\n\t\"servers\": {\n\t\t\"my far\": {\n\t\t\t\"type\": \"http\",\n\t\t\t\"url\": \"https://mcp.example/mcp\",\n\t\t\t\"headers\": {\n\t\t\t\t\"X-Key\": \"hush-hush-1\" // why\n\t\t\t}\n\t\t}\n\t}\n}\n",
        "run --url https://mcp.example/mcp --header X-Key=vscode-my-far-x-key",
        &[("vscode-my-far-x-key", "hush-hush-1")],
    );
    check(
        "gemini-cli",
        "settings.json",
        "{\"mcpServers\": {\"far\": {\"httpUrl\": \"https://mcp.example/mcp\", \"timeout\": 5}}}",
        plain,
        &[],
    );
    check(
        "opencode",
        "opencode.json",
        "{\"mcp\": {\"far\": {\"type\": \"remote\", \"url\": \"https://mcp.example/mcp\", \"enabled\": true}}}",
        plain,
        &[],
    );
    check(
        "codex",
        "config.toml",
        "[mcp_servers.far]\nurl = \"https://mcp.example/mcp\" # there\n\n[other]\nx = 1\n",
        plain,
        &[],
    );
}

#[test]
fn headers_deeper_in_an_entry_leave_the_file_too() {
    for more in ["", "      timeout: 5\n"] {
        let text = format!(
            "name: a\nmcpServers:\n  - name: far\n    type: streamable-http\n    url: https://mcp.example/mcp\n    requestOptions:\n{more}      headers:\n        X-Key: hush-hush-1\n  - name: b\n    command: uvx\n"
        );
        let bench = Bench::new("continue", "config.yaml", &text);
        let plan = bench.plan();
        let far = plan.wrapped.iter().find(|wrapped| wrapped.name == "far");
        let secrets = &far.unwrap_or_else(|| panic!("{:?}", plan.skipped)).secrets;
        assert_eq!(secrets[0].value.reveal(), b"hush-hush-1");
        assert!(!plan.text.contains("hush"), "{}", plan.text);
        assert_eq!(
            plan.text.contains("timeout: 5"),
            !more.is_empty(),
            "{}",
            plan.text
        );
    }
}

#[test]
fn equal_names_in_one_file_are_different_secrets() {
    let entry = |value: &str| {
        format!(
            "{{\"mcpServers\": {{\"far\": {{\"type\": \"http\", \"url\": \"https://{value}.example/\", \"headers\": {{\"X-Key\": \"hush-hush-{value}\"}}}}}}}}"
        )
    };
    let text = format!(
        "{{\"projects\": {{\"/a\": {}, \"/b\": {}}}}}",
        entry("a"),
        entry("b")
    );
    let plan = Bench::new("claude-code", ".claude.json", &text).plan();
    let names: Vec<String> = plan
        .wrapped
        .iter()
        .flat_map(|wrapped| &wrapped.secrets)
        .map(|secret| secret.name.to_string())
        .collect();
    assert_eq!(names.len(), 2, "{:?}", plan.skipped);
    assert_ne!(names[0], names[1]);
}

#[test]
fn what_a_person_changed_in_the_entry_stays() {
    let text = "{\"mcpServers\": {\"far\": {\"type\": \"http\", \"url\": \"https://mcp.example/mcp\", \"headers\": {\"X-Key\": \"hush-hush-1\"}}}}";
    for (before, after, left) in [
        ("\"far\": {", "\"far\": {\"timeout\": 5, ", 1),
        // Written in another way it is the same.
        ("\"far\": {", "\"far\":   {  ", 0),
    ] {
        let bench = Bench::new("claude-code", ".mcp.json", text);
        bench.plan().apply(&bench.journal()).unwrap();
        let changed = bench.text().replace(before, after);
        assert_ne!(changed, bench.text());
        bench.write(&changed);
        assert_eq!(bench.unwrap().len(), left, "{after}");
        assert_eq!(bench.text() == changed, left == 1, "{}", bench.text());
    }
}

#[test]
fn a_second_wrapping_keeps_what_only_the_first_record_has() {
    let text = "[mcp_servers.far]\nurl = \"https://mcp.example/mcp\"\nhttp_headers = { X-Key = \"hush-hush-1\" }\n";
    let bench = Bench::new("codex", "config.toml", text);
    let first = bench.plan();
    assert_eq!(first.wrapped.len(), 1, "{:?}", first.skipped);
    first.apply(&bench.journal()).unwrap();
    let more = "\n[mcp_servers.b]\nurl = \"https://b.example/mcp\"\n";
    bench.write(&format!("{}{more}", bench.text()));
    let second = bench.plan();
    assert_eq!(second.wrapped.len(), 1, "{:?}", second.skipped);
    second.apply(&bench.journal()).unwrap();
    let kept = |bench: &Bench| {
        let records = bench.journal().records(&bench.path()).unwrap();
        records
            .iter()
            .any(|record| record.original == text.as_bytes())
    };
    assert!(kept(&bench), "the backup is there");
    let records = bench.journal().records(&bench.path()).unwrap();
    let plan = unplan(bench.at.0, bench.at.1, &bench.path(), &records).unwrap();
    assert!(!plan.exact);
    assert_eq!(plan.unwrapped, ["b"]);
    assert_eq!(bench.unwrap(), ["far"]);
    assert!(kept(&bench), "and stays there");
}

#[test]
fn what_changed_meanwhile_stays_and_headers_come_back() {
    let entry = "{ \"type\": \"http\", \"url\": \"https://mcp.example/mcp\", /* why */ \"headers\": { \"X-Key\": \"hush-hush-1\" } }";
    let text = format!("{{\"mcpServers\": {{\"far\": {entry}}}}}");
    let bench = Bench::new("claude-code", ".mcp.json", &text);
    bench.plan().apply(&bench.journal()).unwrap();
    let other = "\"mcpServers\": {\"b\": {\"command\": \"uvx\"}, ";
    bench.write(&bench.text().replace("\"mcpServers\": {", other));
    assert_eq!(bench.unwrap(), [] as [String; 0]);
    assert!(bench.text().contains(entry), "{}", bench.text());
    assert!(bench.text().contains("\"uvx\""), "{}", bench.text());
}

#[test]
fn without_a_backup_only_what_is_known_comes_back() {
    for (headers, left) in [("", 0), (", \"headers\": {\"X-Key\": \"hush-hush-1\"}", 1)] {
        let text = format!(
            "{{\"mcpServers\": {{\"far\": {{\"type\": \"http\", \"url\": \"https://mcp.example/mcp\"{headers}}}}}}}"
        );
        let bench = Bench::new("claude-code", ".mcp.json", &text);
        bench.plan().apply(&bench.journal()).unwrap();
        bench.journal().forget(&bench.path(), None).unwrap();
        assert_eq!(bench.unwrap().len(), left, "{headers}");
        assert_eq!(bench.text() == text, left == 0, "{}", bench.text());
    }
}

#[test]
fn what_cannot_stand_behind_interlock_stays_and_says_why() {
    for (entry, expected) in [
        (
            "{\"type\": \"ws\", \"url\": \"wss://mcp.example/\"}",
            "web sockets",
        ),
        (
            "{\"type\": \"http\", \"url\": \"http://mcp.example/\"}",
            "without TLS",
        ),
        (
            "{\"type\": \"http\", \"url\": \"https://mcp.example/?api_key=0123456789ab\"}",
            "a secret in it",
        ),
        (
            "{\"type\": \"http\", \"url\": \"https://${HOST}/\"}",
            "filled in by the client",
        ),
        (
            "{\"type\": \"http\", \"url\": \"https://mcp.example/\", \"headers\": {\"X-Key\": \"${KEY}\"}}",
            "filled in by the client",
        ),
        (
            "{\"type\": \"http\", \"url\": \"https://mcp.example/\", \"headersHelper\": \"/bin/x\"}",
            "from a program",
        ),
        (
            "{\"type\": \"http\", \"url\": \"https://mcp.example/\", \"headers\": {\"Host\": \"evil.example\"}}",
            "the transport's own",
        ),
    ] {
        let text = format!("{{\"mcpServers\": {{\"far\": {entry}}}}}");
        let bench = Bench::new("claude-code", ".mcp.json", &text);
        let plan = bench.plan();
        assert_eq!(plan.text, text);
        let skipped: Vec<&Skip> = plan.skipped.iter().map(|(_, skip)| skip).collect();
        let said = skipped
            .first()
            .map(|skip| skip.to_string())
            .unwrap_or_default();
        assert!(said.contains(expected), "{entry}: {said}");
        assert!(!said.contains("0123456789ab"), "{said}");
    }
}

#[test]
fn an_address_that_a_client_may_sign_in_to_is_taken_along_only_when_asked_for() {
    for (url, headers, wrapped) in [
        ("https://mcp.example/", "", 0),
        ("http://127.0.0.1:8080/mcp", "", 1),
        (
            "https://mcp.example/",
            ", \"headers\": {\"X-Key\": \"hush-hush-1\"}",
            1,
        ),
    ] {
        let text = format!("{{\"mcpServers\": {{\"far\": {{\"url\": \"{url}\"{headers}}}}}}}");
        let bench = Bench::new("cursor", "mcp.json", &text);
        assert_eq!(
            bench.plan_with(false).wrapped.len(),
            wrapped,
            "{url}{headers}"
        );
        assert_eq!(bench.plan_with(true).wrapped.len(), 1, "{url}{headers}");
    }
}

//! Each rule of the scanner's own, by an example of what it finds and of what it does not.

use interlock_scan::{Scope, Severity};

use crate::world::{file, judge, judge_with};

/// The rules above `info` that are found in one file.
fn check(client: &str, scope: Scope, text: &str, expected: &[&str]) {
    let judged = judge(&[file(client, scope, "/home/me/x", text)]);
    let mut found: Vec<&str> = judged
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Info)
        .map(|finding| finding.rule.id)
        .collect();
    found.sort_unstable();
    found.dedup();
    let shown: Vec<_> = judged
        .findings
        .iter()
        .map(|one| (one.rule.id, &one.message))
        .collect();
    assert_eq!(found, expected, "{text}\n{shown:#?}");
}

#[test]
fn servers_that_are_reached() {
    for (server, expected) in [
        (r#""url":"https://mcp.example.com/mcp""#, &[][..]),
        (
            r#""url":"http://mcp.example.com/mcp""#,
            &["remote-without-tls"],
        ),
        (r#""url":"http://localhost:8080/mcp""#, &[]),
        (
            r#""url":"https://u:hunter22x@mcp.example.com/""#,
            &["secret-in-url"],
        ),
        (
            r#""url":"https://h.example/mcp?api_key=0123456789abcdef""#,
            &["secret-in-url"],
        ),
        (
            r#""url":"https://h.example/mcp","headers":{"Authorization":"Bearer 0123456789abcdef"}"#,
            &["secret-in-header"],
        ),
        (
            r#""url":"https://h.example/mcp","headers":{"Authorization":"Bearer ${env:TOKEN}"}"#,
            &[],
        ),
    ] {
        check(
            "cursor",
            Scope::User,
            &format!(r#"{{"mcpServers":{{"a":{{{server}}}}}}}"#),
            expected,
        );
    }
}

#[test]
fn text_that_readers_read_differently() {
    for (text, expected) in [
        (
            r#"{"mcpServers":{"a":{"command":"uvx","args":["x"],"args":["y"]}}}"#,
            &["duplicate-key"][..],
        ),
        (
            r#"{"mcpServers":{"a":{"command":"uvx","Command":"sh","args":["x"]}}}"#,
            &["case-variant-key"],
        ),
        (
            r#"{"mcpServers":{"a":{"command":"uvx","args":["x"],"url":"https://h.example"}}}"#,
            &["two-transports"],
        ),
        ("{\"mcpServers\":", &["not-scanned"]),
        (r#"{"mcpServers":{"a":{"args":["x"]}}}"#, &["broken-entry"]),
    ] {
        check("cursor", Scope::User, text, expected);
    }
}

#[test]
fn switches_that_stop_the_questions() {
    let server = r#""command":"uvx","args":["x"]"#;
    for (client, scope, text, expected) in [
        (
            "claude-code",
            Scope::User,
            r#"{"enableAllProjectMcpServers":true}"#.to_owned(),
            &["self-approval"][..],
        ),
        (
            "cline",
            Scope::User,
            format!(r#"{{"mcpServers":{{"a":{{{server},"autoApprove":["*"]}}}}}}"#),
            &["auto-approval"],
        ),
        (
            "cline",
            Scope::User,
            format!(r#"{{"mcpServers":{{"a":{{{server},"autoApprove":["read"]}}}}}}"#),
            &[],
        ),
        (
            "gemini-cli",
            Scope::User,
            format!(r#"{{"mcpServers":{{"a":{{{server},"trust":true}}}}}}"#),
            &["auto-approval"],
        ),
        (
            "gemini-cli",
            Scope::User,
            format!(r#"{{"mcpServers":{{"a":{{{server},"trust":false}}}}}}"#),
            &[],
        ),
        (
            "vscode",
            Scope::User,
            format!(r#"{{"servers":{{"a":{{{server},"sandboxEnabled":true}}}}}}"#),
            &["sandbox-auto-approval"],
        ),
        (
            "opencode",
            Scope::Project,
            r#"{"mcp":{"a":{"type":"local","command":["uvx","x"]}}}"#.to_owned(),
            &["starts-on-open"],
        ),
        (
            "opencode",
            Scope::User,
            r#"{"mcp":{"a":{"type":"local","command":["uvx","x"]}}}"#.to_owned(),
            &[],
        ),
    ] {
        if text.contains("enableAll") {
            let (client, place) = settings(client, scope);
            let file = interlock_scan::read_text(
                client,
                place,
                std::path::Path::new("/home/me/x"),
                text.as_bytes(),
            );
            let judged = judge(&[file]);
            assert!(
                judged
                    .findings
                    .iter()
                    .any(|one| one.rule.id == "self-approval"),
                "{text}"
            );
            continue;
        }
        check(client, scope, &text, expected);
    }
}

/// The place of a client where it keeps switches and no servers.
fn settings(
    id: &str,
    scope: Scope,
) -> (
    &'static interlock_scan::Client,
    &'static interlock_scan::Place,
) {
    let client = interlock_scan::client(id).unwrap();
    let place = client
        .places
        .iter()
        .find(|place| place.scope == scope && place.shape.id == "claude-settings");
    (client, place.unwrap())
}

#[test]
fn known_releases_are_found_by_name_and_version() {
    for (args, expected) in [
        (
            r#"["-y","mcp-remote@0.1.10","https://h.example/mcp"]"#,
            &["vulnerable-release"][..],
        ),
        (r#"["-y","mcp-remote@0.1.30","https://h.example/mcp"]"#, &[]),
        (r#"["-y","postmark-mcp@1.0.17"]"#, &["malicious-release"]),
    ] {
        let text = format!(r#"{{"mcpServers":{{"a":{{"command":"npx","args":{args}}}}}}}"#);
        check("cursor", Scope::User, &text, expected);
    }
}

#[test]
fn what_is_switched_off_weighs_nothing_but_secrets_do() {
    let server = r#""command":"bash","args":["-c","id"],"env":{"TOKEN":"ghp_0123456789abcdefghijklmnopqrstuvwxyz"}"#;
    let text = format!(r#"{{"mcpServers":{{"a":{{{server},"disabled":true}}}}}}"#);
    check("cline", Scope::User, &text, &["secret-in-env"]);
}

#[test]
fn the_same_name_in_a_narrower_scope_is_told() {
    let of = |program: &str| {
        format!(r#"{{"mcpServers":{{"files":{{"command":"npx","args":["{program}@1.0.0"]}}}}}}"#)
    };
    let files = [
        file(
            "cursor",
            Scope::User,
            "/home/me/.cursor/mcp.json",
            &of("mine"),
        ),
        file(
            "cursor",
            Scope::Project,
            "/home/me/p/.cursor/mcp.json",
            &of("theirs"),
        ),
    ];
    let judged = judge(&files);
    let shadow: Vec<_> = judged
        .findings
        .iter()
        .filter(|one| one.rule.id == "same-name")
        .collect();
    assert_eq!(shadow.len(), 1);
    assert!(shadow[0].location.path.ends_with("p/.cursor/mcp.json"));
    let same = [
        file(
            "cursor",
            Scope::User,
            "/home/me/.cursor/mcp.json",
            &of("mine"),
        ),
        file(
            "cursor",
            Scope::Project,
            "/home/me/p/.cursor/mcp.json",
            &of("mine"),
        ),
    ];
    assert!(
        judge(&same)
            .findings
            .iter()
            .all(|one| one.rule.id != "same-name")
    );
}

#[test]
fn who_may_write_a_file_and_whose_it_is() {
    let text = r#"{"mcpServers":{"a":{"url":"https://h.example","headers":{"X-Api-Key":"0123456789abcdef"}}}}"#;
    let plain = file("cursor", Scope::User, "/home/me/.cursor/mcp.json", text);
    let with = |mode, owner, link: Option<&str>, real: Option<&str>| {
        let mut file = plain.clone();
        file.meta.mode = Some(mode);
        file.meta.owner = Some(owner);
        file.meta.link = link.map(Into::into);
        file.meta.real = real.map(Into::into);
        let rules: Vec<_> = judge(&[file])
            .findings
            .iter()
            .map(|one| (one.rule.id, one.severity))
            .collect();
        rules
    };
    let has = |found: &[(&str, Severity)], rule: &str| {
        found
            .iter()
            .any(|(id, severity)| *id == rule && *severity > Severity::Info)
    };
    assert!(has(&with(0o666, 1000, None, None), "writable-by-others"));
    assert!(!has(&with(0o664, 1000, None, None), "writable-by-others"));
    assert!(has(&with(0o644, 1000, None, None), "readable-secrets"));
    assert!(!has(&with(0o600, 1000, None, None), "readable-secrets"));
    assert!(has(&with(0o600, 1001, None, None), "foreign-owner"));
    assert!(!has(&with(0o600, 0, None, None), "foreign-owner"));
    let linked = with(0o600, 1000, Some("/elsewhere/x"), Some("/elsewhere/x"));
    assert!(linked.contains(&("symlinked-config", Severity::Info)));
}

#[test]
fn a_version_is_named_only_where_it_is_known() {
    let text = r#"{"mcpServers":{"a":{"command":"npx","args":["-y","some-mcp@latest"]}}}"#;
    let files = [file("cursor", Scope::User, "/home/me/x", text)];
    let fixes = |judged: interlock_scan::Judgements| -> Vec<String> {
        judged
            .findings
            .iter()
            .filter_map(|one| one.fix.as_ref().map(|fix| fix.description()))
            .collect()
    };
    assert!(fixes(judge(&files)).is_empty());
    let known = fixes(judge_with(&files, &|package| {
        (package.name == "some-mcp").then(|| "1.2.3".to_owned())
    }));
    assert_eq!(
        known,
        ["write `some-mcp@1.2.3` in place of `some-mcp@latest`"]
    );
    // A command that is called like a package is none, where the package comes from a repository.
    let text = r#"{"mcpServers":{"a":{"command":"uvx","args":["--from","git+https://github.com/o/some-mcp","some-mcp"]}}}"#;
    let files = [file("cursor", Scope::User, "/home/me/x", text)];
    let judged = judge_with(&files, &|_| Some("1.2.3".to_owned()));
    let floats = |one: &&interlock_scan::Finding| one.rule.id == "floating-version";
    assert!(judged.findings.iter().any(|one| floats(&one)));
    assert!(fixes(judged).is_empty());
}

#[test]
fn secrets_are_in_no_finding() {
    let secret = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";
    let text = format!(
        r#"{{"mcpServers":{{"a":{{"command":"npx -y x --token={secret}; id","args":["--api-key","{secret}","--x={secret};id"],"env":{{"A_TOKEN":"{secret}","LD_PRELOAD":"/x/{secret}"}}}},"b":{{"url":"http://u:{secret}@h.example/?token={secret}","headers":{{"X":"{secret}"}}}}}}}}"#
    );
    let judged = judge(&[file("cursor", Scope::User, "/home/me/x", &text)]);
    assert!(judged.findings.len() > 5);
    for finding in &judged.findings {
        let all = format!("{finding:?}");
        assert!(!all.contains("0123456789"), "{all}");
    }
    let servers = format!("{:?}", judged.files);
    assert!(!servers.contains("0123456789"), "{servers}");
}

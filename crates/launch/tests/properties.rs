//! Properties of judging that no list of cases can show: nothing panics, an unknown option or a code-bearing variable always
//! stops a launch, no harmless option makes an attack approvable, a server's own arguments stay its own.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use interlock_launch::{CheckLine, Class, Decision, Request, judge, parse_config, parse_line};
use proptest::prelude::*;
use serde_json::Value;

/// Corpus and own cases with a given expectation, as requests.
fn requests(expected: &str) -> Vec<Request> {
    [
        include_str!("data/launch-config.jsonl"),
        include_str!("data/own-cases.jsonl"),
    ]
    .iter()
    .flat_map(|data| data.lines())
    .map(|line| serde_json::from_str::<Value>(line).unwrap())
    .filter(|case| case["expected"] == expected)
    .filter_map(|case| {
        let line = case["input"]
            .to_string()
            .replace("__WORK__", "/tmp/lc-k3f9a2");
        match parse_line(&line) {
            Ok(CheckLine::Launch(request)) => Some(request),
            _ => None,
        }
    })
    .collect()
}

/// Words that mean something to some launcher, so that arbitrary requests reach deep into the grammars.
const WORDS: &[&str] = &[
    "npx",
    "npm",
    "exec",
    "uv",
    "uvx",
    "run",
    "tool",
    "docker",
    "mcp",
    "gateway",
    "node",
    "python3",
    "-m",
    "-c",
    "-y",
    "--",
    "-",
    "-e",
    "--from",
    "--with",
    "-v",
    "/:/h",
    "--mount",
    "type=bind,src=/",
    "java",
    "-jar",
    "x.jar",
    "-cp",
    "a:b",
    "env",
    "A=b",
    "-S",
    "timeout",
    "5",
    "cmd",
    "/c",
    "&",
    "deno",
    "npm:x",
    "jsr:@a/b",
    "bun",
    "x",
    "dotnet",
    "dnx",
    "--project",
    "go",
    "a.b/c@v1",
    "cargo",
    "bundle",
    "ruby",
    "x.rb",
    "nix",
    "github:a/b",
    "mise",
    "node@22",
    "--prefix",
    "--directory",
    "/tmp",
    "${X}",
    "<y>",
    "%Z%",
    "git+https://github.com/a/b",
    "@scope/name@1.2.3",
    "name[extra]==1",
    "jbang",
    "a@b/c",
    "--node-options=--import=x",
    "-itv/:/h",
    "=",
    "::",
    "@",
    "",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![4 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => any::<String>(), 1 => "[ -~]{0,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn judging_never_panics_and_is_the_same_twice(
        command in word(),
        args in prop::collection::vec(word(), 0..10),
        env in prop::collection::vec((word(), word()), 0..4),
        cwd in prop::option::of(word()),
        origin in prop::option::of(word()),
    ) {
        let request = Request { id: None, command, args, env, cwd, origin };
        let judgement = judge(&request);
        prop_assert_eq!(&judgement, &judge(&request));
        // What is not understood is never approvable.
        if matches!(judgement.class, Class::Unknown | Class::InlineCode) {
            prop_assert_ne!(judgement.decision(), Decision::NeedsApproval);
        }
    }

    #[test]
    fn reading_never_panics(text in any::<String>(), at in any::<prop::sample::Index>(), byte in any::<char>()) {
        let _ = parse_config(&text);
        let _ = parse_line(&text);
        let mut config: Vec<char> = r#"{"mcpServers":{"a":{"command":"npx","args":["-y","x"],"env":{"A":"b"},/* c */"cwd":null,}}}"#.chars().collect();
        let at = at.index(config.len());
        config[at] = byte;
        let config: String = config.into_iter().collect();
        let _ = parse_config(&config);
        let _ = parse_line(&config);
    }

    #[test]
    fn a_server_s_own_arguments_change_nothing_else(args in prop::collection::vec("[a-zA-Z0-9=:/_.-]{1,16}", 0..6)) {
        for (command, launcher) in [("npx", vec!["-y", "some-mcp"]), ("uvx", vec!["some-mcp"]), ("node", vec!["/opt/x.js"]), ("docker", vec!["run", "-i", "mcp/x"])] {
            let all = launcher.iter().map(|word| (*word).to_owned()).chain(args.iter().cloned());
            let judgement = judge(&Request::new(command, all));
            let refused = judgement.decision() != Decision::NeedsApproval;
            let excused = judgement.has("shell-in-server-args") || (command == "docker" && judgement.has("image-program-override"));
            prop_assert!(!refused || excused, "{command} {args:?} {judgement:?}");
            if !refused {
                prop_assert_eq!(&judgement.server_args, &args);
            }
        }
    }
}

#[test]
fn an_unknown_option_of_a_launcher_always_refuses() {
    for request in requests("allow") {
        let class = judge(&request).class;
        if matches!(class, Class::Binary(_)) {
            continue;
        }
        for option in ["--zz-unknown", "--zz-unknown=x", "-\u{3b6}", "--", "-"] {
            let mut changed = request.clone();
            changed.args.insert(0, option.to_owned());
            let judgement = judge(&changed);
            let harmless = judgement.class == class && (option == "--" || changed.command == "env");
            let known_end = option == "--" && judgement.decision() == Decision::NeedsApproval;
            assert!(
                judgement.decision() != Decision::NeedsApproval || harmless || known_end,
                "{changed:?} {judgement:?}"
            );
        }
    }
}

#[test]
fn a_code_bearing_variable_always_refuses() {
    for request in requests("allow") {
        for (name, value) in [
            ("LD_PRELOAD", "/x.so"),
            ("ld_audit", "/x.so"),
            ("NODE_OPTIONS", "--require=/x.js"),
            ("npm_config_call", "x"),
            ("PYTHONHOME", "/x"),
        ] {
            if request
                .env
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name))
            {
                continue;
            }
            let mut changed = request.clone();
            changed.env.push((name.to_owned(), value.to_owned()));
            assert_ne!(
                judge(&changed).decision(),
                Decision::NeedsApproval,
                "{changed:?}"
            );
        }
    }
}

#[test]
fn no_harmless_option_makes_an_attack_approvable() {
    for request in requests("deny-before-exec") {
        if judge(&request).decision() == Decision::NeedsApproval {
            continue; // Named in the corpus test: its origin decides.
        }
        for option in [
            "-y",
            "--yes",
            "-q",
            "--quiet",
            "--silent",
            "--offline",
            "-i",
            "--rm",
            "--no-warnings",
            "--",
        ] {
            let mut changed = request.clone();
            changed.args.insert(0, option.to_owned());
            let judgement = judge(&changed);
            let another_launch = judgement.server_args.len() >= request.args.len();
            assert!(
                judgement.decision() != Decision::NeedsApproval || another_launch,
                "{changed:?} {judgement:?}"
            );
        }
    }
}

#[test]
fn padding_and_hidden_characters_always_refuse() {
    for request in requests("allow") {
        for word in [
            "                          x",
            "a\u{202e}b",
            "\u{200b}",
            "\u{1b}[1A",
        ] {
            let mut changed = request.clone();
            changed.args.push(word.to_owned());
            assert_ne!(
                judge(&changed).decision(),
                Decision::NeedsApproval,
                "{changed:?}"
            );
        }
    }
}

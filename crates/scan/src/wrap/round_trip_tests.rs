//! Wrapped and unwrapped again: every sample of every client, and random ways of writing them.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{Inner, Journal, Plan, Writing, inner, plan, unplan};
use crate::clients::{CLIENTS, Client, Place, client};
use crate::discover::read_text;
use crate::server::{Kind, Server};

const INTERLOCK: &str = "/opt/interlock/bin/interlock";

fn writing() -> Writing {
    Writing {
        own: INTERLOCK.to_owned(),
        shared: "interlock".to_owned(),
        without_headers: true,
    }
}

/// The first place of a client whose path ends like this.
fn place(id: &str, end: &str) -> (&'static Client, &'static Place) {
    let client = client(id).unwrap_or_else(|| panic!("no client {id}"));
    let place = client.places.iter().find(|place| place.path.ends_with(end));
    (client, place.unwrap_or_else(|| panic!("{id} has no {end}")))
}

/// A file of its own, with a journal beside it.
struct Bench {
    directory: tempfile::TempDir,
    at: (&'static Client, &'static Place),
}

impl Bench {
    fn new(at: (&'static Client, &'static Place), bytes: &[u8]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let bench = Self { directory, at };
        fs::write(bench.path(), bytes).unwrap();
        bench
    }

    fn path(&self) -> PathBuf {
        self.directory.path().canonicalize().unwrap().join("config")
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    fn journal(&self) -> Journal {
        Journal::open(self.directory.path()).unwrap()
    }

    fn plan(&self) -> Plan {
        plan(self.at.0, self.at.1, &self.path(), &writing()).unwrap()
    }

    fn wrap(&self) {
        self.plan().apply(&self.journal()).unwrap();
    }

    fn unwrap(&self) -> bool {
        let journal = self.journal();
        let records = journal.records(&self.path()).unwrap();
        let plan = unplan(self.at.0, self.at.1, &self.path(), &records).unwrap();
        assert_eq!(plan.skipped, []);
        let exact = plan.exact;
        plan.apply(&journal).unwrap();
        exact
    }

    fn servers(&self) -> Vec<Server> {
        read_text(self.at.0, self.at.1, Path::new("config"), &self.bytes()).servers
    }
}

fn local(server: &Server) -> Option<&interlock_launch::Request> {
    match &server.kind {
        Kind::Local(local) => Some(&local.request),
        _ => None,
    }
}

/// The samples, and the places that they are files of.
const SAMPLES: &[(&str, &str, &str)] = &[
    ("amazonq.mcp.json", "amazon-q", "mcp.json"),
    ("claude-code.project.mcp.json", "claude-code", ".mcp.json"),
    (
        "claude-desktop.json",
        "claude-desktop",
        "claude_desktop_config.json",
    ),
    (
        "cline.cline_mcp_settings.json",
        "cline",
        "cline_mcp_settings.json",
    ),
    ("codex.config.toml", "codex", "config.toml"),
    (
        "copilot-cli.mcp-config.json",
        "copilot-cli",
        "mcp-config.json",
    ),
    ("cursor.mcp.json", "cursor", "mcp.json"),
    ("gemini-cli.settings.json", "gemini-cli", "settings.json"),
    ("goose.config.yaml", "goose", "config.yaml"),
    ("librechat.yaml", "librechat", "librechat.yaml"),
    ("lmstudio.mcp.json", "lm-studio", "mcp.json"),
    ("opencode.jsonc", "opencode", "opencode.jsonc"),
    ("roo.mcp_settings.json", "roo", "mcp_settings.json"),
    ("windsurf.mcp_config.json", "windsurf", "mcp_config.json"),
    ("zed.settings.jsonc", "zed", "settings.json"),
];

fn sample(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/samples")
        .join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_sample_comes_back_byte_by_byte() {
    for (name, id, end) in SAMPLES {
        let bytes = sample(name);
        let bench = Bench::new(place(id, end), &bytes);
        let before = bench.servers();
        bench.wrap();
        assert_ne!(bench.bytes(), bytes, "{name}");
        let after = bench.servers();
        assert_eq!(before.len(), after.len(), "{name}");
        for (old, new) in before.iter().zip(&after) {
            if matches!(old.kind, Kind::Remote(_)) {
                continue;
            }
            // One entry is started in a sandbox of its client's.
            let sandboxed = |server: &Server| name.starts_with("vscode") && server.name == "github";
            let Some(request) = local(old).filter(|_| !sandboxed(old)) else {
                assert_eq!(
                    local(old),
                    local(new),
                    "{name}: what is not started here stays"
                );
                continue;
            };
            let Some(Inner::Command(found)) = local(new).and_then(inner) else {
                panic!("{name}: {} is not wrapped", new.name);
            };
            assert_eq!(&found, request, "{name}: env, cwd and origin stay too");
        }
        // Again: nothing more to do.
        assert!(bench.plan().wrapped.is_empty(), "{name}");
        assert!(bench.unwrap(), "{name}");
        assert_eq!(bench.bytes(), bytes, "{name}");
        assert_eq!(
            bench.journal().paths().unwrap().0,
            [] as [PathBuf; 0],
            "{name}"
        );
    }
}

#[test]
fn every_sample_comes_back_without_a_journal_too() {
    for (name, id, end) in SAMPLES {
        let bytes = sample(name);
        let bench = Bench::new(place(id, end), &bytes);
        let before = bench.servers();
        let address = |plan: &Plan| {
            plan.wrapped
                .iter()
                .any(|one| one.request.command.starts_with("url:"))
        };
        let addresses = address(&bench.plan());
        bench.wrap();
        bench.journal().forget(&bench.path(), None).unwrap();
        if addresses {
            // What headers held is in the backup alone; programs come back as they are.
            let plan = unplan(bench.at.0, bench.at.1, &bench.path(), &[]).unwrap();
            plan.apply(&bench.journal()).unwrap();
            for (old, new) in before.iter().zip(&bench.servers()) {
                assert!(local(old).is_none() || local(old) == local(new), "{name}");
            }
            continue;
        }
        assert!(!bench.unwrap(), "{name}");
        assert_eq!(
            String::from_utf8(bench.bytes()),
            String::from_utf8(bytes),
            "{name}"
        );
    }
}

#[test]
fn what_changed_meanwhile_stays() {
    let (id, end) = ("cursor", "mcp.json");
    let before =
        "{\r\n\t\"mcpServers\": {\r\n\t\t\"a\": { \"command\": \"n\\u0070x\" }\r\n\t}\r\n}\r\n";
    let bench = Bench::new(place(id, end), before.as_bytes());
    bench.wrap();
    let text = String::from_utf8(bench.bytes()).unwrap();
    assert_eq!(
        text,
        "{\r\n\t\"mcpServers\": {\r\n\t\t\"a\": { \"command\": \"/opt/interlock/bin/interlock\", \
         \"args\": [\"run\", \"--\", \"npx\"] }\r\n\t}\r\n}\r\n"
    );
    let added = |text: &str| {
        text.replace(
            "\r\n\t}\r\n}",
            ",\r\n\t\t\"b\": { \"command\": \"uvx\", \"args\": [\"b\"] }\r\n\t}\r\n}",
        )
    };
    fs::write(bench.path(), added(&text)).unwrap();
    // The journal knows how the command was written, and that there were no arguments.
    assert!(!bench.unwrap());
    assert_eq!(String::from_utf8(bench.bytes()).unwrap(), added(before));
}

#[test]
fn wrapping_twice_is_undone_at_once() {
    let before = "{\"mcpServers\": {\"a\": {\"command\": \"npx\"}}}";
    let bench = Bench::new(place("cursor", "mcp.json"), before.as_bytes());
    bench.wrap();
    let first = bench.bytes();
    bench.wrap();
    assert_eq!(bench.bytes(), first, "nothing to do");
    let more = |text: &str| text.replace("}}}", "}, \"b\": {\"command\": \"uvx\"}}}");
    fs::write(bench.path(), more(&String::from_utf8(first).unwrap())).unwrap();
    bench.wrap();
    assert!(
        bench.unwrap(),
        "the second record has the bytes without either"
    );
    assert_eq!(String::from_utf8(bench.bytes()).unwrap(), more(before));
}

#[test]
fn containers_are_wrapped_unless_they_need_their_engine() {
    let entry = |args: &str| {
        format!("{{\"mcpServers\": {{\"a\": {{\"command\": \"docker\", \"args\": [{args}]}}}}}}")
    };
    for (args, stays) in [
        (r#""run", "-i", "--rm", "mcp/time""#, None),
        (r#""run", "-v", "/srv/data:/data", "mcp/time""#, None),
        (
            r#""run", "-v", "data:/data", "mcp/time""#,
            Some("the volume `data`"),
        ),
        (
            r#""run", "--env-file", "/srv/env", "mcp/time""#,
            Some("the file of variables"),
        ),
        (r#""mcp", "gateway", "run""#, Some("a gateway of `docker`")),
    ] {
        let before = entry(args);
        let bench = Bench::new(place("cursor", "mcp.json"), before.as_bytes());
        let plan = bench.plan();
        let skipped: Vec<String> = plan
            .skipped
            .iter()
            .map(|(_, skip)| skip.to_string())
            .collect();
        match stays {
            None => assert_eq!((plan.wrapped.len(), skipped.len()), (1, 0), "{args}"),
            Some(what) => assert!(skipped.concat().contains(what), "{skipped:?}"),
        }
    }
}

#[test]
fn a_project_names_interlock_and_not_this_machine() {
    let bench = Bench::new(
        place("cursor", "{project}/.cursor/mcp.json"),
        b"{\"mcpServers\":{\"a\":{\"command\":\"npx\"}}}",
    );
    bench.wrap();
    let text = String::from_utf8(bench.bytes()).unwrap();
    assert!(
        text.contains("\"command\":\"interlock\"") && !text.contains(INTERLOCK),
        "{text}"
    );
}

#[test]
fn every_client_has_a_place_that_can_be_wrapped_or_says_why_not() {
    for client in CLIENTS {
        for place in client.places {
            let fields = place.shape.fields;
            let writable = fields.command.is_empty()
                || !fields.args.is_empty()
                || fields.command_form == crate::clients::CommandForm::List;
            assert!(writable, "{} {}", client.id, place.path);
        }
    }
}

/// A JSON file of servers with random white space, comments, line endings and order.
fn written() -> impl Strategy<Value = String> {
    let gap = prop::sample::select(vec!["", " ", "\n  ", "\r\n\t", " /* c, } */ ", " // \"c\n"]);
    let word = "[a-z\\\\\"\u{e9}/@. ]{0,8}"
        .prop_map(|word: String| serde_json::to_string(&word).unwrap_or_default());
    let args = prop::option::of(prop::collection::vec(
        (gap.clone(), word.clone(), gap.clone()),
        0..4,
    ));
    let entry = (
        word,
        args,
        prop::collection::vec(gap, 8),
        any::<bool>(),
        any::<bool>(),
    );
    prop::collection::vec(entry, 1..4).prop_map(|entries| {
        let mut text = "{\"mcp\":{\"servers\":{".to_owned();
        for (index, (command, args, gaps, first, comma)) in entries.iter().enumerate() {
            let gap = |at: usize| gaps.get(at).copied().unwrap_or_default();
            let mut members = vec![format!("\"command\"{}:{}{command}", gap(0), gap(1))];
            if let Some(args) = args {
                let items: Vec<String> = args
                    .iter()
                    .map(|(a, word, b)| format!("{a}{word}{b}"))
                    .collect();
                let trailing = if *comma && !items.is_empty() { "," } else { "" };
                members.push(format!(
                    "\"args\":{}[{}{trailing}{}]",
                    gap(2),
                    items.join(","),
                    gap(3)
                ));
            }
            members.push(format!("\"env\":{}{{\"K\":{}\"v\"}}", gap(4), gap(5)));
            if *first {
                members.reverse();
            }
            let separator = format!("{},{}", gap(6), gap(7));
            text.push_str(&format!(
                "{}\"s{index}\": {{{}{}{}}}",
                if index > 0 { "," } else { "" },
                gap(6),
                members.join(&separator),
                gap(7)
            ));
        }
        text.push_str("}}}\n");
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_way_of_writing_comes_back(text in written()) {
        let bench = Bench::new(place("vscode", "User/settings.json"), text.as_bytes());
        let before = bench.servers();
        bench.wrap();
        // Empty commands start nothing; everything else is wrapped, and means the same behind Interlock.
        for (old, new) in before.iter().zip(&bench.servers()) {
            if let (Some(request), Some(wrapped)) = (local(old), local(new)) {
                let behind = matches!(inner(wrapped), Some(Inner::Command(found)) if &found == request);
                prop_assert!(behind || wrapped == request);
            }
        }
        // Without a journal: each entry from itself.
        let wrapped = bench.bytes();
        let journal = bench.journal();
        let path = bench.path();
        let records = journal.records(&path).unwrap();
        journal.forget(&path, None).unwrap();
        drop(journal);
        bench.unwrap();
        let meaning = |servers: &[Server]| servers.iter().map(|server| local(server).cloned()).collect::<Vec<_>>();
        prop_assert_eq!(meaning(&before), meaning(&bench.servers()));
        // With one, after another change: each entry as it was written.
        fs::write(&path, [&wrapped[..], b" "].concat()).unwrap();
        let (client, place) = bench.at;
        let merged = unplan(client, place, &path, &records).unwrap();
        prop_assert!(!merged.exact);
        prop_assert_eq!(String::from_utf8(merged.bytes).unwrap(), format!("{text} "));
        // And unchanged: the bytes.
        fs::write(&path, &wrapped).unwrap();
        let exact = unplan(client, place, &path, &records).unwrap();
        prop_assert_eq!(exact.bytes, text.into_bytes());
    }
}

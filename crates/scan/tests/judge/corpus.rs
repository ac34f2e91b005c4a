//! The corpus of attack and benign launches, written into the file of every client and read from there: the same decisions as
//! `interlock check`, and nothing above `info` about a legitimate launch but the weaknesses that it has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use interlock_launch::{Decision, Request, judge as check};
use interlock_scan::{CLIENTS, Client, CommandForm, Format, Layout, Place, Severity, read_text};
use serde_json::{Map, Value, json};

use crate::world::judge;

const CORPUS: &str = include_str!("../../../launch/tests/data/launch-config.jsonl");
const WORK: &str = "/tmp/lc-k3f9a2";

struct Case {
    id: String,
    expected: String,
    request: Request,
}

fn lines() -> impl Iterator<Item = Value> {
    let text = CORPUS
        .replace("__CANARY__", &format!("{WORK}/canary"))
        .replace("__WORK__", WORK);
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines
        .into_iter()
        .map(|line| serde_json::from_str(&line).unwrap())
}

/// The cases that are a launch with text in every field.
fn cases() -> Vec<Case> {
    lines()
        .filter_map(|case| {
            Some(Case {
                id: case["id"].as_str()?.to_owned(),
                expected: case["expected"].as_str()?.to_owned(),
                request: request(&case["input"])?,
            })
        })
        .collect()
}

fn request(input: &Value) -> Option<Request> {
    let texts = |value: &Value| -> Option<Vec<String>> {
        let list = value.as_array()?.iter();
        list.map(|one| one.as_str().map(str::to_owned)).collect()
    };
    let env = match &input["env"] {
        Value::Null => Vec::new(),
        env => {
            let pairs = env.as_object()?.iter();
            pairs
                .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect::<Option<_>>()?
        }
    };
    Some(Request {
        command: input["command"].as_str()?.to_owned(),
        args: if input["args"].is_null() {
            Vec::new()
        } else {
            texts(&input["args"])?
        },
        env,
        cwd: input["cwd"].as_str().map(str::to_owned),
        ..Request::default()
    })
}

/// One place for each way in which clients write servers.
fn places() -> Vec<(&'static Client, &'static Place)> {
    let mut seen = BTreeSet::new();
    let all = CLIENTS
        .iter()
        .flat_map(|client| client.places.iter().map(move |place| (client, place)));
    all.filter(|(_, place)| {
        let local = place.format != Format::Bundle
            && !place.shape.fields.command.is_empty()
            && !place.shape.roots.is_empty();
        local && seen.insert((place.shape.id, place.format.as_str()))
    })
    .collect()
}

/// The part of a request that a client's file can hold.
fn held(request: &Request, place: &Place) -> Request {
    let fields = place.shape.fields;
    let mut held = request.clone();
    if fields.env.is_empty() {
        held.env.clear();
    }
    if fields.cwd.is_empty() {
        held.cwd = None;
    }
    held
}

/// The file of a client with one server in it.
fn written(request: &Request, place: &Place) -> String {
    let root = place.shape.roots.first().unwrap();
    let mut entry = entry(request, place);
    let mut node = match root.layout {
        Layout::Map | Layout::Mixed => json!({ "server": entry }),
        Layout::List { name } => {
            put(
                &mut entry,
                name.first().copied().unwrap_or(&["name"]),
                json!("server"),
            );
            json!([entry])
        }
        Layout::One { .. } => entry,
    };
    for key in root.path.iter().rev() {
        let key = if *key == "*" { "/some/project" } else { key };
        node = json!({ key: node });
    }
    match place.format {
        Format::Json | Format::Jsonc | Format::Yaml => node.to_string(),
        Format::FrontMatter => format!("---\n{node}\n---\n"),
        Format::Toml => toml::to_string(&node).unwrap(),
        Format::Bundle => panic!("archives are no text"),
    }
}

fn put(entry: &mut Value, path: &[&str], value: Value) {
    let mut at = entry;
    for key in path {
        at = &mut at[*key];
    }
    *at = value;
}

fn entry(request: &Request, place: &Place) -> Value {
    let fields = place.shape.fields;
    let mut entry = Map::new();
    if let (Some(kind), Some(word)) = (fields.transport.first(), fields.local_words.first()) {
        entry.insert((*kind).to_owned(), json!(word));
    }
    let command = fields.command.first().copied().unwrap_or("command");
    if fields.command_form == CommandForm::List {
        let words: Vec<&String> = std::iter::once(&request.command)
            .chain(&request.args)
            .collect();
        entry.insert(command.to_owned(), json!(words));
    } else {
        entry.insert(command.to_owned(), json!(request.command));
        if let Some(args) = fields.args.first() {
            entry.insert((*args).to_owned(), json!(request.args));
        }
    }
    if let Some(env) = fields.env.first() {
        let pairs = request
            .env
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)));
        entry.insert((*env).to_owned(), Value::Object(pairs.collect()));
    }
    if let (Some(key), Some(cwd)) = (fields.cwd.first(), &request.cwd) {
        entry.insert((*key).to_owned(), json!(cwd));
    }
    Value::Object(entry)
}

#[test]
fn every_clients_file_gives_the_decision_that_check_gives() {
    let cases = cases();
    assert!(cases.len() > 200);
    let mut misses = Vec::new();
    for (client, place) in places() {
        let read = |case: &Case| {
            let text = written(&case.request, place);
            read_text(client, place, Path::new("/home/me/x"), text.as_bytes())
        };
        let files: Vec<_> = cases.iter().map(read).collect();
        for (case, file) in cases.iter().zip(judge(&files).files) {
            let wanted = check(&held(&case.request, place)).decision();
            let found: Vec<Decision> = file.servers.iter().filter_map(|one| one.decision).collect();
            if found != [wanted] {
                let (client, shape) = (client.id, place.shape.id);
                misses.push(format!(
                    "{client} {shape} {}: {found:?}, not {wanted:?}",
                    case.id
                ));
            }
        }
    }
    misses.truncate(20);
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

/// Weaknesses that published, legitimate configurations do have: how often each is found among the cases that are to be allowed.
const WEAKNESSES: &[(&str, Severity)] = &[
    ("secret-in-args", Severity::Medium),
    ("secret-in-env", Severity::Medium),
    ("vcs-source", Severity::Low),
    ("wide-mount", Severity::Medium),
    ("vulnerable-release", Severity::High),
];

#[test]
fn legitimate_launches_have_only_the_weaknesses_that_they_have() {
    let (client, place) = crate::world::place("cursor", interlock_scan::Scope::User);
    let mut found: BTreeMap<(&str, Severity), Vec<String>> = BTreeMap::new();
    for case in cases().iter().filter(|case| case.expected == "allow") {
        let text = written(&case.request, place);
        let file = read_text(client, place, Path::new("/home/me/x"), text.as_bytes());
        for finding in judge(&[file]).findings {
            if finding.severity > Severity::Info {
                let said = format!("{} {}", case.id, finding.message);
                found
                    .entry((finding.rule.id, finding.severity))
                    .or_default()
                    .push(said);
            }
        }
    }
    found.retain(|key, _| !WEAKNESSES.contains(key));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn attacks_weigh_and_what_is_to_be_detected_is_found() {
    let (client, place) = crate::world::place("cursor", interlock_scan::Scope::User);
    let mut misses = Vec::new();
    for case in cases() {
        let text = written(&case.request, place);
        let file = read_text(client, place, Path::new("/home/me/x"), text.as_bytes());
        let judged = judge(&[file]);
        let refused = check(&case.request).decision() != Decision::NeedsApproval;
        let heavy = judged
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::High);
        let named = judged
            .findings
            .iter()
            .any(|finding| finding.rule.id != "unapproved");
        let met = match case.expected.as_str() {
            "deny-before-exec" | "reject" => !refused || heavy,
            "detect" => named,
            _ => true,
        };
        if !met {
            misses.push(format!("{} {}", case.id, case.expected));
        }
    }
    assert!(misses.is_empty(), "{misses:#?}");
}

#[test]
fn whole_files_that_two_readers_read_differently_are_found() {
    let mut seen = 0;
    for case in lines() {
        let Some(text) = case["input"]["raw_config_text"].as_str() else {
            continue;
        };
        seen += 1;
        let wanted = matches!(
            case["expected"].as_str(),
            Some("deny-before-exec" | "reject")
        );
        // What one client does not read, another one does.
        let clients = if wanted {
            &["cursor", "vscode"][..]
        } else {
            &["cursor"]
        };
        let bad = clients.iter().any(|client| {
            let file = crate::world::file(client, interlock_scan::Scope::User, "/home/me/x", text);
            let judged = judge(&[file]);
            judged
                .findings
                .iter()
                .any(|one| one.severity >= Severity::Medium)
        });
        assert_eq!(bad, wanted, "{}", case["id"]);
    }
    assert!(seen > 5, "{seen}");
}

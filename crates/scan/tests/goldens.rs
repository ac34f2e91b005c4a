//! One realistic file of each client: what `scan` says of it in each format, what `wrap` makes of it, and the way back.
//!
//! A folder a client in `tests/data/clients`: `before.EXT` is written by hand; `after.EXT`, `report.txt`, `report.json` and `report.sarif`
//! are what they should be. After a change that means to change them: `INTERLOCK_WRITE_GOLDENS=1 cargo test -p interlock-scan --test goldens`,
//! and read the difference.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use interlock_launch::Request;
use interlock_scan::report::{Paint, Report, Role, Shown, Sieve, human, json, sarif};
use interlock_scan::wrap::{Inner, Plan, Writing, inner, plan, unplan};
use interlock_scan::{
    Advisories, Baseline, CLIENTS, Client, ConfigFile, Context, Ignores, Kind, Place, Problem,
    Severity, Standing, judge_files, read_text,
};

fn folder(client: &Client) -> PathBuf {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/clients");
    data.join(client.id)
}

/// The place that most people have: the first of the table that has servers.
fn first_place(client: &'static Client) -> &'static Place {
    let places = client.places.iter();
    let mut with_servers = places.filter(|place| !place.shape.roots.is_empty());
    with_servers.next().unwrap()
}

/// Where the file is on Linux.
fn path_of(place: &Place) -> PathBuf {
    let (base, rest) = place.path.split_once('}').unwrap();
    let base = match base {
        "{home" => "/home/me",
        "{config" | "{appdata" => "/home/me/.config",
        "{project" | "{ancestors" => "/home/me/src",
        other => panic!("{other} is no base of a user's file"),
    };
    PathBuf::from(format!("{base}{}", rest.replace('*', "own")))
}

fn before(client: &Client) -> (PathBuf, Vec<u8>) {
    let mut names = fs::read_dir(folder(client))
        .unwrap_or_else(|error| panic!("{}: {error}", client.id))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_stem().is_some_and(|stem| stem == "before"));
    let path = names
        .next()
        .unwrap_or_else(|| panic!("{} has no file", client.id));
    let bytes = fs::read(&path).unwrap();
    (path, bytes)
}

fn report(file: ConfigFile) -> Report {
    let advisories = Advisories::bundled();
    let judged = judge_files(
        &[file],
        &Context {
            standing: &|_: &Request| Standing::Unapproved,
            version: &|_| None,
            variables: None,
            advisories: &advisories,
            bases: &[],
        },
    );
    let sieve = Sieve {
        least: Severity::Info,
        ignores: &Ignores::default(),
        baseline: &Baseline::default(),
    };
    let shown = Shown {
        root: None,
        home: Some("/home/me".into()),
    };
    Report::new(judged, &sieve, shown, "2026-01-01", "0.0.0")
}

struct Plain;

impl Paint for Plain {
    fn paint(&self, _: Role, text: &str) -> String {
        text.to_owned()
    }
}

/// SARIF without the descriptions of all rules, which are the same everywhere.
fn results(report: &Report) -> serde_json::Value {
    let mut whole = sarif(report);
    whole.pointer_mut("/runs/0/results").unwrap().take()
}

fn check(path: &Path, found: &[u8]) {
    if std::env::var_os("INTERLOCK_WRITE_GOLDENS").is_some() {
        fs::write(path, found).unwrap();
    }
    let wanted = fs::read(path).unwrap_or_default();
    assert!(
        wanted == found,
        "{} should be:\n{}\nand is:\n{}",
        path.display(),
        String::from_utf8_lossy(&wanted),
        String::from_utf8_lossy(found)
    );
}

/// The text with the digests of places, which end the names of secrets, made the same for every checkout.
fn anywhere(text: &str) -> String {
    let is_digest = |word: &str| word.len() == 8 && word.bytes().all(|c| c.is_ascii_hexdigit());
    let parts = text.split('"').map(|part| match part.rsplit_once('-') {
        Some((name, end)) if is_digest(end) => format!("{name}-00000000"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<String>>().join("\"")
}

fn pretty(value: &serde_json::Value) -> Vec<u8> {
    let mut text = serde_json::to_string_pretty(value).unwrap();
    text.push('\n');
    text.into_bytes()
}

fn check_scan(client: &'static Client, place: &'static Place, bytes: &[u8]) {
    let report = report(read_text(client, place, &path_of(place), bytes));
    let folder = folder(client);
    check(
        &folder.join("report.txt"),
        format!("{}\n", human(&report, &Plain)).as_bytes(),
    );
    check(&folder.join("report.json"), &pretty(&json(&report)));
    check(&folder.join("report.sarif"), &pretty(&results(&report)));
}

/// What is written where the file is, whose path must be real.
struct Bench {
    directory: tempfile::TempDir,
    client: &'static Client,
    place: &'static Place,
}

impl Bench {
    fn path(&self) -> PathBuf {
        self.directory.path().canonicalize().unwrap().join("file")
    }

    fn plan(&self, bytes: &[u8]) -> Plan {
        fs::write(self.path(), bytes).unwrap();
        let writing = Writing {
            own: "/usr/local/bin/interlock".to_owned(),
            shared: "interlock".to_owned(),
            without_headers: true,
        };
        plan(self.client, self.place, &self.path(), &writing).unwrap()
    }
}

/// What each server starts once Interlock is taken away again, by name.
fn started(file: &ConfigFile) -> Vec<(String, Option<Request>)> {
    let servers = file.servers.iter();
    let request = |server: &interlock_scan::Server| match &server.kind {
        Kind::Local(local) => match inner(&local.request) {
            // What an address is sent is named and not written, so only the address can be compared.
            Some(Inner::Command(request)) if request.command.starts_with("url:") => {
                Some(Request::new(request.command, [""; 0]))
            }
            Some(Inner::Command(request)) => Some(request),
            _ => Some(local.request.clone()),
        },
        Kind::Remote(remote) => Some(Request::new(format!("url:{}", remote.url.text), [""; 0])),
        _ => None,
    };
    servers
        .map(|server| (server.name.clone(), request(server)))
        .collect()
}

fn check_wrap(client: &'static Client, place: &'static Place, path: &Path, bytes: &[u8]) {
    let bench = Bench {
        directory: tempfile::tempdir().unwrap(),
        client,
        place,
    };
    let plan = bench.plan(bytes);
    let mut said = String::new();
    for wrapped in &plan.wrapped {
        writeln!(said, "{} is put behind Interlock", wrapped.name).unwrap();
    }
    for (name, skip) in &plan.skipped {
        writeln!(said, "{name} {skip}").unwrap();
    }
    check(&folder(client).join("wrap.txt"), said.as_bytes());
    let extension = path.extension().unwrap();
    let after = folder(client).join("after").with_extension(extension);
    check(&after, anywhere(&plan.text).as_bytes());

    let read = |bytes: &[u8]| read_text(client, place, &path_of(place), bytes);
    let (old, new) = (read(bytes), read(plan.text.as_bytes()));
    let wrapped = |server: &&interlock_scan::Server| matches!(&server.kind, Kind::Local(local) if inner(&local.request).is_some());
    assert_eq!(
        new.servers.iter().filter(wrapped).count(),
        plan.wrapped.len()
    );
    let kinds =
        |problems: Vec<&Problem>| -> Vec<_> { problems.iter().map(|one| one.kind).collect() };
    // A strict reader finds nothing that it did not find before: the rules of each client are kept.
    assert_eq!(
        kinds(old.all_problems()),
        kinds(new.all_problems()),
        "{}",
        client.id
    );
    assert_eq!(started(&old), started(&new), "{}", client.id);

    // Again changes nothing, and without any backup each entry is unwrapped from itself.
    let again = bench.plan(plan.text.as_bytes());
    assert!(
        again.wrapped.is_empty() && again.text == plan.text,
        "{}",
        client.id
    );
    let back = unplan(client, place, &bench.path(), &[]).unwrap();
    // What headers held is in a backup alone.
    let secret = |name: &String| {
        let mut wrapped = plan.wrapped.iter();
        wrapped.any(|one| one.name == *name && !one.secrets.is_empty())
    };
    assert!(
        back.skipped.iter().all(|(name, _)| secret(name)),
        "{}: {:?}",
        client.id,
        back.skipped
    );
    assert_eq!(started(&read(&back.bytes)), started(&old), "{}", client.id);
}

#[test]
fn every_client_is_read_reported_wrapped_and_unwrapped_as_its_goldens_say() {
    for client in CLIENTS {
        let place = first_place(client);
        let (path, bytes) = before(client);
        let file = read_text(client, place, &path_of(place), &bytes);
        assert!(
            !file.servers.is_empty(),
            "{}: {:?}",
            client.id,
            file.all_problems()
        );
        check_scan(client, place, &bytes);
        check_wrap(client, place, &path, &bytes);
    }
}

#[test]
fn there_is_a_folder_for_each_client_and_for_nothing_else() {
    let folders: BTreeSet<String> =
        fs::read_dir(folder(CLIENTS.first().unwrap()).parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
    let ids: BTreeSet<String> = CLIENTS.iter().map(|client| client.id.to_owned()).collect();
    assert_eq!(folders, ids);
}

#[test]
fn no_golden_shows_a_secret() {
    for client in CLIENTS {
        for entry in fs::read_dir(folder(client)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("report") || name == "wrap.txt" {
                let text = fs::read_to_string(&path).unwrap();
                for secret in [
                    "hunter2hunter2",
                    "ghp_0123456789",
                    "hf_abcdefghij",
                    "sk-abcdefghij",
                ] {
                    assert!(!text.contains(secret), "{}", path.display());
                }
            }
        }
    }
}

//! What configured advisories say of releases: malicious ones are refused on every way in and told by `verify`, holes are shown, and
//! advisories that cannot be read refuse everything.

use std::fs;

use serde_json::{Value, json};

use crate::origin::path_of_python;
use crate::support::git::Hosted;
use crate::support::wheel::{self, Wheel};
use crate::vouched::{Registry, Release, approve, lock};
use crate::world::{World, has, said};

/// An advisory about all versions of a package below one.
fn record(id: &str, ecosystem: &str, name: &str, below: &str) -> Value {
    let events = json!([{ "introduced": "0" }, { "fixed": below }]);
    let kind = if ecosystem == "npm" {
        "SEMVER"
    } else {
        "ECOSYSTEM"
    };
    json!({
        "id": id,
        "summary": "it reads \u{1b}keys",
        "affected": [{
            "package": { "ecosystem": ecosystem, "name": name },
            "ranges": [{ "type": kind, "events": events }],
        }],
    })
}

/// A server that needs one more package, of some registry.
fn registry() -> Registry {
    let app = Release::new("app", "1.0.0", 30).needs("dep", "^1");
    Registry::new(&[app, Release::new("dep", "1.2.0", 30)])
}

/// A user who keeps these advisories in a directory.
fn user(registry: &Registry, world: World, records: &[Value]) -> World {
    let directory = world.home.join("osv");
    fs::create_dir_all(directory.join("npm")).unwrap();
    for (number, record) in records.iter().enumerate() {
        let path = directory.join(format!("npm/{number}.json"));
        fs::write(path, record.to_string()).unwrap();
    }
    registry.user(world, &format!("advisories = {directory:?}"))
}

/// What a user with these advisories may do with `app`, by every way in.
fn check(records: &[Value], refused: Option<&[&str]>) {
    let registry = registry();
    let careless = registry.user(World::without_key(), "");
    careless.interlock(&["add", "npm:app"]).expect(0);
    let text = lock(&careless);
    let code = if refused.is_some() { 3 } else { 0 };
    let parts = refused.unwrap_or_default();
    let fresh = || user(&registry, World::new(), records);
    let with_lock = || {
        let world = fresh();
        fs::write(world.path("interlock.lock"), &text).unwrap();
        world
    };
    let world = fresh();
    has(
        &world.interlock(&["add", "npm:app"]).expect(code).err,
        parts,
    );
    assert_eq!(world.home.join("interlock.lock").exists(), code == 0);
    let words = ["--name", "app", "--", "npx", "-y", "app@1.0.0", "plain"];
    has(&approve(&world, &words).expect(code).err, parts);
    has(&approve(&with_lock(), &["--lock"]).expect(code).err, parts);
    for words in [&["lock"][..], &["lock", "--update"]] {
        let world = with_lock();
        has(&world.interlock(words).expect(code).err, parts);
        assert!(code == 0 || lock(&world) == text);
    }
}

#[test]
fn what_is_malicious_is_refused_on_every_way_in() {
    let malicious = |name: &str| record("MAL-2026-1", "npm", name, "9.0.0");
    let what = "dep@1.2.0 is known to be malicious";
    let why = "MAL-2026-1 \"it reads \\u{1b}keys\"";
    let next = "choose another version or another package";
    check(&[malicious("dep")], Some(&[what, why, next, "osv"]));
    check(
        &[malicious("app")],
        Some(&["app@1.0.0 is known to be malicious"]),
    );
    // By another name of the same, and where nobody understands which versions are meant.
    let mut other = record("GHSA-x", "npm", "dep", "9.0.0");
    other["aliases"] = json!(["MAL-2026-2"]);
    check(&[other], Some(&[what, "GHSA-x MAL-2026-2"]));
    let unclear = record("MAL-2026-3", "npm", "dep", "soon");
    check(&[unclear], Some(&["dep@1.2.0 may be malicious"]));
    // Another package, another version, another ecosystem, taken back.
    let mut withdrawn = malicious("dep");
    withdrawn["withdrawn"] = json!("2026-01-01T00:00:00Z");
    let others = [
        malicious("other"),
        record("MAL-2026-4", "npm", "dep", "1.2.0"),
        record("MAL-2026-5", "PyPI", "dep", "9.0.0"),
        withdrawn,
    ];
    check(&others, None);
}

#[test]
fn verify_tells_what_is_malicious_and_passes_over_holes() {
    let registry = registry();
    let world = user(
        &registry,
        World::new(),
        &[record("GHSA-x", "npm", "dep", "2.0.0")],
    );
    world.interlock(&["add", "npm:app"]).expect(0);
    approve(&world, &["--lock"]).expect(0);
    world.interlock(&["verify"]).expect(0);
    // It is known later; what was approved is found by whoever looks.
    let malicious = record("MAL-2026-1", "npm", "dep", "2.0.0");
    let world = user(&registry, world, &[malicious]);
    let told = world.interlock(&["verify"]).expect(1);
    let parts = [
        "differs app",
        "dep@1.2.0 is known to be malicious",
        "MAL-2026-1",
    ];
    has(&told.out, &parts);
    let told = world.interlock(&["--offline", "verify", "--format", "json"]);
    let lines = told.expect(1).json();
    assert_eq!(lines[0]["ok"], json!(false));
    has(&lines[0]["problems"].to_string(), &parts[1..]);
    // Also where there is nothing of it.
    let store = world.home.join(".local/share/interlock/store");
    fs::rename(&store, world.home.join("elsewhere")).unwrap();
    has(
        &world.interlock(&["--offline", "verify"]).expect(1).out,
        &parts,
    );
}

#[test]
fn holes_are_shown_and_nothing_is_refused_for_them() {
    let registry = registry();
    let mut many: Vec<Value> = (0..25)
        .map(|number| record(&format!("GHSA-{number:02}"), "npm", "dep", "1.3.0"))
        .collect();
    many[0]["aliases"] = json!(["CVE-2026-1"]);
    let world = user(&registry, World::new(), &many);
    let words = ["--name", "app", "--", "npx", "-y", "app@1.0.0", "plain"];
    let shown = approve(&world, &words).expect(0).out;
    let hole =
        "dep@1.2.0 has a known hole: GHSA-00 CVE-2026-1 \"it reads \\u{1b}keys\"; mended in 1.3.0";
    has(&shown, &[hole, "and 5 more that advisories tell"]);
    assert_eq!(shown.matches("has a known hole").count(), 20, "{shown}");
}

#[test]
fn advisories_that_cannot_be_read_refuse_everything() {
    let registry = registry();
    let world = user(
        &registry,
        World::new(),
        &[record("GHSA-x", "npm", "other", "2")],
    );
    world.interlock(&["add", "npm:app"]).expect(0);
    let directory = world.home.join("osv");
    let broken = directory.join("npm/broken.json");
    let shown = directory.display().to_string();
    let next = format!("interlock advisories {shown}");
    let file = broken.display().to_string();
    let refuses = |parts: &[&str]| {
        for words in [
            &["add", "npm:app", "--name", "more"][..],
            &["lock"],
            &["verify"],
        ] {
            let refused = world.interlock(words).expect(3);
            has(&refused.err, parts);
        }
        for words in [&["--lock"][..], &["--", "npx", "-y", "app@1.0.0", "plain"]] {
            has(&approve(&world, words).expect(3).err, parts);
        }
    };
    for text in ["{ \"id\": \"MAL-1\", \"affected\": [{", "", "{}"] {
        fs::write(&broken, text).unwrap();
        refuses(&[&file, "so nothing is approved", &next]);
    }
    fs::remove_dir_all(&directory).unwrap();
    refuses(&[&shown, "so nothing is approved", &next]);
    fs::create_dir(&directory).unwrap();
    refuses(&[&shown, "holds no advisory in OSV format"]);
}

#[test]
fn packages_of_python_and_what_a_repository_needs() {
    let registry = registry();
    let path = path_of_python();
    wheel::publish(
        &registry.server,
        &[Wheel::new("app 1.0: dep"), Wheel::new("dep 2.0")],
    );
    let world = user(
        &registry,
        World::new(),
        &[record("MAL-1", "PyPI", "Dep", "2.1")],
    );
    let refused = said(world.command(["add", "pypi:app"]).env("PATH", &path), b"");
    has(
        &refused.expect(3).err,
        &["dep@2.0 is known to be malicious"],
    );

    let hosted = Hosted::start();
    let manifest = r#"{"name": "tools", "version": "1.0.0", "bin": "index.js", "dependencies": {"dep": "^1"}}"#;
    let server = include_str!("../data/server.sh");
    let files = [("package.json", manifest), ("index.js", server)];
    let commit = hosted.commit("tools.git", &files, "sha1");
    let word = format!("git:{}#{commit}", hosted.url("tools.git"));
    for (below, code) in [("1.2.1", 3), ("1.2.0", 0)] {
        let world = user(
            &registry,
            World::new(),
            &[record("MAL-1", "npm", "dep", below)],
        );
        let said = world.interlock(&["add", &word]).expect(code);
        let what = "dep@1.2.0 is known to be malicious";
        assert_eq!(said.err.contains(what), code == 3, "{said:?}");
    }
}

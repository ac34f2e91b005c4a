//! Sources that are to be built are judged before they are, and what they were built with is looked at ever after.

use std::fs;
use std::path::Path;

use interlock_supply::provenance::to_rfc3339;
use serde_json::{Value, json};

use crate::origin::path_of_python;
use crate::sdist::{BACKEND, OPTION, PROJECT, SERVER, interlock, packed, recorded, user};
use crate::support::server::{Answer, Server};
use crate::support::wheel::{self, Wheel, sha256};
use crate::vouched::{DAY, now};
use crate::world::{World, has};

/// A backend that fails with these words as soon as anything asks it for anything: whoever ran it says them.
const LOUD: &str = "raise SystemExit('IT RAN')\n";
const RAN: &str = "IT RAN";
/// A release of Python's index that the public record names as malicious.
const MALICIOUS: (&str, &str) = ("ultralytics", "8.3.41");

/// One release that is there as sources only.
struct Sources<'a> {
    name: &'a str,
    version: &'a str,
    /// Days since it was published.
    age: i64,
    /// What its project asks for to be built, as TOML.
    requires: &'a str,
    backend: &'a str,
    /// What the index says of it besides.
    listed: Value,
}

impl<'a> Sources<'a> {
    fn new(name: &'a str, version: &'a str) -> Self {
        Self {
            name,
            version,
            age: 30,
            requires: "",
            backend: LOUD,
            listed: json!({}),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let project = PROJECT.replace("BACKEND", "backend");
        let asking = format!("requires = [{}]", self.requires);
        let about = format!(
            "NAME, VERSION, NEEDS = '{}', '{}', ''\n",
            self.name.replace('-', "_"),
            self.version
        );
        packed(
            &format!("{}-{}", self.name, self.version),
            &[
                ("pyproject.toml", project.replace("requires = []", &asking)),
                ("backend.py", self.backend.to_owned()),
                ("about.py", about),
                ("server.py", SERVER.to_owned()),
            ],
        )
    }

    /// Puts it beside the other releases of its name.
    fn publish(&self, index: &Server) {
        self.publish_as(index, self.version, &self.bytes());
    }

    fn publish_as(&self, index: &Server, version: &str, bytes: &[u8]) {
        let file = format!("{}-{version}.tar.gz", self.name.replace('-', "_"));
        let mut listed = json!({
            "filename": file, "url": format!("/{file}"), "hashes": { "sha256": sha256(bytes) },
            "upload-time": to_rfc3339(now() - self.age * DAY),
        });
        let fields = listed.as_object_mut().unwrap();
        fields.extend(self.listed.as_object().unwrap().clone());
        let path = format!("/simple/{}/", self.name);
        let empty = || json!({ "name": self.name, "files": [] });
        let known = index.body(&path);
        let mut page = known.map_or_else(empty, |body| serde_json::from_slice(&body).unwrap());
        page["files"].as_array_mut().unwrap().push(listed);
        index.put(&path, Answer::new(page.to_string()));
        index.put(&format!("/{file}"), Answer::new(bytes));
    }
}

/// A user of an index with these releases.
fn user_of(releases: &[Sources<'_>]) -> (Server, World) {
    let index = Server::start();
    for release in releases {
        release.publish(&index);
    }
    let world = user(&index);
    (index, world)
}

fn configure(world: &World, policy: &str) {
    let config = world.home.join(".config/interlock");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), format!("[supply]\n{policy}\n")).unwrap();
}

/// What `add` says of a package, and whether its backend ran.
fn add(world: &World, source: &str) -> (String, bool) {
    let said = interlock(world, &["add", source, OPTION]).expect(3);
    let ran = said.err.contains(RAN);
    (said.err, ran)
}

#[test]
fn what_is_known_to_be_malicious_or_too_young_is_not_built() {
    let (name, version) = MALICIOUS;
    let source = format!("pypi:{name}");
    let young = || Sources {
        age: 1,
        ..Sources::new("fresh", "1.0")
    };
    let (_index, world) = user_of(&[Sources::new(name, version), young()]);
    let (said, ran) = add(&world, &source);
    has(
        &said,
        &[&format!("{name}@{version} is known to be malicious")],
    );
    assert!(!ran, "{said}");
    let (said, ran) = add(&world, "pypi:fresh");
    has(
        &said,
        &["`fresh@1.0` was published one day ago", "`min-age`"],
    );
    assert!(!ran, "{said}");
    assert_eq!(recorded(&world), Vec::<String>::new());
    // The same backend runs where nothing speaks against it, so it would have been heard.
    configure(&world, "min-age = \"0\"");
    let (said, ran) = add(&world, "pypi:fresh");
    assert!(ran, "{said}");
    let (said, ran) = add(&world, &source);
    assert!(!ran, "{said}");
    assert_eq!(recorded(&world).len(), 1);
    let (_index, world) = user_of(&[Sources::new(name, "8.3.40")]);
    let (said, ran) = add(&world, &source);
    assert!(ran, "{said}");
}

#[test]
fn what_configured_advisories_call_malicious_is_not_built() {
    let (_index, world) = user_of(&[Sources::new("loud", "1.0"), Sources::new("plain", "1.0")]);
    let record = json!({
        "id": "MAL-2026-7",
        "affected": [{ "package": { "ecosystem": "PyPI", "name": "Loud" }, "versions": ["1.0"] }],
    });
    let path = world.path("advisories.json");
    fs::write(&path, record.to_string()).unwrap();
    configure(&world, &format!("advisories = {path:?}"));
    let (said, ran) = add(&world, "pypi:loud");
    has(&said, &["loud@1.0 is known to be malicious", "MAL-2026-7"]);
    assert!(!ran, "{said}");
    let (said, ran) = add(&world, "pypi:plain");
    assert!(ran, "{said}");
    // Half of it may say anything, so nothing is built.
    fs::write(&path, "{").unwrap();
    let (said, ran) = add(&world, "pypi:plain");
    has(
        &said,
        &["the advisories that the configuration names", &path],
    );
    assert!(!ran, "{said}");
}

#[test]
fn a_lock_brings_nothing_to_be_built_that_would_be_refused() {
    let (name, version) = MALICIOUS;
    let release = Sources {
        age: 1,
        backend: BACKEND,
        ..Sources::new(name, "8.3.40")
    };
    let (index, careless) = user_of(std::slice::from_ref(&release));
    configure(&careless, "min-age = \"0\"");
    let source = format!("pypi:{name}==8.3.40");
    interlock(&careless, &["add", &source, "--name", "test", OPTION]).expect(0);
    let lock = fs::read_to_string(careless.path("interlock.lock")).unwrap();
    release.publish_as(&index, version, &release.bytes());
    let malicious = lock.replace("8.3.40", version);
    for (lock, policy, expected) in [
        (&lock, "", Some("is refused by `min-age`")),
        (
            &malicious,
            "min-age = \"0\"",
            Some("is known to be malicious"),
        ),
        (&lock, "min-age = \"0\"", None),
    ] {
        let world = user(&index);
        configure(&world, policy);
        fs::write(world.path("interlock.lock"), lock).unwrap();
        let said = interlock(&world, &["lock", OPTION]);
        match expected {
            Some(expected) => {
                has(&said.expect(3).err, &["it is not built", expected]);
                assert_eq!(recorded(&world), Vec::<String>::new());
                let trees = world.home.join(".local/share/interlock/store/trees");
                assert_eq!(fs::read_dir(trees).unwrap().count(), 0);
            }
            None => {
                said.expect(0);
                assert_eq!(recorded(&world).len(), 1);
            }
        }
    }
}

#[test]
fn a_tool_that_would_be_refused_runs_nothing() {
    let (name, version) = MALICIOUS;
    for (requires, expected) in [
        (
            format!("'{name}=={version}'"),
            Some("is known to be malicious"),
        ),
        (
            "'fresh'".to_owned(),
            Some("`fresh@1.0` was published one day ago"),
        ),
        ("'hammer'".to_owned(), None),
    ] {
        let sources = Sources {
            requires: &requires,
            ..Sources::new("test-server", "1.0")
        };
        let (index, world) = user_of(&[sources]);
        let aged = |text: &str, age: i64| {
            let at = to_rfc3339(now() - age * DAY);
            Wheel::new(text).listed(json!({ "upload-time": at }))
        };
        let tools = [
            aged(&format!("{name} {version}"), 30),
            aged("fresh 1.0", 1),
            aged("hammer 1.0", 30),
        ];
        wheel::publish(&index, &tools);
        let (said, ran) = add(&world, "pypi:test-server");
        assert_eq!(ran, expected.is_none(), "{said}");
        has(&said, &[expected.unwrap_or(RAN)]);
    }
}

/// A user who has a server that was built with `hammer`.
fn built_with_hammer() -> (Server, World) {
    let (index, world) = user_of(&[Sources {
        requires: "'hammer'",
        backend: BACKEND,
        ..Sources::new("test-server", "1.0")
    }]);
    wheel::publish(&index, &[Wheel::new("hammer 1.0")]);
    let add = ["add", "pypi:test-server", "--name", "test", OPTION];
    let added = interlock(&world, &add).expect(0);
    has(&added.out, &["with hammer@1.0"]);
    (index, world)
}

#[test]
fn advisories_are_of_what_something_was_built_with_as_well() {
    let (_index, world) = built_with_hammer();
    let advisory = |version: &str| {
        json!({ "id": "MAL-1", "affected": [
            { "package": { "ecosystem": "PyPI", "name": "hammer" }, "versions": [version] }
        ] })
    };
    fs::write(world.path("osv.json"), advisory("1.0").to_string()).unwrap();
    let hit = world.interlock(&["advisories", "osv.json"]).expect(1);
    has(&hit.out, &["affected test: hammer@1.0  MAL-1"]);
    fs::write(world.path("osv.json"), advisory("2.0").to_string()).unwrap();
    world.interlock(&["advisories", "osv.json"]).expect(0);
}

#[test]
fn bills_of_materials_name_what_something_was_built_with() {
    let (_index, world) = built_with_hammer();
    let sbom = |format: &str| -> Value {
        let said = world.interlock(&["sbom", "--format", format]).expect(0);
        serde_json::from_str(&said.out).unwrap()
    };
    let purl = "pkg:pypi/hammer@1.0";
    let document = sbom("cyclonedx");
    let components = document["components"].as_array().unwrap();
    let hammer = components.iter().find(|it| it["purl"] == purl).unwrap();
    let digest = sha256(&Wheel::new("hammer 1.0").bytes());
    assert_eq!(hammer["hashes"][0]["content"], digest.as_str());
    let depends = |it: &&Value| {
        it["dependsOn"]
            .as_array()
            .is_some_and(|on| on.contains(&hammer["bom-ref"]))
    };
    let dependencies = document["dependencies"].as_array().unwrap();
    let who = dependencies.iter().find(depends).unwrap();
    has(who["ref"].as_str().unwrap(), &["test-server@1.0"]);
    let document = sbom("spdx");
    has(&document.to_string(), &[purl, "BUILD_TOOL_OF"]);
}

#[test]
fn what_something_was_built_with_has_to_be_listed_still() {
    let (index, world) = built_with_hammer();
    interlock(&world, &["verify"]).expect(0);
    index.put("/simple/hammer/", Answer::status(404));
    let told = interlock(&world, &["verify"]).expect(1);
    has(&told.out, &["hammer@1.0: the registry does not list"]);
    interlock(&world, &["--offline", "verify"]).expect(0);
}

#[test]
fn of_releases_without_wheels_the_right_ones_are_named() {
    let index = Server::start();
    let attested = json!({ "provenance": "/nowhere" });
    for (version, age, listed) in [
        ("1.0", 60, attested),
        ("1.1", 30, json!({})),
        ("2.0", 1, json!({})),
    ] {
        let release = Sources {
            age,
            listed,
            backend: BACKEND,
            ..Sources::new("test-server", version)
        };
        release.publish(&index);
    }
    let world = user(&index);
    let add = ["add", "pypi:test-server", "--name", "test"];
    // Nothing to choose from, so nothing was passed over.
    let refused = interlock(&world, &add).expect(3);
    has(&refused.err, &["there is only a source archive", OPTION]);
    assert!(!refused.err.contains("passed over"), "{}", refused.err);
    let added = interlock(&world, &[&add[..], &[OPTION]].concat()).expect(0);
    has(
        &added.out,
        &[
            "test-server@1.1 was built here from source",
            "a newer release is passed over: `test-server@2.0` was published one day ago",
            "LOOK TWICE: the release before it, 1.0, was attested, and this one is not",
        ],
    );
    // With a wheel of an older release, that is chosen unless sources are built; waiting would bring nothing newer.
    let old = json!({ "upload-time": to_rfc3339(now() - 90 * DAY) });
    let wheel = Wheel::new("test-server 0.9").listed(old);
    index.put(
        "/files/test_server-0.9-py3-none-any.whl",
        Answer::new(wheel.bytes()),
    );
    index.change("/simple/test-server/", |answer| {
        let mut page: Value = serde_json::from_slice(&answer.body).unwrap();
        let mut listed = json!({
            "filename": wheel.file, "url": format!("/files/{}", wheel.file),
            "hashes": { "sha256": sha256(&wheel.bytes()) },
        });
        let fields = listed.as_object_mut().unwrap();
        fields.extend(wheel.listed.as_object().unwrap().clone());
        page["files"].as_array_mut().unwrap().push(listed);
        answer.body = page.to_string().into_bytes();
    });
    let world = user(&index);
    let added = interlock(&world, &add).expect(0);
    has(&added.out, &["test-server", "1 package"]);
    assert!(!added.out.contains("passed over"), "{}", added.out);
    assert!(
        !added.out.contains("the release before it"),
        "{}",
        added.out
    );
    let lock = fs::read_to_string(world.path("interlock.lock")).unwrap();
    has(&lock, &["version = \"0.9\""]);
    let world = user(&index);
    let added = interlock(&world, &[&add[..], &[OPTION]].concat()).expect(0);
    has(
        &added.out,
        &[
            "test-server@1.1 was built here",
            "passed over: `test-server@2.0`",
        ],
    );
    // A program that a request names by its path builds nothing, so what it could build was not passed over.
    let path = path_of_python();
    let python = Path::new(path.split(':').next().unwrap()).join("python3");
    let python = python.canonicalize().unwrap();
    let python = python.to_str().unwrap();
    let words = ["--", "uvx", "--python", python, "test-server"];
    let world = user(&index);
    let add = [&["add", "--name", "test", OPTION][..], &words].concat();
    let added = interlock(&world, &add).expect(0);
    assert!(!added.out.contains("passed over"), "{}", added.out);
    let lock = fs::read_to_string(world.path("interlock.lock")).unwrap();
    has(&lock, &["version = \"0.9\""]);
}

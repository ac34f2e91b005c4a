//! A registry of releases that the tests make, whoever vouches for them, and machines that use it.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use interlock_supply::Integrity;
use interlock_supply::provenance::to_rfc3339;
use serde_json::{Value, json};

use crate::support::package::{self, Package};
use crate::support::server::{Answer, Server};
use crate::support::sigstore::{Build, Sigstore};
use crate::world::{Said, World};

pub(crate) const DAY: i64 = 86_400;
pub(crate) const REPOSITORY: &str = "https://github.com/alice/app";
pub(crate) const COMMIT: &str = "4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c";

pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

/// One version, and what the registry says of it.
pub(crate) struct Release {
    pub(crate) package: Package,
    pub(crate) age: i64,
    pub(crate) publisher: &'static str,
    pub(crate) build: Option<Build>,
}

impl Release {
    /// A server, or, where nothing starts it, a library.
    pub(crate) fn new(name: &str, version: &str, age: i64) -> Self {
        let mut package = Package::new(name, version);
        package.files = vec![("index.js".into(), include_str!("../data/server.sh").into())];
        Self {
            package,
            age,
            publisher: "alice",
            build: None,
        }
    }

    pub(crate) fn needs(mut self, name: &str, range: &str) -> Self {
        self.package = self.package.field("dependencies", json!({ name: range }));
        self
    }

    pub(crate) fn built(mut self) -> Self {
        self.build = Some(Build::new(REPOSITORY, COMMIT, now() - self.age * DAY));
        self
    }
}

/// Registries of both kinds, and who vouches for what is in them.
pub(crate) struct Registry {
    pub(crate) server: Server,
    pub(crate) sigstore: Sigstore,
}

impl Registry {
    pub(crate) fn new(releases: &[Release]) -> Self {
        let registry = Self {
            server: Server::start(),
            sigstore: Sigstore::new(now()),
        };
        registry.publish(releases);
        registry
    }

    pub(crate) fn publish(&self, releases: &[Release]) {
        let packages: Vec<Package> = releases.iter().map(|it| it.package.clone()).collect();
        package::publish(&self.server, &packages);
        for release in releases {
            let (name, version) = (&release.package.name, &release.package.version);
            let integrity = package::integrity(&release.package.bytes());
            let signatures = self.sigstore.signatures(name, version, &integrity);
            self.change(name, |value| {
                value["time"][version] = json!(to_rfc3339(now() - release.age * DAY));
                let own = &mut value["versions"][version];
                own["_npmUser"] = json!({ "name": release.publisher });
                own["dist"]["signatures"] = signatures;
                if release.build.is_some() {
                    own["dist"]["attestations"] = json!({ "url": "elsewhere" });
                }
            });
            if let Some(build) = &release.build {
                let sha512 = Integrity::parse(&integrity).unwrap().hex();
                self.attest(
                    name,
                    version,
                    &self.sigstore.npm(name, version, &sha512, build),
                );
            }
        }
    }

    pub(crate) fn attest(&self, name: &str, version: &str, answer: &Value) {
        let path = format!("/-/npm/v1/attestations/{name}@{version}");
        self.server.put(&path, Answer::new(answer.to_string()));
    }

    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Value)) {
        self.server.change(&format!("/{name}"), |answer| {
            let mut value: Value = serde_json::from_slice(&answer.body).unwrap();
            change(&mut value);
            answer.body = value.to_string().into_bytes();
        });
    }

    /// A user of this registry, with this in the table of `config.toml`.
    pub(crate) fn user(&self, world: World, config: &str) -> World {
        let (url, home) = (self.server.url(), &world.home);
        fs::write(home.join(".npmrc"), format!("registry={url}\n")).unwrap();
        let pip = format!("[global]\nindex-url = {url}simple\n");
        fs::create_dir_all(home.join(".pip")).unwrap();
        fs::write(home.join(".pip/pip.conf"), pip).unwrap();
        fs::create_dir_all(home.join(".config/interlock")).unwrap();
        let path = |name: &str| home.join(".config").join(name);
        fs::write(path("root.json"), self.sigstore.trusted_root()).unwrap();
        fs::write(path("keys.json"), self.sigstore.registry_keys()).unwrap();
        let config = format!(
            "[supply]\ntrust-root = {:?}\nregistry-keys = {:?}\n{config}\n",
            path("root.json"),
            path("keys.json")
        );
        fs::write(path("interlock/config.toml"), config).unwrap();
        world
    }

    /// A new machine with a lock from elsewhere.
    pub(crate) fn elsewhere(&self, lock: &str) -> World {
        let world = self.user(World::new(), "");
        fs::write(world.path("interlock.lock"), lock).unwrap();
        world
    }
}

pub(crate) fn approve(world: &World, words: &[&str]) -> Said {
    let mut all = vec!["approve", "--passphrase-fd", "0"];
    all.extend(words);
    world.with_passphrase(&all)
}

pub(crate) fn lock(world: &World) -> String {
    fs::read_to_string(world.path("interlock.lock")).unwrap()
}

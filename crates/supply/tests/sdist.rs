//! Source archives of the Python index: refused, or built by whoever is given, and what comes out is believed as little as a download.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

#[path = "sdist/locked.rs"]
mod locked;
mod support;

use interlock_supply::LockedPackage;
use interlock_supply::pypi::{
    Broken, Build, DangerBuilder, LockError, Locked, Refusal, Task, Unbuilt,
};
use interlock_supply::{Integrity, LockedTree, Store};
use serde_json::{Value, json};
use std::{fs, io::Write, sync::Mutex};
use support::{
    chain,
    package::gzip,
    server::Answer,
    wheel::{Wheel, World, packages, sha256, wish},
};

/// A source archive: `name version`, PKG-INFO, and other files.
struct Source {
    name: String,
    version: String,
    files: Vec<(String, String)>,
    /// What the index says about it, over what is true.
    listed: Value,
}

impl Source {
    /// Metadata that says what the wheel needs, as [`Wheel::new`] reads it.
    fn new(text: &str) -> Self {
        let wheel = Wheel::new(text);
        let (head, _) = text.split_once(':').unwrap_or((text, ""));
        let (name, version) = head.trim().split_once(' ').unwrap();
        let info = wheel
            .metadata
            .replace("Metadata-Version: 2.1", "Metadata-Version: 2.2");
        Self {
            name: name.into(),
            version: version.into(),
            files: vec![("PKG-INFO".into(), info)],
            listed: json!({}),
        }
    }

    /// Metadata that does not count before the build.
    fn dynamic(text: &str) -> Self {
        let mut source = Self::new(text);
        source.files[0].1 = "Metadata-Version: 1.0\n".into();
        source
    }

    fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.into(), text.into()));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, text) in &self.files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            let path = format!("{}-{}/{path}", self.name, self.version);
            header.set_cksum();
            tar.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        gzip(&tar.into_inner().unwrap())
    }
}

/// Serves wheels and source archives.
fn world(wheels: &str, sources: &[Source]) -> World {
    let tools = "setuptools 80.0\nhatchling 1.0: pluggy\npluggy 2.0\nmore 1.0";
    let world = World::of(&format!("{tools}\n{wheels}"));
    for source in sources {
        publish(&world, source, &source.bytes());
    }
    world
}

fn publish(world: &World, source: &Source, bytes: &[u8]) {
    let file = format!(
        "{}-{}.tar.gz",
        source.name.replace('-', "_"),
        source.version
    );
    let mut listed = json!({
        "filename": file, "url": format!("/files/{file}"), "hashes": { "sha256": sha256(bytes) },
    });
    let fields = listed.as_object_mut().unwrap();
    fields.extend(source.listed.as_object().unwrap().clone());
    let path = format!("/simple/{}/", source.name);
    let known = world.server.body(&path);
    let mut page: Value = known.map_or_else(
        || json!({ "name": source.name, "files": [] }),
        |body| serde_json::from_slice(&body).unwrap(),
    );
    page["files"].as_array_mut().unwrap().push(listed);
    world.server.put(&path, Answer::new(page.to_string()));
    world
        .server
        .put(&format!("/files/{file}"), Answer::new(bytes));
}

/// Makes wheels without running anything, and remembers what it was asked to do.
#[derive(Default)]
struct Fake {
    /// What is made, whatever the sources are; the file's name and what is in it.
    made: Vec<(String, Vec<u8>)>,
    asks: Vec<String>,
    fails: Option<&'static str>,
    /// A part of `name@version`, or a tool, that is not let in.
    refuses: Option<&'static str>,
    /// What was to be built.
    begun: Mutex<Vec<String>>,
    log: Mutex<Vec<String>>,
}

impl Fake {
    fn making(wheels: &[Wheel]) -> Self {
        let made = wheels
            .iter()
            .map(|wheel| (wheel.file.clone(), wheel.bytes()));
        Self {
            made: made.collect(),
            ..Self::default()
        }
    }

    fn note(&self, hook: &str, task: &Task<'_>) {
        assert!(task.source.join("PKG-INFO").is_file());
        let site = fs::read_dir(task.tools.join("python/site"));
        let names = site.into_iter().flatten().flatten();
        let names = names.map(|entry| entry.file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.contains('.')).collect();
        names.sort();
        let line = format!("{hook} {} with {}", task.backend, names.join(","));
        self.log.lock().unwrap().push(line);
    }

    fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

impl DangerBuilder for Fake {
    fn begin(&self, sources: &Unbuilt<'_>) -> Result<Box<dyn Build + '_>, Refusal> {
        self.begun.lock().unwrap().push(sources.shown.to_owned());
        match self.refuses {
            Some(what) if sources.shown.contains(what) => Err(refusal()),
            _ => Ok(Box::new(self)),
        }
    }
}

fn refusal() -> Refusal {
    Refusal {
        what: "somebody knows better".into(),
        ..Refusal::default()
    }
}

impl Build for &Fake {
    fn admit(&self, tools: &[LockedPackage]) -> Result<(), Refusal> {
        match self.refuses {
            Some(what) if tools.iter().any(|it| it.name.as_str() == what) => Err(refusal()),
            _ => Ok(()),
        }
    }

    fn requires(&self, task: &Task<'_>) -> Result<Vec<String>, Broken> {
        self.note("requires", task);
        Ok(self.asks.clone())
    }

    fn wheel(&self, task: &Task<'_>) -> Result<Vec<(String, Vec<u8>)>, Broken> {
        self.note("wheel", task);
        match self.fails {
            Some(why) => Err(why.to_owned().into()),
            None => Ok(self.made.clone()),
        }
    }
}

fn lock(world: &World, text: &str, builder: Option<&Fake>) -> Result<Locked, LockError> {
    let index = world.index(false);
    let mut locker = world.locker(&index, None);
    locker.danger_builder = builder.map(|it| it as &dyn DangerBuilder);
    locker.lock(&wish(text))
}

fn install(
    world: &World,
    text: &str,
    tree: &LockedTree,
    builder: Option<&Fake>,
) -> Result<(), LockError> {
    let index = world.index(false);
    let mut locker = world.locker(&index, None);
    locker.danger_builder = builder.map(|it| it as &dyn DangerBuilder);
    locker.install(&wish(text), tree)
}

/// Nothing is left of work in progress.
fn is_clean(store: &Store) {
    let left = fs::read_dir(store.root().join("tmp")).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn without_a_builder_sources_are_refused() {
    let world = world(
        "app 1.0: lib\nlib 0.9",
        &[Source::new("lib 1.0"), Source::new("only 1.0")],
    );
    // An older wheel is chosen instead.
    let locked = lock(&world, "app", None).unwrap();
    assert_eq!(packages(&locked), "app 1.0, lib 0.9");
    let error = lock(&world, "only", None).unwrap_err();
    assert!(error.could_be_built(), "{error}");
    assert!(chain(&error).contains("there is only a source archive"));
    assert_eq!(world.server.asked_for("tar.gz"), 0);
    assert!(!lock(&world, "nothing", None).unwrap_err().could_be_built());
}

#[test]
fn sources_are_built_and_the_lock_says_so() {
    let sources = [Source::new("lib 1.0: leaf")];
    let world = world("app 1.0: lib\nlib 0.9\nleaf 0.1", &sources);
    let fake = Fake::making(&[Wheel::new("lib 1.0: leaf")]);
    let locked = lock(&world, "app", Some(&fake)).unwrap();
    assert_eq!(packages(&locked), "app 1.0, leaf 0.1, lib 1.0");
    let usual = "setuptools.build_meta:__legacy__ with setuptools";
    assert_eq!(
        fake.log(),
        [format!("requires {usual}"), format!("wheel {usual}")]
    );
    let (package, built) = locked.tree.built().next().unwrap();
    let sum = Integrity::parse_sha256(&sha256(&sources[0].bytes())).unwrap();
    assert_eq!(package.integrity, sum, "what was published");
    assert!(
        package
            .archive
            .as_ref()
            .unwrap()
            .ends_with("lib-1.0.tar.gz")
    );
    assert_eq!(built.wheel.as_str(), "lib-1.0-py3-none-any.whl");
    let tools: Vec<String> = built
        .tools
        .iter()
        .map(|tool| format!("{} {}", tool.name, tool.version))
        .collect();
    assert_eq!(tools, ["setuptools 80.0"]);
    assert_eq!(locked.tree.built().count(), 1);
    let text = serde_json::to_string(&locked.tree).unwrap();
    assert_eq!(
        serde_json::from_str::<LockedTree>(&text).unwrap(),
        locked.tree
    );
    assert!(
        world
            .read(&locked, "python/site/lib/__init__.py")
            .contains("lib 1.0")
    );
    // The same again is the same tree.
    assert_eq!(lock(&world, "app", Some(&fake)).unwrap().tree, locked.tree);
    is_clean(&world.store);
    // Off line it is offered to nobody who did not say so again.
    let offline = |builder: Option<&dyn DangerBuilder>| {
        let index = world.index(true);
        let mut locker = world.locker(&index, None);
        locker.danger_builder = builder;
        locker.lock(&wish("app"))
    };
    assert!(matches!(offline(None), Err(LockError::NotStored(_))));
    assert_eq!(offline(Some(&fake)).unwrap().tree, locked.tree);
}

#[test]
fn a_wheel_of_the_same_version_wins() {
    let other = Wheel::new("lib 2.0").tagged("cp39-cp39-win_amd64");
    let world = world("lib 1.0", &[Source::new("lib 1.0"), Source::new("lib 2.0")]);
    let fake = Fake::making(&[Wheel::new("lib 2.0")]);
    let locked = lock(&world, "lib==1.0", Some(&fake)).unwrap();
    assert_eq!(locked.tree.built().count(), 0);
    assert_eq!(fake.log(), Vec::<String>::new());
    assert_eq!(
        packages(&lock(&world, "lib", Some(&fake)).unwrap()),
        "lib 2.0"
    );
    // Wheels for others only are as none.
    let listed =
        json!({ "filename": other.file, "url": "/x", "hashes": { "sha256": sha256(b"x") } });
    let mut page: Value =
        serde_json::from_slice(&world.server.body("/simple/lib/").unwrap()).unwrap();
    page["files"].as_array_mut().unwrap().push(listed);
    world
        .server
        .put("/simple/lib/", Answer::new(page.to_string()));
    assert_eq!(
        packages(&lock(&world, "lib", Some(&fake)).unwrap()),
        "lib 2.0"
    );
    let error = lock(&world, "lib==2.0", None).unwrap_err();
    assert!(error.could_be_built() && chain(&error).contains("it has no wheel for this system"));
}

#[test]
fn metadata_that_is_found_out_by_the_build() {
    let world = world("leaf 0.1", &[Source::dynamic("lib 1.0")]);
    let fake = Fake::making(&[Wheel::new("lib 1.0: leaf")]);
    let locked = lock(&world, "lib", Some(&fake)).unwrap();
    assert_eq!(packages(&locked), "leaf 0.1, lib 1.0");
    assert_eq!(fake.log().len(), 2, "it is built once");
    // Metadata that was believed and turns out to be another one is not.
    let world = self::world("leaf 0.1", &[Source::new("lib 1.0")]);
    let error = lock(&world, "lib", Some(&fake)).unwrap_err();
    assert!(
        matches!(error, LockError::Misdescribed(_)),
        "{}",
        chain(&error)
    );
}

#[test]
fn what_a_build_runs_with_is_resolved_as_wheels() {
    let project = "[build-system]\nrequires = ['hatchling; python_version>\"3\"', 'x; os_name==\"nt\"']\n\
                   build-backend = 'hatchling.build'\n";
    let source = || Source::new("lib 1.0").file("pyproject.toml", project);
    let world = world("", &[source()]);
    let mut fake = Fake::making(&[Wheel::new("lib 1.0")]);
    fake.asks = vec!["more>=1".into()];
    lock(&world, "lib", Some(&fake)).unwrap();
    assert_eq!(
        fake.log(),
        [
            "requires hatchling.build with hatchling,pluggy",
            "wheel hatchling.build with hatchling,more,pluggy",
        ]
    );
    for (asks, expected) in [
        ("nobody", "it is on no configured index"),
        ("a @ https://h/x.whl", "comes from an address"),
        ("lib", "there is only a source archive"),
    ] {
        fake.asks = vec![asks.into()];
        let error = chain(&lock(&world, "lib", Some(&fake)).unwrap_err());
        assert!(error.contains(expected), "{asks}: {error}");
    }
}

/// What a build of `lib 1.0` comes to that makes these; a part of why it is refused.
fn check(project: &str, fake: &Fake, expected: &str) {
    let world = world(
        "",
        &[Source::new("lib 1.0").file("pyproject.toml", project)],
    );
    let error = chain(&lock(&world, "lib", Some(fake)).unwrap_err());
    assert!(
        error.contains(expected),
        "expected `{expected}`, found `{error}`"
    );
    is_clean(&world.store);
    assert_eq!(world.store.list().unwrap().len(), 0);
}

#[test]
fn what_comes_out_of_a_build_is_judged() {
    let good = || Wheel::new("lib 1.0");
    let named = |file: &str| Fake {
        made: vec![(file.into(), good().bytes())],
        ..Fake::default()
    };
    check("", &Fake::default(), "left 0 wheels behind instead of one");
    check(
        "",
        &Fake::making(&[good(), Wheel::new("lib 1.1")]),
        "left 2 wheels",
    );
    for file in [
        "other-1.0-py3-none-any.whl",
        "lib-1.1-py3-none-any.whl",
        "lib-1.0.tar.gz",
        "../lib-1.0-py3-none-any.whl",
        "",
    ] {
        check("", &named(file), "which is no wheel of lib@1.0");
    }
    check(
        "",
        &named("lib-1.0-cp39-cp39-win_amd64.whl"),
        "not for this interpreter",
    );
    let other = Fake {
        made: vec![(
            "lib-1.0-py3-none-any.whl".into(),
            Wheel::new("evil 1.0").bytes(),
        )],
        ..Fake::default()
    };
    check("", &other, "the archive is refused");
    let hostile = Fake {
        made: vec![("lib-1.0-py3-none-any.whl".into(), b"no zip".to_vec())],
        ..Fake::default()
    };
    check("", &hostile, "the archive is refused");
    let failing = Fake {
        fails: Some("it ended with exit code 1"),
        ..Fake::default()
    };
    check(
        "",
        &failing,
        "without network, failed: it ended with exit code 1",
    );
    let fake = Fake::making(&[good()]);
    check(
        "[build-system]\nrequires = 1",
        &fake,
        "`requires` in its `pyproject.toml`",
    );
    check(
        "[build-system]\nrequires = ['nobody']",
        &fake,
        "it is on no configured index",
    );
    assert_eq!(fake.log(), Vec::<String>::new(), "nothing ran");
}

#[test]
fn archives_that_are_not_what_they_should_be() {
    let fake = Fake::making(&[Wheel::new("lib 1.0")]);
    let check = |bytes: &[u8], listed: Value, expected: &str| {
        let world = world("", &[]);
        let mut source = Source::new("lib 1.0");
        source.listed = listed;
        publish(&world, &source, bytes);
        let error = chain(&lock(&world, "lib", Some(&fake)).unwrap_err());
        assert!(
            error.contains(expected),
            "expected `{expected}`, found `{error}`"
        );
        assert_eq!(fake.log(), Vec::<String>::new(), "nothing ran");
        is_clean(&world.store);
    };
    let good = Source::new("lib 1.0").bytes();
    check(
        &good,
        json!({ "hashes": {} }),
        "there is only a source archive",
    );
    check(
        &good,
        json!({ "hashes": { "md5": "x" } }),
        "there is only a source archive",
    );
    check(
        &good,
        json!({ "filename": "lib-1.0.zip" }),
        "there is only a source archive",
    );
    let wrong = json!({ "hashes": { "sha256": sha256(b"x") } });
    check(&good, wrong, "the archive is not the expected one");
    check(b"no gzip", json!({}), "the archive is refused");
    for (kind, name) in [
        (tar::EntryType::Symlink, "lib-1.0/a"),
        (tar::EntryType::Link, "lib-1.0/b"),
    ] {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        tar.append_link(&mut header, name, "/etc/passwd").unwrap();
        check(
            &gzip(&tar.into_inner().unwrap()),
            json!({}),
            "the archive is refused",
        );
    }
    let mut raw = tar::Header::new_gnu();
    raw.as_mut_bytes()[..18].copy_from_slice(b"lib-1.0/../../evil");
    raw.set_size(1);
    raw.set_mode(0o644);
    raw.set_cksum();
    let mut bytes = raw.as_bytes().to_vec();
    bytes.write_all(&[b'x'; 1]).unwrap();
    bytes.resize(2048, 0);
    check(&gzip(&bytes), json!({}), "the archive is refused");
}

#[test]
fn what_was_unpacked_as_sources_is_kept_as_that() {
    let world = world("", &[Source::dynamic("lib 1.0")]);
    let fake = Fake::making(&[Wheel::new("lib 1.0")]);
    let tree = lock(&world, "lib", Some(&fake)).unwrap().tree;
    let key = tree.packages[0].integrity.key();
    let place = world.store.root().join("packages").join(key.split_at(2).0);
    let keep = [tree.digest].into();
    let collection = world.store.collecting(&|| {}).unwrap();
    collection.remove_all_but(&keep, None).unwrap();
    assert!(place.join(format!("{key}.source")).is_dir());
    assert!(!place.join(&key).exists());
}

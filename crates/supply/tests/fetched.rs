//! Programs and bundles by their address, against a server on this machine.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers fail by panicking"
)]

mod support;

use flate2::{Compression, write::GzEncoder};
use interlock_launch::{Class, LockedPackage, PackageStore, Request, SourceWord, judge};
use interlock_supply::fetched::{Fetched, Fetcher, SourceFetchError};
use interlock_supply::provenance::{TreeEvidence, TrustRoot, Verifier};
use interlock_supply::{Client, Silent, Store, Trust};
use serde_json::{Value, json};
use std::{error::Error as _, fs, io::Write as _, path::Path};
use support::server::{Answer, Server};
use support::sigstore::{Build, Sigstore};
use support::wheel::{sha256, zip};

const SCRIPT: &str = "#!/bin/sh\necho hello\n";

struct World {
    server: Server,
    store: Store,
    home: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        Self {
            server: Server::start(),
            store: Store::open(&home.path().join("store")).unwrap(),
            home,
        }
    }

    fn fetcher<T>(&self, offline: bool, work: impl FnOnce(&Fetcher<'_>) -> T) -> T {
        let client = Client::new(&Trust {
            offline,
            ..support::server::near()
        });
        work(&Fetcher {
            client: &client,
            store: &self.store,
            progress: &Silent,
            home: self.home.path(),
        })
    }

    fn word(&self, kind: &str, path: &str) -> SourceWord {
        format!("{kind}:{}{path}", self.server.url())
            .parse()
            .unwrap()
    }

    fn lock(&self, word: &SourceWord, words: &[&str]) -> Result<Fetched, SourceFetchError> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        self.fetcher(false, |fetcher| fetcher.lock(word, &words))
    }

    fn bundle(&self, files: &[(&str, &str)]) -> Result<Fetched, SourceFetchError> {
        self.server.put("/b.mcpb", Answer::new(packed(files)));
        self.lock(&self.word("mcpb", "b.mcpb"), &[])
    }

    /// What a launch would start, relative to the store's tree, and its arguments.
    fn located(
        &self,
        word: &SourceWord,
        words: &[&str],
        fetched: &Fetched,
    ) -> Result<String, String> {
        let judged = judge(&Request::new(word.to_string(), words.iter().copied()));
        let Class::Package(package) = &judged.class else {
            panic!("{:?}", judged.reasons);
        };
        let locked = LockedPackage::from(&fetched.tree);
        let found = PackageStore::locate(&self.store, package, &locked, Path::new("/h"));
        let found = found.map_err(|error| error.to_string())?;
        let entry = found.entry.strip_prefix(&found.root).unwrap();
        let root = found.root.to_str().unwrap();
        let args = found
            .start
            .map(|start| start.args.join(" ").replace(root, "ROOT"));
        Ok(format!(
            "{:?} {} {}",
            found.interpreter,
            entry.display(),
            args.unwrap_or_default()
        ))
    }
}

fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let files: Vec<(String, String)> = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    zip(&files)
}

fn tarball(files: &[(&str, u32, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, mode, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(*mode);
        header.set_cksum();
        builder
            .append_data(&mut header, name, text.as_bytes())
            .unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

fn manifest(change: impl FnOnce(&mut Value)) -> String {
    let mut manifest = json!({
        "manifest_version": "0.3", "name": "x", "version": "1.2.3", "description": "d", "author": {"name": "a"},
        "server": {"type": "node", "entry_point": "server/index.js",
            "mcp_config": {"command": "node", "args": ["${__dirname}/server/index.js", "${user_config.dir}"]}},
        "user_config": {"dir": {"type": "directory", "default": "${HOME}/data"}}});
    change(&mut manifest);
    manifest.to_string()
}

/// An error and everything behind it.
fn told(error: &SourceFetchError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

/// What lies beside a bundle, whether fetching succeeds, and who vouches for it then.
fn beside(change: impl FnOnce(&World, &Sigstore, &[u8]), expected: Result<&str, &str>) {
    let world = World::new();
    let sigstore = Sigstore::new(NOW);
    let bytes = SCRIPT.as_bytes();
    world.server.put("/run", Answer::new(bytes));
    change(&world, &sigstore, bytes);
    let word = world.word("binary", "run");
    let fetched = world.lock(&word, &[]);
    let root = world.home.path().join("root.json");
    fs::write(&root, sigstore.trusted_root()).unwrap();
    let root = TrustRoot::from_file(&root).unwrap();
    let fetched = match (fetched, expected) {
        (Ok(fetched), _) => fetched,
        (Err(error), Err(part)) => {
            let source = error.source().map(ToString::to_string);
            assert!(source.unwrap_or_default().contains(part), "{error}");
            return;
        }
        (Err(error), Ok(_)) => panic!("{error:?}"),
    };
    let client = Client::new(&support::server::near());
    let found = TreeEvidence::of_address(&client, &fetched.tree, fetched.beside.as_ref());
    assert!(found.is_of(&fetched.tree) && found.is_whole());
    assert_eq!(
        found,
        TreeEvidence::of_address(&client, &fetched.tree, None)
    );
    let origins = found.origins(&fetched.tree, Verifier::new(&root, NOW));
    let origin = origins.first().unwrap();
    let by = origin.builder().and_then(|it| it.repository.as_deref());
    let failure = origin.failure().map(|error| error.to_string());
    match expected {
        Ok(repository) => assert_eq!((by.unwrap_or_default(), failure), (repository, None)),
        Err(part) => assert!(failure.unwrap_or_default().contains(part), "{part}"),
    }
}

const NOW: i64 = 1_795_000_000;
const ALICE: &str = "https://github.com/alice/run";

#[test]
fn a_bundle_beside_a_file_vouches_for_it() {
    let build = || Build::new(ALICE, "4f2c", NOW - 9);
    let slsa = "https://slsa.dev/provenance/v1";
    beside(|_, _, _| (), Ok(""));
    for end in ["sigstore.json", "sigstore"] {
        let put = |world: &World, bundle: Value| {
            let path = format!("/run.{end}");
            world.server.put(&path, Answer::new(bundle.to_string()));
        };
        let statement = |world: &World, sigstore: &Sigstore, bytes: &[u8]| {
            put(
                world,
                sigstore.bundle(slsa, "run", &sha256(bytes), &build()),
            );
        };
        beside(statement, Ok(ALICE));
        let signature = |world: &World, sigstore: &Sigstore, bytes: &[u8]| {
            put(world, sigstore.blob(bytes, &build()));
        };
        beside(signature, Ok(ALICE));
        let keyed = |world: &World, sigstore: &Sigstore, bytes: &[u8]| {
            let mut bundle = sigstore.blob(bytes, &build());
            bundle["verificationMaterial"]["publicKey"] = json!({"hint": "x"});
            bundle["verificationMaterial"]["certificate"] = Value::Null;
            put(world, bundle);
        };
        beside(keyed, Ok(""));
    }
    let page = |world: &World, _: &Sigstore, _: &[u8]| {
        world
            .server
            .put("/run.sigstore.json", Answer::new("<html>"));
        world.server.put("/run.sigstore", Answer::status(403));
    };
    beside(page, Ok(""));
}

#[test]
fn a_bundle_beside_a_file_that_is_not_for_it_is_refused() {
    let build = || Build::new(ALICE, "4f2c", NOW - 9);
    let put = |world: &World, bundle: &Value| {
        let bundle = Answer::new(bundle.to_string());
        world.server.put("/run.sigstore.json", bundle);
    };
    let other = |world: &World, sigstore: &Sigstore, _: &[u8]| {
        put(
            world,
            &sigstore.bundle("x", "run", &sha256(b"other"), &build()),
        );
    };
    beside(other, Err("other bytes"));
    let other = |world: &World, sigstore: &Sigstore, _: &[u8]| {
        put(world, &sigstore.blob(b"other", &build()));
    };
    beside(other, Err("does not fit"));
    // By somebody whom the trust root does not know.
    let forged = |world: &World, _: &Sigstore, bytes: &[u8]| {
        put(world, &Sigstore::new(NOW).blob(bytes, &build()));
    };
    beside(forged, Err("log"));
    beside(|world, _, _| put(world, &json!({})), Err("cannot be read"));
    // Another file's log entry beside a signature that fits.
    let mixed = |world: &World, sigstore: &Sigstore, bytes: &[u8]| {
        let mut bundle = sigstore.blob(bytes, &build());
        let other = sigstore.blob(b"other", &build());
        let entries = &other["verificationMaterial"]["tlogEntries"];
        bundle["verificationMaterial"]["tlogEntries"] = entries.clone();
        put(world, &bundle);
    };
    beside(mixed, Err("another signature"));
}

#[test]
fn a_program_is_verified_stored_and_found_again() {
    let world = World::new();
    world.server.put("/v1.2.3/tool", Answer::new(SCRIPT));
    let word = world.word("binary", "v1.2.3/tool");
    let fetched = world.lock(&word, &[]).unwrap();
    assert_eq!(fetched.word.pin(), Some(sha256(SCRIPT.as_bytes()).as_str()));
    assert_eq!(fetched.tree.version.as_str(), "1.2.3");
    assert_eq!(fetched.tree.files, 1);
    assert!(
        fetched
            .remarks
            .iter()
            .any(|line| line.contains("a script for `/bin/sh`")),
        "{:?}",
        fetched.remarks
    );
    assert_eq!(
        world.located(&word, &[], &fetched).unwrap(),
        "Itself program/tool "
    );
    let pinned = world.lock(&fetched.word, &[]).unwrap();
    assert_eq!(pinned.tree, fetched.tree);

    // Off line, only what names its bytes is found.
    let offline = world
        .fetcher(true, |fetcher| fetcher.lock(&fetched.word, &[]))
        .unwrap();
    assert_eq!(offline.tree, fetched.tree);
    assert!(matches!(
        world.fetcher(true, |fetcher| fetcher.lock(&word, &[])),
        Err(SourceFetchError::NotStored(_))
    ));

    // Other bytes at the same address.
    world
        .server
        .put("/v1.2.3/tool", Answer::new("#!/bin/sh\necho other\n"));
    let error = world.lock(&fetched.word, &[]).unwrap_err();
    let digest = sha256(SCRIPT.as_bytes());
    let expected = format!("not the expected one: expected sha256={digest}, got sha256=");
    assert!(told(&error).contains(&expected), "{}", told(&error));
    let other = world.lock(&word, &[]).unwrap();
    let refused = world.located(&fetched.word, &[], &other).unwrap_err();
    assert!(refused.contains("other bytes are approved"), "{refused}");
}

#[test]
fn off_line_another_program_of_an_archive_is_another_tree() {
    let world = World::new();
    let files = packed(&[("a/tool", SCRIPT), ("b/tool", "#!/bin/sh\necho b\n")]);
    let digest = sha256(&files);
    world.server.put("/t.zip", Answer::new(files));
    let word = |entry: &str| -> SourceWord {
        let address = world.word("binary", "t.zip");
        format!("{address}#sha256={digest}:{entry}")
            .parse()
            .unwrap()
    };
    let fetched = world.lock(&word("a/tool"), &[]).unwrap();
    let offline = |entry| world.fetcher(true, |fetcher| fetcher.lock(&word(entry), &[]));
    assert_eq!(offline("a/tool").unwrap().tree, fetched.tree);
    assert!(matches!(
        offline("b/tool"),
        Err(SourceFetchError::NotStored(_))
    ));
}

#[test]
fn a_release_archive_starts_the_file_that_is_named_or_clear() {
    let world = World::new();
    let files = [
        ("t-1/LICENSE", 0o644, "x"),
        ("t-1/bin/tool", 0o644, SCRIPT),
        ("t-1/bin/more", 0o755, SCRIPT),
    ];
    world.server.put("/t.tar.gz", Answer::new(tarball(&files)));
    world.server.put(
        "/t.zip",
        Answer::new(packed(&[("tool", SCRIPT), ("README", "x")])),
    );
    for (path, expected) in [
        ("t.tar.gz#:t-1/bin/tool", "Itself program/t-1/bin/tool "),
        ("t.tar.gz", "Itself program/t-1/bin/more "),
        ("t.zip#:tool", "Itself program/tool "),
    ] {
        let word = world.word("binary", path);
        let fetched = world.lock(&word, &[]).unwrap();
        assert_eq!(
            world.located(&word, &[], &fetched).unwrap(),
            expected,
            "{path}"
        );
        let entry = world.store.root().join(format!(
            "trees/{}/root/{}",
            fetched.tree.digest, fetched.tree.entry.file
        ));
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(entry).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o555, "{path}");
    }
    for (path, part) in [
        ("t.zip", "name it after `#:`"),
        ("t.zip#:README", "no program"),
        ("t.zip#:none", "no file `none`"),
    ] {
        let error = world.lock(&world.word("binary", path), &[]).unwrap_err();
        assert!(told(&error).contains(part), "{}", told(&error));
    }
}

#[test]
fn what_is_no_program_or_cannot_be_had_is_refused() {
    let world = World::new();
    for (answer, part) in [
        (Answer::new("<!doctype html>"), "a page"),
        (Answer::new(""), "no file"),
        (Answer::new("MZ"), "Windows"),
        (Answer::status(404), "not found"),
        (Answer::status(403), "refused access"),
        (
            Answer {
                headers: vec![("location", "http://127.0.0.1:1/x".into())],
                ..Answer::status(302)
            },
            "status 302",
        ),
        (
            Answer {
                length: Some(100),
                ..Answer::new(SCRIPT)
            },
            "cannot be reached",
        ),
    ] {
        world.server.put("/t", answer);
        let error = world.lock(&world.word("binary", "t"), &[]).unwrap_err();
        assert!(told(&error).contains(part), "{} / {part}", told(&error));
    }
    assert!(world.store.list().unwrap().is_empty());
}

#[test]
fn a_bundle_starts_what_its_manifest_says_with_what_was_given() {
    let world = World::new();
    let files = [
        ("manifest.json", manifest(|_| ())),
        ("server/index.js", "1".to_owned()),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let fetched = world.bundle(&files).unwrap();
    assert_eq!(
        (fetched.tree.name.as_str(), fetched.tree.version.as_str()),
        ("b", "1.2.3")
    );
    let word = world.word("mcpb", "b.mcpb");
    assert_eq!(
        world.located(&word, &[], &fetched).unwrap(),
        "Node bundle/server/index.js /h/data"
    );
    assert_eq!(
        world.located(&word, &["dir=/x"], &fetched).unwrap(),
        "Node bundle/server/index.js /x"
    );
    assert!(
        world
            .located(&word, &["other=/x"], &fetched)
            .unwrap_err()
            .contains("no setting")
    );

    // The same from a file, and a tree that a lock names.
    let path = world.home.path().join("b.mcpb");
    fs::write(&path, packed(&files)).unwrap();
    let local: SourceWord = format!("mcpb:{}", path.display()).parse().unwrap();
    let from_file = world.lock(&local, &[]).unwrap();
    assert_eq!(from_file.tree.digest, fetched.tree.digest);
    assert!(
        world
            .fetcher(false, |it| it.install(&fetched.word, &[], &fetched.tree))
            .is_ok()
    );
    let mut lie = fetched.tree.clone();
    lie.entry.file = lie.packages[0].path.join("manifest.json").unwrap();
    let error = world
        .fetcher(false, |it| it.install(&fetched.word, &[], &lie))
        .unwrap_err();
    assert!(told(&error).contains("what starts"), "{}", told(&error));
}

#[test]
fn a_signature_behind_a_bundle_holds_or_refuses_it() {
    let world = World::new();
    let whole = include_bytes!("data/signed.mcpb").to_vec();
    world.server.put("/b.mcpb", Answer::new(whole.clone()));
    let fetched = world.lock(&world.word("mcpb", "b.mcpb"), &[]).unwrap();
    let told_of = fetched
        .remarks
        .iter()
        .any(|line| line.contains("nobody vouches for the name"));
    assert!(told_of, "{:?}", fetched.remarks);
    assert_eq!(fetched.tree.files, 2);

    // Of another bundle, and of none.
    let at = whole
        .windows(11)
        .rposition(|bytes| bytes == b"MCPB_SIG_V1")
        .unwrap();
    let other = packed(&[
        ("manifest.json", &manifest(|_| ())),
        ("server/index.js", "1"),
    ]);
    let moved = [&other[..], &whole[at..]].concat();
    let mut shorter = whole.clone();
    shorter[at + 11] ^= 1;
    for (bad, part) in [
        (moved, "does not hold"),
        (shorter, "signature that is none"),
        ([&other[..], b"more"].concat(), "refused"),
    ] {
        world.server.put("/b.mcpb", Answer::new(bad));
        let error = world.lock(&world.word("mcpb", "b.mcpb"), &[]).unwrap_err();
        assert!(told(&error).contains(part), "{} / {part}", told(&error));
    }
}

#[test]
fn hostile_bundles_are_refused() {
    let world = World::new();
    let good = manifest(|_| ());
    let other = |change: fn(&mut Value)| manifest(change);
    let index = ("server/index.js", "1");
    // Files beside the manifest, the manifest, what the refusal says.
    type Case<'a> = (Vec<(&'a str, &'a str)>, String, &'a str);
    let cases: Vec<Case<'_>> = vec![
        (vec![index], String::new(), "manifest.json"),
        (vec![], good.clone(), "`server/index.js` is not in it"),
        (vec![index, ("../x", "1")], good.clone(), "refused"),
        (vec![index, ("/etc/x", "1")], good.clone(), "refused"),
        (vec![index, ("a\\b", "1")], good.clone(), "refused"),
        (
            vec![index, ("Server/index.js", "1")],
            good.clone(),
            "collide",
        ),
        (vec![index, index], good.clone(), "collide"),
        (
            vec![index, ("server/index.js/x", "1")],
            good.clone(),
            "collide",
        ),
        (vec![index, ("a\u{202e}b", "1")], good.clone(), "refused"),
        (vec![index], "{".to_owned(), "manifest"),
        (
            vec![index],
            good.replacen('{', "{\"name\": \"y\", ", 1),
            "manifest",
        ),
        (
            vec![index],
            other(|it| it["server"]["mcp_config"]["command"] = "bash".into()),
            "refused",
        ),
        (
            vec![index],
            other(|it| it["server"]["entry_point"] = "../x.js".into()),
            "refused",
        ),
        (
            vec![index],
            other(|it| it["server"]["type"] = "uv".into()),
            "refused",
        ),
        (
            vec![index],
            other(|it| it["manifest_version"] = Value::Null),
            "refused",
        ),
        (
            vec![index],
            other(|it| it["compatibility"] = json!({"platforms": ["win32"]})),
            "Linux",
        ),
    ];
    for (mut files, text, part) in cases {
        if !text.is_empty() {
            files.insert(0, ("manifest.json", &text));
        }
        let error = world.bundle(&files).unwrap_err();
        assert!(told(&error).contains(part), "{} / {part}", told(&error));
    }
    // A link: the mode of the second entry in the zip's directory.
    let mut linked = packed(&[("manifest.json", &good), ("server/index.js", "1")]);
    let mode = (0o100_644_u32 << 16).to_le_bytes();
    let at = linked.windows(4).rposition(|bytes| bytes == mode).unwrap();
    linked[at..at + 4].copy_from_slice(&(0o120_777_u32 << 16).to_le_bytes());
    world.server.put("/b.mcpb", Answer::new(linked));
    let error = world.lock(&world.word("mcpb", "b.mcpb"), &[]).unwrap_err();
    assert!(told(&error).contains("link"), "{}", told(&error));
    assert!(world.store.list().unwrap().is_empty());
}

#[test]
fn a_bundle_that_grows_without_end_is_stopped() {
    let world = World::new();
    let mut huge = packed(&[("manifest.json", &manifest(|_| ()))]);
    // The directory says that the entry unpacks to 4 GiB less two bytes.
    let at = huge
        .windows(4)
        .rposition(|bytes| bytes == b"PK\x01\x02")
        .unwrap();
    huge[at + 24..at + 28].copy_from_slice(&0xffff_fffe_u32.to_le_bytes());
    world.server.put("/b.mcpb", Answer::new(huge));
    assert!(world.lock(&world.word("mcpb", "b.mcpb"), &[]).is_err());
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![0; 1 << 20]).unwrap();
    world
        .server
        .put("/t.tar.gz", Answer::new(bomb.finish().unwrap()));
    assert!(world.lock(&world.word("binary", "t.tar.gz"), &[]).is_err());
    assert!(world.store.list().unwrap().is_empty());
}

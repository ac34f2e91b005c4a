//! Containers: `docker run` approved and started without any engine.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use sha2::Digest as _;

use crate::world::{World, has};

fn digest(bytes: &[u8]) -> String {
    let hash = sha2::Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

/// The shell of this machine with the libraries that it is linked with, and the test server: all that the image has.
pub(crate) fn files(server: &str) -> Vec<(String, Vec<u8>)> {
    let linked = Command::new("ldd").arg("/bin/sh").output().unwrap();
    let linked = String::from_utf8(linked.stdout).unwrap();
    let libraries = linked
        .split_whitespace()
        .filter(|word| word.starts_with('/'));
    let of_host = ["/bin/sh"].into_iter().chain(libraries).map(|path| {
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        (path.trim_start_matches('/').to_owned(), bytes)
    });
    let own = [("app/server", server), ("etc/hostname", "image\n")];
    let own = own.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    of_host.chain(own).collect()
}

/// An image as `podman save --format oci-archive` writes it; gives the digest of its manifest.
fn save(world: &World, name: &str, server: &str) -> (PathBuf, String) {
    let layer = tar(&files(server));
    let platform = interlock_supply::oci::Platform::here();
    let config = json!({
        "os": platform.os, "architecture": platform.architecture,
        "config": {"Entrypoint": ["/app/server"], "Cmd": ["fine"], "WorkingDir": "/app", "User": "root",
            "Env": ["PATH=/bin:/usr/bin", "TOKEN=of-the-image"], "ExposedPorts": {"80/tcp": {}}},
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", digest(&layer))]},
    });
    let config = config.to_string().into_bytes();
    let described = |kind: &str, bytes: &[u8]| json!({"mediaType": format!("application/vnd.oci.image.{kind}"), "digest": format!("sha256:{}", digest(bytes)), "size": bytes.len()});
    let manifest = json!({"schemaVersion": 2, "config": described("config.v1+json", &config), "layers": [described("layer.v1.tar", &layer)]});
    let manifest = manifest.to_string().into_bytes();
    let index =
        json!({"schemaVersion": 2, "manifests": [described("manifest.v1+json", &manifest)]});
    let named = digest(&manifest);
    let mut entries = vec![("index.json".to_owned(), index.to_string().into_bytes())];
    for blob in [manifest, config, layer] {
        entries.push((format!("blobs/sha256/{}", digest(&blob)), blob));
    }
    let path = Path::new(&world.path("")).join(name);
    fs::write(&path, tar(&entries)).unwrap();
    (path, named)
}

const SERVER: &str = include_str!("../data/server.sh");

/// Approves `docker WORDS` as `boxed` from an archive.
fn approve(world: &World, archive: &Path, grants: &[&str], words: &[&str]) -> crate::world::Said {
    let archive = archive.to_str().unwrap();
    let mut all = vec![
        "approve",
        "--name",
        "boxed",
        "--passphrase-fd",
        "0",
        "--image-archive",
        archive,
    ];
    all.extend(grants);
    all.extend(["--", "docker"]);
    all.extend(words);
    world.with_passphrase(&all)
}

#[test]
fn a_container_is_approved_and_run_without_an_engine() {
    let world = World::new();
    let (archive, manifest) = save(&world, "image.tar", SERVER);
    let said = approve(
        &world,
        &archive,
        &[],
        &["run", "-i", "--rm", "-p", "80:80", "team/server:1"],
    )
    .expect(0);
    let parts = [
        "oci docker.io/team/server@1",
        &manifest,
        "content (image, ",
        "arguments /app/server fine",
        "1 layer, ",
        "wants to run as the user root",
        "listens on 80/tcp: nobody can reach that",
        "not attested",
        "-p does nothing here",
        "no files, no network",
        "new add",
    ];
    has(&said.out, &parts);
    // The archive may go: the store has it.
    fs::remove_file(&archive).unwrap();
    for words in [
        &["boxed"][..],
        &[
            "--",
            "docker",
            "run",
            "-i",
            "--rm",
            "-p",
            "80:80",
            "team/server:1",
        ],
    ] {
        let mut client = world.run(words);
        client.greet();
        assert_eq!(client.call(), "3");
        client.close().expect(0);
    }
    for words in [
        &["run", "-i", "team/server:1"][..],
        &["run", "-i", "--rm", "-p", "80:80", "team/server:2"],
    ] {
        let mut all = vec!["run", "--", "docker"];
        all.extend(words);
        world.with_input(&all, b"").expect(3);
    }
    world.nothing_is_left();
}

/// What the server of an image answers to a call.
fn answer(world: &World, words: &[&str]) -> String {
    let mut all = vec!["--", "docker"];
    all.extend(words);
    let mut client = world.run(&all);
    client.greet();
    let answer = client.call();
    client.close().expect(0);
    answer
}

#[test]
fn what_a_container_mounts_and_is_given_is_what_was_granted() {
    let world = World::new();
    let (archive, _) = save(&world, "image.tar", SERVER);
    let mount = format!("{}:/app/data", world.path("data"));
    let words = ["run", "-v", &mount, "team/server", "forge", "/app/data/out"];
    let said = approve(&world, &archive, &[], &words).expect(0);
    has(&said.out, &[&format!("--write {}", world.path("data"))]);
    has(&answer(&world, &words), &["reached"]);
    assert!(Path::new(&world.path("data/out")).is_file());
    // Code that is mounted is approved with the rest, and cannot be for the server to write.
    let script = world.path("data/code.sh");
    fs::write(&script, SERVER).unwrap();
    let mounted = [
        "run",
        "-v",
        &mount,
        "team/server",
        "fine",
        "/app/data/code.sh",
    ];
    let said = approve(&world, &archive, &[], &mounted).expect(3);
    has(&said.err, &["covers the server's own code"]);
    let read = ["--read", &world.path("data")];
    has(
        &approve(&world, &archive, &read, &mounted).expect(0).out,
        &[
            "data (project, ",
            "from the archive",
            "the registry was not asked",
        ],
    );
    assert_eq!(answer(&world, &mounted), "3");
    fs::write(&script, "exit 0").unwrap();
    let all = [&["run", "--", "docker"], &mounted[..]].concat();
    world.with_input(&all, b"").expect(3);
    // For reading only, when the person says so.
    let words = [
        "run",
        "-v",
        &mount,
        "team/server",
        "forge",
        "/app/data/more",
    ];
    approve(&world, &archive, &["--read", &world.path("data")], &words).expect(0);
    has(&answer(&world, &words), &["out-of-reach"]);
    // And it stays so when that is renewed.
    let renewed = world.with_passphrase(&["--offline", "approve", "boxed", "--passphrase-fd", "0"]);
    let renewed = renewed.expect(0).out;
    assert!(!renewed.contains("--write"), "{renewed}");
    let words = ["run", "team/server", "forge", "/app/out"];
    approve(&world, &archive, &[], &words).expect(0);
    has(&answer(&world, &words), &["out-of-reach"]);
    for (given, expected) in [(&[][..], "of-the-image"), (&["-e", "TOKEN=given"], "given")] {
        let words = [&["run"], given, &["team/server", "secret"]].concat();
        approve(&world, &archive, &[], &words).expect(0);
        has(&answer(&world, &words), &[expected]);
    }
}

#[test]
fn what_only_an_engine_could_do_is_refused_and_said() {
    let world = World::new();
    let (archive, _) = save(&world, "image.tar", SERVER);
    for (words, expected) in [
        (
            &["run", "-v", "named:/data", "team/server"][..],
            "the volume `named`",
        ),
        (
            &["run", "--env-file", "/srv/vars", "team/server"],
            "the file of variables",
        ),
        (
            &["run", "--platform", "plan9/mips", "team/server"],
            "this machine is",
        ),
        (
            &["run", "--privileged", "team/server"],
            "container-privilege",
        ),
        (
            &["run", "--entrypoint", "/app/none", "team/server"],
            "no program in",
        ),
    ] {
        let said = approve(&world, &archive, &[], words).expect(3);
        has(&said.err, &[expected]);
    }
}

#[test]
fn a_stored_image_that_was_changed_is_not_started() {
    let world = World::new();
    let (archive, _) = save(&world, "image.tar", SERVER);
    approve(&world, &archive, &[], &["run", "-i", "team/server"]).expect(0);
    let mut images = fs::read_dir(world.path(".local/share/interlock/store/images")).unwrap();
    let content = images.next().unwrap().unwrap().path().join("content");
    let changes: [(&str, &[u8]); 3] = [
        ("rootfs/etc/hostname", b"other\n"),
        (
            "config.json",
            br#"{"rootfs":{"diff_ids":[]},"config":{"Entrypoint":["/bin/sh"]}}"#,
        ),
        ("manifest.json", b"{}"),
    ];
    for (name, bytes) in changes {
        let path = content.join(name);
        let before = fs::read(&path).unwrap();
        let rewrite = |bytes: &[u8]| {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        };
        rewrite(bytes);
        world.with_input(&["run", "boxed"], b"").expect(3);
        let verified = world.interlock(&["store", "verify"]);
        assert_eq!(verified.code, 1, "{name}: {verified:?}");
        rewrite(&before);
    }
    // Another image under the same tag is shown as a difference.
    let (other, _) = save(
        &world,
        "other.tar",
        &SERVER.replace("adds two", "adds three"),
    );
    let said = approve(&world, &other, &[], &["run", "-i", "team/server"]);
    has(
        &said.out,
        &["Differs from the earlier approval", "app/server"],
    );
}

#[test]
fn off_line_a_tag_that_has_meant_two_images_is_not_guessed() {
    let world = World::new();
    let (first, first_digest) = save(&world, "image.tar", SERVER);
    let words = ["run", "-i", "team/server:1"];
    approve(&world, &first, &[], &words).expect(0);
    let offline = |image: &str| {
        let words = [
            "--offline",
            "approve",
            "--name",
            "other",
            "--passphrase-fd",
            "0",
        ];
        let asked = ["--", "docker", "run", "-i", image];
        world.with_passphrase(&[&words[..], &asked].concat())
    };
    offline("team/server:1").expect(0);
    let (second, second_digest) = save(
        &world,
        "other.tar",
        &SERVER.replace("adds two", "adds three"),
    );
    approve(&world, &second, &[], &words).expect(0);
    let said = offline("team/server:1").expect(3);
    let named = |digest: &str| format!("docker.io/team/server@sha256:{digest}");
    has(
        &said.err,
        &[
            "several images",
            &named(&first_digest),
            &named(&second_digest),
        ],
    );
    let said = offline(&format!("team/server@sha256:{first_digest}")).expect(0);
    has(&said.out, &[&first_digest]);
}

#[test]
fn an_image_that_is_nowhere_says_so() {
    let world = World::new();
    let said = world.with_passphrase(&[
        "approve",
        "--offline",
        "--passphrase-fd",
        "0",
        "--",
        "docker",
        "run",
        "team/server",
    ]);
    has(&said.expect(3).err, &["is not in the store", "--offline"]);
    fs::write(world.path("no.tar"), "no archive").unwrap();
    let no = PathBuf::from(world.path("no.tar"));
    let said = approve(&world, &no, &[], &["run", "team/server"]).expect(3);
    has(&said.err, &["team/server", "was not fetched"]);
}

#[test]
fn a_lock_names_an_image_down_to_its_bytes() {
    let world = World::new();
    let (archive, manifest) = save(&world, "image.tar", SERVER);
    let words = ["run", "-i", "--rm", "team/server:1"];
    approve(&world, &archive, &[], &words).expect(0);
    // The registry of this test is the store.
    let added = world.interlock(&["--offline", "add", "oci:team/server:1"]);
    has(
        &added.expect(0).out,
        &["oci:docker.io/team/server:1 is", &manifest],
    );
    let path = world.path("interlock.lock");
    let lock = fs::read_to_string(&path).unwrap();
    has(
        &lock,
        &[
            "oci:docker.io/team/server:1",
            &manifest,
            "[server.server.content.image]",
        ],
    );
    let verified = world.interlock(&["--offline", "verify"]);
    has(&verified.expect(0).out, &["server"]);
    let bill = world.interlock(&["sbom"]).expect(0).out;
    has(
        &bill,
        &[
            "pkg:oci/server@sha256%3A",
            "\"type\": \"container\"",
            "docker.io%2Fteam%2Fserver",
        ],
    );
    let spdx = world.interlock(&["sbom", "--format", "spdx"]).expect(0).out;
    has(&spdx, &["pkg:oci/server@sha256%3A"]);
    let said = world.with_passphrase(&["--offline", "approve", "--lock", "--passphrase-fd", "0"]);
    has(
        &said.expect(0).out,
        &["asked for oci:docker.io/team/server:1", "not attested"],
    );
    let mut client = world.run(&["server"]);
    client.greet();
    assert_eq!(client.call(), "3");
    client.close().expect(0);
    // A lock that names other bytes is not what is here.
    for (was, now) in [
        (manifest.as_str(), &*digest(b"other")),
        ("version = \"1\"", "version = \"2\""),
        ("files = ", "files = 1"),
    ] {
        let other = lock.replacen(was, now, 1);
        assert_ne!(other, lock, "{was}");
        fs::write(&path, other).unwrap();
        let said = world.interlock(&["--offline", "verify"]);
        assert_ne!(said.code, 0, "{was}: {said:?}");
    }
    fs::write(&path, &lock).unwrap();
    let listed = world.interlock(&["store", "list"]).expect(0).out;
    has(&listed, &["oci    docker.io/team/server 1"]);
    // Kept while an approval or the lock names it.
    for name in ["boxed", "server"] {
        has(
            &world.interlock(&["store", "gc"]).expect(0).out,
            &["0 images"],
        );
        world
            .with_passphrase(&["revoke", name, "--passphrase-fd", "0"])
            .expect(0);
    }
    has(
        &world.interlock(&["store", "gc"]).expect(0).out,
        &["0 images"],
    );
    fs::remove_file(&path).unwrap();
    has(
        &world.interlock(&["store", "gc"]).expect(0).out,
        &["1 images"],
    );
}

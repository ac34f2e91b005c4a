//! A project's lock: declared, locked, approved as a whole, run by name, and refused when it says something else than what was
//! approved.

use std::fs;
use std::path::PathBuf;

use crate::client::{INITIALIZE, LIST};
use crate::support::git::git;
use crate::world::{Said, World, has};

/// A home that is a project, with its server locked as `test`.
fn locked(grants: &[&str]) -> World {
    let world = World::new();
    let mut words = vec!["add", "./servers/bin/server", "--name", "test"];
    words.extend(grants);
    words.extend(["--", "plain"]);
    has(
        &world.interlock(&words).expect(0).out,
        &["added", "interlock approve --lock"],
    );
    world
}

fn approve(world: &World, more: &[&str]) -> Said {
    let mut words = vec!["approve", "--lock", "--passphrase-fd", "0"];
    words.extend(more);
    world.with_passphrase(&words)
}

fn text(world: &World) -> String {
    fs::read_to_string(world.path("interlock.lock")).unwrap()
}

fn edit(world: &World, was: &str, now: &str) {
    let text = text(world);
    assert!(text.contains(was), "{was} is not in\n{text}");
    fs::write(world.path("interlock.lock"), text.replacen(was, now, 1)).unwrap();
}

#[test]
fn a_lock_is_a_proposal_until_it_is_approved() {
    let world = locked(&["--read", "data"]);
    has(
        &text(&world),
        &[
            "source = \"file:./servers/bin/server\"",
            "read = [\"./data\"]",
            "sha256 = ",
        ],
    );
    let mut client = world.run(&["test"]);
    has(
        &client.ask(INITIALIZE),
        &["is proposed in", "interlock approve --lock"],
    );
    client.close().expect(3);
    has(&world.interlock(&["diff"]).expect(1).out, &["not approved"]);

    let shown = approve(&world, &[]).expect(0);
    has(
        &shown.out,
        &["Launch test", "--read", "Tools (", "interlock run test"],
    );
    world.interlock(&["diff"]).expect(0);
    let mut client = world.run(&["test"]);
    client.greet();
    has(&client.ask(LIST), &["adds two numbers"]);
    client.close().expect(0);
    has(&approve(&world, &[]).expect(0).out, &["approved already"]);

    world.interlock(&["lock"]).expect(0);
    has(&text(&world), &["[server.test.tools]\nadd = \""]);
    world.interlock(&["verify"]).expect(0);
    let again = text(&world);
    world.interlock(&["lock"]).expect(0);
    assert_eq!(text(&world), again);
}

#[test]
fn a_lock_that_changed_after_approval_is_refused_and_says_what_changed() {
    let world = locked(&[]);
    approve(&world, &[]).expect(0);
    edit(&world, "args = [\"plain\"]", "args = [\"other\"]");
    let mut client = world.run(&["test"]);
    has(
        &client.ask(INITIALIZE),
        &["approved otherwise", "request", "interlock diff"],
    );
    client.close().expect(3);
    let decision = world.event("launch-decision");
    assert_eq!(decision["decision"], "refused", "{decision}");
    has(
        &world.interlock(&["diff"]).expect(1).out,
        &["request", "other"],
    );

    edit(&world, "args = [\"other\"]", "args = [\"plain\"]");
    let grant = "\n[server.test.grants]\nnet = [\"example.com:443\"]\n";
    fs::write(world.path("interlock.lock"), text(&world) + grant).unwrap();
    let mut client = world.run(&["test"]);
    has(&client.ask(INITIALIZE), &["grant net"]);
    client.close().expect(3);
}

#[test]
fn what_is_not_as_locked_is_not_approved() {
    let world = locked(&[]);
    let server = fs::read_to_string(world.program("server")).unwrap();
    world.write_program("server", &format!("{server}# more\n"));
    let refused = approve(&world, &[]).expect(3);
    has(
        &refused.err,
        &[
            "not what the lock says",
            "file ./servers/bin/server differs",
        ],
    );
    let verified = world.interlock(&["verify"]).expect(1);
    has(&verified.out, &["differs test", "./servers/bin/server"]);
    let json = world
        .interlock(&["verify", "--format", "json"])
        .expect(1)
        .json();
    assert_eq!(
        (&json[0]["name"], &json[0]["ok"]),
        (&"test".into(), &false.into())
    );
    world.interlock(&["lock"]).expect(0);
    world.interlock(&["verify"]).expect(0);
    approve(&world, &[]).expect(0);
}

#[test]
fn a_lock_gets_no_danger_that_is_not_named_again() {
    let world = locked(&["--net", "localhost:80", "--danger-private-network"]);
    let refused = approve(&world, &[]).expect(3);
    has(&refused.err, &["`test` asks for --danger-private-network"]);
    approve(&world, &["--danger-private-network"]).expect(0);
}

#[test]
fn tools_that_the_lock_does_not_know_are_not_pinned() {
    let world = locked(&[]);
    let pin = format!("\n[server.test.tools]\nadd = \"{}\"\n", "0".repeat(64));
    fs::write(world.path("interlock.lock"), text(&world) + &pin).unwrap();
    let said = approve(&world, &[]).expect(1);
    has(&said.err, &["not those of the lock", "add"]);
    let pinned = world
        .interlock(&["list", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(pinned[0]["tools"], serde_json::json!([]));
}

#[test]
fn a_lock_that_cannot_be_read_stops_everything_and_says_why() {
    let world = locked(&[]);
    approve(&world, &[]).expect(0);
    edit(&world, "version = 1", "<<<<<<< HEAD\nversion = 1");
    for words in [
        &["lock"][..],
        &["verify"],
        &["diff"],
        &["sbom"],
        &["store", "gc"],
    ] {
        has(&world.interlock(words).expect(1).err, &["merge conflict"]);
    }
    has(&approve(&world, &[]).expect(1).err, &["merge conflict"]);
    let mut client = world.run(&["test"]);
    has(&client.ask(INITIALIZE), &["merge conflict"]);
    client.close().expect(3);
    edit(&world, "<<<<<<< HEAD\nversion = 1", "version = 7");
    has(
        &world.interlock(&["verify"]).expect(1).err,
        &["update interlock"],
    );
    edit(&world, "version = 7", "version = 1");
    // A configuration that cannot be read says nothing of the lock, neither that it holds nor that something differs.
    let config = world.home.join(".config/interlock");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "[supply]\nmin-agee = \"3d\"\n").unwrap();
    let said = world.interlock(&["verify"]).expect(3);
    has(&said.err, &["policy cannot be read", "min-agee"]);
    assert_eq!(said.out, "");
}

#[test]
fn locks_are_compared_with_older_ones() {
    let world = locked(&[]);
    let old = text(&world);
    fs::write(world.path("old.lock"), &old).unwrap();
    world.interlock(&["diff", "old.lock"]).expect(0);
    edit(&world, "args = [\"plain\"]", "args = [\"hang\"]");
    has(
        &world.interlock(&["diff", "old.lock"]).expect(1).out,
        &["arguments", "- plain", "+ hang"],
    );
    let words = ["diff", "--format", "json", "-"];
    let piped = world.with_input(&words, old.as_bytes()).expect(1).json();
    assert_eq!(piped[0]["changes"][0]["now"], "hang");
    has(
        &world.interlock(&["diff", "HEAD"]).expect(2).err,
        &[
            "HEAD is neither an approval, nor a file, nor a revision",
            "there is no repository around",
            "git log -- interlock.lock",
        ],
    );
}

#[test]
fn locks_are_compared_with_those_of_revisions() {
    let world = locked(&[]);
    let root = PathBuf::from(world.path("."));
    git(&root, &["init", "-q", "-b", "main", "."]);
    git(&root, &["commit", "-q", "--allow-empty", "-m", "none"]);
    git(&root, &["add", "interlock.lock"]);
    git(&root, &["commit", "-q", "-m", "one"]);
    git(&root, &["branch", "feature/x"]);
    edit(&world, "args = [\"plain\"]", "args = [\"hang\"]");
    for revision in ["HEAD", "main", "feature/x"] {
        has(
            &world.interlock(&["diff", revision]).expect(1).out,
            &["arguments", "- plain", "+ hang"],
        );
    }
    git(&root, &["commit", "-q", "-a", "-m", "two"]);
    has(
        &world.interlock(&["diff", "HEAD"]).expect(0).out,
        &["nothing differs"],
    );
    has(
        &world.interlock(&["diff", "HEAD~1"]).expect(1).out,
        &["+ hang"],
    );
    for (revision, parts) in [
        ("HEAD~2", &["has no lock here"][..]),
        ("gone", &["no revision `gone`", "git log"]),
        ("HEAD:x", &["no revision `HEAD:x`"]),
    ] {
        has(&world.interlock(&["diff", revision]).expect(2).err, parts);
    }
    has(
        &world.interlock(&["diff", "main@{1}"]).expect(1).out,
        &["+ hang"],
    );
    for (revision, parts) in [
        ("main@{9}", &["goes back 3 changes", "git reflog"][..]),
        ("main@{yesterday}", &["only numbers are read", "git reflog"]),
    ] {
        has(&world.interlock(&["diff", revision]).expect(2).err, parts);
    }
    // What the repository says to run is not run.
    let config = root.join(".git/config");
    let hostile =
        "[core]\n\tfsmonitor = touch ran\n\tpager = touch ran\n[alias]\n\tshow = !touch ran\n";
    fs::write(&config, hostile).unwrap();
    world.interlock(&["diff", "HEAD"]).expect(0);
    assert!(!root.join("ran").exists());
}

/// Objects of another repository, and names in tables: what `git clone --shared` and newer versions of Git make.
#[test]
fn locks_are_compared_with_those_of_repositories_of_other_forms() {
    let world = locked(&[]);
    let root = PathBuf::from(world.path("."));
    let (origin, aside) = (root.join("origin"), root.join("aside"));
    fs::create_dir(&origin).unwrap();
    fs::copy(root.join("interlock.lock"), origin.join("interlock.lock")).unwrap();
    git(&origin, &["init", "-q", "-b", "main", "."]);
    git(&origin, &["add", "interlock.lock"]);
    git(&origin, &["commit", "-q", "-m", "one"]);
    git(
        &origin,
        &["clone", "-q", "--shared", "--no-checkout", ".", "../shared"],
    );
    fs::rename(root.join("shared/.git"), root.join(".git")).unwrap();
    for tables in [false, true] {
        if tables {
            git(&root, &["config", "core.logAllRefUpdates", "false"]);
            fs::remove_dir_all(root.join(".git/logs")).unwrap();
            git(&root, &["refs", "migrate", "--ref-format=reftable"]);
        }
        for revision in ["HEAD", "main", "origin/main"] {
            let said = world.interlock(&["diff", revision]).expect(0);
            has(&said.out, &["nothing differs"]);
        }
    }
    fs::rename(&origin, &aside).unwrap();
    has(
        &world.interlock(&["diff", "HEAD"]).expect(1).err,
        &["borrows objects from", "they are not there", "git show"],
    );
}

#[test]
fn servers_are_declared_once_and_without_a_lock_the_way_is_shown() {
    let world = World::new();
    for words in [
        &["lock"][..],
        &["verify"],
        &["approve", "--lock", "--passphrase-fd", "0"],
        &["diff"],
    ] {
        has(
            &world.with_passphrase(words).expect(2).err,
            &["interlock add SOURCE"],
        );
    }
    for (source, part) in [
        ("git:x", "is no source"),
        ("npm:../x", "not the name of a package"),
        ("./gone", "./gone cannot be added"),
    ] {
        has(&world.interlock(&["add", source]).expect(2).err, &[part]);
    }
    world
        .interlock(&["add", "--", "./servers/bin/server", "plain"])
        .expect(0);
    has(
        &world
            .interlock(&["add", "./servers/bin/server"])
            .expect(2)
            .err,
        &["already"],
    );
    has(
        &world.interlock(&["verify", "nobody"]).expect(2).err,
        &["no server nobody"],
    );
    has(&text(&world), &["[server.server]", "args = [\"plain\"]"]);
}

#[test]
fn a_bill_of_materials_names_every_file() {
    let world = locked(&[]);
    let said = world.interlock(&["sbom"]).expect(0);
    let bom: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(bom["specVersion"], "1.6");
    assert_eq!(bom["components"][1]["name"], "./servers/bin/server");
    let said = world
        .interlock(&["sbom", "test", "--format", "spdx"])
        .expect(0);
    let bom: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(bom["spdxVersion"], "SPDX-2.3");
    world.interlock(&["sbom", "other"]).expect(2);
    // Of approvals, where there is no lock.
    approve(&world, &[]).expect(0);
    fs::remove_file(world.path("interlock.lock")).unwrap();
    has(
        &world.interlock(&["sbom", "test"]).expect(0).out,
        &["interlock approvals"],
    );
}

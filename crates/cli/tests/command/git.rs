//! Repositories at a commit: declared, locked, approved and run; the commit is kept whatever the branch does later.

use std::fs;

use crate::client::LIST;
use crate::support::git::{Hosted, git};
use crate::world::{World, approving, has};

const SERVER: &str = include_str!("../data/server.sh");

fn hosted() -> (Hosted, String) {
    let hosted = Hosted::start();
    let commit = hosted.commit(
        "tools.git",
        &[("bin/server.sh", SERVER), ("README", "x")],
        "sha1",
    );
    (hosted, commit)
}

#[test]
fn a_branch_is_kept_as_the_commit_that_it_stood_for() {
    let world = World::new();
    let (hosted, commit) = hosted();
    let url = hosted.url("tools.git");
    let source = format!("git:{url}#main:bin/server.sh");
    let added = world
        .interlock(&["add", &source, "--name", "test", "--", "plain"])
        .expect(0);
    has(
        &added.out,
        &[
            &format!("{url} at commit {commit}"),
            "no registry published it",
        ],
    );
    let lock = fs::read_to_string(world.path("interlock.lock")).unwrap();
    has(
        &lock,
        &[
            &format!("source = \"git:{url}#{commit}:bin/server.sh\""),
            "ecosystem = \"git\"",
        ],
    );

    let words = ["approve", "--lock", "--passphrase-fd", "0"];
    has(
        &world.with_passphrase(&words).expect(0).out,
        &["Launch test", "Tools ("],
    );
    hosted.commit(
        "tools.git",
        &[("bin/server.sh", "#!/bin/sh\nexit 7\n")],
        "sha1",
    );
    // The address is the lock's by now, and this machine's own.
    let refused = world.interlock(&["lock", "--update"]).expect(3);
    has(
        &refused.err,
        &["no public address", "danger-local-addresses"],
    );
    fs::create_dir_all(world.path(".config/interlock")).unwrap();
    let config = "[supply]\ndanger-local-addresses = [\"127.0.0.1\"]\n";
    fs::write(world.path(".config/interlock/config.toml"), config).unwrap();
    world.interlock(&["lock", "--update"]).expect(0);
    world.interlock(&["verify"]).expect(0);
    let mut client = world.run(&["test"]);
    client.greet();
    has(&client.ask(LIST), &["adds two numbers"]);
    client.close().expect(0);

    // Another commit in the source than the one that is locked.
    let other = "1".repeat(40);
    fs::write(
        world.path("interlock.lock"),
        lock.replacen(&commit, &other, 1),
    )
    .unwrap();
    has(
        &world.interlock(&["verify"]).expect(1).err,
        &["other bytes are locked"],
    );
    // And in both places: there is no such commit.
    fs::write(world.path("interlock.lock"), lock.replace(&commit, &other)).unwrap();
    world.interlock(&["verify"]).expect(1);
}

#[test]
fn an_approval_of_a_repository_says_where_it_is_from() {
    let world = World::new();
    let (hosted, commit) = hosted();
    let url = hosted.url("tools.git");
    let approve = |word: &str| {
        let words = approving(&[word, "plain"]);
        world.with_passphrase(&words)
    };
    let shown = approve(&format!("git:{url}#:bin/server.sh")).expect(0);
    let stands = format!("HEAD of {url} stands for commit {commit} now");
    has(&shown.out, &[&stands, "floating-version", "Tools ("]);
    let mut client = world.run(&["test"]);
    client.greet();
    client.close().expect(0);
    for (word, parts) in [
        (
            format!("git:{url}"),
            [
                "nothing in the repository says what starts",
                "name a file of it",
            ],
        ),
        (
            format!("git:{url}#nothing"),
            ["no branch or tag `nothing`", "git:ADDRESS#COMMIT"],
        ),
        (
            format!("git:{url}#{}", "1".repeat(40)),
            ["the host says", "not our ref"],
        ),
        (
            format!("git:{url}#{commit}:README"),
            ["nothing says what runs `README`", "neither executable"],
        ),
    ] {
        has(&approve(&word).expect(3).err, &parts);
    }
    world
        .interlock(&["--offline", "approve", "--", &format!("git:{url}#main")])
        .expect(3);
}

#[test]
fn a_host_that_cannot_be_reached_is_told_as_such() {
    // Who listens there hangs up on everybody.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let world = World::new();
    let word = format!("git:http://127.0.0.1:{port}/tools.git#main");
    let said = world.interlock(&["add", &word, "--name", "test"]).expect(3);
    has(
        &said.err,
        &["could not be reached", "HTTPS_PROXY", "--offline"],
    );
    assert!(!said.err.contains("name a branch"), "{}", said.err);
    let off = world.interlock(&["--offline", "add", &word, "--name", "test"]);
    has(&off.expect(3).err, &["without `--offline`"]);
}

#[test]
fn an_approval_of_a_bare_commit_says_whether_a_branch_has_it() {
    let (hosted, first) = hosted();
    let url = hosted.url("tools.git");
    let world = World::without_key();
    let second = hosted.commit("tools.git", &[("README", "y")], "sha1");
    let stray = hosted.commit("tools.git", &[("README", "z")], "sha1");
    git(
        &hosted.path("tools.git"),
        &["reset", "-q", "--hard", &second],
    );
    for (commit, expected) in [
        (
            &first,
            "that commit is in the history of its first branch, as the host says",
        ),
        (
            &second,
            "refs/heads/main is at that commit, as the host says",
        ),
        (
            &stray,
            "LOOK TWICE: no branch or tag of this repository was seen to contain this commit",
        ),
    ] {
        let source = format!("git:{url}#{commit}:bin/server.sh");
        let name = format!("s{}", commit.get(..8).unwrap());
        let added = world.interlock(&["add", &source, "--name", &name, "--", "plain"]);
        has(&added.expect(0).out, &[expected]);
    }
}

#[test]
fn a_server_at_a_commit_is_not_moved_and_can_be_added_anew() {
    let world = World::new();
    let (hosted, first) = hosted();
    let word = format!("git:{}#main:bin/server.sh", hosted.url("tools.git"));
    let add = || world.interlock(&["add", &word, "--name", "test", "--", "plain"]);
    add().expect(0);
    let second = hosted.commit("tools.git", &[("README", "y")], "sha1");
    let refused = add().expect(2).err;
    has(
        &refused,
        &["a server `test` already", "take its tables out of"],
    );
    let read = || fs::read_to_string(world.path("interlock.lock")).unwrap();
    let lock = read();
    let (rest, _) = lock.split_once("[server.test").unwrap();
    fs::write(world.path("interlock.lock"), rest).unwrap();
    add().expect(0);
    world.interlock(&["verify"]).expect(0);
    let lock = read();
    assert!(lock.contains(&second), "{lock}");
    assert!(!lock.contains(&first), "{lock}");
}

#[test]
fn whose_commit_a_name_stands_for_is_said() {
    let (hosted, first) = hosted();
    let (url, path) = (hosted.url("tools.git"), hosted.path("tools.git"));
    let world = World::without_key();
    let stray = hosted.commit("tools.git", &[("README", "z")], "sha1");
    git(&path, &["update-ref", "refs/pull/9/head", &stray]);
    git(&path, &["reset", "-q", "--hard", &first]);
    git(&path, &["tag", "same", &first]);
    git(&path, &["branch", "same", &first]);
    git(&path, &["tag", "two", &first]);
    git(&path, &["update-ref", "refs/heads/two", &stray]);
    let server = World::new();
    let approve = |name: &str| {
        let word = format!("git:{url}#{name}:bin/server.sh");
        server.with_passphrase(&approving(&[&word, "plain"]))
    };
    let add = |name: &str| {
        let word = format!("git:{url}#{name}:bin/server.sh");
        let _ = fs::remove_file(world.path("interlock.lock"));
        world.interlock(&["add", &word, "--name", "test", "--", "plain"])
    };
    let loud = "LOOK TWICE: no branch or tag";
    for (name, full, commit) in [
        ("main", "refs/heads/main", &first),
        ("same", "refs/tags/same", &first),
        ("refs/heads/two", "refs/heads/two", &stray),
        ("refs/tags/two", "refs/tags/two", &first),
    ] {
        let stands = format!("{full} of {url} stands for commit {commit} now");
        for said in [approve(name).expect(0), add(name).expect(0)] {
            has(&said.out, &[&stands]);
            assert!(!said.out.contains(loud), "{name}: {}", said.out);
        }
    }
    for said in [approve("two").expect(3), add("two").expect(3)] {
        let names = "name `refs/heads/two` or `refs/tags/two`";
        has(&said.err, &["`two` is a branch and a tag", names]);
    }
    // What anybody proposes has a name of the repository as well.
    git(&path, &["branch", "-D", "two"]);
    for said in [
        approve("refs/pull/9/head").expect(0),
        add("refs/pull/9/head").expect(0),
    ] {
        has(&said.out, &["refs/pull/9/head of", loud]);
    }
}

#[test]
fn a_requirement_of_provenance_refuses_what_no_registry_published() {
    let world = World::new();
    let (hosted, commit) = hosted();
    fs::write(
        world.path(".config/interlock/config.toml"),
        "[supply]\nrequire-provenance = true\n",
    )
    .unwrap();
    let word = format!("git:{}#{commit}:bin/server.sh", hosted.url("tools.git"));
    let said = world.with_passphrase(&["approve", "--passphrase-fd", "0", "--", &word]);
    has(&said.expect(3).err, &["require-provenance"]);
}

#[test]
fn what_a_repository_calls_itself_meets_no_requirement() {
    let world = World::new();
    let hosted = Hosted::start();
    let manifest = r#"{"name": "@acme/server", "version": "1.0.0", "bin": "server.sh"}"#;
    let files = [("package.json", manifest), ("server.sh", SERVER)];
    let commit = hosted.commit("tools.git", &files, "sha1");
    let word = format!("git:{}#{commit}", hosted.url("tools.git"));
    let config = world.path(".config/interlock/config.toml");
    let exempt = format!("min-age = \"3d\"\nexempt = [\"tools@0.0.0+git.{commit}\"]");
    for (policy, expected) in [
        ("allow-publishers = [\"@acme\"]", Some("allow-publishers")),
        (
            "min-age = \"3d\"\nexempt = [\"@acme/server@1.0.0\"]",
            Some("min-age"),
        ),
        (exempt.as_str(), None),
        (
            "allow-publishers = [\"@acme\"]\nmin-age = \"0\"",
            Some("allow-publishers"),
        ),
        ("", None),
    ] {
        fs::write(&config, format!("[supply]\n{policy}\n")).unwrap();
        let said = world.interlock(&["add", &word, "--name", "test", "--", "plain"]);
        match expected {
            Some(rule) => {
                let refused = said.expect(3).err;
                has(
                    &refused,
                    &["tools@0.0.0+git.", &format!("refused by `{rule}`")],
                );
            }
            None => drop(said.expect(0)),
        }
        let _ = fs::remove_file(world.path("interlock.lock"));
    }
}

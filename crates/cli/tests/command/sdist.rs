//! Python packages that are there as sources only: refused, or built contained where somebody says so, and never in silence.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use crate::client::{Client, LIST};
use crate::origin::path_of_python;
use crate::support::git::Hosted;
use crate::support::package::gzip;
use crate::support::server::{Answer, Server};
use crate::support::wheel::{self, Wheel, sha256};
use crate::world::{PASSPHRASE, Said, World, has, said, until};

pub(crate) const OPTION: &str = "--danger-build-sdists";
pub(crate) const BACKEND: &str = include_str!("../data/backend.py");
pub(crate) const SERVER: &str = include_str!("../data/server.py");
pub(crate) const PROJECT: &str =
    "[build-system]\nrequires = []\nbuild-backend = \"BACKEND\"\nbackend-path = [\".\"]\n";

const ABOUT: &str = "NAME, VERSION, NEEDS = 'test_server', '1.0', ''\n";

/// An archive of a server's sources, which its own module `backend` builds.
fn archive(backend: &str, program: &str) -> Vec<u8> {
    let files = [
        ("pyproject.toml", PROJECT.replace("BACKEND", backend)),
        (&*format!("{backend}.py"), program.to_owned()),
        ("about.py", ABOUT.to_owned()),
        ("server.py", SERVER.to_owned()),
    ];
    packed("test_server-1.0", &files)
}

/// These files as an index has them.
pub(crate) fn packed(outer: &str, files: &[(&str, String)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let info = ("PKG-INFO", "Metadata-Version: 1.0\n".to_owned());
    for (path, text) in files.iter().chain([&info]) {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        let path = format!("{outer}/{path}");
        tar.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    gzip(&tar.into_inner().unwrap())
}

/// An index that has that archive and nothing else.
fn index(bytes: &[u8]) -> Server {
    let server = Server::start();
    let file = "test_server-1.0.tar.gz";
    let listed = json!({ "name": "test-server", "files": [
        { "filename": file, "url": format!("/{file}"), "hashes": { "sha256": sha256(bytes) },
          "upload-time": "2024-01-01T00:00:00Z" }
    ] });
    let page = Answer::new(listed.to_string());
    server.put("/simple/test-server/", page);
    server.put(&format!("/{file}"), Answer::new(bytes));
    server
}

/// A user of that index.
pub(crate) fn user(index: &Server) -> World {
    let world = World::new();
    let pip = format!("[global]\nindex-url = {}simple\n", index.url());
    fs::create_dir_all(world.home.join(".pip")).unwrap();
    fs::write(world.home.join(".pip/pip.conf"), pip).unwrap();
    world
}

pub(crate) fn interlock(world: &World, words: &[&str]) -> Said {
    let mut command = world.command(words);
    said(command.env("PATH", path_of_python()), PASSPHRASE.as_bytes())
}

#[test]
fn what_is_built_is_agreed_to_each_time() {
    let index = index(&archive("backend", BACKEND));
    let world = user(&index);
    let add = ["add", "pypi:test-server", "--name", "test"];
    let refused = interlock(&world, &add).expect(3);
    has(&refused.err, &["there is only a source archive", OPTION]);
    let added = interlock(&world, &[&add[..], &[OPTION]].concat()).expect(0);
    let loud = "LOOK TWICE: test-server@1.0 was built here from source";
    has(
        &added.out,
        &[loud, "with nothing besides", "nobody published that wheel"],
    );
    let lock = fs::read_to_string(world.path("interlock.lock")).unwrap();
    has(
        &lock,
        &[
            "danger = [\"build-sdists\"]",
            "test_server-1.0.tar.gz",
            "built = { wheel = \"test_server-1.0-py3-none-any.whl\"",
        ],
    );

    let approve = ["approve", "--lock", "--passphrase-fd", "0"];
    let refused = interlock(&world, &approve).expect(3);
    has(&refused.err, &["`test` asks for --danger-build-sdists"]);
    let shown = interlock(&world, &[&approve[..], &[OPTION]].concat()).expect(0);
    has(&shown.out, &[loud, OPTION, "Tools (1)"]);
    let grants = world.event("approved")["grants"].to_string();
    has(&grants, &[OPTION]);
    let mut run = world.command(["run", "test"]);
    run.env("PATH", path_of_python());
    let mut client = Client::start(run);
    client.greet();
    has(&client.ask(LIST), &["adds two numbers"]);
    client.close().expect(0);

    // Moving builds again, so it is asked for again; it comes to the same.
    has(
        &interlock(&world, &["lock", "--update"]).expect(3).err,
        &[OPTION],
    );
    interlock(&world, &["lock", "--update", OPTION]).expect(0);
    let now = fs::read_to_string(world.path("interlock.lock")).unwrap();
    has(
        &now,
        &[lock
            .split_once("[server.test.content.tree]")
            .unwrap()
            .1
            .split_once("[server")
            .unwrap()
            .0],
    );
}

#[test]
fn what_is_suggested_has_every_option_that_was_typed() {
    let world = user(&index(&archive("backend", BACKEND)));
    let suggests = |words: &[&str], expected: &str| {
        let refused = interlock(&world, words).expect(3);
        has(
            &refused.err,
            &[&format!("run, in a sandbox without network: {expected}\n")],
        );
        // And that is a command which gets further.
        let words: Vec<&str> = expected.split(' ').skip(1).collect();
        let pass = ["--passphrase-fd", "0"];
        let pass = if words[0] == "add" {
            &[][..]
        } else {
            &pass[..]
        };
        interlock(&world, &[&words[..1], pass, &words[1..]].concat()).expect(0);
    };
    let grants = "--read ./data --net api.example.com:443 --memory 1GiB";
    let typed: Vec<&str> = grants.split(' ').collect();
    let words = ["--", "uvx", "test-server"];
    suggests(
        &[
            &["approve", "--passphrase-fd", "0", "--name", "test"],
            &typed[..],
            &words,
        ]
        .concat(),
        &format!("interlock approve {OPTION} --name test {grants} -- uvx test-server"),
    );
    suggests(
        &[
            "approve",
            "--read",
            "./servers",
            "--passphrase-fd",
            "0",
            "test",
        ],
        &format!("interlock approve {OPTION} --read ./servers test"),
    );
    let granted = world.event("approved")["grants"].to_string();
    has(&granted, &["/data", "/servers", "api.example.com:443"]);
    suggests(
        &[
            "add",
            "--registry",
            "https://r.example",
            "--write",
            "data",
            "pypi:test-server",
            "--",
            "-v",
        ],
        &format!(
            "interlock add {OPTION} --registry https://r.example --write data pypi:test-server -- -v"
        ),
    );
}

#[test]
fn another_machine_builds_the_same_or_nothing() {
    let index = index(&archive("backend", BACKEND));
    let world = user(&index);
    interlock(
        &world,
        &["add", "pypi:test-server", "--name", "test", OPTION],
    )
    .expect(0);
    let lock = fs::read_to_string(world.path("interlock.lock")).unwrap();
    let elsewhere = |lock: &str| {
        let world = user(&index);
        fs::write(world.path("interlock.lock"), lock).unwrap();
        world
    };
    let other = elsewhere(&lock);
    for words in [&["lock"][..], &["verify"]] {
        let said = interlock(&other, words);
        let text = format!("{}{}", said.out, said.err);
        has(&text, &["which was not allowed"]);
        assert_ne!(said.code, 0);
    }
    interlock(&other, &["lock", OPTION]).expect(0);
    interlock(&other, &["verify"]).expect(0);
    assert_eq!(
        fs::read_to_string(other.path("interlock.lock")).unwrap(),
        lock
    );

    let (head, tail) = lock.split_once("files = \"sha256-").unwrap();
    let rest = tail.get(4..).unwrap();
    let changed = format!("{head}files = \"sha256-AAAA{rest}");
    let refused = interlock(&elsewhere(&changed), &["lock", OPTION]).expect(3);
    has(
        &refused.err,
        &[
            "is not the one that was locked",
            "interlock lock --update --danger-build-sdists",
        ],
    );
    // A lock that does not own up to it.
    let silent = lock.replace("danger = [\"build-sdists\"]", "danger = []");
    let words = ["approve", "--lock", "--passphrase-fd", "0", OPTION];
    let refused = interlock(&elsewhere(&silent), &words).expect(3);
    has(&refused.err, &["built from source, and does not say so"]);
}

#[test]
fn a_build_that_fails_is_told_in_its_own_words() {
    let program = "def build_wheel(out, settings=None, metadata=None):\n    raise SystemExit('\\x1b[2Jno compiler')\n";
    let world = user(&index(&archive("backend", program)));
    let add = ["add", "pypi:test-server", OPTION];
    let refused = interlock(&world, &add).expect(3);
    has(
        &refused.err,
        &[
            "in the sandbox and without network, failed: it ended with exit code 1",
            "it said: \"\\u{1b}[2Jno compiler\"",
        ],
    );
    assert!(!world.home.join("interlock.lock").exists());
}

#[test]
fn a_build_that_is_killed_leaves_nothing() {
    let backend = format!("backend_{}", std::process::id());
    let program = "import signal\ndef build_wheel(out, settings=None, metadata=None):\n    while True: signal.pause()\n";
    let world = user(&index(&archive(&backend, program)));
    let mut command = world.command(["add", "pypi:test-server", OPTION]);
    command.env("PATH", path_of_python());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let is_there = || {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let lines = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
        let mut lines = lines.map(|line| String::from_utf8_lossy(&line).into_owned());
        lines.any(|line| line.contains(&format!("wheel\0{backend}\0")))
    };
    until("the build runs", Duration::from_secs(60), is_there);
    child.kill().unwrap();
    child.wait().unwrap();
    until("nothing of it is left", Duration::from_secs(20), || {
        !is_there()
    });
    assert!(!world.home.join("interlock.lock").exists());
    world.interlock(&["store", "gc"]).expect(0);
    world.interlock(&["store", "verify"]).expect(0);
    let tmp = world.home.join(".local/share/interlock/store/tmp");
    assert_eq!(fs::read_dir(tmp).unwrap().count(), 0);
    let trees = world.home.join(".local/share/interlock/store/trees");
    assert_eq!(fs::read_dir(trees).unwrap().count(), 0);
}

#[test]
fn a_project_of_a_repository_is_built_alike() {
    let hosted = Hosted::start();
    let about = ABOUT.replace("''", "'Requires-Dist: leaf>=1\\n'");
    let project = PROJECT.replace("BACKEND", "backend");
    let files = [
        ("pyproject.toml", project.as_str()),
        ("backend.py", BACKEND),
        ("about.py", &about),
        ("server.py", SERVER),
    ];
    let commit = hosted.commit("tools.git", &files, "sha1");
    let index = index(b"");
    let leaf = Wheel::new("leaf 1.5").listed(json!({ "upload-time": "2024-01-01T00:00:00Z" }));
    wheel::publish(&index, &[leaf]);
    let world = user(&index);
    let source = format!("git:{}#main", hosted.url("tools.git"));
    let add = ["add", &source, "--name", "test"];
    has(
        &interlock(&world, &add).expect(3).err,
        &["which was not allowed", OPTION],
    );
    let added = interlock(&world, &[&add[..], &[OPTION]].concat()).expect(0);
    let loud = "LOOK TWICE: test-server@1.0 was built here from source";
    has(
        &added.out,
        &[loud, &commit, "no registry published it", "1 more package"],
    );
    let lock = fs::read_to_string(world.path("interlock.lock")).unwrap();
    has(
        &lock,
        &[
            "ecosystem = \"git\"",
            "name = \"leaf\"",
            "danger = [\"build-sdists\"]",
        ],
    );

    let approve = ["approve", "--lock", "--passphrase-fd", "0"];
    has(&interlock(&world, &approve).expect(3).err, &[OPTION]);
    interlock(&world, &[&approve[..], &[OPTION]].concat()).expect(0);
    let mut run = world.command(["run", "test"]);
    run.env("PATH", path_of_python());
    let mut client = Client::start(run);
    client.greet();
    has(&client.ask(LIST), &["adds two numbers"]);
    client.close().expect(0);

    // An address of this machine in a lock is asked where the user's own configuration names it.
    let near = hosted.url("tools.git").replace("http://", "");
    let near = near.split('/').next().unwrap().to_owned();
    let elsewhere = || {
        let world = user(&index);
        let config = format!("[supply]\ndanger-local-addresses = [\"{near}\"]\n");
        fs::create_dir_all(world.home.join(".config/interlock")).unwrap();
        fs::write(world.home.join(".config/interlock/config.toml"), config).unwrap();
        world
    };
    let other = elsewhere();
    fs::write(other.path("interlock.lock"), &lock).unwrap();
    has(
        &interlock(&other, &["lock"]).expect(3).err,
        &["which was not allowed"],
    );
    interlock(&other, &["lock", OPTION]).expect(0);
    interlock(&other, &["verify"]).expect(0);
    assert_eq!(
        fs::read_to_string(other.path("interlock.lock")).unwrap(),
        lock
    );
    // Another package of the tree than the one that was built.
    let changed = lock.replace("name = \"test-server\"", "name = \"test-other\"");
    let world = elsewhere();
    fs::write(world.path("interlock.lock"), changed).unwrap();
    has(
        &interlock(&world, &["lock", OPTION]).expect(3).err,
        &["the locked tree is not of"],
    );
}

/// The builds on the record, by what was built.
pub(crate) fn recorded(world: &World) -> Vec<String> {
    let mut events = world.events();
    events.retain(|event| event["event"] == "danger-used");
    let options = events.iter().map(|event| {
        assert_eq!(event["option"], OPTION);
        event["value"].as_str().unwrap().to_owned()
    });
    options.collect()
}

#[test]
fn each_build_is_on_record_before_it_runs() {
    let program =
        "def build_wheel(out, settings=None, metadata=None):\n    raise SystemExit('no')\n";
    let bytes = archive("backend", program);
    let world = user(&index(&bytes));
    let add = ["add", "pypi:test-server"];
    interlock(&world, &add).expect(3);
    assert_eq!(recorded(&world), Vec::<String>::new());
    interlock(&world, &[&add[..], &[OPTION]].concat()).expect(3);
    let built = recorded(&world);
    assert_eq!(built.len(), 1);
    has(&built[0], &["test-server@1.0 sha256-"]);
    // Where it cannot be taken on record, nothing runs.
    let world = user(&index(&bytes));
    let log = world.home.join(".local/state/interlock/audit");
    fs::remove_dir_all(&log).unwrap();
    fs::write(&log, "").unwrap();
    let refused = interlock(&world, &[&add[..], &[OPTION]].concat());
    assert_ne!(refused.code, 0);
    assert!(!refused.err.contains("it said"), "{}", refused.err);
}

#[test]
fn what_an_approval_would_refuse_is_not_built() {
    let index = index(&archive("backend", BACKEND));
    let hosted = Hosted::start();
    let project = PROJECT.replace("BACKEND", "backend");
    let files = [
        ("pyproject.toml", project.as_str()),
        ("backend.py", BACKEND),
    ];
    hosted.commit("tools.git", &files, "sha1");
    let repository = format!("git:{}#main", hosted.url("tools.git"));
    for (policy, expected) in [
        (
            "require-provenance = true\n",
            "is refused by `require-provenance`",
        ),
        (
            "allow-publishers = [\"github:nobody\"]\n",
            "is refused by `allow-publishers`",
        ),
    ] {
        let world = user(&index);
        let config = world.home.join(".config/interlock");
        fs::create_dir_all(&config).unwrap();
        fs::write(config.join("config.toml"), format!("[supply]\n{policy}")).unwrap();
        for source in ["pypi:test-server", &repository] {
            let refused = interlock(&world, &["add", source, OPTION]).expect(3);
            has(&refused.err, &["it is not built", expected]);
            assert_eq!(recorded(&world), Vec::<String>::new());
        }
    }
}

#[test]
fn a_repository_that_nobody_knows_the_age_of_is_not_built_where_that_matters() {
    let index = index(&archive("backend", BACKEND));
    let hosted = Hosted::start();
    let project = PROJECT.replace("BACKEND", "backend");
    let files = [
        ("pyproject.toml", project.as_str()),
        ("backend.py", BACKEND),
        ("about.py", ABOUT),
        ("server.py", SERVER),
    ];
    let commit = hosted.commit("tools.git", &files, "sha1");
    let source = format!("git:{}#main", hosted.url("tools.git"));
    let add = ["add", &source, "--name", "test", OPTION];
    let with = |policy: &str| {
        let world = user(&index);
        let config = world.home.join(".config/interlock");
        fs::create_dir_all(&config).unwrap();
        fs::write(config.join("config.toml"), format!("[supply]\n{policy}")).unwrap();
        world
    };
    // What it calls itself exempts nothing: anybody can call something that.
    let own = "min-age = \"3d\"\nexempt = [\"test-server@1.0\"]\n";
    for policy in ["min-age = \"3d\"\n", own] {
        let world = with(policy);
        let refused = interlock(&world, &add).expect(3);
        let release = format!("tools@0.0.0+git.{commit}");
        has(
            &refused.err,
            &[
                "it is not built",
                "is refused by `min-age`",
                &format!("when `{release}` was published is not known"),
                &format!("add `{release}` to `exempt`"),
            ],
        );
        assert_eq!(recorded(&world), Vec::<String>::new());
    }
    // Nobody asked for an age, or this very commit is exempt.
    let exempt = format!("min-age = \"3d\"\nexempt = [\"tools@0.0.0+git.{commit}\"]\n");
    for policy in ["", "min-age = \"0\"\n", &exempt] {
        let world = with(policy);
        interlock(&world, &add).expect(0);
        assert_eq!(recorded(&world).len(), 1, "{policy}");
        interlock(&world, &["verify"]).expect(0);
    }
}

#[test]
fn the_option_is_of_one_server() {
    let index = index(&archive("backend", BACKEND));
    let world = user(&index);
    let declared = "version = 1\n\n[server.other]\nsource = \"pypi:test-server\"\n";
    fs::write(world.path("interlock.lock"), declared).unwrap();
    let approve = ["approve", "--lock", "--passphrase-fd", "0", OPTION];
    let refused = interlock(&world, &approve).expect(3);
    has(
        &refused.err,
        &["is declared in the lock and not locked yet"],
    );
    let refused = interlock(&world, &["lock", OPTION]).expect(3);
    has(
        &refused.err,
        &["have this server ask for it", "build-sdists"],
    );
    let refused = interlock(&world, &["approve", "--pending", OPTION]).expect(2);
    has(&refused.err, &["is agreed to for one server"]);
    assert_eq!(recorded(&world), Vec::<String>::new());
}

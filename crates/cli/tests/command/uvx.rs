//! Python's runners and a repository: `uvx --from git+https://…` is built, approved, kept and started by the very same words.

use std::fs;

use serde_json::json;

use crate::client::{Client, LIST};
use crate::forge::Forge;
use crate::origin::path_of_python;
use crate::support::git::git;
use crate::support::server::Server;
use crate::support::wheel::{self, Wheel};
use crate::world::{PASSPHRASE, Said, World, has, said};

pub(crate) const OPTION: &str = "--danger-build-sdists";
const BACKEND: &str = include_str!("../data/backend.py");
const SERVER: &str = include_str!("../data/server.py");
const PROJECT: &str =
    "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n";
const ABOUT: &str = "NAME, VERSION = 'test_server', '1.0'\nNEEDS = '''Provides-Extra: cli
Requires-Dist: leaf>=1 ; extra == \"cli\"
Requires-Dist: Test.Server[cli] ; extra == \"all\"
'''\n";
pub(crate) const REPOSITORY: &str = "git+https://github.com/Owner/Tools";
pub(crate) const LOUD: &str = "LOOK TWICE: test-server@1.0 was built here from source";

/// A user, a forge and an index.
pub(crate) struct Place {
    pub(crate) world: World,
    pub(crate) forge: Forge,
    pub(crate) index: Server,
}

/// The files of a project with the commands `serve` and `other`, below `directory`.
pub(crate) fn project(directory: &str) -> Vec<(String, String)> {
    let own = "{NAME} = {NAME}:main\\n";
    assert!(BACKEND.contains(own));
    let two = "serve = {NAME}:main\\nother = {NAME}:main\\n";
    let files = [
        ("pyproject.toml", PROJECT.to_owned()),
        ("backend.py", BACKEND.replace(own, two)),
        ("about.py", ABOUT.to_owned()),
        ("server.py", SERVER.to_owned()),
    ];
    let files = files.into_iter();
    files
        .map(|(path, text)| (format!("{directory}{path}"), text))
        .collect()
}

impl Place {
    pub(crate) fn new() -> (Self, String) {
        let forge = Forge::start();
        let index = Server::start();
        let wheels = ["leaf 1.5", "beside 2.0"]
            .map(|text| Wheel::new(text).listed(json!({ "upload-time": "2024-01-01T00:00:00Z" })));
        wheel::publish(&index, &wheels);
        let world = user(&index);
        let place = Self {
            world,
            forge,
            index,
        };
        let commit = place.commit("Owner/Tools", &project(""));
        git(&place.forge.path("Owner/Tools"), &["tag", "v1"]);
        (place, commit)
    }

    pub(crate) fn commit(&self, name: &str, files: &[(String, String)]) -> String {
        let files = files.iter();
        let files: Vec<(&str, &str)> = files
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        self.forge.hosted.commit(name, &files, "sha1")
    }

    pub(crate) fn by(&self, world: &World, words: &[&str]) -> Said {
        let mut command = world.command(words);
        self.forge.before(&mut command);
        said(command.env("PATH", path_of_python()), PASSPHRASE.as_bytes())
    }

    pub(crate) fn interlock(&self, words: &[&str]) -> Said {
        self.by(&self.world, words)
    }

    pub(crate) fn approve(&self, options: &[&str], words: &[&str]) -> Said {
        let head = ["approve", "--name", "test", "--passphrase-fd", "0"];
        self.interlock(&[&head, options, &["--"], words].concat())
    }

    /// Starts a server without a network and uses it.
    pub(crate) fn run(&self, words: &[&str]) {
        let mut run = self.world.command(["run"].iter().chain(words));
        run.env("PATH", path_of_python());
        let mut client = Client::start(run);
        client.greet();
        has(&client.ask(LIST), &["adds two numbers"]);
        client.close().expect(0);
    }

    pub(crate) fn lock(&self) -> String {
        fs::read_to_string(self.world.path("interlock.lock")).unwrap()
    }

    /// Nothing is left of work in progress.
    fn is_clean(&self) {
        let tmp = self.world.home.join(".local/share/interlock/store/tmp");
        assert_eq!(fs::read_dir(tmp).into_iter().flatten().count(), 0);
    }
}

pub(crate) fn user(index: &Server) -> World {
    let world = World::new();
    let pip = format!("[global]\nindex-url = {}simple\n", index.url());
    fs::create_dir_all(world.home.join(".pip")).unwrap();
    fs::write(world.home.join(".pip/pip.conf"), pip).unwrap();
    world
}

#[test]
fn the_same_words_start_what_was_approved() {
    let (place, commit) = Place::new();
    let from = format!("{REPOSITORY}@v1");
    let words = ["uvx", "--from", &from, "serve", "--flag"];
    let refused = place.approve(&[], &words).expect(3);
    let next = format!("interlock approve {OPTION} --name test -- uvx --from {from} serve --flag");
    has(&refused.err, &["which was not allowed", &next]);
    assert!(
        !place
            .world
            .event_names()
            .contains(&"danger-used".to_owned())
    );
    let shown = place.approve(&[OPTION], &words).expect(0);
    let stands = format!(
        "refs/tags/v1 of https://github.com/Owner/Tools stands for commit {commit} now; that commit is kept"
    );
    has(
        &shown.out,
        &[
            &stands,
            LOUD,
            "no registry published it",
            "vcs-source",
            "Tools (1)",
        ],
    );
    let built = format!("git+https://github.com/Owner/Tools#{commit} sha256-");
    let events = place.world.events();
    let mut built_ones = events.iter().filter_map(|event| event["value"].as_str());
    assert!(
        built_ones.any(|value| value.starts_with(&built)),
        "{events:?}"
    );
    let run: Vec<&str> = std::iter::once("--").chain(words).collect();
    place.run(&run);
    place.run(&["test"]);

    // The tag moves; what starts does not.
    let other = [(
        "server.py".to_owned(),
        "def main(): raise SystemExit(7)\n".to_owned(),
    )];
    place.commit("Owner/Tools", &other);
    git(&place.forge.path("Owner/Tools"), &["tag", "-f", "v1"]);
    let asked = place.forge.asked().len();
    place.run(&run);
    assert_eq!(place.forge.asked().len(), asked);
    // Words that were not approved start nothing, whatever they stand for.
    let pinned = format!("{REPOSITORY}@{commit}");
    let other = ["run", "--", "uvx", "--from", &pinned, "serve", "--flag"];
    place.interlock(&other).expect(3);
    // The commit by its name, off line: its tree is there. Another command of it is another launch.
    let offline = |command: &str| {
        let words = ["uvx", "--from", &pinned, command];
        let head = [
            "--offline",
            "approve",
            "--name",
            command,
            "--passphrase-fd",
            "0",
        ];
        let said = place.interlock(&[&head[..], &[OPTION, "--"], &words].concat());
        place.run(&[command]);
        said
    };
    has(&offline("other").expect(0).out, &["start/other.py"]);
    has(&offline("serve").expect(0).out, &["start/serve.py"]);
    place.run(&["other"]);
}

#[test]
fn a_lock_keeps_the_commit() {
    let (place, commit) = Place::new();
    let add = |name: &str, command: &str| {
        let from = format!("--from={REPOSITORY}@main");
        let words = ["add", OPTION, "--name", name, "--", "uvx", &from, command];
        place.interlock(&words).expect(0)
    };
    has(&add("test", "serve").out, &[LOUD, &commit]);
    let lock = place.lock();
    let kept = format!("    \"--from={REPOSITORY}@{commit}\",\n    \"serve\",\n");
    has(
        &lock,
        &[
            "source = \"command:uvx\"",
            &kept,
            "ecosystem = \"git\"",
            "danger = [\"build-sdists\"]",
        ],
    );
    let approve = ["approve", "--lock", "--passphrase-fd", "0"];
    has(&place.interlock(&approve).expect(3).err, &[OPTION]);
    place
        .interlock(&[&approve[..], &[OPTION]].concat())
        .expect(0);
    place.run(&["test"]);
    // Two commands of one tree, in whatever order they are looked at.
    add("more", "other");
    for words in [&["lock"][..], &["verify"], &["verify", "test"], &["lock"]] {
        place.interlock(words).expect(0);
    }
    let commands = ["{ command = \"serve\"", "{ command = \"other\""];
    has(&place.lock(), &commands);
    // The branch moves, and the lock names a commit.
    place.commit("Owner/Tools", &[("README".to_owned(), "x".to_owned())]);
    has(
        &place.interlock(&["lock", "--update", "test"]).expect(3).err,
        &[&format!("interlock lock --update {OPTION} test")],
    );
    place
        .interlock(&["lock", "--update", OPTION, "test"])
        .expect(0);
    has(&place.lock(), &[&kept]);
    // What another commit builds to the same is another tree: neither takes the other's place.
    add("newer", "serve");
    place.interlock(&["verify"]).expect(0);
    place.interlock(&["lock"]).expect(0);

    let elsewhere = |lock: &str| {
        let world = user(&place.index);
        fs::write(world.path("interlock.lock"), lock).unwrap();
        world
    };
    let other = elsewhere(&lock);
    has(
        &place.by(&other, &["lock"]).expect(3).err,
        &["which was not allowed"],
    );
    place.by(&other, &["lock", OPTION]).expect(0);
    place.by(&other, &["verify"]).expect(0);
    let read = |world: &World| fs::read_to_string(world.path("interlock.lock")).unwrap();
    assert_eq!(read(&other), lock);
    let of = |was: &str, now: &str| {
        let world = elsewhere(&lock.replacen(was, now, 1));
        let said = place.by(&world, &["lock", OPTION]);
        assert_ne!(said.code, 0);
        said.err
    };
    let bytes = "other bytes are locked";
    has(&of(&commit, &"1".repeat(40)), &[bytes]);
    has(&of(&format!("@{commit}"), ""), &[bytes]);
    has(
        &of(&format!("@{commit}"), &format!("@{commit}#subdirectory=a")),
        &[bytes],
    );
    has(&of("Owner/Tools@", "owner/Tools@"), &[bytes]);
    has(
        &of(REPOSITORY, &format!("other @ {REPOSITORY}")),
        &["is `test-server`, and `other` was asked for"],
    );
}

#[test]
fn what_is_declared_is_locked_at_a_commit() {
    let (place, commit) = Place::new();
    let declared = format!(
        "version = 1\n\n[server.test]\nsource = \"command:uvx\"\nargs = [\"--from\", \"{REPOSITORY}\", \"serve\"]\n\n[server.test.grants]\ndanger = [\"build-sdists\"]\n"
    );
    fs::write(place.world.path("interlock.lock"), declared).unwrap();
    place.interlock(&["lock", OPTION]).expect(0);
    has(&place.lock(), &[&format!("\"{REPOSITORY}@{commit}\"")]);
    place.interlock(&["verify"]).expect(0);
}

#[test]
fn extras_interpreters_and_packages_beside_it() {
    let (place, _) = Place::new();
    let commit = place.commit("Owner/Many", &project("packages/one/"));
    let at = "git+https://github.com/Owner/Many@main#subdirectory=packages/one";
    let named = format!("Test_Server[all] @ {at}");
    for (name, words, expected, absent) in [
        (
            "uv",
            &[
                "uv", "tool", "run", "--python", "3", "--with", "beside<3", "--from", &named,
                "serve",
            ][..],
            &[
                "name = \"leaf\"",
                "name = \"beside\"",
                "command = \"serve\"",
            ][..],
            None,
        ),
        (
            "pipx",
            &[
                "pipx",
                "run",
                "--spec",
                &format!("{at}&egg=test-server"),
                "other",
            ],
            &["command = \"other\""],
            Some("name = \"leaf\""),
        ),
        (
            "beside",
            &["uvx", "--with", "beside", "--from", at, "beside"],
            &["command = \"beside\""],
            Some("name = \"leaf\""),
        ),
    ] {
        let _ = fs::remove_file(place.world.path("interlock.lock"));
        let add = ["add", OPTION, "--name", name, "--"];
        place.interlock(&[&add, words].concat()).expect(0);
        has(&place.lock(), expected);
        has(&place.lock(), &[&format!("Many#{commit}:packages/one")]);
        assert!(
            absent.is_none_or(|part| !place.lock().contains(part)),
            "{name}"
        );
        place.interlock(&["lock"]).expect(0);
        place.interlock(&["verify"]).expect(0);
    }
    let words = ["uvx", "--with", "beside", "--from", at, "serve"];
    place.approve(&[OPTION], &words).expect(0);
    place.run(&["test"]);
}

#[test]
fn what_is_judged_asks_nobody() {
    let (place, _) = Place::new();
    for (source, expected) in [
        (
            "git+https://git.corp.example/o/r@v1",
            "git:https://git.corp.example/o/r#v1",
        ),
        ("git+https://user:Tok3n@github.com/o/r", "has a login in it"),
        ("git+http://github.com/o/r", "git-package"),
        ("git+http://user:Tok3n@github.com/o/r", "git-package"),
        ("app @ https://user:Tok3n@h.example/x.whl", "url-package"),
        ("git+ssh://git@github.com/o/r", "git-package"),
        ("git+file:///srv/r", "git-package"),
        (
            "git+https://github.com/Owner/Tools@--upload-pack=id",
            "no commit in lower case",
        ),
        (
            "git+https://github.com/Owner/Tools#subdirectory=../x",
            "inside its repository",
        ),
        (
            "git+https://github.com/Owner/Tools#subdirectory=/etc",
            "inside its repository",
        ),
        ("git+https://github.com/Owner/../Tools", "no plain address"),
        (
            "te\u{455}t @ git+https://github.com/Owner/Tools",
            "url-package",
        ),
    ] {
        for head in [
            &["approve", OPTION, "--passphrase-fd", "0"][..],
            &["add", OPTION],
        ] {
            let words = [head, &["--", "uvx", "--from", source, "serve"]].concat();
            let refused = place.interlock(&words).expect(3);
            has(&refused.err, &[expected]);
            assert!(!refused.err.contains("Tok3n"), "{}", refused.err);
        }
    }
    for (source, meant) in [
        ("git+https://user:Tok3n@github.com/o/r", None),
        (
            "git+https://github.com/o/r@v1#subdirectory=x",
            Some("git:https://github.com/o/r#v1:x"),
        ),
    ] {
        let refused = place.interlock(&["add", source]).expect(2).err;
        has(&refused, &["cannot be added"]);
        assert!(!refused.contains("Tok3n"), "{refused}");
        let next = meant.map(|meant| format!("interlock add \"{meant}\""));
        assert_eq!(
            refused.contains("interlock add"),
            next.is_some(),
            "{refused}"
        );
        assert!(next.is_none_or(|next| refused.contains(&next)), "{refused}");
    }
    for option in ["--no-build", "--no-build-package=test-server"] {
        let words = ["uvx", option, "--from", REPOSITORY, "serve"];
        let refused = place.approve(&[OPTION], &words).expect(3);
        has(&refused.err, &["has to be built, and `--no-build` says"]);
        let add = [&["add", OPTION, "--"][..], &words].concat();
        has(&place.interlock(&add).expect(3).err, &["has to be built"]);
    }
    let beside = ["uvx", "--with", REPOSITORY, "leaf"];
    has(
        &place.approve(&[OPTION], &beside).expect(3).err,
        &[
            "beside what runs cannot be had",
            "put a release of it beside",
        ],
    );
    assert_eq!(place.forge.asked(), Vec::<String>::new());
}

#[test]
fn what_a_repository_does_not_have() {
    let (place, commit) = Place::new();
    let text = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    place.commit(
        "o/plain",
        &[
            text("package.json", "{}"),
            text("src/one/pyproject.toml", ""),
            text("tools/setup.py", ""),
            text("a b/setup.py", ""),
        ],
    );
    place.commit("o/old", &[text("setup.py", "raise SystemExit(1)")]);
    let short = commit.get(..8).unwrap();
    let from = |rest: &str| format!("git+https://github.com/{rest}");
    for (source, command, expected) in [
        (
            from("Owner/Tools@nothing"),
            "serve",
            &["no branch or tag `nothing`", "git+ADDRESS@COMMIT"][..],
        ),
        (
            from(&format!("Owner/Tools@{short}")),
            "serve",
            &["with all of its digits"],
        ),
        (
            from(&format!("Owner/Tools@{}", "1".repeat(40))),
            "serve",
            &["the host says"],
        ),
        (from("o/none"), "serve", &["cannot be asked"]),
        (
            from("o/plain"),
            "serve",
            &[
                "no project of Python at its top",
                "name `#subdirectory=tools`, `#subdirectory=src/one`",
            ],
        ),
        (
            from("o/plain#subdirectory=src"),
            "serve",
            &[
                "no project of Python at its top",
                "name `#subdirectory=src/one`",
            ],
        ),
        (
            from("o/plain#subdirectory=package.json"),
            "serve",
            &["no project of Python"],
        ),
        (
            from("o/plain#subdirectory=src/two"),
            "serve",
            &["the commit has no `src/two`"],
        ),
        (
            from("o/old"),
            "serve",
            &["what it is built with cannot be had"],
        ),
        (
            from("Owner/Tools"),
            "absent",
            &["there is no command `absent` in it; it has `serve`, `other`"],
        ),
        (
            format!("other @ {REPOSITORY}"),
            "serve",
            &["the repository's project is `test-server`, and `other` was asked for"],
        ),
    ] {
        let refused = place.approve(&[OPTION], &["uvx", "--from", &source, command]);
        has(&refused.expect(3).err, expected);
        place.is_clean();
    }
    let several = place.approve(&[OPTION], &["uvx", REPOSITORY]).expect(3);
    let named = format!("uvx --from {REPOSITORY}@{commit} COMMAND");
    has(
        &several.err,
        &["has several commands: `serve`, `other`", &named],
    );
    // Nothing of any of them can be started.
    place.interlock(&["run", "test"]).expect(3);
}

#[test]
fn what_comes_from_elsewhere_for_uv_is_not_taken_from_the_index() {
    let (place, _) = Place::new();
    let from = "[tool.uv.sources]\nLeaf = { workspace = true }\n";
    let root = format!("{from}[tool.uv.workspace]\nmembers = [\"packages/*\"]\n");
    let says = "[project]\nname = \"x\"\ndependencies = [\"leaf>=1\"]\n";
    let with_leaf = PROJECT.replace("[]", "[\"leaf\"]");
    let at = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    for (number, directory, extra, changed) in [
        (
            0,
            "",
            "",
            at("pyproject.toml", &format!("{PROJECT}{says}{from}")),
        ),
        (
            1,
            "",
            "",
            at("pyproject.toml", &format!("{with_leaf}{from}")),
        ),
        // What it needs is known when it was built.
        (
            2,
            "",
            "[cli]",
            at("pyproject.toml", &format!("{PROJECT}{from}")),
        ),
        (3, "packages/one/", "[all]", at("pyproject.toml", &root)),
        (4, "", "", at("pyproject.toml", &format!("{PROJECT}{from}"))),
    ] {
        let name = format!("o/r{number}");
        let mut files = project(directory);
        files.retain(|(path, _)| *path != changed.0);
        files.push(changed);
        place.commit(&name, &files);
        let part = match directory.trim_end_matches('/') {
            "" => String::new(),
            directory => format!("#subdirectory={directory}"),
        };
        let from = format!("test-server{extra} @ git+https://github.com/{name}{part}");
        let words = ["uvx", "--from", &from, "serve"];
        let said = place.approve(&[OPTION], &words);
        if number == 4 {
            said.expect(0);
            continue;
        }
        let refused = said.expect(3);
        let told = "`leaf` comes from elsewhere (`[tool.uv.sources]`)";
        has(&refused.err, &[told]);
        assert_eq!(place.index.asked_for("leaf"), 0, "{name}");
        let begun = place
            .world
            .event_names()
            .contains(&"danger-used".to_owned());
        assert_eq!(begun, number > 1, "{name}");
        place.is_clean();
    }
}

#[test]
fn a_network_that_is_lost_leaves_nothing() {
    let (place, _) = Place::new();
    let words = ["uvx", "--from", REPOSITORY, "serve"];
    place.forge.breaks(true);
    let refused = place.approve(&[OPTION], &words).expect(3);
    has(&refused.err, &["cannot be used"]);
    place.is_clean();
    place.interlock(&["run", "test"]).expect(3);
    let add = ["add", OPTION, "--", "uvx", "--from", REPOSITORY, "serve"];
    place.interlock(&add).expect(3);
    assert!(!place.world.home.join("interlock.lock").exists());
    place.forge.breaks(false);
    place.approve(&[OPTION], &words).expect(0);
    place.run(&["test"]);
}

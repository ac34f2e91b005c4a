//! Repositories that real Git serves, from a commit's name to a tree in the store.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers fail by panicking"
)]

mod support;

use interlock_launch::{Class, LocateError, PackageStore, Request, judge};
use interlock_supply::{
    LockedTree, Silent, TreePath,
    git::{
        Checkout, GitError, Host, ObjectId, Project, PythonWish, Repository, Runner, Standing,
        Wish, stored_before,
    },
    npm::{LockError, Locked, Locker},
};
use std::{fs, path::Path};
use support::{World, chain, git::Hosted, layout};

const SERVER: &str = "#!/usr/bin/env node\nimport 'dep';\n";

/// A package of Node with a dependency and a command.
fn package(extra: &str) -> String {
    format!(
        r#"{{"name": "@s/served", "bin": "dist/cli.js", "dependencies": {{"dep": "^1.0.0"}}{extra}}}"#
    )
}

struct Place {
    world: World,
    hosted: Hosted,
}

impl Place {
    fn new() -> Self {
        Self {
            world: World::of("dep@1.0.0\ndep@1.1.0\ndep@2.0.0\n@s/served@9.0.0"),
            hosted: Hosted::start(),
        }
    }

    fn wish(&self, name: &str, commit: &str, entry: Option<&str>) -> Wish {
        Wish {
            at: Repository::new(&self.hosted.url(name)).unwrap(),
            commit: ObjectId::parse(commit).unwrap(),
            entry: entry.map(|entry| TreePath::new(entry).unwrap()),
            command: None,
            runner: Runner::Own,
        }
    }

    fn fetch(&self, wish: &Wish) -> Result<Checkout, GitError> {
        Host::new(&support::server::near()).fetch(&self.world.store, wish, &Silent)
    }

    fn lock(&self, checkout: &Checkout) -> Result<Locked, LockError> {
        let registry = self.world.registry(false);
        self.locker(&registry).lock_checkout(checkout)
    }

    fn install(&self, locked: &LockedTree, checkout: &Checkout) -> Result<(), LockError> {
        let registry = self.world.registry(false);
        self.locker(&registry).install_checkout(locked, checkout)
    }

    fn locker<'a>(&'a self, registry: &'a interlock_supply::npm::Registry) -> Locker<'a> {
        Locker {
            registry,
            store: &self.world.store,
            host: &self.world.host,
            progress: &Silent,
        }
    }

    /// The file that a request in Interlock's own word starts of a stored tree.
    fn started(&self, word: &str, tree: &LockedTree) -> Result<String, LocateError> {
        let judgement = judge(&Request::new(word, [""; 0]));
        let Class::Package(package) = &judgement.class else {
            panic!("{word}: {judgement:?}");
        };
        let (store, locked) = (&self.world.store, tree.into());
        let located = PackageStore::locate(store, package, &locked, Path::new("/home/user"))?;
        let file = located.entry.strip_prefix(self.tree(tree)).unwrap();
        Ok(file.display().to_string())
    }

    fn tree(&self, tree: &LockedTree) -> std::path::PathBuf {
        let root = self.world.store.root();
        root.join(format!("trees/{}/root", tree.digest))
    }
}

#[test]
fn a_node_project_with_its_dependencies() {
    for format in ["sha1", "sha256"] {
        let place = Place::new();
        let commit = place.hosted.commit(
            "one.git",
            &[
                ("package.json", &package("")),
                ("dist/cli.js", SERVER),
                ("README.md", "x"),
            ],
            format,
        );
        let wish = place.wish("one.git", &commit, None);
        let checkout = place.fetch(&wish).unwrap();
        assert_eq!(checkout.project(), Project::Node);
        let locked = place.lock(&checkout).unwrap();
        assert_eq!(layout(&locked), "@s/served 0.0.0\ndep 1.1.0");
        let tree = &locked.tree;
        assert_eq!(
            (tree.name.as_str(), tree.ecosystem.as_str()),
            ("one", "git")
        );
        assert_eq!(tree.version.as_str(), format!("0.0.0+git.{commit}"));
        assert_eq!(
            tree.entry.file.as_str(),
            "node_modules/@s/served/dist/cli.js"
        );
        let own = &tree.packages[0];
        assert_eq!(own.archive.as_deref(), Some(wish.address().as_str()));
        assert_eq!(tree.integrity(), Some(&own.integrity));
        let started = self::fs::read_to_string(place.tree(tree).join(tree.entry.file.as_str()));
        assert_eq!(started.unwrap(), SERVER);
        // Nothing was asked of the registry about the name that the repository gives itself.
        assert_eq!(place.world.server.asked_for("served"), 0);
        assert_eq!(
            stored_before(&place.world.store, &wish, |_| true).unwrap(),
            Some(tree.clone())
        );

        let other = Place {
            world: World::of("dep@1.0.0\ndep@1.1.0\ndep@2.0.0"),
            hosted: place.hosted,
        };
        let checkout = other.fetch(&wish).unwrap();
        other.install(tree, &checkout).unwrap();
        assert!(other.tree(tree).is_dir());
    }
}

#[test]
fn a_file_that_is_named_starts() {
    let place = Place::new();
    let commit = place.hosted.commit(
        "r",
        &[
            ("package.json", &package("")),
            ("src/server.mjs", "x"),
            ("tools/run.py", "import beside\n"),
            ("tools/beside.py", ""),
            ("tools/go.sh", "#!/bin/sh\necho\n"),
            ("tools/notes.txt", "x"),
            (
                "sub/package.json",
                r#"{"name": "sub", "bin": {"served": "s.js"}}"#,
            ),
            ("sub/s.js", SERVER),
        ],
        "sha1",
    );
    let fetch = |entry| place.fetch(&place.wish("r", &commit, Some(entry))).unwrap();
    let node = fetch("src/server.mjs");
    assert_eq!(node.project(), Project::Node);
    let locked = place.lock(&node).unwrap();
    assert_eq!(
        locked.tree.entry.file.as_str(),
        "node_modules/@s/served/src/server.mjs"
    );
    assert_eq!(layout(&locked), "@s/served 0.0.0\ndep 1.1.0");

    let python = fetch("tools/run.py");
    assert_eq!(python.project(), Project::File);
    let tree = python.lock_file(&place.world.store).unwrap();
    assert_eq!(tree.entry.file.as_str(), "start/run.py");
    let start = fs::read_to_string(place.tree(&tree).join("start/run.py")).unwrap();
    assert!(
        start.contains("root + \"/repository/tools/run.py\""),
        "{start}"
    );
    assert!(start.contains("root + \"/repository/tools\""), "{start}");
    python.install_file(&place.world.store, &tree).unwrap();
    let mut other = tree.clone();
    other.entry.file = TreePath::new("repository/tools/beside.py").unwrap();
    assert!(python.install_file(&place.world.store, &other).is_err());

    let shell = fetch("tools/go.sh").lock_file(&place.world.store).unwrap();
    assert_eq!(shell.entry.file.as_str(), "repository/tools/go.sh");
    let nothing = fetch("tools/notes.txt").lock_file(&place.world.store);
    assert!(chain(&nothing.unwrap_err()).contains("nothing says what runs `tools/notes.txt`"));

    let part = fetch("sub");
    assert_eq!(part.project(), Project::Node);
    let locked = place.lock(&part).unwrap();
    assert_eq!(locked.tree.entry.file.as_str(), "node_modules/sub/s.js");
    assert!(
        !place
            .tree(&locked.tree)
            .join("node_modules/sub/tools")
            .exists()
    );

    let word = |part: &str| format!("git:{}#{commit}{part}", place.hosted.url("r"));
    let started = |part: &str| place.started(&word(part), &locked.tree);
    assert_eq!(started(":sub").unwrap(), "node_modules/sub/s.js");
    assert!(started(":other").is_err());
    // What was made of a part is not what the whole is.
    let before = |part| {
        let wish = place.wish("r", &commit, part);
        stored_before(&place.world.store, &wish, |_| true).unwrap()
    };
    assert_eq!(before(Some("sub")).as_ref(), Some(&locked.tree));
    assert_eq!(before(Some("s.js")), None);
    assert_eq!(before(None), None);

    // Runners start their own kind of project, and no file.
    for part in ["sub", "src/server.mjs", "tools/run.py", "tools/go.sh"] {
        for runner in [Runner::Python(PythonWish::default()), Runner::Node] {
            let mine = runner == Runner::Node && !part.starts_with("tools/");
            let wish = Wish {
                runner,
                ..place.wish("r", &commit, Some(part))
            };
            let found = stored_before(&place.world.store, &wish, |_| true).unwrap();
            assert_eq!(found.is_some(), mine, "{wish:?}");
        }
    }
    let from = format!("git+https://github.com/o/r@{commit}#subdirectory=tools/run.py");
    let uvx = judge(&Request::new("uvx", ["--from", &from, "run.py"]));
    let Class::Package(package) = &uvx.class else {
        panic!("{uvx:?}");
    };
    let (store, home) = (&place.world.store, Path::new("/home/user"));
    assert!(PackageStore::locate(store, package, &(&tree).into(), home).is_err());

    let none = place.fetch(&place.wish("r", &commit, Some("absent.js")));
    assert!(chain(&none.err().unwrap()).contains("the commit has no `absent.js`"));
}

#[test]
fn names_become_commits() {
    let place = Place::new();
    let first = place.hosted.commit("r", &[("a.js", "1")], "sha1");
    let path = place.hosted.path("r");
    support::git::git(&path, &["tag", "plain"]);
    support::git::git(&path, &["tag", "-a", "v1.0", "-m", "x"]);
    support::git::git(&path, &["tag", "-a", "v2.0", "-m", "x"]);
    support::git::git(&path, &["branch", "v2.0"]);
    let second = place.hosted.commit("r", &[("a.js", "2")], "sha1");
    support::git::git(&path, &["branch", "v1.0"]);
    let host = Host::new(&support::server::near());
    let at = Repository::new(&place.hosted.url("r")).unwrap();
    for (name, expected) in [
        (None, Some(("HEAD", &second))),
        (Some("main"), Some(("refs/heads/main", &second))),
        (Some("plain"), Some(("refs/tags/plain", &first))),
        // A tag with a message stands for its commit, and a branch of its name may be there as well.
        (Some("v2.0"), Some(("refs/tags/v2.0", &first))),
        // At another commit it makes two meanings.
        (Some("v1.0"), None),
        (Some("refs/tags/v1.0"), Some(("refs/tags/v1.0", &first))),
        (Some("refs/heads/v1.0"), Some(("refs/heads/v1.0", &second))),
        (Some("v1"), None),
        (Some("../x"), None),
    ] {
        let found = host.resolve(&at, name);
        let found = found
            .map(|found| (found.name, found.commit.to_string()))
            .ok();
        let expected = expected.map(|(name, id)| (name.to_owned(), id.clone()));
        assert_eq!(found, expected, "{name:?}");
    }
    // An older commit is served as well: only what is asked for comes.
    let old = place.fetch(&place.wish("r", &first, Some("a.js"))).unwrap();
    assert_eq!(old.lock_file(&place.world.store).unwrap().files, 1);
}

#[test]
fn a_commit_that_no_branch_has_is_told_from_those_that_one_has() {
    for format in ["sha1", "sha256"] {
        let hosted = Hosted::start();
        let git = |words: &[&str]| support::git::git(&hosted.path("r"), words);
        let commit = |content: &str| hosted.commit("r", &[("a.js", content)], format);
        let (first, second) = (commit("1"), commit("2"));
        git(&["checkout", "-q", "-b", "side", &first]);
        let (aside, its_end) = (commit("3"), commit("4"));
        let (before_the_tag, tagged) = (commit("5"), commit("6"));
        git(&["tag", "-a", "v1", "-m", "x"]);
        git(&["reset", "-q", "--hard", &its_end]);
        // What somebody proposes is served, and listed under a name that is no branch.
        let proposed = commit("7");
        git(&["update-ref", "refs/pull/1/head", &proposed]);
        git(&["reset", "-q", "--hard", &its_end]);
        git(&["checkout", "-q", "main"]);
        // Nobody's, with a parent that everybody has.
        let on_top = commit("8");
        git(&["reset", "-q", "--hard", &second]);
        let host = Host::new(&support::server::near());
        let at = Repository::new(&hosted.url("r")).unwrap();
        let named = |name: &str| Some(Standing::Named(name.to_owned()));
        for (commit, expected) in [
            (&second, named("refs/heads/main")),
            (&its_end, named("refs/heads/side")),
            (&tagged, named("refs/tags/v1")),
            (&first, Some(Standing::InFirst)),
            (&aside, Some(Standing::InOther)),
            (&before_the_tag, Some(Standing::InOther)),
            (&proposed, None),
            (&on_top, None),
        ] {
            let id = ObjectId::parse(commit).unwrap();
            assert_eq!(host.standing(&at, &id).unwrap(), expected, "{commit}");
        }
        let absent = ObjectId::parse(&"1".repeat(first.len())).unwrap();
        assert!(host.standing(&at, &absent).is_err());
    }
}

#[test]
fn refused_with_a_reason() {
    let place = Place::new();
    let unbuilt = package(r#", "scripts": {"prepare": "tsc"}"#);
    let commit = place.hosted.commit(
        "r",
        &[("package.json", &unbuilt), ("src/a.ts", "x")],
        "sha1",
    );
    let checkout = place.fetch(&place.wish("r", &commit, None)).unwrap();
    let error = chain(&place.lock(&checkout).unwrap_err());
    assert!(
        error.contains("`dist/cli.js`") && error.contains("`prepare`"),
        "{error}"
    );
    assert_eq!(place.world.server.asked_for("dep"), 0);

    let foreign = r#"{"name": "x", "bin": "a.js", "dependencies": {"dep": "github:a/b"}}"#;
    let commit = place
        .hosted
        .commit("f", &[("package.json", foreign), ("a.js", SERVER)], "sha1");
    let checkout = place.fetch(&place.wish("f", &commit, None)).unwrap();
    let error = chain(&place.lock(&checkout).unwrap_err());
    assert!(
        error.contains("git, URL and file dependencies are refused"),
        "{error}"
    );

    let commit = place.hosted.commit("n", &[("README", "x")], "sha1");
    let checkout = place.fetch(&place.wish("n", &commit, None)).unwrap();
    assert_eq!(checkout.project(), Project::Unknown);

    for (name, commit, part) in [
        ("r", "1".repeat(40), "the host says"),
        ("r", "1".repeat(64), "another kind of hash"),
        ("absent", "1".repeat(40), "not found (404)"),
    ] {
        let found = place.fetch(&place.wish(name, &commit, None));
        let error = chain(&found.err().unwrap());
        assert!(error.contains(part), "{name}: {error}");
    }
}

#[test]
fn a_lock_of_another_commit_is_refused() {
    let place = Place::new();
    let files = [("package.json", &*package("")), ("dist/cli.js", SERVER)];
    let first = place.hosted.commit("r", &files, "sha1");
    let second = place.hosted.commit(
        "r",
        &[("dist/cli.js", "#!/usr/bin/env node\nevil()")],
        "sha1",
    );
    let checkout = place.fetch(&place.wish("r", &first, None)).unwrap();
    let tree = place.lock(&checkout).unwrap().tree;
    let other = place.fetch(&place.wish("r", &second, None)).unwrap();
    let evil = place.lock(&other).unwrap().tree;
    assert!(matches!(
        place.install(&evil, &checkout),
        Err(LockError::OtherCommit(_))
    ));
    let change = |change: &dyn Fn(&mut LockedTree)| {
        let mut tree = tree.clone();
        change(&mut tree);
        place
            .install(&tree, &checkout)
            .map_err(|error| chain(&error))
    };
    assert_eq!(change(&|_| {}), Ok(()));
    let commit =
        |it: &mut LockedTree| it.packages[0].integrity = evil.packages[0].integrity.clone();
    assert!(change(&commit).unwrap_err().contains("is not of"));
    let entry =
        |it: &mut LockedTree| it.entry.file = TreePath::new("node_modules/dep/index.js").unwrap();
    assert!(change(&entry).unwrap_err().contains("is not of"));
    let older = |it: &mut LockedTree| {
        it.packages[1].version = interlock_supply::ExactVersion::new("1.0.0").unwrap();
    };
    assert!(change(&older).unwrap_err().contains("with other bytes"));
    let without = |it: &mut LockedTree| it.packages.truncate(1);
    assert!(change(&without).is_err());
}

#[test]
fn nothing_of_a_repository_runs_and_nothing_is_left_behind() {
    let place = Place::new();
    let marker = place.world.directory.path().join("ran");
    let touch = format!("#!/bin/sh\ntouch {}\n", marker.display());
    let scripts = format!(
        r#", "scripts": {{"preinstall": "touch {0}", "prepare": "touch {0}"}}"#,
        marker.display()
    );
    let files = [
        ("package.json", &*package(&scripts)),
        ("dist/cli.js", SERVER),
        (".gitattributes", "* filter=evil text eol=crlf\n"),
        (".githooks/post-checkout", &touch),
        ("x.txt", "a\nb\n"),
    ];
    let commit = place.hosted.commit("r", &files, "sha1");
    let checkout = place.fetch(&place.wish("r", &commit, None)).unwrap();
    let locked = place.lock(&checkout).unwrap();
    assert_eq!(locked.tree.needs_install_script().count(), 1);
    let own = place.tree(&locked.tree).join("node_modules/@s/served");
    assert_eq!(fs::read_to_string(own.join("x.txt")).unwrap(), "a\nb\n");
    assert!(!marker.exists());
    let left = |path: &Path| fs::read_dir(path).unwrap().count();
    assert_eq!(left(&place.world.store.root().join("tmp")), 0);
    let found = place.fetch(&place.wish("r", &"2".repeat(40), None));
    assert!(found.is_err());
    assert_eq!(left(&place.world.store.root().join("tmp")), 0);
}

#[test]
fn what_is_not_followed_is_told() {
    let place = Place::new();
    let inner = place.hosted.commit("inner", &[("a", "x")], "sha1");
    place.hosted.commit("r", &[("a.js", "x")], "sha1");
    let path = place.hosted.path("r");
    let inside = format!("160000,{inner},vendor");
    support::git::git(&path, &["update-index", "--add", "--cacheinfo", &inside]);
    support::git::git(&path, &["commit", "-q", "-m", "x"]);
    let commit = support::git::git(&path, &["rev-parse", "HEAD"]);
    let checkout = place
        .fetch(&place.wish("r", &commit, Some("a.js")))
        .unwrap();
    let told = checkout.left_out().join("\n");
    assert!(told.contains("vendor is another repository"), "{told}");
    assert!(
        !place
            .hosted
            .asked()
            .iter()
            .any(|asked| asked.contains("inner"))
    );
}

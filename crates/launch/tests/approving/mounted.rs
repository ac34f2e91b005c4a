//! Images with directories of the host mounted: what of these is code is digested, and not writable.

use std::fs;
use std::path::Path;

use interlock_launch::{
    Decision, GrantPath, ImageConfig, Launch, LocateError, Located, LocatedImage, LockedPackage,
    PackageRef, PackageStore, Prior, Request, ResolveError, Resolver, judge,
};

use crate::world::World;

/// A store with one image.
struct OneImage(LocatedImage);

impl PackageStore for OneImage {
    fn locate(
        &self,
        _: &PackageRef,
        locked: &LockedPackage,
        _: &Path,
    ) -> Result<Located, LocateError> {
        Err(LocateError::Missing(locked.name.clone()))
    }

    fn image(&self, _: &LockedPackage) -> Result<LocatedImage, LocateError> {
        Ok(self.0.clone())
    }
}

/// Resolves `docker run WORDS` with an image that has interpreters, `server` and `/of-the-image`. It starts what its name says.
fn resolve(world: &World, words: &str, writes: &[&str]) -> Result<Launch, ResolveError> {
    let root = world.path("image");
    for program in ["python3", "node", "npm", "server"] {
        world.program(&format!("image/rootfs/bin/{program}"), "");
    }
    fs::create_dir_all(root.join("rootfs/of-the-image")).unwrap();
    let own = words.split_once("team/").map_or("", |(_, rest)| rest);
    let own = match own.split(' ').next() {
        Some("x") | None => "server",
        Some(own) => own,
    };
    let name = format!("docker.io/team/{}", own.replace("server", "x"));
    let store = OneImage(LocatedImage {
        files: root.join("rootfs"),
        root,
        config: ImageConfig {
            entrypoint: vec![own.into()],
            cmd: vec!["own".into()],
            ..ImageConfig::default()
        },
    });
    let words = words.replace("ROOT", world.root.to_str().unwrap());
    let request = Request::new("docker", words.split(' '));
    let locked = LockedPackage {
        ecosystem: "oci".into(),
        name,
        version: "latest".into(),
        integrity: String::new(),
        tree: String::new(),
    };
    let writes = writes.iter().map(|path| world.text(path));
    let writes: Vec<GrantPath> = writes.map(|path| path.parse().unwrap()).collect();
    let resolver = Resolver {
        search: &world.search,
        store: &store,
        places: &world.places,
        cache: &mut world.cache(),
    };
    let mut resolver = resolver;
    let prior = Prior {
        package: Some(&locked),
        writes: &writes,
        ..Prior::default()
    };
    resolver.resolve(&request, &judge(&request), prior)
}

/// The directories that are digested besides the image.
fn trees(world: &World, words: &str, writes: &[&str]) -> Vec<String> {
    let launch = resolve(world, words, writes).unwrap_or_else(|error| panic!("{words}: {error}"));
    let trees = launch.record().trees.iter();
    let name = |root: &str| {
        Path::new(root)
            .strip_prefix(&world.root)
            .unwrap()
            .to_owned()
    };
    let roots = trees.map(|tree| name(&tree.root).display().to_string());
    roots.filter(|root| root != "image").collect()
}

#[test]
fn mounted_code_is_digested_and_not_writable() {
    let world = World::new();
    world.file("srv/proj/server.py", "");
    world.file("srv/proj/lib/__main__.py", "");
    world.file("srv/data/x.db", "");
    for (words, expected) in [
        (
            "-v ROOT/srv/proj:/app --entrypoint python3 team/x /app/server.py",
            "srv/proj",
        ),
        (
            "-v ROOT/srv/proj:/app -w /app --entrypoint python3 team/x server.py",
            "srv/proj",
        ),
        (
            "-v ROOT/srv/proj:/app -w /app --entrypoint python3 team/x -m lib",
            "srv/proj",
        ),
        (
            "-v ROOT/srv/proj:/app -v ROOT/srv/data:/app/data --entrypoint python3 team/x /app/server.py",
            "srv/data,srv/proj",
        ),
        // Whatever stands where the image's own interpreter starts, and where its package manager is started.
        ("-v ROOT/srv/proj:/app team/python3 /app", "srv/proj"),
        ("-v ROOT/srv/proj:/app team/node /app/server", "srv/proj"),
        ("-v ROOT/srv/proj:/app -w /app team/node .", "srv/proj"),
        ("-v ROOT/srv/proj:/app -w /app team/npm start", "srv/proj"),
        (
            "-v ROOT/srv/proj:/app team/npm --prefix /app start",
            "srv/proj",
        ),
        ("-v ROOT/srv/data:/data -w /data team/x", ""),
        // What is given to a script, or to the image's own program, is data.
        (
            "-v ROOT/srv/data:/data --entrypoint python3 team/x /bin/server /data/x.db",
            "",
        ),
        ("-v ROOT/srv/data:/data team/x --db=/data/x.db", ""),
    ] {
        let words = format!("run {words}");
        assert_eq!(trees(&world, &words, &[]).join(","), expected, "{words}");
        let refused = resolve(&world, &words, &["srv/proj"]).err();
        let is_refused = matches!(refused, Some(ResolveError::WritesCode { .. }));
        assert_eq!(is_refused, !expected.is_empty(), "{words}");
    }
    let words = "run -v ROOT/srv/proj:/app -v ROOT/srv/data:/app/data --entrypoint python3 team/x /app/server.py";
    assert_eq!(trees(&world, words, &["srv/data"]), ["srv/proj"]);
    world.program("srv/data/tool", "");
    let words = "run -v ROOT/srv/data:/data team/x --run=/data/tool";
    assert_eq!(trees(&world, words, &[]), ["srv/data"]);
    // A grant of its own is seen where it is on the host.
    let words = "run --entrypoint python3 team/x ROOT/srv/proj/server.py";
    let refused = resolve(&world, words, &["srv/proj"]).err();
    assert!(matches!(refused, Some(ResolveError::WritesCode { .. })));
}

#[test]
fn what_a_mount_cannot_be_is_said() {
    let world = World::new();
    world.program("srv/proj/tool", "");
    world.link("srv/proj/out.py", "/bin/server");
    world.file("srv/other/server.js", "");
    world.link("srv/proj/link", &world.text("srv/other"));
    world.link("srv/proj/gone", &world.text("srv/nowhere"));
    for (words, expected) in [
        (
            "-v ROOT/srv/proj:/app --entrypoint /app/tool team/x",
            "which is mounted",
        ),
        (
            "-v ROOT/srv/proj:/bin --entrypoint tool team/x",
            "which is mounted",
        ),
        (
            "-v ROOT/srv/proj:/app --entrypoint python3 team/x /app/out.py",
            "a link out of",
        ),
        // What the interpreter completes is not there under this name, and behind a link nevertheless.
        (
            "-v ROOT/srv/proj:/app team/node /app/link/server",
            "a link out of",
        ),
        (
            "-v ROOT/srv/proj:/app team/node /app/link/a/b",
            "a link out of",
        ),
        (
            "-v ROOT/srv/proj:/app team/node /app/gone/server",
            "a link out of",
        ),
        ("-w /nowhere team/x", "`-w /nowhere`"),
    ] {
        let error = resolve(&world, &format!("run {words}"), &[]).err().unwrap();
        assert!(error.to_string().contains(expected), "{words}: {error}");
    }
}

#[test]
fn it_starts_where_it_is_told_to_with_what_it_is_told() {
    let world = World::new();
    world.file("srv/proj/x", "");
    let check = |words: &str, cwd: Option<&str>, argv: &[&str]| {
        let launch = resolve(&world, &format!("run {words}"), &[]).unwrap();
        assert_eq!(launch.cwd(), cwd.map(Path::new), "{words}");
        assert_eq!(launch.argv(), argv, "{words}");
    };
    check("team/x", None, &["server", "own"]);
    check(
        "-w /of-the-image team/x a",
        Some("/of-the-image"),
        &["server", "a"],
    );
    check(
        "-v ROOT/srv/proj:/inside -w /inside team/x",
        Some("/inside"),
        &["server", "own"],
    );
    check("--entrypoint= team/x server a", None, &["server", "a"]);
}

#[test]
fn an_empty_entry_point_leaves_the_words_to_be_judged() {
    for (words, expected) in [
        ("--entrypoint= team/x server a", Decision::NeedsApproval),
        ("--entrypoint= team/x sh -c id", Decision::Refused),
        ("--entrypoint= team/x", Decision::Refused),
        ("--entrypoint [\"sh\"] team/x", Decision::Refused),
    ] {
        let words = format!("run {words}");
        let judged = judge(&Request::new("docker", words.split(' ')));
        assert_eq!(judged.decision(), expected, "{words}");
    }
}

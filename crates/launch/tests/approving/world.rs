//! A user in a temporary directory: a home, programs, a key, approvals. Nothing of this machine is used.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use interlock_launch::key::{KeyFile, Signer};
use interlock_launch::{
    Approval, Approved, BinaryRef, Class, DigestCache, Ecosystem, Grants, Interpreter, Judgement,
    Known, Launch, Ledger, LedgerEdit, LocateError, Located, LockedPackage, PackageRef,
    PackageStore, Places, Prior, Profile, ProjectRef, Refusal, Request, ResolveError, Resolver,
    ScriptKind, ScriptRef, Secret,
};
use tempfile::TempDir;

pub(crate) struct World {
    _dir: TempDir,
    pub(crate) root: PathBuf,
    pub(crate) places: Places,
    pub(crate) search: Vec<PathBuf>,
    pub(crate) store: Shelf,
    pub(crate) known: Known,
}

/// A store with the packages that a test puts there.
#[derive(Default)]
pub(crate) struct Shelf(pub(crate) Vec<(LockedPackage, Located)>);

impl PackageStore for Shelf {
    fn locate(
        &self,
        _: &PackageRef,
        locked: &LockedPackage,
        _: &Path,
    ) -> Result<Located, LocateError> {
        let found = self.0.iter().find(|(known, _)| known == locked);
        found
            .map(|(_, located)| located.clone())
            .ok_or_else(|| LocateError::Missing(locked.name.clone()))
    }
}

pub(crate) fn passphrase() -> Secret {
    Secret::new(b"correct horse".to_vec())
}

impl World {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let home = root.join("home");
        fs::create_dir_all(&home).unwrap();
        let uid = fs::metadata(&home).unwrap().uid();
        let places = Places::new(
            &home,
            &home.join(".config/interlock"),
            &home.join(".local/share/interlock/store"),
            &home.join(".local/state/interlock"),
            uid,
        )
        .danger_with_administrator(&root.join("etc"), uid);
        let world = Self {
            search: vec![root.join("bin")],
            _dir: dir,
            root,
            places,
            store: Shelf::default(),
            known: Known::default(),
        };
        world.program("bin/node", "not really node");
        world.program("bin/python3", "not really python");
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn program(&self, name: &str, text: &str) -> PathBuf {
        let path = self.file(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    pub(crate) fn link(&self, name: &str, target: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&path);
        symlink(target, path).unwrap();
    }

    pub(crate) fn cache(&self) -> DigestCache {
        // Far ahead: every file of the test is old enough to be sealed.
        DigestCache::open(&self.places, time(1 << 40))
    }

    pub(crate) fn resolve(
        &self,
        request: &Request,
        class: Class,
        prior: Prior<'_>,
    ) -> Result<Launch, ResolveError> {
        self.resolve_with(request, class, prior, &mut self.cache())
    }

    pub(crate) fn resolve_with(
        &self,
        request: &Request,
        class: Class,
        prior: Prior<'_>,
        cache: &mut DigestCache,
    ) -> Result<Launch, ResolveError> {
        let judgement = Judgement {
            class,
            reasons: Vec::new(),
            server_args: Vec::new(),
            child_env: request.env.clone(),
            wrappers: Vec::new(),
        };
        Resolver {
            search: &self.search,
            store: &self.store,
            places: &self.places,
            cache,
        }
        .resolve(request, &judgement, prior)
    }

    /// Resolves what judging really makes of a request.
    pub(crate) fn resolve_judged(
        &self,
        request: &Request,
        judgement: &Judgement,
    ) -> Result<Launch, ResolveError> {
        Resolver {
            search: &self.search,
            store: &self.store,
            places: &self.places,
            cache: &mut self.cache(),
        }
        .resolve(request, judgement, Prior::default())
    }

    /// `node SCRIPT ARGS`.
    pub(crate) fn node(&self, script: &str, args: &[&str]) -> Result<Launch, ResolveError> {
        let (request, class) = self.node_request(script, args);
        self.resolve(&request, class, Prior::default())
    }

    pub(crate) fn node_request(&self, script: &str, args: &[&str]) -> (Request, Class) {
        let script = self.text(script);
        let words = std::iter::once(script.as_str()).chain(args.iter().copied());
        let request = Request::new("node", words);
        (request, Class::Script(script_ref("node", &script, args)))
    }

    pub(crate) fn binary(&self, program: &str, args: &[&str]) -> Result<Launch, ResolveError> {
        let request = Request::new(program, args.iter().copied());
        let class = binary_class(program, args);
        self.resolve(&request, class, Prior::default())
    }

    pub(crate) fn key(&self) -> KeyFile {
        KeyFile::new(&self.places).danger_cheap_passphrase()
    }

    pub(crate) fn init(&self) -> Signer {
        self.key().create(&passphrase()).unwrap()
    }

    pub(crate) fn profile(&self, grants: Grants) -> Profile {
        Profile::new(grants, &self.places).unwrap()
    }

    /// Approves a launch, and has the log remember the new sequence number.
    pub(crate) fn approve(&mut self, signer: &Signer, name: &str, launch: &Launch, grants: Grants) {
        let profile = self.profile(grants);
        let mut edit = LedgerEdit::begin(&self.places, &self.known, signer).unwrap();
        let approval = Approval {
            name: name.parse().unwrap(),
            launch,
            profile,
            tools: None,
            note: None,
        };
        edit.approve(approval, time(1)).unwrap();
        self.known.sequence = edit.commit().unwrap();
    }

    pub(crate) fn revoke(&mut self, signer: &Signer, name: &str) {
        let mut edit = LedgerEdit::begin(&self.places, &self.known, signer).unwrap();
        edit.revoke(name, time(2)).unwrap();
        self.known.sequence = edit.commit().unwrap();
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::load(&self.places, &self.known).unwrap()
    }

    pub(crate) fn admit(&self, launch: Launch) -> Result<Approved, Refusal> {
        self.ledger().admit(launch)
    }

    pub(crate) fn ledger_file(&self) -> PathBuf {
        self.places.approvals().join("ledger")
    }
}

pub(crate) fn time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

pub(crate) fn script_ref(interpreter: &str, path: &str, args: &[&str]) -> ScriptRef {
    ScriptRef {
        interpreter: interpreter.to_owned(),
        kind: ScriptKind::File,
        path: path.to_owned(),
        project: None,
        options: Vec::new(),
        with: Vec::new(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
    }
}

pub(crate) fn binary_class(program: &str, args: &[&str]) -> Class {
    Class::Binary(BinaryRef {
        program: program.to_owned(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
    })
}

pub(crate) fn package_ref(name: &str, spec: Option<&str>) -> PackageRef {
    PackageRef {
        ecosystem: Ecosystem::Npm,
        runner: "npx".to_owned(),
        name: name.to_owned(),
        spec: spec.map(str::to_owned),
        bin: None,
        extras: Vec::new(),
        with: Vec::new(),
        source: None,
        project: ProjectRef::default(),
        interpreter_args: Vec::new(),
        interpreter_version: None,
        args: Vec::new(),
    }
}

pub(crate) fn locked(name: &str, version: &str) -> LockedPackage {
    LockedPackage {
        ecosystem: "npm".to_owned(),
        name: name.to_owned(),
        version: version.to_owned(),
        integrity: format!("sha512-{version}"),
        tree: format!("tree-{version}"),
    }
}

/// Puts a package with one entry file into the store.
pub(crate) fn shelve(world: &mut World, name: &str, version: &str, source: &str) -> LockedPackage {
    let root = world.places.store().join(format!("{name}-{version}"));
    let entry = root.join("node_modules").join(name).join("index.js");
    fs::create_dir_all(entry.parent().unwrap()).unwrap();
    fs::write(&entry, source).unwrap();
    let locked = locked(name, version);
    let located = Located {
        root,
        entry,
        interpreter: Interpreter::Node,
        start: None,
    };
    world.store.0.push((locked.clone(), located));
    locked
}

/// What `expected` holds, one `what: was -> now` a line, in a refusal's difference.
pub(crate) fn changed(refusal: &Refusal) -> Vec<String> {
    match refusal {
        Refusal::Changed { difference, .. } => {
            let lines = difference.lines().iter();
            lines.map(|line| line.what.clone()).collect()
        }
        other => panic!("not a change: {other}"),
    }
}

pub(crate) fn refusal(result: Result<Approved, Refusal>) -> Refusal {
    match result {
        Err(refusal) => refusal,
        Ok(_) => panic!("it was admitted"),
    }
}

pub(crate) fn admitted(result: Result<Approved, Refusal>) -> Approved {
    result.unwrap_or_else(|refusal| panic!("{refusal}"))
}

pub(crate) fn error(result: Result<Launch, ResolveError>) -> ResolveError {
    match result {
        Err(error) => error,
        Ok(_) => panic!("it was resolved"),
    }
}

//! The disk of the virtual machine, and a user with a store on it.

use super::support::{World, package::Package};
use interlock_launch::{
    Approval, Digest, DigestCache, Grants, Known, Launch, Ledger, LedgerEdit, LockedPackage,
    Places, Prior, Profile, Request, Resolver, Secret, Verity, judge, key::KeyFile,
};
use interlock_supply::{LockedTree, Store};
use rustix::fs::{Advice, fadvise};
use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    os::{fd::AsFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// How the marked file begins.
pub(crate) const MARKER: &str = "// this file is found on the disk by this line\n";
/// The large file of the tree has four times as much.
pub(crate) const MOST_READ: u64 = 1 << 20;

pub(crate) struct Disk {
    pub(crate) directory: PathBuf,
    pub(crate) device: PathBuf,
    /// Its file system keeps files from changing.
    pub(crate) seals: bool,
}

impl Disk {
    /// Whether it has sums of its own for all that it stores.
    pub(crate) fn checks_itself(&self) -> bool {
        let mounts = fs::read_to_string("/proc/mounts").unwrap();
        let place = format!(" {} btrfs ", self.directory.display());
        mounts.contains(&place)
    }

    /// Changes the hundredth byte of the marked file behind the back of the file system, which then has to read it again.
    pub(crate) fn change_below(&self, path: &Path) {
        rustix::fs::sync();
        let mut options = File::options();
        let mut device = options.read(true).write(true).open(&self.device).unwrap();
        let mut block = vec![0; 1 << 20];
        let mut found = 0;
        for place in (0..).step_by(block.len()) {
            device.seek(SeekFrom::Start(place)).unwrap();
            let count = device.read(&mut block).unwrap();
            if count == 0 {
                break;
            }
            // A file begins where a block begins.
            for at in (0..count).step_by(4096) {
                if block[at..].starts_with(MARKER.as_bytes()) {
                    device
                        .seek(SeekFrom::Start(place + at as u64 + 100))
                        .unwrap();
                    device.write_all(b"X").unwrap();
                    found += 1;
                }
            }
        }
        device.sync_all().unwrap();
        assert!(found >= 1, "the marked file is not on {:?}", self.device);
        // What the kernel has in memory is still as it was.
        fadvise(File::open(path).unwrap(), 0, None, Advice::DontNeed).unwrap();
        fadvise(&device, 0, None, Advice::DontNeed).unwrap();
    }
}

pub(crate) fn measure(file: &File) -> Option<Digest> {
    (Verity::KERNEL.measure)(file.as_fd())
}

/// Opens a file for writing as whoever may change its permissions.
pub(crate) fn written_by_its_owner(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))?;
    let opened = File::options().write(true).open(path).map(drop);
    fs::set_permissions(path, fs::Permissions::from_mode(0o444))?;
    opened
}

/// Every file below a directory.
pub(crate) fn files_below(root: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(files_below(&path)),
            false => all.push(path),
        }
    }
    all
}

/// How many bytes this process read meanwhile.
pub(crate) fn read_by<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let count = || -> u64 {
        let text = fs::read_to_string("/proc/self/io").unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("rchar: "));
        line.unwrap().parse().unwrap()
    };
    let before = count();
    let result = work();
    (count() - before, result)
}

/// Puts another file with these bytes in the place of one, with its permissions and its time of modification.
pub(crate) fn replace(path: &Path, bytes: &[u8]) {
    let meta = fs::metadata(path).unwrap();
    let parent = path.parent().unwrap();
    fs::set_permissions(parent, fs::Permissions::from_mode(0o755)).unwrap();
    let other = path.with_extension("other");
    fs::write(&other, bytes).unwrap();
    let times = fs::FileTimes::new().set_modified(meta.modified().unwrap());
    File::options()
        .write(true)
        .open(&other)
        .unwrap()
        .set_times(times)
        .unwrap();
    fs::set_permissions(&other, meta.permissions()).unwrap();
    fs::rename(&other, path).unwrap();
    fs::set_permissions(parent, fs::Permissions::from_mode(0o555)).unwrap();
}

fn time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A user with a store, a key and approvals.
pub(crate) struct Stand {
    pub(crate) world: World,
    pub(crate) verity: Verity,
    home: PathBuf,
    places: Places,
    tree: Option<LockedTree>,
}

impl Stand {
    /// With an empty store in the directory of this name.
    pub(crate) fn new(disk: &Disk, name: &str, packages: &[Package]) -> Self {
        fs::create_dir_all(disk.directory.join(name).join("bin")).unwrap();
        Self::again_unlocked(disk, name, packages)
    }

    /// With the store that another one left there.
    pub(crate) fn again_unlocked(disk: &Disk, name: &str, packages: &[Package]) -> Self {
        let home = disk.directory.join(name);
        let mut world = World::new(packages);
        world.store = Store::open(&home.join("store")).unwrap();
        let node = home.join("bin/node");
        if !node.exists() {
            fs::write(&node, "not really node").unwrap();
            fs::set_permissions(&node, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let uid = rustix::process::geteuid().as_raw();
        let places = Places::new(
            &home,
            &home.join("c"),
            world.store.root(),
            &home.join("s"),
            uid,
        );
        Self {
            world,
            verity: Verity::KERNEL,
            home,
            places,
            tree: None,
        }
    }

    /// With the store and the tree that another one left there.
    pub(crate) fn again(disk: &Disk, name: &str, packages: &[Package]) -> Self {
        let mut stand = Self::again_unlocked(disk, name, packages);
        let mut trees = stand.world.store.list().unwrap();
        stand.tree = trees.pop().unwrap().locked;
        stand
    }

    pub(crate) fn lock(&mut self) {
        self.tree = Some(self.world.lock("app").unwrap().tree);
    }

    pub(crate) fn tree(&self) -> &LockedTree {
        self.tree.as_ref().unwrap()
    }

    pub(crate) fn root(&self) -> PathBuf {
        let tree = format!("trees/{}/root", self.tree().digest);
        self.world.store.root().join(tree)
    }

    /// A file of the package.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.root().join("node_modules/app").join(name)
    }

    fn resolve_with(&self, mut cache: DigestCache) -> Result<Launch, String> {
        let request = Request::new("npx", ["-y", "app@1.0.0"]);
        let package = LockedPackage::from(self.tree());
        let mut resolver = Resolver {
            search: &[self.home.join("bin")],
            store: &self.world.store,
            places: &self.places,
            cache: &mut cache,
        };
        let prior = Prior {
            package: Some(&package),
            ..Prior::default()
        };
        let launch = resolver.resolve(&request, &judge(&request), prior);
        launch.map_err(|error| {
            let mut text = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(error) = source {
                text = format!("{text}: {error}");
                source = error.source();
            }
            text
        })
    }

    fn cache(&self) -> DigestCache {
        // Far ahead: every file is old enough.
        DigestCache::in_memory(time(1 << 40)).with_verity(self.verity)
    }

    /// As an approval does.
    pub(crate) fn resolve_knowing_nothing(&self) -> Result<Launch, String> {
        self.resolve_with(self.cache())
    }

    /// As a start does: knowing what was signed.
    pub(crate) fn resolve(&self) -> Result<Launch, String> {
        let mut cache = self.cache();
        self.ledger().teach(&mut cache);
        self.resolve_with(cache)
    }

    fn ledger(&self) -> Ledger {
        Ledger::load(&self.places, &Known::default()).unwrap()
    }

    pub(crate) fn admit(&self, launch: Launch) -> Result<(), String> {
        let admitted = self.ledger().admit(launch);
        admitted.map(drop).map_err(|refusal| refusal.to_string())
    }

    pub(crate) fn approve(&self) {
        let key = KeyFile::new(&self.places).danger_cheap_passphrase();
        let passphrase = Secret::new(b"correct horse".to_vec());
        let signer = match key.exists() {
            true => key.unlock(&passphrase).unwrap(),
            false => key.create(&passphrase).unwrap(),
        };
        let launch = self.resolve_knowing_nothing().unwrap();
        let mut edit = LedgerEdit::begin(&self.places, &Known::default(), &signer).unwrap();
        let approval = Approval {
            name: "app".parse().unwrap(),
            launch: &launch,
            profile: Profile::new(Grants::default(), &self.places).unwrap(),
            tools: None,
            note: None,
        };
        edit.approve(approval, time(1)).unwrap();
        edit.commit().unwrap();
    }

    /// Leaves the store to another one.
    pub(crate) fn leave(self) {
        rustix::fs::sync();
    }
}

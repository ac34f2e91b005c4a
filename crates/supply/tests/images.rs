//! Images from a fixture registry and from archives: what comes into the store, and what never does.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use interlock_launch::{LockedPackage, PackageStore as _, Verity};
use interlock_supply::{
    Silent, Store,
    oci::{
        Archive, Facts, ImageError, ImageLimits, LockedImage, Locker, Platform, Reference,
        Registry, Source,
    },
};
use serde_json::json;
use std::{
    collections::BTreeSet,
    fs,
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::PathBuf,
    sync::Mutex,
};
use support::{
    chain, cleaned as gc,
    image::{Image, digest, gzip, layer},
    server::{Answer, Server},
};

/// A registry with one image, and a store.
struct World {
    server: Server,
    directory: tempfile::TempDir,
    store: Store,
}

const PATH: &str = "team/server";

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("store")).unwrap();
        Self {
            server: Server::start(),
            directory,
            store,
        }
    }

    fn of(image: &Image) -> Self {
        let world = Self::new();
        image.publish(&world.server, PATH, "1");
        world
    }

    fn registry(&self) -> Registry {
        let mirrors = [("hub.example".to_owned(), self.server.url())];
        Registry::new(mirrors.into(), &support::server::near())
    }

    fn with<T>(&self, source: &dyn Source, work: impl FnOnce(&Locker<'_>) -> T) -> T {
        work(&Locker {
            source,
            store: &self.store,
            platform: &Platform::here(),
            limits: ImageLimits::default(),
            progress: &Silent,
        })
    }

    fn lock(&self, version: &str) -> Result<(LockedImage, Facts), ImageError> {
        self.with(&self.registry(), |it| it.lock(&reference(version)))
    }

    fn install(&self, locked: &LockedImage) -> Result<Facts, ImageError> {
        self.with(&self.registry(), |it| {
            it.install(&reference(&locked.version), locked)
        })
    }

    fn files(&self, locked: &LockedImage) -> PathBuf {
        self.store
            .image(&LockedPackage::from(locked))
            .unwrap()
            .files
    }

    /// Nothing of an image is in the store.
    fn is_empty(&self) -> bool {
        let rubbish = fs::read_dir(self.store.root().join("tmp")).unwrap().count();
        self.store.images().unwrap().is_empty() && rubbish == 0
    }
}

fn reference(version: &str) -> Reference {
    let mark = if version.starts_with("sha256:") {
        '@'
    } else {
        ':'
    };
    format!("hub.example/{PATH}{mark}{version}")
        .parse()
        .unwrap()
}

fn layers() -> Vec<Vec<u8>> {
    vec![
        layer(&[
            ("bin/server", "#!/bin/sh\n"),
            ("etc/old", "x"),
            ("lib -> usr/lib", ""),
        ]),
        layer(&[("etc/.wh.old", ""), ("etc/new", "y"), ("lib/so", "z")]),
    ]
}

fn image() -> Image {
    Image::new(&layers())
}

#[test]
fn a_tag_becomes_a_verified_tree() {
    let image = image();
    let world = World::of(&image);
    let (locked, facts) = world.lock("1").unwrap();
    assert_eq!(locked.name, "hub.example/team/server");
    assert_eq!(locked.version, "1");
    assert_eq!(locked.manifest.to_string(), image.manifest_digest());
    assert_eq!((locked.files, locked.layers.len()), (3, 2));
    assert_eq!(facts.starts, ["/bin/server", "stdio"]);
    assert_eq!(facts.user.as_deref(), Some("root"));
    let files = world.files(&locked);
    assert_eq!(fs::read_to_string(files.join("usr/lib/so")).unwrap(), "z");
    assert!(!files.join("etc/old").exists());
    assert_eq!(
        fs::read_link(files.join("lib")).unwrap(),
        PathBuf::from("usr/lib")
    );
    let mode = fs::metadata(files.join("etc"))
        .unwrap()
        .permissions()
        .mode()
        & 0o7777;
    assert_eq!(mode, 0o555);
    let located = world.store.image(&LockedPackage::from(&locked)).unwrap();
    assert_eq!(located.config.entrypoint, ["/bin/server"]);
    assert_eq!(located.config.workdir, "/srv");
    // The same bytes on another machine, and from a lock, are the same tree.
    let other = World::of(&image);
    other.install(&locked).unwrap();
    assert_eq!(other.store.images().unwrap(), world.store.images().unwrap());
    // Once there, nothing is fetched but what the tag means.
    world.server.forget();
    assert_eq!(world.lock("1").unwrap().0, locked);
    assert_eq!(
        world.server.asked_for("blobs"),
        1,
        "the configuration alone"
    );
    world.server.forget();
    world.install(&locked).unwrap();
    assert_eq!(world.server.asked(), []);
}

#[test]
fn layers_may_be_packed_with_zstd() {
    let mut image = image();
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let plain = layers();
    image.layers = plain
        .iter()
        .map(|layer| ruzstd::encoding::compress_to_vec(&layer[..], level))
        .collect();
    image.describe();
    let kinds = [
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.diff.tar.zstd",
    ];
    for (layer, kind) in kinds.into_iter().enumerate() {
        image.manifest["layers"][layer]["mediaType"] = json!(kind);
    }
    let (zstd, _) = World::of(&image).lock("1").unwrap();
    let (gzip, _) = World::of(&self::image()).lock("1").unwrap();
    assert_eq!((zstd.files, zstd.bytes), (gzip.files, gzip.bytes));
    // Another packing than the media type says.
    image.manifest["layers"][0]["mediaType"] = json!("application/vnd.oci.image.layer.v1.tar+gzip");
    let world = World::of(&image);
    assert!(chain(&world.lock("1").unwrap_err()).contains("damaged"));
    assert!(world.is_empty());
}

#[test]
fn an_index_leads_to_this_machine() {
    let image = image();
    let world = World::new();
    image.publish(&world.server, PATH, "unused");
    let index = image.index();
    world.server.put(
        "/v2/team/server/manifests/multi",
        Answer::new(index.clone()),
    );
    let by_digest = digest(index.as_bytes());
    world.server.put(
        &format!("/v2/team/server/manifests/{by_digest}"),
        Answer::new(index),
    );
    for version in ["multi", &by_digest] {
        let (locked, _) = world.lock(version).unwrap();
        assert_eq!(locked.manifest.to_string(), image.manifest_digest());
        assert_eq!(locked.version, version);
    }
}

#[test]
fn a_tag_that_moves_changes_nothing_that_is_locked() {
    let world = World::of(&image());
    let (locked, _) = world.lock("1").unwrap();
    let other = Image::new(&[layer(&[("bin/server", "evil")])]);
    other.publish(&world.server, PATH, "1");
    world.install(&locked).unwrap();
    let read = fs::read_to_string(world.files(&locked).join("bin/server"));
    assert_eq!(read.unwrap(), "#!/bin/sh\n");
    // In an empty store it is fetched by digest, whatever the tag means.
    let fresh = World::of(&image());
    other.publish(&fresh.server, PATH, "1");
    image().publish(&fresh.server, PATH, "unused");
    fresh.install(&locked).unwrap();
    let (moved, _) = world.lock("1").unwrap();
    assert_ne!(moved.digest, locked.digest);
}

#[test]
fn what_is_not_what_names_it_is_refused_at_every_level() {
    let good = image();
    let config = digest(good.config.to_string().as_bytes());
    let manifest = good.manifest_digest();
    let layer_path = |at: usize| format!("blobs/{}", digest(&good.layers[at]));
    let other_layer = gzip(&layer(&[("x", "evil")]));
    for (path, bytes, version, expected) in [
        (
            format!("manifests/{manifest}"),
            b"{}".to_vec(),
            manifest.as_str(),
            "the manifest is not the one",
        ),
        (
            format!("blobs/{config}"),
            b"{}".to_vec(),
            "1",
            "the configuration is not the one",
        ),
        (layer_path(0), other_layer.clone(), "1", "the layer is not"),
        (layer_path(1), Vec::new(), "1", "the layer is not"),
        (
            layer_path(1),
            [good.layers[1].clone(), vec![0]].concat(),
            "1",
            "",
        ),
        (
            "manifests/1".to_owned(),
            b"not json".to_vec(),
            "1",
            "the manifest is refused",
        ),
    ] {
        let world = World::of(&good);
        world
            .server
            .put(&format!("/v2/{PATH}/{path}"), Answer::new(bytes));
        let error = world.lock(version).unwrap_err();
        assert!(
            chain(&error).contains(expected),
            "{path}: {}",
            chain(&error)
        );
        assert!(world.is_empty(), "{path}");
    }
    let world = World::of(&good);
    world.server.put(
        &format!("/v2/{PATH}/{}", layer_path(1)),
        Answer::status(404),
    );
    assert!(world.lock("1").is_err() && world.is_empty());
}

/// An image that was changed before it was published, so that its digests are right.
fn check_refused(change: impl FnOnce(&mut Image), expected: &str) {
    let mut image = image();
    change(&mut image);
    let world = World::of(&image);
    let error = world.lock("1").unwrap_err();
    assert!(
        chain(&error).contains(expected),
        "{} / {expected}",
        chain(&error)
    );
    assert!(world.is_empty(), "{expected}");
}

#[test]
fn images_that_contradict_themselves_are_refused() {
    check_refused(
        |image| {
            image.config["architecture"] = json!("mips");
            image.describe();
        },
        "linux/mips",
    );
    check_refused(
        |image| {
            image.config["rootfs"]["diff_ids"] = json!([digest(b"")]);
            image.describe();
        },
        "2 layers",
    );
    check_refused(
        |image| {
            image.layers[1] = gzip(&layer(&[("etc/evil", "x")]));
            image.describe();
        },
        "not the one that the configuration names",
    );
    check_refused(
        |image| {
            image.layers[1] = b"not an archive".to_vec();
            image.describe();
        },
        "layer 2 is refused",
    );
    check_refused(
        |image| {
            image.manifest["layers"][0]["mediaType"] =
                json!("application/vnd.oci.image.layer.v1.tar+lz4")
        },
        "lz4",
    );
    check_refused(
        |image| image.manifest["layers"][0]["size"] = json!(7),
        "layer",
    );
    check_refused(
        |image| image.manifest["layers"][0]["size"] = json!(1_u64 << 40),
        "not of the size",
    );
    check_refused(
        |image| image.manifest["mediaType"] = json!("application/vnd.oci.image.index.v1+json"),
        "as an index and as a manifest",
    );
    let many: Vec<Vec<u8>> = (0..130).map(|n| layer(&[("f", &n.to_string())])).collect();
    check_refused(|image| *image = Image::new(&many), "130 layers");
}

#[test]
fn a_lock_that_says_otherwise_is_refused() {
    let world = World::of(&image());
    let (locked, _) = world.lock("1").unwrap();
    type Change = fn(&mut LockedImage);
    let changes: [Change; 5] = [
        |it| it.files += 1,
        |it| it.platform = "linux/other".into(),
        |it| it.layers.truncate(1),
        |it| it.digest = interlock_supply::TreeDigest::from_bytes([7; 32]),
        |it| it.name = "hub.example/other/server".into(),
    ];
    for change in changes {
        for world in [&world, &World::of(&image())] {
            let mut other = locked.clone();
            change(&mut other);
            let error = world.install(&other).unwrap_err();
            assert!(
                chain(&error).contains("not the locked one"),
                "{}",
                chain(&error)
            );
        }
    }
    assert!(world.install(&locked).is_ok());
}

#[test]
fn a_public_image_is_fetched_with_an_anonymous_token() {
    let world = World::of(&image());
    let realm = format!("{}token", world.server.url());
    let challenge =
        format!("Bearer realm=\"{realm}\",service=\"hub\",scope=\"repository:all:push\"");
    let (path, token) = (
        format!("/v2/{PATH}/manifests/1"),
        json!({"token": "t0k"}).to_string(),
    );
    world.server.put(
        &path,
        Answer {
            headers: vec![("WWW-Authenticate", challenge)],
            ..Answer::status(401)
        },
    );
    let wanted = "/token?service=hub&scope=repository%3Ateam%2Fserver%3Apull";
    world.server.put(wanted, Answer::new(token));
    let error = world.lock("1").unwrap_err();
    assert!(
        chain(&error).contains("refused access"),
        "{}",
        chain(&error)
    );
    let asked = world.server.asked();
    let seen: Vec<(&str, Option<&str>)> = asked
        .iter()
        .map(|(path, login)| (path.as_str(), login.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            (path.as_str(), None),
            (wanted, None),
            (path.as_str(), Some("Bearer t0k"))
        ]
    );
}

#[test]
fn a_registry_without_tls_leads_nowhere_else() {
    let world = World::of(&image());
    let moved = format!("/v2/{PATH}/moved");
    let manifest = serde_json::to_vec(&image().manifest).unwrap();
    world.server.put(&moved, Answer::new(manifest));
    let to = format!("{}{}", world.server.url(), moved.trim_start_matches('/'));
    world.server.put(
        &format!("/v2/{PATH}/manifests/1"),
        Answer {
            headers: vec![("Location", to)],
            ..Answer::status(307)
        },
    );
    assert!(world.lock("1").is_err());
    let asked = world.server.asked();
    assert!(asked.iter().all(|(path, _)| *path != moved), "{asked:?}");
}

#[test]
fn archives_of_both_forms_are_read() {
    let world = World::new();
    let image = image();
    let path = world.directory.path().join("image.tar");
    image.save_layout(&path);
    let archive = Archive::open(&path).unwrap();
    let (layout, _) = world.with(&archive, |it| it.lock(&reference("1"))).unwrap();
    assert_eq!(layout.manifest.to_string(), image.manifest_digest());
    let saved = fs::read(&path).unwrap();
    let (was, now) = (b"image.config.v1", b"image.konfig.v1");
    let at = saved.windows(was.len()).position(|part| part == was);
    let mut changed = saved.clone();
    changed[at.unwrap()..][..now.len()].copy_from_slice(now);
    fs::write(&path, changed).unwrap();
    let error = Archive::open(&path).err().unwrap();
    assert!(chain(&error).contains("its index names"), "{error}");
    image.save_docker(&layers(), &path);
    let archive = Archive::open(&path).unwrap();
    let (docker, _) = world.with(&archive, |it| it.lock(&reference("1"))).unwrap();
    assert_ne!(
        docker.manifest, layout.manifest,
        "its layers are not packed"
    );
    assert_eq!((docker.config, docker.files), (layout.config, layout.files));
    // The same archive again is the same image.
    let again = world
        .with(&archive, |it| it.lock(&reference("1")))
        .unwrap()
        .0;
    assert_eq!(again, docker);
    image.save_docker(&[layers()[0].clone(), layers()[0].clone()], &path);
    let archive = Archive::open(&path).unwrap();
    let fresh = World::new();
    let wrong = fresh
        .with(&archive, |it| it.lock(&reference("1")))
        .unwrap_err();
    assert!(chain(&wrong).contains("is not"), "{}", chain(&wrong));
    for bytes in [&b""[..], b"no archive", &layers()[0]] {
        fs::write(&path, bytes).unwrap();
        assert!(Archive::open(&path).is_err(), "{} bytes", bytes.len());
    }
    assert!(Archive::open(world.directory.path()).is_err());
}

#[test]
fn damage_is_found_and_what_nothing_names_goes() {
    let world = World::of(&image());
    let (locked, _) = world.lock("1").unwrap();
    let other = Image::new(&[layer(&[("bin/server", "other")])]);
    other.publish(&world.server, PATH, "2");
    let (second, _) = world.lock("2").unwrap();
    let report = world.store.verify().unwrap();
    assert!(report.is_clean() && report.images == 2);
    let file = world.files(&locked).join("etc/new");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&file, "evil").unwrap();
    let report = world.store.verify().unwrap();
    let damages = format!("{:?}", report.damaged_trees);
    assert!(damages.contains("rootfs/etc/new"), "{damages}");
    assert!(world.store.examine_image(&locked.digest, "x").is_err());
    assert!(world.store.examine_image(&second.digest, "x").is_ok());
    // A damaged one is fetched again, whole.
    world.lock("1").unwrap();
    assert!(world.store.verify().unwrap().is_clean());
    let kept = BTreeSet::from([second.digest]);
    let report = gc(&world.store, &kept, None);
    assert_eq!((report.images, report.trees), (1, 0));
    assert!(world.store.image(&LockedPackage::from(&locked)).is_err());
    assert!(world.store.image(&LockedPackage::from(&second)).is_ok());
    let kept = BTreeSet::new();
    assert_eq!(gc(&world.store, &kept, Some(u64::MAX)).images, 0);
    assert_eq!(gc(&world.store, &kept, Some(0)).images, 1);
}

/// How many images had their place when each file was sealed.
static PLACES: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// Sealing takes as long as the disk does.
const SLOW: Verity = Verity {
    seal: |file| {
        let path = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
        let path = path.to_string_lossy().into_owned();
        let (store, _) = path.rsplit_once("/tmp/").unwrap();
        let images = fs::read_dir(format!("{store}/images"));
        PLACES
            .lock()
            .unwrap()
            .push(images.map_or(0, Iterator::count));
        Ok(())
    },
    measure: |_| None,
};

#[test]
fn a_damaged_one_keeps_its_place_until_the_next_takes_it() {
    let mut world = World::of(&image());
    world.store = world.store.with_verity(SLOW);
    for there in [0, 1] {
        let (locked, _) = world.lock("1").unwrap();
        let seen = std::mem::take(&mut *PLACES.lock().unwrap());
        assert!(!seen.is_empty());
        assert!(seen.iter().all(|count| *count == there), "{seen:?}");
        assert!(world.store.verify().unwrap().is_clean());
        let file = world.files(&locked).join("etc/new");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(&file, "evil").unwrap();
    }
}

#[test]
fn another_manifest_under_an_approved_tree_is_not_started() {
    let world = World::of(&image());
    let (locked, _) = world.lock("1").unwrap();
    let mut approved = LockedPackage::from(&locked);
    approved.integrity = digest(b"other");
    let error = world.store.image(&approved).unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
}

//! What is attached to an image in a fixture registry: what counts, and what never does.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[path = "attached/cosign.rs"]
mod cosign;
#[path = "attached/pages.rs"]
mod pages;
mod support;

use interlock_supply::{
    Silent, Store, Trust,
    oci::{ImageLimits, LockedImage, Locker, Platform, Reference, Registry},
    provenance::{Checked, ImageEvidence, SIGNED, TrustRoot, Verifier},
};
use serde_json::{Value, json};
use support::{
    image::{
        BUNDLE, Image, attach, digest, layer, referrers, referrers_path, sign, simple_payload,
    },
    server::{Answer, Server},
    sigstore::{Build, Sigstore},
};

const NOW: i64 = 1_795_000_000;
const PATH: &str = "team/server";
const SLSA: &str = "https://slsa.dev/provenance/v1";
const ALICE: &str = "https://github.com/alice/server";

/// An image of one registry, behind an index, and who may sign.
struct World {
    server: Server,
    sigstore: Sigstore,
    root: TrustRoot,
    store: Store,
    index: String,
    manifest: String,
    _directory: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (server, sigstore) = (Server::start(), Sigstore::new(NOW));
        let root = directory.path().join("root.json");
        std::fs::write(&root, sigstore.trusted_root()).unwrap();
        let image = Image::new(&[layer(&[("bin/server", "#!/bin/sh\n")])]);
        image.publish(&server, PATH, "unused");
        let index = image.index();
        let named = digest(index.as_bytes());
        for version in ["1", named.as_str()] {
            let path = format!("/v2/{PATH}/manifests/{version}");
            server.put(&path, Answer::new(index.clone()));
        }
        Self {
            root: TrustRoot::from_file(&root).unwrap(),
            store: Store::open(&directory.path().join("store")).unwrap(),
            server,
            sigstore,
            index: named,
            manifest: image.manifest_digest(),
            _directory: directory,
        }
    }

    fn registry(&self) -> Registry {
        let mirrors = [("hub.example".to_owned(), self.server.url())];
        Registry::new(mirrors.into(), &Trust::default())
    }

    /// Locks the tag, and asks what is attached to what it means.
    fn evidence(&self) -> (LockedImage, ImageEvidence) {
        let registry = self.registry();
        let image: Reference = format!("hub.example/{PATH}:1").parse().unwrap();
        let locker = Locker {
            source: &registry,
            store: &self.store,
            platform: &Platform::here(),
            limits: ImageLimits::default(),
            progress: &Silent,
        };
        let (locked, facts) = locker.lock(&image).unwrap();
        assert_eq!(
            facts.index.map(|it| it.to_string()),
            Some(self.index.clone())
        );
        let evidence = registry.attached(&image, &locked, facts.index);
        (locked, evidence)
    }

    fn bundle(&self, kind: &str, subject: &str, repository: &str, at: i64) -> String {
        let build = Build::new(repository, "4f2c", at);
        let bare = subject.trim_start_matches("sha256:");
        let bundle = self.sigstore.bundle(kind, "hub.example/x", bare, &build);
        bundle.to_string()
    }

    /// Attaches bundles to a digest, and lists them.
    fn attach(&self, subject: &str, bundles: &[String]) -> Vec<String> {
        let attached: Vec<String> = bundles
            .iter()
            .map(|bundle| attach(&self.server, PATH, subject, bundle))
            .collect();
        self.list(subject, &attached);
        attached
    }

    fn list(&self, subject: &str, digests: &[String]) {
        let listed: Vec<_> = digests.iter().map(|it| (it.clone(), BUNDLE)).collect();
        let path = referrers_path(PATH, subject);
        self.server.put(&path, Answer::new(referrers(&listed)));
    }

    /// The repositories of those who vouch for it, and the first reason for which something does not hold.
    fn judged(&self, evidence: &ImageEvidence) -> (Vec<String>, String) {
        let (origin, failures) = evidence.origin(Verifier::new(&self.root, NOW));
        let builders = origin.builders();
        let builders = builders.filter_map(|it| it.repository.clone()).collect();
        let failure = failures.first().map(ToString::to_string);
        (builders, failure.unwrap_or_default())
    }

    fn check(&self, builders: &[&str], failure: &str) {
        let (_, evidence) = self.evidence();
        let (found, why) = self.judged(&evidence);
        assert_eq!(found, builders, "{why}");
        assert!(why.contains(failure), "{why} / {failure}");
        assert_eq!(why.is_empty(), failure.is_empty(), "{why}");
    }
}

#[test]
fn what_is_attached_to_the_manifest_or_to_its_index_counts() {
    for kind in [SLSA, SIGNED] {
        let world = World::new();
        world.check(&[], "");
        for subject in [&world.manifest, &world.index] {
            let world = World::new();
            world.attach(subject, &[world.bundle(kind, subject, ALICE, NOW - 9)]);
            world.check(&[ALICE], "");
        }
    }
}

#[test]
fn a_registry_without_a_list_has_a_tag_for_it() {
    for answer in [404, 400, 403, 303, 200] {
        let world = World::new();
        let subject = &world.index;
        let bundle = world.bundle(SLSA, subject, ALICE, NOW - 9);
        let attached = world.attach(subject, &[bundle]);
        let mut page = Answer::new("<!doctype html>");
        page.status = answer;
        page.headers = vec![("Location", format!("{}page", world.server.url()))];
        world.server.put(&referrers_path(PATH, subject), page);
        let tag = format!("/v2/{PATH}/manifests/{}", subject.replace(':', "-"));
        let list = referrers(&[
            (attached[0].clone(), BUNDLE),
            (digest(b"sbom"), "application/spdx+json"),
        ]);
        world.server.put(&tag, Answer::new(list));
        world.check(&[ALICE], "");
        assert_eq!(world.server.asked_for(&digest(b"sbom")), 0, "not ours");
        assert_eq!(world.server.asked_for("/page"), 0);
    }
}

#[test]
fn a_registry_that_takes_the_tag_for_the_digest_lists_nothing() {
    let world = World::new();
    for subject in [&world.manifest, &world.index] {
        let tag = subject.replace(':', "-");
        let manifests = format!("/v2/{PATH}/manifests/");
        let named = world.server.answer(&format!("{manifests}{subject}"));
        world.server.put(&format!("{manifests}{tag}"), named);
    }
    world.check(&[], "");
}

#[test]
fn other_statements_are_no_origin() {
    let world = World::new();
    let bundle = world.bundle("https://cyclonedx.org/bom", &world.index, ALICE, NOW - 9);
    world.attach(&world.index, &[bundle]);
    world.check(&[], "");
    let (_, evidence) = world.evidence();
    let (origin, _) = evidence.origin(Verifier::new(&world.root, NOW));
    assert!(matches!(origin.attestations, Checked::Verified(all) if all.len() == 1));
}

#[test]
fn older_signatures_of_cosign_count() {
    let world = World::new();
    let build = Build::new(ALICE, "4f2c", NOW - 9);
    let sign = |payload: String, change: fn(&mut Value)| {
        let mut annotations = world.sigstore.simple(&payload, &build);
        change(&mut annotations);
        let subject = &world.index;
        sign(&world.server, PATH, subject, &[(payload, annotations)]);
    };
    let payload = || simple_payload(&world.index);
    sign(payload(), |_| ());
    world.check(&[ALICE], "");
    for (name, expected) in [
        ("dev.cosignproject.cosign/signature", "does not fit"),
        ("dev.sigstore.cosign/certificate", "no certificate"),
        ("dev.sigstore.cosign/bundle", "strict JSON"),
    ] {
        let mut annotations = world.sigstore.simple(&payload(), &build);
        annotations[name] = json!("");
        let signed = [(payload(), annotations)];
        support::image::sign(&world.server, PATH, &world.index, &signed);
        world.check(&[], expected);
    }
    sign(simple_payload(&digest(b"other")), |_| ());
    world.check(&[], "another image");
    sign(payload().replace("cosign container", "other"), |_| ());
    world.check(&[], "another kind");
    // The certificate of one signature beside another one's.
    let other = world.sigstore.simple(&payload(), &build);
    let mut mixed = world.sigstore.simple(&payload(), &build);
    mixed["dev.sigstore.cosign/bundle"] = other["dev.sigstore.cosign/bundle"].clone();
    let signed = [(payload(), mixed)];
    support::image::sign(&world.server, PATH, &world.index, &signed);
    world.check(&[], "another signature");
}

#[test]
fn what_is_about_something_else_counts_for_nothing() {
    let about = |subject: &dyn Fn(&World) -> String, expected: &str| {
        let world = World::new();
        let manifest = world.manifest.clone();
        let bundle = world.bundle(SLSA, &subject(&world), ALICE, NOW - 9);
        world.attach(&manifest, &[bundle]);
        world.check(&[], expected);
    };
    about(&|_| digest(b"another"), "other bytes");
    about(&|world| world.index.to_uppercase(), "other bytes");
    // Attached to another image, and listed for this one.
    let world = World::new();
    let bundle = world.bundle(SLSA, &world.manifest, ALICE, NOW - 9);
    let other = attach(&world.server, PATH, &digest(b"other"), &bundle);
    world.list(&world.manifest, &[other]);
    world.check(&[], "attached to another image");
    // By somebody whom the trust root does not know, and from the future.
    let world = World::new();
    let others = Sigstore::new(NOW);
    let build = Build::new(ALICE, "4f2c", NOW - 9);
    let bare = world.manifest.trim_start_matches("sha256:");
    let bundle = others.bundle(SLSA, "x", bare, &build).to_string();
    let ahead = world.bundle(SLSA, &world.manifest, ALICE, NOW + 99);
    world.attach(&world.manifest, &[bundle]);
    world.check(&[], "log");
    world.attach(&world.manifest, &[ahead]);
    world.check(&[], "future");
}

#[test]
fn an_index_that_leads_elsewhere_vouches_for_nothing() {
    let world = World::new();
    let (locked, _) = world.evidence();
    let other = Image::new(&[layer(&[("bin/server", "other")])]).index();
    let named = digest(other.as_bytes());
    let path = format!("/v2/{PATH}/manifests/{named}");
    world.server.put(&path, Answer::new(other));
    world.attach(&named, &[world.bundle(SLSA, &named, ALICE, NOW - 9)]);
    let image: Reference = format!("hub.example/{PATH}:1").parse().unwrap();
    let asked = |index: &str| {
        let index = index.parse().unwrap();
        let evidence = world.registry().attached(&image, &locked, Some(index));
        world.judged(&evidence)
    };
    let (found, why) = asked(&named);
    assert!(found.is_empty() && why.contains("does not lead"), "{why}");
    // One that has other bytes than its digest says.
    world.server.put(&path, Answer::new("{}"));
    let (found, why) = asked(&named);
    assert!(
        found.is_empty() && why.contains("its digest names"),
        "{why}"
    );
}

#[test]
fn what_a_registry_makes_up_is_bounded_and_told() {
    let check = |change: &dyn Fn(&World, [&str; 2]), expected: &str| {
        let world = World::new();
        let bundle = world.bundle(SLSA, &world.manifest, ALICE, NOW - 9);
        let attached = world.attach(&world.manifest, std::slice::from_ref(&bundle));
        let blob = format!("/v2/{PATH}/blobs/{}", digest(bundle.as_bytes()));
        let manifest = format!("/v2/{PATH}/manifests/{}", attached[0]);
        change(&world, [&manifest, &blob]);
        world.check(&[], expected);
    };
    for (part, too_long) in [(0, "its digest names"), (1, "lists it as")] {
        let longer = |world: &World, parts: [&str; 2]| {
            world
                .server
                .change(parts[part], |answer| answer.body.push(b' '));
        };
        check(&longer, too_long);
        let changed = |world: &World, parts: [&str; 2]| {
            world.server.change(parts[part], |answer| {
                answer.body.pop();
                answer.body.push(b' ');
            });
        };
        check(&changed, "its digest names");
        let gone = |world: &World, parts: [&str; 2]| {
            world.server.put(parts[part], Answer::status(404));
        };
        check(&gone, "does not have it");
    }
    let listed = |digests: Vec<String>| {
        move |world: &World, _: [&str; 2]| world.list(&world.manifest, &digests)
    };
    check(&listed(vec!["sha512:0a".into()]), "lists it as");
    let many = (0..99).map(|n: u32| digest(&n.to_be_bytes())).collect();
    check(&listed(many), "more of it than");
    let odd = |media: &'static str, size: usize, space: usize| {
        move |world: &World, _: [&str; 2]| {
            world.server.put(
                &format!("/v2/{PATH}/blobs/{}", digest(b"xx")),
                Answer::new("xx"),
            );
            let odd = json!({"schemaVersion": 2, "subject": {"digest": world.manifest},
                "layers": [{"mediaType": media, "digest": digest(b"xx"), "size": size}]});
            let odd = format!("{odd}{}", " ".repeat(space));
            let named = digest(odd.as_bytes());
            let path = format!("/v2/{PATH}/manifests/{named}");
            world.server.put(&path, Answer::new(odd));
            world.list(&world.manifest, &[named]);
        }
    };
    check(&odd("text/html", 2, 0), "lists it as");
    check(&odd(BUNDLE, 9_999_999, 0), "more of it than");
    // It says a size that is not its own, and is as large as no such manifest.
    check(&odd(BUNDLE, 1, 0), "lists it as");
    check(&odd(BUNDLE, 3, 0), "lists it as");
    check(&odd(BUNDLE, 2, 300_000), "more of it than");
    // What counts is the size as it is kept, where a control character is six. After what is too much, nothing is fetched.
    for (fill, size, taken, fetched) in [(" ", 3 << 20, 5, 5), ("\u{1}", 1 << 20, 2, 3)] {
        let world = World::new();
        let heavy = (0..6).map(|number| format!("{number}{}", fill.repeat(size)));
        let heavy: Vec<String> = heavy.collect();
        world.attach(&world.manifest, &heavy);
        let (_, evidence) = world.evidence();
        let (_, failures) = evidence.origin(Verifier::new(&world.root, NOW));
        let excess = failures
            .iter()
            .filter(|it| it.to_string().contains("more of it than"));
        assert_eq!((excess.count(), failures.len()), (6 - taken, 6));
        let asked = heavy
            .iter()
            .map(|it| world.server.asked_for(&digest(it.as_bytes())));
        assert_eq!(asked.sum::<usize>(), fetched);
    }
    let huge = |world: &World, _: [&str; 2]| {
        let path = referrers_path(PATH, &world.manifest);
        world.server.put(&path, Answer::new(vec![b' '; 5 << 20]));
    };
    check(&huge, "more of it than");
}

#[test]
fn one_that_holds_counts_beside_others_that_do_not() {
    let world = World::new();
    let subject = &world.manifest;
    let of = |owner: &str, kind, at| world.bundle(kind, subject, owner, at);
    let bundles = [
        "{}".to_owned(),
        of("https://github.com/acme/promote", SIGNED, NOW - 99),
        of("https://github.com/acme/late", SLSA, NOW - 5),
        of(ALICE, SLSA, NOW - 50),
    ];
    world.attach(subject, &bundles);
    let expected = [
        ALICE,
        "https://github.com/acme/late",
        "https://github.com/acme/promote",
    ];
    world.check(&expected, "cannot be read");
}

#[test]
fn evidence_is_kept_with_the_image_and_verified_again() {
    let world = World::new();
    let subject = &world.index;
    world.attach(subject, &[world.bundle(SLSA, subject, ALICE, NOW - 9)]);
    let (locked, evidence) = world.evidence();
    assert_eq!(world.store.image_evidence(&locked), None);
    let keep = |evidence: &ImageEvidence| {
        let kept = world.store.keep_image_evidence(&locked.digest, evidence);
        kept.unwrap();
    };
    keep(&evidence);
    let kept = world.store.image_evidence(&locked).unwrap();
    assert_eq!(kept, evidence);
    assert_eq!(world.judged(&kept).0, [ALICE]);
    assert_eq!(
        kept.index().map(|it| it.to_string()).as_ref(),
        Some(subject)
    );
    assert!(world.store.examine_image(&locked.digest, "x").is_ok());
    let nothing = ImageEvidence::none(&locked);
    assert!(kept.outlasts(&nothing) && !nothing.outlasts(&kept));
    // Of another image it is nothing.
    let other = LockedImage {
        manifest: subject.parse().unwrap(),
        ..locked.clone()
    };
    assert_eq!(world.store.image_evidence(&other), None);
    // Changed bytes prove nothing.
    let text = serde_json::to_string(&kept).unwrap();
    let changed = text.replace("\"index\":\"{", "\"index\":\"{ ");
    assert_ne!(text, changed);
    let changed: ImageEvidence = serde_json::from_str(&changed).unwrap();
    assert!(world.judged(&changed).0.is_empty());
}

#[test]
fn what_cannot_be_asked_is_told_apart_from_nothing() {
    let world = World::new();
    let (locked, evidence) = world.evidence();
    assert!(evidence.is_whole());
    let state = |evidence: &ImageEvidence| {
        let (origin, _) = evidence.origin(Verifier::new(&world.root, NOW));
        origin.attestations
    };
    assert_eq!(state(&evidence), Checked::Absent);
    let image: Reference = format!("hub.example/{PATH}:1").parse().unwrap();
    let offline = Trust {
        offline: true,
        ..Trust::default()
    };
    let registry = Registry::new([].into(), &offline);
    let unasked = registry.attached(&image, &locked, None);
    assert!(!unasked.is_whole());
    assert_eq!(state(&unasked), Checked::Unreachable);
}

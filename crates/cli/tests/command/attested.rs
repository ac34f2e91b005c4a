//! What vouches for an image, from its registry to a second machine: shown, required, locked, verified again, and told when it does not
//! hold. The registry, and everybody whom the trust root names, are made by the tests.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::container::{files, tar};
use crate::support::image::{
    BUNDLE, Image, attach, attest, digest, referrers, referrers_path, sign, simple_payload,
};
use crate::support::server::{Answer, Server};
use crate::support::sigstore::{Build, STATEMENT, Sigstore};
use crate::world::{Said, World, has};

const PATH: &str = "team/server";
const SLSA: &str = "https://slsa.dev/provenance/v1";
const SIGNED: &str = "https://sigstore.dev/cosign/sign/v1";
const ALICE: &str = "https://github.com/alice/server";
const COMMIT: &str = "4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c";

fn build(repository: &str) -> Build {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    Build::new(repository, COMMIT, now - 30 * 86_400)
}

/// A registry with one image behind an index, and who signs.
struct Hub {
    server: Server,
    sigstore: Sigstore,
    index: String,
    manifest: String,
}

impl Hub {
    fn new() -> Self {
        let server = Server::start();
        let mut image = Image::new(&[tar(&files(include_str!("../data/server.sh")))]);
        image.config["config"] = json!({"Entrypoint": ["/app/server"], "Cmd": ["fine"], "WorkingDir": "/app",
            "Env": ["PATH=/bin:/usr/bin"], "Labels": {"org.opencontainers.image.source": "https://github.com/bob/server"}});
        image.describe();
        image.publish(&server, PATH, "unused");
        let index = image.index();
        let named = digest(index.as_bytes());
        for version in ["1", named.as_str()] {
            let path = format!("/v2/{PATH}/manifests/{version}");
            server.put(&path, Answer::new(index.clone()));
        }
        Self {
            server,
            sigstore: Sigstore::new(build("").at + 30 * 86_400),
            index: named,
            manifest: image.manifest_digest(),
        }
    }

    /// The bundles that are listed for a digest, all of them.
    fn attach(&self, subject: &str, bundles: &[String]) {
        let listed: Vec<(String, &str)> = bundles
            .iter()
            .map(|bundle| (attach(&self.server, PATH, subject, bundle), BUNDLE))
            .collect();
        let path = referrers_path(PATH, subject);
        self.server.put(&path, Answer::new(referrers(&listed)));
    }

    fn bundle(&self, kind: &str, about: &str, repository: &str) -> String {
        let bare = about.trim_start_matches("sha256:");
        let bundle = self.sigstore.bundle(kind, "x", bare, &build(repository));
        bundle.to_string()
    }

    fn attest(&self, repository: &str) {
        self.attach(&self.index, &[self.bundle(SLSA, &self.index, repository)]);
    }

    /// A user who trusts these, with this in the table of `config.toml`.
    fn user(&self, world: World, config: &str) -> World {
        let home = world.home.join(".config");
        fs::create_dir_all(home.join("interlock")).unwrap();
        let root = home.join("root.json");
        fs::write(&root, self.sigstore.trusted_root()).unwrap();
        let mirror = format!(
            "[supply.image-mirrors]\n\"docker.io\" = {:?}",
            self.server.url()
        );
        let near = "danger-local-addresses = [\"127.0.0.1\"]";
        let config = format!("[supply]\ntrust-root = {root:?}\n{near}\n{config}\n{mirror}\n");
        fs::write(home.join("interlock/config.toml"), config).unwrap();
        world
    }
}

fn approve(world: &World) -> Said {
    let mut all = vec!["approve", "--name", "boxed", "--passphrase-fd", "0"];
    all.extend(["--", "docker", "run", "-i", "--rm", "team/server:1"]);
    world.with_passphrase(&all)
}

const SOURCE: &str = "oci:team/server:1";
const TOLD: &str =
    "attested: built from https://github.com/alice/server at refs/tags/v1, commit 4f2c";

#[test]
fn an_approval_says_who_vouches_for_an_image() {
    let hub = Hub::new();
    let world = hub.user(World::new(), "");
    let said = approve(&world).expect(0);
    has(
        &said.out,
        &[
            "not attested",
            "says that it is from https://github.com/bob/server, which nobody vouches for",
        ],
    );
    hub.attest(ALICE);
    let said = approve(&world).expect(0);
    has(
        &said.out,
        &[
            TOLD,
            "names a repository of bob, but was built from one of alice",
        ],
    );
    assert!(!said.out.contains("not attested"), "{}", said.out);
    // An earlier signature of cosign, and something that proves nothing.
    let payload = simple_payload(&hub.manifest);
    let annotations = hub.sigstore.simple(&payload, &build(ALICE));
    sign(&hub.server, PATH, &hub.manifest, &[(payload, annotations)]);
    hub.attach(&hub.index, &["{}".to_owned()]);
    let said = approve(&world).expect(0);
    has(
        &said.out,
        &[
            "signed by a workflow of https://github.com/alice/server at refs/tags/v1",
            "LOOK TWICE: 1 thing attached to it that proves nothing: the attestation cannot be read",
        ],
    );
}

#[test]
fn requirements_hold_for_images() {
    let check = |hub: &Hub, config: &str, expected: Result<&str, &str>| {
        let world = hub.user(World::new(), config);
        let said = approve(&world);
        match expected {
            Ok(part) => has(&said.expect(0).out, &[part]),
            Err(part) => {
                has(&said.expect(3).err, &[part]);
                assert!(!world.ledger().exists(), "nothing was approved");
            }
        }
    };
    let required = "require-provenance = true";
    let (by_alice, by_bob) = (
        "allow-publishers = [\"github:alice\"]",
        "allow-publishers = [\"github:bob\"]",
    );
    let hub = Hub::new();
    check(&hub, required, Err("no attestation says"));
    check(&hub, by_alice, Err("who published it is not known"));
    check(&hub, "min-age = \"3d\"", Err("min-age"));
    // About another image: plainly told, and refused where something is required.
    hub.attach(&hub.index, &[hub.bundle(SLSA, &digest(b"other"), ALICE)]);
    check(&hub, required, Err("about something else: other bytes"));
    check(&hub, by_alice, Err("who published it is not known"));
    check(
        &hub,
        "",
        Ok("proves nothing: the attestation is about something else"),
    );
    for kind in [SLSA, SIGNED] {
        hub.attach(&hub.manifest, &[hub.bundle(kind, &hub.manifest, ALICE)]);
        check(&hub, required, Ok(ALICE));
        check(&hub, by_alice, Ok(ALICE));
        let aged = "min-age = \"3d\"";
        check(&hub, &format!("{aged}\n{by_alice}"), Ok(ALICE));
        // Anybody's signature says nothing about the age.
        check(&hub, aged, Err("min-age"));
        check(
            &hub,
            by_bob,
            Err("it is from github:alice, which is not among"),
        );
    }
}

#[test]
fn a_lock_keeps_what_vouches_for_an_image_and_a_second_machine_verifies_it() {
    let hub = Hub::new();
    hub.attest(ALICE);
    let world = hub.user(World::without_key(), "");
    world
        .interlock(&["add", SOURCE, "--name", "boxed"])
        .expect(0);
    let text = fs::read_to_string(world.path("interlock.lock")).unwrap();
    let index = format!("index = \"{}\"", hub.index);
    has(&text, &["attested = \"sigstore\"", ALICE, COMMIT, &index]);
    world.interlock(&["verify"]).expect(0);
    world.interlock(&["--offline", "verify"]).expect(0);
    world.interlock(&["lock"]).expect(0);
    let again = fs::read_to_string(world.path("interlock.lock")).unwrap();
    assert_eq!(again, text, "nothing moves");
    // The tag means another image by now; the lock leads to the same evidence.
    hub.server
        .put(&format!("/v2/{PATH}/manifests/1"), Answer::status(404));
    let other = hub.user(World::new(), "require-provenance = true");
    fs::write(other.path("interlock.lock"), &text).unwrap();
    let words = ["approve", "--lock", "--passphrase-fd", "0"];
    has(&other.with_passphrase(&words).expect(0).out, &[TOLD]);
    other.interlock(&["--offline", "verify"]).expect(0);
    // What is kept counts for what it proves.
    let images = fs::read_dir(other.path(".local/share/interlock/store/images")).unwrap();
    let kept = images
        .flatten()
        .next()
        .unwrap()
        .path()
        .join("evidence.json");
    fs::write(&kept, "{}").unwrap();
    let said = other.interlock(&["--offline", "verify"]).expect(1);
    has(
        &said.out,
        &["attestations are neither in the store nor could they be fetched"],
    );
    other.interlock(&["verify"]).expect(0);
    other.interlock(&["--offline", "verify"]).expect(0);
}

/// What vouches for it stands on the second page of a list, or under the tag of cosign's older attestations.
#[test]
fn later_pages_and_older_attestations_count_from_approval_to_a_second_machine() {
    let paged = |hub: &Hub| {
        hub.attest(ALICE);
        let first = referrers_path(PATH, &hub.index);
        let second = format!("/v2/{PATH}/referrers/{}?page=2", hub.index);
        hub.server.put(&second, hub.server.answer(&first));
        let mut empty = Answer::new(referrers(&[]));
        empty.headers = vec![("Link", format!("<{second}>; rel=\"next\""))];
        hub.server.put(&first, empty);
    };
    let enveloped = |hub: &Hub| {
        let bare = hub.index.trim_start_matches("sha256:");
        let (kind, entry) = ((STATEMENT, SLSA), ("intoto", "0.0.1"));
        let one = hub.sigstore.attestation(kind, bare, &build(ALICE), entry);
        attest(&hub.server, PATH, &hub.index, &[one]);
    };
    let required = "require-provenance = true\nallow-publishers = [\"github:alice\"]";
    for attach in [&paged as &dyn Fn(&Hub), &enveloped] {
        let hub = Hub::new();
        let world = hub.user(World::without_key(), required);
        let add = ["add", SOURCE, "--name", "boxed"];
        has(&world.interlock(&add).expect(3).err, &["no attestation"]);
        attach(&hub);
        world.interlock(&add).expect(0);
        let text = fs::read_to_string(world.path("interlock.lock")).unwrap();
        has(&text, &["attested = \"sigstore\"", ALICE, COMMIT]);
        world.interlock(&["--offline", "verify"]).expect(0);
        let other = hub.user(World::new(), required);
        fs::write(other.path("interlock.lock"), &text).unwrap();
        let words = ["approve", "--lock", "--passphrase-fd", "0"];
        has(&other.with_passphrase(&words).expect(0).out, &[TOLD]);
        other.interlock(&["--offline", "verify"]).expect(0);
        has(&approve(&other).expect(0).out, &[TOLD]);
    }
}

#[test]
fn a_lock_that_nothing_bears_out_is_refused() {
    let hub = Hub::new();
    hub.attest(ALICE);
    let world = hub.user(World::without_key(), "");
    world
        .interlock(&["add", SOURCE, "--name", "boxed"])
        .expect(0);
    let text = fs::read_to_string(world.path("interlock.lock")).unwrap();
    let check = |text: &str, expected: &str| {
        let other = hub.user(World::new(), "");
        fs::write(other.path("interlock.lock"), text).unwrap();
        let said = other.interlock(&["verify"]).expect(1);
        has(&said.out, &[expected]);
        has(&other.interlock(&["lock"]).expect(3).err, &[expected]);
        let words = ["approve", "--lock", "--passphrase-fd", "0"];
        let refused = other.with_passphrase(&words).expect(3);
        has(&refused.err, &[expected]);
        assert!(!other.ledger().exists(), "nothing was approved");
    };
    let mallory = text.replace(ALICE, "https://github.com/mallory/server");
    check(&mallory, "and it is `https://github.com/alice/server`");
    hub.server.put(
        &referrers_path(PATH, &hub.index),
        Answer::new(referrers(&[])),
    );
    check(&text, "no attestation of that is offered");
    // Nothing speaks for an image but what is attested.
    let claimed = text.replace("attested = \"sigstore\"", "publisher = \"alice\"");
    let other = hub.user(World::without_key(), "");
    fs::write(other.path("interlock.lock"), claimed).unwrap();
    let said = other.interlock(&["verify"]);
    assert_ne!(said.code, 0);
    has(&said.err, &["nothing attests"]);
    // By another means than images have.
    let npm = text.replace("\"sigstore\"", "\"npm-provenance\"");
    fs::write(other.path("interlock.lock"), npm).unwrap();
    has(
        &other.interlock(&["verify"]).err,
        &["from a registry of images"],
    );
}

#[test]
fn what_lies_beside_a_file_vouches_for_it() {
    let hub = Hub::new();
    let program = include_str!("../data/server.sh");
    let source = format!("binary:{}server", hub.server.url());
    hub.server.put("/server", Answer::new(program));
    let words = ["add", source.as_str(), "--name", "test", "--", "plain"];
    let required = "require-provenance = true\nallow-publishers = [\"github:alice\"]";
    let refused = hub.user(World::without_key(), required);
    has(
        &refused.interlock(&words).expect(3).err,
        &["require-provenance", "no attestation says"],
    );
    let put = |bytes: &[u8]| {
        let bundle = hub.sigstore.blob(bytes, &build(ALICE)).to_string();
        hub.server.put("/server.sigstore.json", Answer::new(bundle));
    };
    put(program.as_bytes());
    let world = hub.user(World::without_key(), required);
    has(
        &world.interlock(&words).expect(0).out,
        &["signed by a workflow of https://github.com/alice/server at refs/tags/v1"],
    );
    let text = fs::read_to_string(world.path("interlock.lock")).unwrap();
    has(&text, &["attested = \"sigstore\"", ALICE, COMMIT]);
    world.interlock(&["verify"]).expect(0);
    world.interlock(&["--offline", "verify"]).expect(0);
    let second = |expected: i32, part: &str| {
        let other = hub.user(World::new(), required);
        fs::write(other.path("interlock.lock"), &text).unwrap();
        let words = ["approve", "--lock", "--passphrase-fd", "0"];
        let said = other.with_passphrase(&words).expect(expected);
        has(&[said.out, said.err].concat(), &[part]);
        other
    };
    let other = second(0, "signed by a workflow of https://github.com/alice/server");
    // What is kept there counts when the host has it no more.
    hub.server.put("/server.sigstore.json", Answer::status(404));
    other.interlock(&["--offline", "verify"]).expect(0);
    other.interlock(&["verify"]).expect(0);
    second(3, "no attestation says");
    // Another file's, whatever is required.
    put(b"other");
    second(3, "the signature does not fit");
    let careless = hub.user(World::without_key(), "");
    has(
        &careless.interlock(&words).expect(3).err,
        &["the signature of", "does not hold", "does not fit"],
    );
}

//! Attestations of cosign before its version 3: envelopes in layers under the tag `sha256-….att`.

use super::support::image::{attest, digest};
use super::support::server::Answer;
use super::support::sigstore::{Build, STATEMENT, Sigstore};
use super::{ALICE, Checked, NOW, PATH, SIGNED, SLSA, Verifier, World};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// The entries that a log may have of an envelope, the oldest last.
const ENTRIES: [(&str, &str); 3] = [("dsse", "0.0.1"), ("intoto", "0.0.2"), ("intoto", "0.0.1")];

type Layer = (String, Value);

fn build() -> Build {
    Build::new(ALICE, "4f2c", NOW - 9)
}

fn attestation(world: &World, kind: &str, subject: &str, entry: (&str, &str)) -> Layer {
    let bare = subject.trim_start_matches("sha256:");
    let kind = (STATEMENT, kind);
    world.sigstore.attestation(kind, bare, &build(), entry)
}

fn put(world: &World, subject: &str, layers: &[Layer]) {
    attest(&world.server, PATH, subject, layers);
}

#[test]
fn attestations_count_for_the_manifest_and_for_its_index() {
    for entry in ENTRIES {
        for kind in [SLSA, "https://slsa.dev/provenance/v0.2"] {
            for subject in [
                |world: &World| world.manifest.clone(),
                |world: &World| world.index.clone(),
            ] {
                let world = World::new();
                let subject = subject(&world);
                put(
                    &world,
                    &subject,
                    &[attestation(&world, kind, &subject, entry)],
                );
                world.check(&[ALICE], "");
            }
        }
    }
}

/// Whatever of it is changed, it counts for nothing, and the reason is told.
#[test]
fn attestations_that_were_changed_count_for_nothing() {
    let world = World::new();
    let check = |entry, change: &dyn Fn(&mut Value, &mut Value), expected: &str| {
        let (envelope, mut annotations) = attestation(&world, SLSA, &world.index, entry);
        let mut envelope = serde_json::from_str(&envelope).unwrap();
        change(&mut envelope, &mut annotations);
        put(&world, &world.index, &[(envelope.to_string(), annotations)]);
        world.check(&[], expected);
    };
    let annotated = |name: &'static str, value: Value| {
        move |_: &mut Value, annotations: &mut Value| annotations[name] = value.clone()
    };
    let (certificate, bundle) = (
        "dev.sigstore.cosign/certificate",
        "dev.sigstore.cosign/bundle",
    );
    let payload =
        |text: String| move |envelope: &mut Value, _: &mut Value| envelope["payload"] = json!(text);
    let other = attestation(&world, SLSA, &world.index, ENTRIES[0]).1;
    for entry in ENTRIES {
        check(entry, &annotated(certificate, json!("")), "no certificate");
        let broken = "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n";
        check(
            entry,
            &annotated(certificate, json!(broken)),
            "no certificate",
        );
        check(
            entry,
            &annotated(certificate, other[certificate].clone()),
            "does not fit",
        );
        check(entry, &annotated(bundle, json!("")), "strict JSON");
        check(entry, &annotated(bundle, json!("{}")), "no log entry");
        check(
            entry,
            &annotated(bundle, other[bundle].clone()),
            "another signature",
        );
        check(entry, &payload("*".into()), "not base64");
        check(entry, &payload(STANDARD.encode("{}")), "does not fit");
        let unsigned = |envelope: &mut Value, _: &mut Value| envelope["signatures"] = json!([]);
        check(entry, &unsigned, "exactly one signature");
        let twice = |envelope: &mut Value, _: &mut Value| {
            let one = envelope["signatures"][0].clone();
            envelope["signatures"] = json!([one, one]);
        };
        check(entry, &twice, "exactly one signature");
        let typed =
            |envelope: &mut Value, _: &mut Value| envelope["payloadType"] = json!("text/plain");
        check(entry, &typed, "does not fit");
        for (field, value) in [
            ("body", json!("*")),
            ("logID", json!("00")),
            ("integratedTime", json!("x")),
        ] {
            let changed = |_: &mut Value, annotations: &mut Value| {
                let mut log: Value =
                    serde_json::from_str(annotations[bundle].as_str().unwrap()).unwrap();
                log["Payload"][field] = value.clone();
                annotations[bundle] = json!(log.to_string());
            };
            check(entry, &changed, "cannot be read");
        }
    }
    // The oldest entries name the envelope's text alone: the same content in other words is not what the log has.
    let worded = |envelope: &mut Value, _: &mut Value| envelope["more"] = json!(1);
    check(ENTRIES[2], &worded, "another signature");
}

#[test]
fn annotations_under_the_names_of_the_specification_count_too() {
    let world = World::new();
    let (envelope, annotations) = attestation(&world, SLSA, &world.index, ENTRIES[0]);
    let renamed = annotations
        .to_string()
        .replace("dev.sigstore.cosign/", "dev.cosignproject.cosign/");
    let layer = (envelope, serde_json::from_str(&renamed).unwrap());
    put(&world, &world.index, &[layer]);
    world.check(&[ALICE], "");
}

#[test]
fn attestations_of_something_else_count_for_nothing() {
    let world = World::new();
    let check = |layer: Layer, expected: &str| {
        put(&world, &world.manifest, &[layer]);
        world.check(&[], expected);
    };
    for entry in ENTRIES {
        check(
            attestation(&world, SLSA, &digest(b"other"), entry),
            "other bytes",
        );
        let bare = world.manifest.trim_start_matches("sha256:");
        let typed = ("application/json", SLSA);
        check(
            world.sigstore.attestation(typed, bare, &build(), entry),
            "something else than a statement",
        );
        let ahead = Build::new(ALICE, "4f2c", NOW + 99);
        check(
            world
                .sigstore
                .attestation((STATEMENT, SLSA), bare, &ahead, entry),
            "future",
        );
        let others = Sigstore::new(NOW);
        check(
            others.attestation((STATEMENT, SLSA), bare, &build(), entry),
            "log",
        );
    }
    check(("{".into(), json!({})), "strict JSON");
    check(("{}".into(), json!({})), "exactly one signature");
    // A layer of another kind is none of ours, and a tag that leads to no manifest is told.
    let tag = format!(
        "/v2/{PATH}/manifests/{}.att",
        world.manifest.replace(':', "-")
    );
    put(
        &world,
        &world.manifest,
        &[attestation(&world, SLSA, &world.manifest, ENTRIES[0])],
    );
    world.server.change(&tag, |answer| {
        let text = String::from_utf8(answer.body.clone()).unwrap();
        answer.body = text.replace("vnd.dsse.envelope.v1", "x").into_bytes();
    });
    world.check(&[], "");
    world.server.put(&tag, Answer::new("<!doctype html>"));
    world.check(&[], "lists it as");
}

#[test]
fn what_says_that_it_is_no_origin_is_not_fetched() {
    let world = World::new();
    let large = " ".repeat(5 << 20);
    let bill = (
        large.clone(),
        json!({ "predicateType": "https://cyclonedx.org/bom" }),
    );
    let ours = attestation(&world, SLSA, &world.index, ENTRIES[0]);
    put(&world, &world.index, &[bill, ours]);
    world.check(&[ALICE], "");
    assert_eq!(world.server.asked_for(&digest(large.as_bytes())), 0);
    // What does not say so is fetched, is none all the same, and has bounds.
    let (envelope, mut annotations) = attestation(
        &world,
        "https://cyclonedx.org/bom",
        &world.index,
        ENTRIES[0],
    );
    annotations.as_object_mut().unwrap().remove("predicateType");
    put(&world, &world.index, &[(envelope, annotations)]);
    world.check(&[], "");
    let (_, evidence) = world.evidence();
    let (origin, _) = evidence.origin(Verifier::new(&world.root, NOW));
    assert!(matches!(origin.attestations, Checked::Verified(all) if all.len() == 1));
    put(
        &world,
        &world.index,
        &[(large, json!({ "predicateType": SIGNED }))],
    );
    world.check(&[], "more of it than");
    let many = (0..40).map(|number| (number.to_string(), json!({})));
    put(&world, &world.index, &many.collect::<Vec<_>>());
    let (_, evidence) = world.evidence();
    let (_, failures) = evidence.origin(Verifier::new(&world.root, NOW));
    assert_eq!(
        failures.len(),
        33,
        "32 that are none, and that there are more"
    );
}

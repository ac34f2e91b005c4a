use super::*;
use crate::digest::Integrity;
use crate::provenance::{Attested, Identity, Signer, VerifyError};

const DAY: i64 = 86_400;
const NOW: i64 = 1_795_000_000;

fn origin(age: Option<i64>, owner: Option<&str>) -> Origin {
    let identity = |owner: &str| Identity {
        repository: Some(format!("https://github.com/{owner}/x")),
        issuer: "https://token.actions.githubusercontent.com".into(),
        ..Identity::default()
    };
    let attested = |owner: &str| Attested {
        predicate_type: "https://slsa.dev/provenance/v1".into(),
        signer: Signer::Identity(identity(owner)),
        time: NOW - DAY,
    };
    Origin {
        published: age.map(|days| NOW - days * DAY),
        attestations: owner.map_or(Checked::Absent, |owner| {
            Checked::Verified(vec![attested(owner)])
        }),
        ..Origin::unknown()
    }
}

/// `@s/x@1.0.0`, and `dep@2.0.0` that it needs.
fn tree() -> LockedTree {
    let (own, dep) = (
        Integrity::from_bytes([1; 64]),
        Integrity::from_bytes([2; 64]),
    );
    serde_json::from_value(serde_json::json!({
        "format": 1, "ecosystem": "npm", "name": "@s/x", "version": "1.0.0", "digest": "a".repeat(64), "files": 1, "bytes": 1,
        "entry": { "command": "x", "file": "node_modules/@s/x/x.js", "interpreter": "node" },
        "packages": [
            { "path": "node_modules/@s/x", "name": "@s/x", "version": "1.0.0", "integrity": own.to_string() },
            { "path": "node_modules/dep", "name": "dep", "version": "2.0.0", "integrity": dep.to_string() },
        ],
    }))
    .unwrap()
}

fn check_tree(config: &str, own: &Origin, dep: &Origin, expected: &[&str]) {
    let policy = Policy::parse(config).unwrap();
    let origins = [own.clone(), dep.clone()];
    let found: Vec<String> = policy
        .judge(&tree(), &origins, &policy.hold(NOW))
        .iter()
        .map(|breach| format!("{}: {}", breach.rule, breach.text))
        .collect();
    assert_eq!(found.len(), expected.len(), "{config}: {found:#?}");
    for (found, part) in found.iter().zip(expected) {
        assert!(found.contains(part), "{config}: {found} / {part}");
    }
}

#[test]
fn what_did_not_change_for_long_is_old_enough() {
    let strict = "[supply]\nmin-age = \"3d\"";
    let old = origin(Some(9), None);
    let settled = |days: i64| Origin {
        settled: Some(NOW - days * DAY),
        ..Origin::unknown()
    };
    check_tree(strict, &old, &settled(9), &[]);
    check_tree(
        strict,
        &old,
        &settled(1),
        &["`dep@2.0.0` was published is not known"],
    );
    // What changed lately may still be an old release; only who asks for an age is told.
    check_tree("", &old, &settled(1), &[]);
}

#[test]
fn what_is_required_of_dependencies() {
    let (old, young) = (origin(Some(9), None), origin(Some(1), None));
    let built = origin(Some(9), Some("a"));
    let mut broken = origin(Some(9), None);
    broken.attestations = Checked::Failed(VerifyError::Signature);
    check_tree("", &old, &old, &[]);
    check_tree(
        "",
        &old,
        &young,
        &["min-age: `dep@2.0.0` was published one day ago"],
    );
    check_tree(
        "",
        &old,
        &broken,
        &["provenance: dep@2.0.0: what is served"],
    );
    let table = |text: &str| format!("[supply]\n{text}");
    check_tree(&table("exempt = [\"dep@2.0.0\"]"), &old, &young, &[]);
    check_tree(&table("min-age = \"0\""), &old, &young, &[]);
    for root in ["true", "\"root\""] {
        let config = table(&format!("require-provenance = {root}"));
        check_tree(&config, &built, &old, &[]);
        check_tree(
            &config,
            &old,
            &built,
            &["require-provenance: no attestation"],
        );
    }
    let all = table("require-provenance = \"all\"");
    check_tree(&all, &built, &built, &[]);
    check_tree(&all, &built, &old, &["dep@2.0.0: no attestation"]);
    let owner = table("allow-publishers = [\"github:a\"]");
    check_tree(&owner, &built, &origin(Some(9), Some("b")), &[]);
}

#[test]
fn a_release_that_mends_a_hole_does_not_have_to_wait() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("advisory.json");
    let advisory = |ecosystem: &str, fixed: &str| {
        serde_json::json!({ "id": "GHSA-1", "affected": [{
            "package": { "ecosystem": ecosystem, "name": "dep" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
        }] })
        .to_string()
    };
    let config = format!("[supply]\nadvisories = \"{}\"", path.display());
    let (old, young) = (origin(Some(9), None), origin(Some(1), None));
    for (text, expected) in [
        (advisory("npm", "2.0.0"), &[][..]),
        (advisory("npm", "2.0.1"), &["`dep@2.0.0` was published"]),
        (advisory("PyPI", "2.0.0"), &["`dep@2.0.0` was published"]),
        ("not an advisory".into(), &["`dep@2.0.0` was published"]),
    ] {
        std::fs::write(&path, text).unwrap();
        check_tree(&config, &old, &young, expected);
    }
    std::fs::remove_file(&path).unwrap();
    check_tree(&config, &old, &young, &["`dep@2.0.0` was published"]);
}

fn check(config: &str, origin: &Origin, expected: &[&str]) {
    let policy = Policy::parse(config).unwrap();
    let rules: Vec<&str> = policy
        .judge(&tree(), std::slice::from_ref(origin), &policy.hold(NOW))
        .iter()
        .map(|breach| breach.rule)
        .collect();
    assert_eq!(rules, expected, "{config} {origin:?}");
}

#[test]
fn requirements() {
    let table = |text: &str| format!("[supply]\n{text}");
    check("", &origin(Some(4), None), &[]);
    check("", &origin(Some(2), None), &["min-age"]);
    check("", &origin(None, None), &[]);
    check(&table("min-age = \"2d\""), &origin(Some(2), None), &[]);
    check(
        &table("min-age = \"2w\""),
        &origin(Some(13), None),
        &["min-age"],
    );
    check(&table("min-age = \"0\""), &origin(Some(0), None), &[]);
    check(
        &table("min-age = \"3d\""),
        &origin(None, None),
        &["min-age"],
    );
    check(
        &table("exempt = [\"@s/x@1.0.0\"]"),
        &origin(Some(0), None),
        &[],
    );
    check(
        &table("exempt = [\"@s/x@1.0.1\"]"),
        &origin(Some(0), None),
        &["min-age"],
    );
    check(
        &table("require-provenance = true"),
        &origin(Some(9), None),
        &["require-provenance"],
    );
    check(
        &table("require-provenance = true"),
        &origin(Some(9), Some("a")),
        &[],
    );
    check(
        &table("allow-publishers = [\"github:a\"]"),
        &origin(Some(9), Some("A")),
        &[],
    );
    check(
        &table("allow-publishers = [\"github:a\"]"),
        &origin(Some(9), Some("b")),
        &["allow-publishers"],
    );
    check(
        &table("allow-publishers = [\"@s\"]"),
        &origin(Some(9), None),
        &[],
    );
    check(
        &table("allow-publishers = [\"npm:me\"]"),
        &origin(Some(9), None),
        &["allow-publishers"],
    );
    let mut broken = origin(Some(9), None);
    broken.attestations = Checked::Failed(VerifyError::Signature);
    check("", &broken, &["provenance"]);
}

#[test]
fn a_forge_itself_says_whose_a_repository_is() {
    let (github, gitlab) = (
        "https://token.actions.githubusercontent.com",
        "https://gitlab.com",
    );
    let enterprise = format!("{github}/acme");
    let longer = format!("{github}.evil.example");
    for (repository, issuer, expected) in [
        ("https://github.com/acme/x", github, Some("github:acme")),
        (
            "https://github.com/acme/x",
            &enterprise,
            Some("github:acme"),
        ),
        ("https://github.com/acme/x", &longer, None),
        (
            "https://github.com/acme/x",
            "https://oidc.codefresh.io",
            None,
        ),
        ("https://github.com/acme/x", gitlab, None),
        ("https://github.com/acme/x", "", None),
        ("https://gitlab.com/acme/x", gitlab, Some("gitlab:acme")),
        ("https://gitlab.com/acme/x", "https://gitlab.com/acme", None),
        ("https://gitlab.com/acme/x", github, None),
        ("https://github.com.evil.example/acme/x", github, None),
    ] {
        let builder = Identity {
            repository: Some(repository.to_owned()),
            issuer: issuer.to_owned(),
            ..Identity::default()
        };
        assert_eq!(
            forge(&builder).as_deref(),
            expected,
            "{repository} {issuer}"
        );
        let policy =
            Policy::parse("[supply]\nallow-publishers = [\"github:ACME\", \"gitlab:acme\"]");
        assert_eq!(policy.unwrap().allows(&builder), expected.is_some());
        assert!(!Policy::default().allows(&builder));
    }
}

/// An image that these vouch for, so many days ago.
fn vouched(owners: &[(&str, i64)]) -> Origin {
    let by = |(owner, days): &(&str, i64)| {
        let Checked::Verified(attested) = origin(None, Some(owner)).attestations else {
            panic!("not attested");
        };
        let time = NOW - days * DAY;
        attested
            .into_iter()
            .map(move |one| Attested { time, ..one })
    };
    Origin {
        attestations: Checked::Verified(owners.iter().flat_map(by).collect()),
        ..Origin::unknown()
    }
}

#[test]
fn of_those_who_vouch_for_an_image_the_allowed_ones_count() {
    let check = |config: &str, owners: &[(&str, i64)], first: &str, expected: &[&str]| {
        let policy = Policy::parse(&format!("[supply]\n{config}")).unwrap();
        let origin = policy.prefer(vouched(owners));
        let builder = origin.builder().and_then(|it| it.repository.clone());
        assert_eq!(builder.unwrap(), format!("https://github.com/{first}/x"));
        let breaches = policy.judge_image("hub/x", "1", &origin, &policy.hold(NOW));
        let rules: Vec<&str> = breaches.iter().map(|breach| breach.rule).collect();
        assert_eq!(rules, expected, "{config} {owners:?}");
    };
    let allowed = "allow-publishers = [\"github:acme\"]";
    let aged = "min-age = \"3d\"";
    let both = format!("{allowed}\n{aged}");
    let six: Vec<(&str, i64)> = ["a", "b", "c", "d", "e", "acme"].map(|it| (it, 9)).into();
    check(allowed, &six, "acme", &[]);
    check(allowed, &six[..5], "a", &["allow-publishers"]);
    check("", &six, "a", &[]);
    // Anybody's signature says nothing about the age, and nobody's does where nobody is listed.
    check(aged, &six, "a", &["min-age"]);
    check(&both, &six, "acme", &[]);
    check(&both, &[("a", 9), ("acme", 1)], "acme", &["min-age"]);
    check(&both, &[("acme", 1), ("acme", 4)], "acme", &[]);
}

#[test]
fn what_is_not_known_is_refused() {
    for text in [
        "supply = 1",
        "[suply]",
        "[supply]\nrequire_provenance = true",
        "[supply]\nmin-age = \"soon\"",
        "[supply]\nmin-age = 3",
        "[supply]\nallow-publishers = [\"me\"]",
        "[supply]\ntrust-root = \"root.json\"",
        "[supply]\nregistry-keys = \"keys.json\"",
        "[supply]\nadvisories = \"osv\"",
        "[supply]\nrequire-provenance = \"some\"",
        "[supply]\nrequire-provenance = 1",
    ] {
        assert!(Policy::parse(text).is_err(), "{text}");
    }
}

#[test]
fn the_administrators_file_wins() {
    let (user, administrator) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let load = || Policy::load(user.path(), administrator.path()).unwrap();
    assert_eq!(load(), Policy::default());
    std::fs::write(
        user.path().join("config.toml"),
        "[supply]\nmin-age = \"0\"\nrequire-provenance = true",
    )
    .unwrap();
    std::fs::write(
        administrator.path().join("config.toml"),
        "[supply]\nmin-age = \"7d\"",
    )
    .unwrap();
    let policy = load();
    assert_eq!(
        (policy.min_age, policy.require_provenance),
        (Some(7), Some(Require::Root))
    );
    std::fs::write(user.path().join("config.toml"), "nonsense").unwrap();
    assert!(matches!(
        Policy::load(user.path(), administrator.path()),
        Err(PolicyError::Format { .. })
    ));
}

#[test]
fn addresses_that_are_not_public_are_listed_by_whoever_has_them() {
    let listed = |value: &str| {
        let policy = Policy::parse(&format!("[supply]\ndanger-local-addresses = {value}"));
        policy.map(|policy| policy.danger_reach())
    };
    let host = |text: &str| Reach::default().naming_host(text).unwrap();
    for (value, expected) in [
        ("true", Some(Reach::danger_everything())),
        ("false", Some(Reach::default())),
        ("[]", Some(Reach::default())),
        ("[\"git.corp.example\"]", Some(host("git.corp.example"))),
        ("[\"10.0.0.7:8443\"]", Some(host("10.0.0.7:8443"))),
        ("[\"https://git.corp.example\"]", None),
        ("[1]", None),
        ("\"git.corp.example\"", None),
    ] {
        assert_eq!(listed(value).ok(), expected, "{value}");
    }
    assert_eq!(Policy::default().danger_reach(), Reach::default());
    // The administrator's word is the last one.
    let policy =
        |value: &str| Policy::parse(&format!("[supply]\ndanger-local-addresses = {value}"));
    let both = policy("false").unwrap().over(policy("true").unwrap());
    assert_eq!(both.danger_reach(), Reach::default());
}

#[test]
fn what_is_not_listed_any_more_is_refused_unless_it_is_named() {
    let (old, gone) = (
        origin(Some(9), None),
        Origin {
            unlisted: true,
            ..Origin::unknown()
        },
    );
    check_tree("", &gone, &old, &["unlisted: the registry does not list"]);
    check_tree("", &old, &gone, &["unlisted: dep@2.0.0: the registry"]);
    let accepted = "[supply]\ndanger-unlisted = [\"dep@2.0.0\"]";
    check_tree(accepted, &old, &gone, &[]);
    check_tree(accepted, &gone, &old, &["unlisted"]);
}

#[test]
fn what_is_dated_beside_others_counts_from_the_last_change() {
    let undated = |days: i64, untimed| Origin {
        settled: Some(NOW - days * DAY),
        untimed,
        ..Origin::unknown()
    };
    let old = origin(Some(9), None);
    check_tree("", &old, &undated(1, false), &[]);
    check_tree(
        "",
        &old,
        &undated(1, true),
        &["`dep@2.0.0` was published one day"],
    );
    check_tree("", &old, &undated(9, true), &[]);
}

#[test]
fn what_could_not_be_asked_is_told_apart_from_what_is_not_attested() {
    let mut unreachable = origin(Some(9), None);
    unreachable.attestations = Checked::Unreachable;
    let config = "[supply]\nrequire-provenance = true";
    let old = origin(Some(9), None);
    check_tree(
        config,
        &unreachable,
        &old,
        &["whether it is attested could not"],
    );
}

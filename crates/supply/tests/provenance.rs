//! Provenance, over bundles recorded from real builds and those of Sigstore's conformance suite.
//!
//! The data is that of the suite (`conformance.jsonl`, `roots.jsonl`: its cases of August 2026, one a line; what ends with `_fail` has to
//! be refused) and attestations that npm and PyPI serve for real packages.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

use base64::{Engine, engine::general_purpose::STANDARD};
use interlock_supply::provenance::{
    Attested, Bundle, Identity, NpmSignature, Signer, TrustRoot, Verified, Verifier, VerifyError,
    npm_attestations, npm_signature, pypi_attestations,
};
use interlock_supply::{Integrity, Sha256};
use serde_json::{Value, json};

/// November 2026.
const NOW: i64 = 1_795_000_000;

const CASES: &str = include_str!("data/sigstore/conformance.jsonl");
const ROOTS: &str = include_str!("data/sigstore/roots.jsonl");
const FILE: &[u8] = include_bytes!("data/sigstore/a.txt");
const BEACON: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const GITHUB: &str = "https://token.actions.githubusercontent.com";

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// A case as a verifier would meet it: a bundle, a file, whom it should be from.
fn run(case: &Value, roots: &[TrustRoot]) -> Result<(), String> {
    let bundled = TrustRoot::bundled().unwrap();
    let root = match case.get("root").and_then(Value::as_u64) {
        Some(at) => &roots[usize::try_from(at).unwrap()],
        None => &bundled,
    };
    let artifact = text(case, "artifact").map_or_else(
        || FILE.to_vec(),
        |artifact| STANDARD.decode(artifact).unwrap(),
    );
    let bundle = Bundle::parse(text(case, "bundle").unwrap()).map_err(|error| error.to_string())?;
    let verifier = Verifier::new(root, NOW);
    let verified = match verifier.message(&bundle, &artifact) {
        Err(VerifyError::Malformed("an envelope, not a signature over a file")) => {
            let (statement, verified) = verifier
                .statement(&bundle)
                .map_err(|error| error.to_string())?;
            let digest = Sha256::of(&artifact).to_string();
            if !statement
                .subjects
                .iter()
                .any(|subject| subject.sha256.as_ref() == Some(&digest))
            {
                return Err("another file".into());
            }
            verified
        }
        other => other.map_err(|error| error.to_string())?,
    };
    let Verified {
        signer: Signer::Identity(identity),
        ..
    } = verified
    else {
        return Err("no identity".into());
    };
    let subject = text(case, "identity").unwrap_or(BEACON);
    let issuer = text(case, "issuer").unwrap_or(GITHUB);
    if identity.subject == subject && identity.issuer == issuer {
        Ok(())
    } else {
        Err(format!("{identity:?}"))
    }
}

/// Cases with a key that the verifier is given by hand, which nothing here does.
fn is_by_key(case: &Value) -> bool {
    text(case, "name").unwrap().starts_with("managed-key")
}

#[test]
fn the_conformance_suite() {
    let roots: Vec<TrustRoot> = ROOTS
        .lines()
        .map(TrustRoot::parse)
        .map(Result::unwrap)
        .collect();
    let mut wrong = Vec::new();
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let name = text(&case, "name").unwrap();
        let result = run(&case, &roots);
        let refused = name.ends_with("_fail") || is_by_key(&case);
        if result.is_err() != refused {
            wrong.push(format!("{name}: {result:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(CASES.lines().count(), 70);
}

fn verifier(root: &TrustRoot) -> Verifier<'_> {
    Verifier::new(root, NOW)
}

fn identity(attested: &[Attested]) -> &Identity {
    attested
        .iter()
        .find_map(|attested| match &attested.signer {
            Signer::Identity(identity) => Some(identity),
            Signer::Key(_) => None,
        })
        .unwrap()
}

const NPM: &str = include_str!("data/sigstore/npm-sigstore-0.4.0.json");
const NPM_INTEGRITY: &str = "sha512-KCwMX6k20mQyFkNYG2XT3lwK9u1P36wS9YURFd85zCXPrwrSLZCEh7/vMBFNYcJXRiBtGDS+T4/RZZF493zABA==";

#[test]
fn attestations_of_npm() {
    let root = TrustRoot::bundled().unwrap();
    let integrity = Integrity::parse(NPM_INTEGRITY).unwrap();
    let check = |name: &str, version: &str, integrity: &Integrity| {
        npm_attestations(verifier(&root), NPM, name, version, integrity)
    };
    let attested = check("sigstore", "0.4.0", &integrity).unwrap();
    assert_eq!(attested.len(), 2);
    let builder = identity(&attested);
    assert_eq!(
        builder.repository.as_deref(),
        Some("https://github.com/sigstore/sigstore-js")
    );
    assert!(
        builder.commit.is_some() && builder.reference.is_some(),
        "{builder:?}"
    );
    let other = Integrity::from_bytes([7; 64]);
    for (name, version, integrity) in [
        ("sigstore", "0.4.1", &integrity),
        ("sigstor", "0.4.0", &integrity),
        ("sigstore", "0.4.0", &other),
    ] {
        let refused = check(name, version, integrity);
        assert!(
            matches!(refused, Err(VerifyError::Subject(_))),
            "{name}@{version}: {refused:?}"
        );
    }
}

#[test]
fn signatures_of_npm() {
    // The registry's signature over a real release; its key expired in January 2025.
    let root = TrustRoot::bundled().unwrap();
    let integrity = Integrity::parse("sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17LhbZVGedAJv8XZ1tvj5FvSg==").unwrap();
    let signature = NpmSignature {
        key: "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA".into(),
        signature: "MEUCIF3Yithbtmy1aEBNlfNWbLswAfPIyQUuNUGARD3Ex2t4AiEA6TlN2ZKJCUpS/Sf2Z6MduF1BNSvayHIpu5wAcICcKXw=".into(),
    };
    let check = |name: &str, integrity: &Integrity, signature: &NpmSignature, at: i64| {
        npm_signature(
            &root,
            name,
            "4.17.21",
            integrity,
            std::slice::from_ref(signature),
            at,
        )
        .map(|_| ())
    };
    let then = 1_613_800_000;
    assert_eq!(check("lodash", &integrity, &signature, then), Ok(()));
    assert_eq!(
        check("other", &integrity, &signature, then),
        Err(VerifyError::Signature)
    );
    assert_eq!(
        check("lodash", &Integrity::from_bytes([1; 64]), &signature, then),
        Err(VerifyError::Signature)
    );
    assert!(matches!(
        check("lodash", &integrity, &signature, NOW),
        Err(VerifyError::Signer(_))
    ));
    let unknown = NpmSignature {
        key: "SHA256:x".into(),
        ..signature
    };
    assert!(matches!(
        check("lodash", &integrity, &unknown, then),
        Err(VerifyError::Signer(_))
    ));
}

const PYPI: &str = include_str!("data/sigstore/pypi_attestations-0.0.19.tar.gz.provenance");
const PYPI_FILE: &str = "pypi_attestations-0.0.19.tar.gz";
const PYPI_DIGEST: &str = "9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3";

#[test]
fn attestations_of_pypi() {
    let root = TrustRoot::bundled().unwrap();
    let digest = Sha256::parse(PYPI_DIGEST).unwrap();
    let attested = pypi_attestations(verifier(&root), PYPI, PYPI_FILE, &digest).unwrap();
    assert_eq!(
        identity(&attested).repository.as_deref(),
        Some("https://github.com/trailofbits/pypi-attestations")
    );
    let other = Sha256::of(b"other");
    assert!(matches!(
        pypi_attestations(verifier(&root), PYPI, PYPI_FILE, &other),
        Err(VerifyError::Subject(_))
    ));
    assert!(matches!(
        pypi_attestations(verifier(&root), PYPI, "x.whl", &digest),
        Err(VerifyError::Subject(_))
    ));
    for (from, to) in [
        ("trailofbits/pypi-attestations", "mallory/x"),
        ("release.yml", "other.yml"),
        ("\"GitHub\"", "\"Other\""),
    ] {
        let mut answer: Value = serde_json::from_str(PYPI).unwrap();
        let publisher = &mut answer["attestation_bundles"][0]["publisher"];
        *publisher = serde_json::from_str(&publisher.to_string().replace(from, to)).unwrap();
        let refused = pypi_attestations(verifier(&root), &answer.to_string(), PYPI_FILE, &digest);
        assert!(
            matches!(refused, Err(VerifyError::Signer(_))),
            "{to}: {refused:?}"
        );
    }
}

#[test]
fn files_of_other_publishers() {
    let root = TrustRoot::bundled().unwrap();
    let check = |attestation: &str| {
        let value: Value = serde_json::from_str(attestation).unwrap();
        let bundle = Bundle::from_pep740(&value).unwrap();
        verifier(&root)
            .statement(&bundle)
            .map(|(_, verified)| verified.signer)
    };
    let gitlab = include_str!("data/sigstore/gitlab_oidc_project-0.0.3.tar.gz.publish.attestation");
    let Ok(Signer::Identity(identity)) = check(gitlab) else {
        panic!("{:?}", check(gitlab))
    };
    assert_eq!(identity.issuer, "https://gitlab.com");
    assert!(
        identity.repository.is_some() && identity.commit.is_some(),
        "{identity:?}"
    );
    // Signed with Sigstore's staging instance, which this root does not know.
    let staging = include_str!("data/sigstore/rfc8785-0.1.2-py3-none-any.whl.publish.attestation");
    assert!(check(staging).is_err());
}

/// Each text of the bundle changed by one character: nothing of it may still verify as something else.
#[test]
fn every_part_that_is_changed_is_refused() {
    let root = TrustRoot::bundled().unwrap();
    let answer: Value = serde_json::from_str(PYPI).unwrap();
    let attestation = answer["attestation_bundles"][0]["attestations"][0].clone();
    let verify = |value: &Value| {
        Bundle::from_pep740(value).and_then(|bundle| verifier(&root).statement(&bundle).map(|_| ()))
    };
    assert_eq!(verify(&attestation), Ok(()));
    let mut paths = Vec::new();
    leaves(&attestation, &mut String::new(), &mut paths);
    assert!(paths.len() > 15, "{paths:?}");
    for path in paths {
        let mut changed = attestation.clone();
        *changed.pointer_mut(&path).unwrap() = change(attestation.pointer(&path).unwrap());
        // The log's position in other shards is signed only with the promise; everything else too.
        assert!(verify(&changed).is_err(), "{path}");
    }
    for missing in [
        "inclusionPromise",
        "inclusionProof",
        "canonicalizedBody",
        "kindVersion",
        "logId",
    ] {
        let mut changed = attestation.clone();
        changed["verification_material"]["transparency_entries"][0]
            .as_object_mut()
            .unwrap()
            .remove(missing);
        assert!(verify(&changed).is_err(), "{missing}");
    }
    let early = Verifier::new(&root, 1_600_000_000);
    let bundle = Bundle::from_pep740(&attestation).unwrap();
    assert!(matches!(
        early.statement(&bundle),
        Err(VerifyError::Time(_))
    ));
}

fn leaves(value: &Value, path: &mut String, out: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(at, value)| (at.to_string(), value))
            .collect(),
        _ => return out.push(path.clone()),
    };
    for (key, child) in children {
        let length = path.len();
        path.push('/');
        path.push_str(&key);
        leaves(child, path, out);
        path.truncate(length);
    }
}

/// One character in the middle becomes another one of the same alphabet.
fn change(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let middle = text.len() / 2;
            let swap = |(at, c): (usize, char)| match c {
                c if at != middle => c,
                '0'..='8' => char::from(c as u8 + 1),
                'a'..='y' | 'A'..='Y' => char::from(c as u8 + 1),
                _ => 'b',
            };
            Value::String(text.char_indices().map(swap).collect())
        }
        Value::Number(_) => json!(7),
        other => other.clone(),
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// The reader takes any text, and any change of a real bundle, without a panic.
    #[test]
    fn the_reader_does_not_panic(text in ".{0,200}", at in 0_usize..20_000, byte in 0_u8..128) {
        let _ = Bundle::parse(&text);
        let root = TrustRoot::bundled().unwrap();
        let mut raw = NPM.as_bytes().to_vec();
        let at = at % raw.len();
        raw[at] = byte;
        let changed = String::from_utf8_lossy(&raw);
        let integrity = Integrity::parse(NPM_INTEGRITY).unwrap();
        let _ = npm_attestations(verifier(&root), &changed, "sigstore", "0.4.0", &integrity);
    }
}

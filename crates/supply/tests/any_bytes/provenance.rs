//! Bundles, attestations, what is attached to images, trust roots and registry entries from strangers: no panic, the same answer twice, and nothing that was not signed
//! verifies.

use interlock_supply::provenance::{
    Bundle, ImageEvidence, TrustRoot, Verifier, npm_attestations, pypi_attestations,
};
use interlock_supply::registry::review;
use interlock_supply::{Integrity, Sha256};
use std::sync::OnceLock;

/// November 2026.
const NOW: i64 = 1_795_000_000;

fn root() -> &'static TrustRoot {
    static ROOT: OnceLock<TrustRoot> = OnceLock::new();
    ROOT.get_or_init(|| TrustRoot::bundled().unwrap())
}

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let verifier = Verifier::new(root(), NOW);
    if let Ok(bundle) = Bundle::parse(text) {
        assert!(
            verifier
                .message(&bundle, b"nobody has signed this")
                .is_err()
        );
        let first = verifier.statement(&bundle).map(|(_, verified)| verified);
        let second = verifier.statement(&bundle).map(|(_, verified)| verified);
        assert_eq!(first, second);
    }
    let nobody = Integrity::from_bytes([7; 64]);
    if let Ok(attested) = npm_attestations(verifier, text, "nobody", "1.0.0", &nobody) {
        assert!(attested.is_empty());
    }
    if let Ok(attested) = pypi_attestations(verifier, text, "nobody.whl", &Sha256::of(b"nobody")) {
        assert!(attested.is_empty());
    }
    if let Ok(evidence) = serde_json::from_str::<ImageEvidence>(text) {
        let (origin, failures) = evidence.origin(verifier);
        assert!(origin.builder().is_none(), "nobody has signed this image");
        assert_eq!(evidence.origin(verifier), (origin, failures));
    }
    let _ = TrustRoot::parse(text);
    assert_eq!(review(text), review(text));
}

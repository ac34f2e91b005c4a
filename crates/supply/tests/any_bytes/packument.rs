//! Descriptions of npm packages: what is read is about the package that was asked for, and what is chosen is in it. The first line is what
//! is wanted.

use interlock_supply::npm::{PackageName, Packument, Spec, pick};

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (wanted, text) = text.split_once('\n').unwrap_or(("*", &text));
    let name = PackageName::new("p").unwrap();
    let Ok(packument) = Packument::parse(&name, text) else {
        return;
    };
    assert_eq!(packument.name(), &name);
    for version in packument.versions().take(64) {
        if let Ok(Some(manifest)) = packument.manifest(&version) {
            assert_eq!((&manifest.name, &manifest.version), (&name, &version));
        }
    }
    let Ok(spec) = Spec::parse(wanted) else {
        return;
    };
    if let Ok(manifest) = pick(&packument, &spec.wanted, None) {
        assert!(packument.versions().any(|known| known == manifest.version));
        let tagged = |tag: &str| packument.tag(tag) == Some(manifest.version.as_str());
        assert!(spec.wanted.admits(&manifest.version, tagged));
        assert!(manifest.dist.is_some());
    }
}

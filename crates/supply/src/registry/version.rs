//! Exact versions: what names one release, today and tomorrow.

/// Whether a version of a registry type names one release. Ranges, tags and wildcards do not.
pub(crate) fn is_exact(registry: &str, version: &str) -> bool {
    match registry {
        "npm" => crate::npm::Version::try_from(version.to_owned()).is_ok(),
        // A version of PEP 440 begins with a digit (an epoch included) and has no wildcard.
        _ => {
            version.starts_with(|c: char| c.is_ascii_digit())
                && version.bytes().all(|b| {
                    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+' | b'!')
                })
                && !version
                    .split('.')
                    .any(|part| part.eq_ignore_ascii_case("x"))
        }
    }
}

/// Whether text could be a tag that names one release: it has a digit and is no word that moves.
pub(crate) fn is_release_tag(tag: &str) -> bool {
    tag.bytes().any(|b| b.is_ascii_digit())
        && tag
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_releases_are_exact() {
        for (registry, version, expected) in [
            ("npm", "1.0.0", true),
            ("npm", "1.0.0-beta.1", true),
            ("npm", "latest", false),
            ("npm", "^1.2.3", false),
            ("npm", "1.x", false),
            ("npm", "", false),
            ("pypi", "2026.7.10", true),
            ("pypi", "1!2.0.post1", true),
            ("pypi", ">=1", false),
            ("pypi", "1.*", false),
            ("pypi", "1.x", false),
            ("nuget", "0.3.0-beta", true),
        ] {
            assert_eq!(
                is_exact(registry, version),
                expected,
                "{registry} {version}"
            );
        }
        assert!(is_release_tag("v1.0.2") && !is_release_tag("latest") && !is_release_tag("main"));
    }
}

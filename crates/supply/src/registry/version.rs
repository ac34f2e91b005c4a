//! Exact versions: what names one release, today and tomorrow.

/// Whether a version of a registry type names one release. Ranges, tags and wildcards do not.
pub(crate) fn is_exact(registry: &str, version: &str) -> bool {
    match registry {
        "npm" => crate::npm::Version::try_from(version.to_owned()).is_ok(),
        "pypi" => version.parse::<crate::pypi::Version>().is_ok(),
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

/// Words of tags that point to whatever is newest.
const MOVING: &[&str] = &[
    "latest", "main", "master", "head", "trunk", "edge", "nightly", "dev", "develop", "canary",
    "next", "stable", "snapshot",
];

/// Whether text could be a tag that names one release: it has a digit, and a word that moves only beside a day or a commit.
pub(crate) fn is_release_tag(tag: &str) -> bool {
    let parts = || tag.split(['-', '.', '_']);
    let moves = parts().any(|part| MOVING.contains(&part.to_ascii_lowercase().as_str()));
    let fixed = |part: &str| part.len() >= 7 && part.bytes().all(|b| b.is_ascii_hexdigit());
    tag.bytes().any(|b| b.is_ascii_digit())
        && (!moves || parts().any(fixed))
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
            ("pypi", "1..0", false),
            ("pypi", "1e9", false),
            ("pypi", "1.0rc1", true),
            ("nuget", "0.3.0-beta", true),
        ] {
            assert_eq!(
                is_exact(registry, version),
                expected,
                "{registry} {version}"
            );
        }
        for (tag, expected) in [
            ("v1.0.2", true),
            ("3.12-slim", true),
            ("main-7f3c2a1", true),
            ("nightly-20250101", true),
            ("latest", false),
            ("main", false),
            ("latest-alpine3.19", false),
            ("Latest-1", false),
            ("edge_2", false),
        ] {
            assert_eq!(is_release_tag(tag), expected, "{tag}");
        }
    }
}

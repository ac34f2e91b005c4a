//! Comparing versions as npm and PyPI number them: parts by number, what is before a release before it.

use std::cmp::Ordering;

/// Compares two versions. Parts that are missing are zero; build metadata does not count.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a_release, a_before) = split(a);
    let (b_release, b_before) = split(b);
    release(a_release, b_release).then_with(|| match (a_before, b_before) {
        ("", "") => Ordering::Equal,
        ("", _) => Ordering::Greater,
        (_, "") => Ordering::Less,
        (a, b) => release(a, b).then_with(|| a.cmp(b)),
    })
}

/// The release and what marks it as coming before one: `1.2.0-rc.1`, `1.2.0rc1`.
fn split(version: &str) -> (&str, &str) {
    let version = version.split('+').next().unwrap_or(version);
    let end = version
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(version.len());
    let (release, rest) = version.split_at_checked(end).unwrap_or((version, ""));
    if rest.starts_with(".post") || rest.starts_with("post") {
        return (release.trim_end_matches('.'), "");
    }
    (release.trim_end_matches('.'), rest.trim_start_matches('-'))
}

fn release(a: &str, b: &str) -> Ordering {
    let numbers = |text: &str| -> Vec<u64> {
        let parts = text.split(|c: char| !c.is_ascii_digit());
        parts.filter_map(|part| part.parse().ok()).collect()
    };
    let (mut a, mut b) = (numbers(a), numbers(b));
    let most = a.len().max(b.len());
    a.resize(most, 0);
    b.resize(most, 0);
    a.cmp(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered() {
        let ordered = [
            "0",
            "0.0.5",
            "0.1.9",
            "0.1.15",
            "0.1.16-rc.1",
            "0.1.16",
            "1.0rc1",
            "1.0",
            "1.2",
            "1.10",
            "2025.7.1",
        ];
        for (at, a) in ordered.iter().enumerate() {
            for (other, b) in ordered.iter().enumerate() {
                assert_eq!(compare(a, b), at.cmp(&other), "{a} {b}");
            }
        }
        assert_eq!(compare("1.0", "1.0.0"), Ordering::Equal);
        assert_eq!(compare("1.0+x", "1.0"), Ordering::Equal);
    }
}

//! Credentials by their form.

use crate::finding::{Finding, SECRET, SECRET_ENCODED};

/// Beginnings that issuers gave their tokens, and how many characters follow at least.
const PREFIXES: &[(&str, usize)] = &[
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("ghr_", 20),
    ("github_pat_", 22),
    ("glpat-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("xapp-", 20),
    ("sk-ant-", 20),
    ("sk-proj-", 20),
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 35),
    ("ya29.", 30),
    ("npm_", 36),
    ("pypi-AgE", 50),
    ("hf_", 30),
    ("dop_v1_", 40),
    ("SG.", 40),
    ("lin_api_", 30),
    ("shpat_", 30),
];
/// Fewer different characters behind the beginning make a placeholder.
const VARIETY: usize = 8;

/// Credentials that stand in a text as they are.
pub(crate) fn secrets(text: &str, place: &str) -> Option<Finding> {
    let found = find(text, VARIETY)?;
    Some(Finding::new(
        &SECRET,
        place,
        format!("something that begins with `{found}`"),
    ))
}

/// Credentials in a text that was decoded: nobody encodes a placeholder.
pub(super) fn disguised(text: &str, place: &str) -> Option<Finding> {
    let found = find(text, 1)?;
    Some(Finding::new(
        &SECRET_ENCODED,
        place,
        format!("decoded, something that begins with `{found}`"),
    ))
}

fn find(text: &str, variety: usize) -> Option<&'static str> {
    if text.contains("-----BEGIN ") && text.contains(" PRIVATE KEY-----") {
        return Some("-----BEGIN … PRIVATE KEY-----");
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.split(|c| !is_part(c)).find_map(|word| {
        PREFIXES.iter().find_map(|(prefix, least)| {
            let rest = word.strip_prefix(prefix)?;
            let mut different: Vec<char> = rest.chars().collect();
            different.sort_unstable();
            different.dedup();
            (rest.len() >= *least && different.len() >= variety).then_some(*prefix)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_known_by_their_form() {
        for (text, expected) in [
            ("", None),
            ("token: ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4", Some("ghp_")),
            ("ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxx", None),
            ("AKIAIOSFODNN7EXAMPLE", Some("AKIA")),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMII",
                Some("-----BEGIN … PRIVATE KEY-----"),
            ),
            ("npm_config_registry", None),
            ("hf_hub", None),
        ] {
            assert_eq!(find(text, VARIETY), expected, "{text}");
        }
    }

    #[test]
    fn a_finding_never_repeats_the_secret() {
        let finding = secrets("ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4", "").unwrap();
        assert!(!finding.text.contains("a1B2"));
    }
}

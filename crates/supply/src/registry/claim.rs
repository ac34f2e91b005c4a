//! What a package says about itself, beside what the registry's entry says about it.
//!
//! Anybody can name anybody's package in an entry. The package's own word is what ties the two: `mcpName` in package.json,
//! a `mcp-name:` line in a README (PyPI, NuGet), a label of an image.

use interlock_launch::excerpt;
use serde_json::Value;

use super::{Notes, rules};

/// Scripts that npm runs when a package is installed. Here they never run.
const INSTALL_SCRIPTS: [&str; 3] = ["preinstall", "install", "postinstall"];

/// What an entry calls the package.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) version: Option<&'a str>,
}

/// Judges a package.json: its claim against the entry's name, its scripts.
pub(super) fn judge_manifest(
    manifest: &Value,
    entry: Option<&str>,
    package: Option<Named<'_>>,
    notes: &mut Notes,
) {
    let claim = manifest.get("mcpName").filter(|claim| !claim.is_null());
    let claimed = claim.and_then(Value::as_str);
    if claim.is_some() && claimed.is_none() {
        notes.note(rules::WRONG_TYPE, "`mcpName` in package.json is a text");
    }
    if let Some(entry) = entry {
        compare(entry, claimed, "`mcpName` in package.json", notes);
    }
    let own = manifest.get("name").and_then(Value::as_str);
    let version = manifest.get("version").and_then(Value::as_str);
    for (named, own) in [
        (package.map(|package| package.name), own),
        (package.and_then(|package| package.version), version),
    ] {
        if let (Some(named), Some(own)) = (named, own)
            && named != own
        {
            let text = format!(
                "the archive is `{}`, not `{}`",
                excerpt(own),
                excerpt(named)
            );
            notes.note(rules::NAME_MISMATCH, text);
        }
    }
    for (flag, what) in [
        ("gypfile", "npm builds it on installation"),
        ("hasInstallScript", "it has a script for its installation"),
    ] {
        if manifest.get(flag).and_then(Value::as_bool) == Some(true) {
            let text = format!("{what} (`{flag}`); nothing of that is run here");
            notes.note(rules::INSTALL_SCRIPT, text);
        }
    }
    let scripts = manifest.get("scripts").and_then(Value::as_object);
    for (name, script) in scripts.into_iter().flatten() {
        if INSTALL_SCRIPTS.contains(&name.as_str()) {
            let script = script.as_str().unwrap_or_default();
            let text = format!(
                "`{name}` runs `{}` on installation; it is not run here",
                excerpt(script)
            );
            notes.note(rules::INSTALL_SCRIPT, text);
        }
    }
}

/// Judges a README's claim against the entry's name.
pub(super) fn judge_readme(readme: &str, entry: &str, notes: &mut Notes) {
    compare(
        entry,
        readme_claim(readme),
        "`mcp-name:` in its README",
        notes,
    );
}

fn compare(entry: &str, claimed: Option<&str>, place: &str, notes: &mut Notes) {
    match claimed {
        Some(claimed) if claimed == entry => {}
        Some(claimed) => {
            let text = format!(
                "the entry is `{}`, but the package says it is `{}` ({place})",
                excerpt(entry),
                excerpt(claimed)
            );
            notes.note(rules::CLAIM_MISMATCH, text);
        }
        None => {
            let text = format!(
                "the package does not say that it is `{}` ({place})",
                excerpt(entry)
            );
            notes.note(rules::CLAIM_MISSING, text);
        }
    }
}

/// The server's name that a README claims with `mcp-name: NAME`.
#[must_use]
pub fn readme_claim(readme: &str) -> Option<&str> {
    let (_, rest) = readme.split_once("mcp-name:")?;
    let name = rest.split_whitespace().next()?;
    let name = name
        .trim_end_matches("-->")
        .trim_matches(|c| matches!(c, '`' | '"' | '\''));
    (!name.is_empty()).then_some(name)
}

/// The account that owns a repository on a forge with accounts, as its address says.
#[must_use]
pub fn owner_of_repository(address: &str) -> Option<&str> {
    let address = address.strip_prefix("git+").unwrap_or(address);
    let rest = address.strip_prefix("https://")?;
    let (host, path) = rest.split_once('/')?;
    let known = [
        "github.com",
        "www.github.com",
        "gitlab.com",
        "codeberg.org",
        "bitbucket.org",
    ];
    known
        .contains(&host)
        .then(|| path.split('/').next())
        .flatten()
        .filter(|owner| !owner.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn claims_agree_or_are_told() {
        for (manifest, expected) in [
            (json!({"mcpName": "io.github.a/x"}), &[][..]),
            (json!({"mcpName": "io.github.b/x"}), &["claim-mismatch"]),
            (json!({"mcpName": "IO.github.a/x"}), &["claim-mismatch"]),
            (json!({}), &["claim-missing"]),
            (json!({"mcpName": 1}), &["wrong-type", "claim-missing"]),
            (
                json!({"mcpName": "io.github.a/x", "version": "2.0.0", "gypfile": true}),
                &["name-mismatch", "install-script"],
            ),
            (
                json!({"mcpName": "io.github.a/x", "name": "other", "scripts": {"postinstall": "node x.js", "test": "t"}}),
                &["name-mismatch", "install-script"],
            ),
        ] {
            let mut notes = Notes::default();
            let named = Named {
                name: "x",
                version: Some("1.0.0"),
            };
            judge_manifest(&manifest, Some("io.github.a/x"), Some(named), &mut notes);
            assert_eq!(notes.codes(), expected, "{manifest}");
        }
    }

    #[test]
    fn claims_of_readmes() {
        for (readme, expected) in [
            (
                "# X\n<!-- mcp-name: io.github.a/x -->",
                Some("io.github.a/x"),
            ),
            ("mcp-name:io.github.a/x", Some("io.github.a/x")),
            ("<!--mcp-name: io.github.a/x-->", Some("io.github.a/x")),
            ("`mcp-name:`", None),
            ("# X", None),
        ] {
            assert_eq!(readme_claim(readme), expected, "{readme}");
        }
    }

    #[test]
    fn owners() {
        for (address, owner) in [
            ("https://github.com/a/b", Some("a")),
            ("git+https://github.com/a/b.git", Some("a")),
            ("https://github.com.evil.example/a/b", None),
            ("http://github.com/a/b", None),
        ] {
            assert_eq!(owner_of_repository(address), owner, "{address}");
        }
    }
}

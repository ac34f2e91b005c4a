//! Where a package came from, as an approval shows it, and what the configuration requires of that.
//!
//! What was verified is told apart from what the registry or the package merely says. A mirror that serves neither signatures nor
//! attestations is told as such; only a requirement makes that a refusal.

use std::time::UNIX_EPOCH;

use interlock_supply::npm::{PackageName, Registry, Version};
use interlock_supply::policy::Policy;
use interlock_supply::provenance::{Checked, Identity, Origin, TrustRoot, Verifier};
use interlock_supply::pypi::{Index, Name};
use interlock_supply::registry::{Api, KnownKind, known, owner_of_repository};
use interlock_supply::{Client, LockedTree, Trust};

use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::terminal::visible;

/// Who is asked about a package.
pub enum Source<'a> {
    /// An npm registry.
    Npm(&'a Registry),
    /// An index of Python packages.
    Pypi(&'a Index),
}

/// Tells where a locked package came from.
///
/// # Errors
/// When the configuration cannot be read, a package of the tree is known to be malicious, what is served about the origin does not hold,
/// or a requirement is not met.
pub fn judge(
    context: &Context,
    source: &Source<'_>,
    tree: &LockedTree,
) -> Result<Vec<String>, Failure> {
    let mut lines = known_releases(tree)?;
    let (policy, root) = configured(context)?;
    let now = context.now().duration_since(UNIX_EPOCH);
    let now = i64::try_from(now.unwrap_or_default().as_secs()).unwrap_or(i64::MAX);
    let (name, version) = (tree.name.to_string(), tree.version.to_string());
    let Some(origin) = origin(source, tree, Verifier::new(&root, now)) else {
        let what = "what is locked names no archive of its own package";
        return Err(Failure::new(Exit::Refused, what));
    };
    let mut breaches = policy.judge(&name, &version, &origin, now).into_iter();
    if let Some(breach) = breaches.next() {
        let shown = format!("{}@{}", visible(&name), visible(&version));
        let what = format!("{shown} is refused by `{}`", breach.rule);
        let mut failure = Failure::new(Exit::Refused, what).next(breach.next);
        failure.causes.push(breach.text);
        return Err(failure);
    }
    lines.extend(describe(&origin, matches!(source, Source::Npm(_)), now));
    if let Some(claimed) = &origin.mcp_name {
        lines.push(claim(context, &policy, claimed, &name));
    }
    Ok(lines)
}

fn configured(context: &Context) -> Result<(Policy, TrustRoot), Failure> {
    let unusable = |error: &dyn std::error::Error| {
        let what = "the policy cannot be read, so nothing is approved";
        Failure::new(Exit::Refused, what).because(error)
    };
    let [config, _, _, administrator] = context.places.own();
    let policy = Policy::load(config, administrator).map_err(|error| unusable(&error))?;
    let root = match policy.trust_root() {
        Some(path) => TrustRoot::from_file(path),
        None => TrustRoot::bundled(),
    };
    let root = root.map_err(|error| unusable(&error))?;
    Ok((policy, root))
}

fn origin(source: &Source<'_>, tree: &LockedTree, verifier: Verifier<'_>) -> Option<Origin> {
    let (name, integrity) = (tree.name.to_string(), tree.integrity()?);
    match source {
        Source::Npm(registry) => {
            let name = PackageName::new(name).ok()?;
            let version = Version::try_from(tree.version.to_string()).ok()?;
            Some(Origin::of_npm(
                registry, &name, &version, integrity, verifier,
            ))
        }
        Source::Pypi(index) => {
            let name = Name::new(&name).ok()?;
            Some(Origin::of_pypi(index, &name, integrity, verifier))
        }
    }
}

/// Refuses what is known to be malicious, anywhere in the tree; tells what is archived or has a known hole.
fn known_releases(tree: &LockedTree) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    for package in &tree.packages {
        let (name, version) = (package.name.to_string(), package.version.to_string());
        let Some(found) = known(tree.ecosystem.as_str(), &name, Some(&version)) else {
            continue;
        };
        let shown = format!("{}@{}", visible(&name), visible(&version));
        match found.kind {
            KnownKind::Malicious => {
                let mut failure =
                    Failure::new(Exit::Refused, format!("{shown} is known to be malicious"));
                failure.causes.push(found.source.to_owned());
                return Err(failure.next("choose a version from before it, or another package"));
            }
            KnownKind::Vulnerable => {
                lines.push(format!("{shown} has a known hole: {}", found.source))
            }
            KnownKind::Archived => lines.push(format!(
                "{shown} is archived: nobody mends it ({})",
                found.source
            )),
        }
    }
    Ok(lines)
}

/// What is known of the origin, a line each. `signs`: registries of this kind can sign.
fn describe(origin: &Origin, signs: bool, now: i64) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(days) = origin.age_days(now) {
        let by = origin
            .publisher
            .as_ref()
            .map(|publisher| format!(" by {}", visible(publisher)));
        lines.push(format!(
            "published {} ago{}, as the registry says",
            counted(days),
            by.unwrap_or_default()
        ));
    }
    if signs {
        lines.push(signature(&origin.signature));
    }
    match (origin.builder(), &origin.attestations) {
        (Some(builder), _) => lines.extend(built(builder, origin.repository.as_deref())),
        (None, Checked::Unreachable) => {
            lines.push("its attestations could not be fetched".to_owned())
        }
        (None, _) => {
            lines.push("not attested (this registry serves no attestation of a build)".to_owned());
            if let Some(repository) = &origin.repository {
                let commit = origin
                    .commit
                    .as_ref()
                    .map(|commit| format!(" at {}", visible(commit)));
                lines.push(format!(
                    "says that it is from {}{}, which nobody vouches for",
                    visible(repository),
                    commit.unwrap_or_default()
                ));
            }
        }
    }
    lines
}

fn signature(signature: &Checked<String>) -> String {
    match signature {
        Checked::Verified(key) => format!("signed by the registry (key {})", visible(key)),
        Checked::Absent => "not signed (this registry serves no signatures)".to_owned(),
        Checked::Unreachable => "the registry's signature could not be fetched".to_owned(),
        Checked::Failed(error) => format!("the registry's signature does not hold: {error}"),
    }
}

/// What an attestation of a build says, and whether the package names the same repository.
fn built(builder: &Identity, claimed: Option<&str>) -> Vec<String> {
    let part = |text: &Option<String>| text.as_deref().map_or_else(|| "?".to_owned(), visible);
    let mut lines = vec![format!(
        "attested: built from {} at {}, commit {}, by {}",
        part(&builder.repository),
        part(&builder.reference),
        part(&builder.commit),
        visible(&builder.issuer)
    )];
    let owner = |address: &str| owner_of_repository(address).map(str::to_ascii_lowercase);
    let other = claimed
        .and_then(owner)
        .zip(builder.repository.as_deref().and_then(owner));
    if let Some((claimed, built)) = other.filter(|(claimed, built)| claimed != built) {
        lines.push(format!(
            "the package names a repository of {}, but was built from one of {}",
            visible(&claimed),
            visible(&built)
        ));
    }
    lines
}

/// Whether the entry that the package says it belongs to names the package.
fn claim(context: &Context, policy: &Policy, claimed: &str, package: &str) -> String {
    let shown = visible(claimed);
    let Some(base) = policy.mcp_registry() else {
        return format!(
            "says that it is {shown} in the MCP Registry; none is configured to look that up in"
        );
    };
    let client = Client::new(&Trust {
        offline: context.global.offline,
        ..Trust::default()
    });
    let entry = Api::new(base, client).and_then(|api| api.entry(claimed, None));
    match entry {
        Ok((entry, _)) if names(&entry, package) => {
            format!("is {shown} in the MCP Registry, which names this package")
        }
        Ok(_) => format!(
            "says that it is {shown}, but that entry of the MCP Registry names another package"
        ),
        Err(error) => format!("says that it is {shown} in the MCP Registry: {error}"),
    }
}

fn names(entry: &serde_json::Value, package: &str) -> bool {
    let packages = entry.get("packages").and_then(serde_json::Value::as_array);
    let text = |value: &serde_json::Value, key: &str| {
        value
            .get(key)
            .and_then(serde_json::Value::as_str)
            .map(str::to_owned)
    };
    packages.into_iter().flatten().any(|entry| {
        text(entry, "registryType").as_deref() == Some("npm")
            && text(entry, "identifier").as_deref() == Some(package)
    })
}

fn counted(days: i64) -> String {
    match days {
        0 => "less than a day".to_owned(),
        1 => "one day".to_owned(),
        days => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use interlock_supply::provenance::{Attested, Signer};

    const NOW: i64 = 1_795_000_000;

    fn origin() -> Origin {
        Origin {
            published: Some(NOW - 5 * 86_400),
            publisher: Some("alice\u{1b}[2K".into()),
            repository: Some("git+https://github.com/alice/x.git".into()),
            commit: None,
            mcp_name: None,
            signature: Checked::Absent,
            attestations: Checked::Absent,
        }
    }

    fn check(origin: &Origin, expected: &[&str]) {
        let lines = describe(origin, true, NOW);
        assert_eq!(lines.len(), expected.len(), "{lines:#?}");
        for (line, part) in lines.iter().zip(expected) {
            assert!(line.contains(part), "{line} / {part}");
            assert!(!line.contains('\u{1b}'), "{line}");
        }
    }

    #[test]
    fn what_is_verified_is_told_apart_from_what_is_said() {
        let mut origin = origin();
        check(
            &origin,
            &[
                "published 5 days ago by \"alice",
                "not signed",
                "not attested",
                "which nobody vouches for",
            ],
        );
        let identity = |owner: &str| Identity {
            subject: "s".into(),
            issuer: "https://token.actions.githubusercontent.com".into(),
            repository: Some(format!("https://github.com/{owner}/x")),
            reference: Some("refs/tags/v1".into()),
            ..Identity::default()
        };
        let attested = |owner: &str| {
            Checked::Verified(vec![Attested {
                predicate_type: "https://slsa.dev/provenance/v1".into(),
                signer: Signer::Identity(identity(owner)),
                time: NOW,
            }])
        };
        origin.signature = Checked::Verified("SHA256:x".into());
        origin.attestations = attested("Alice");
        check(
            &origin,
            &[
                "published",
                "signed by the registry",
                "built from https://github.com/Alice/x at refs/tags/v1",
            ],
        );
        origin.attestations = attested("mallory");
        check(
            &origin,
            &[
                "published",
                "signed",
                "built from",
                "names a repository of alice",
            ],
        );
    }

    #[test]
    fn entries_name_their_packages() {
        let entry: serde_json::Value =
            serde_json::from_str(r#"{"packages": [{"registryType": "npm", "identifier": "x"}, {"registryType": "pypi", "identifier": "y"}]}"#).unwrap();
        assert!(names(&entry, "x") && !names(&entry, "y") && !names(&entry, "z"));
    }
}

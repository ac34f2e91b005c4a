//! What is known of where a tree came from, in a person's words, a line each.
//!
//! What was verified is told apart from what the registry or the package merely says. What a registry does not offer is told without
//! alarm: many mirrors offer nothing.

use interlock_supply::provenance::{
    Attested, Checked, Identity, Origin, SIGNED, Signer, VerifyError, is_own,
};
use interlock_supply::registry::owner_of_repository;
use interlock_supply::{Ecosystem, Hold, LockedTree};

use crate::terminal::visible;

/// So many packages are named in one line.
const NAMED: usize = 5;

/// About the package that was asked for. `signs`: registries of this kind can sign.
pub fn own(origin: &Origin, signs: bool, now: i64) -> Vec<String> {
    let mut lines = published(origin, now);
    if origin.unlisted {
        lines.push(
            "LOOK TWICE: the registry does not list this release any more, or with other bytes"
                .to_owned(),
        );
    }
    if signs {
        lines.push(signature(&origin.signature));
    }
    match (origin.builder(), &origin.attestations) {
        (Some(builder), _) => lines.extend(built(builder, origin.repository.as_deref())),
        (None, attestations) => {
            lines.push(unattested(attestations));
            let claimed = origin.repository.as_ref();
            lines.extend(claimed.map(|it| claim(it, origin.commit.as_ref())));
        }
    }
    if let Some(before) = &origin.earlier {
        let version = visible(&before.version);
        if origin.lost_attestation() {
            lines.push(format!(
                "LOOK TWICE: the release before it, {version}, was attested, and this one is not"
            ));
        }
        if let Some(other) = origin.other_publisher() {
            lines.push(format!(
                "the release before it, {version}, was published by another account: {}",
                visible(other)
            ));
        }
    }
    lines
}

/// What is told of something that nobody vouches for.
pub const ADDRESS_ALONE: &str =
    "no registry published it: its address and its digest are all that vouches for it";

/// About a file from an address: what lies beside it there and holds.
pub fn beside(origin: &Origin) -> Vec<String> {
    match &origin.attestations {
        Checked::Verified(attested) => attested.iter().map(vouched).collect(),
        Checked::Unreachable => vec![format!(
            "{ADDRESS_ALONE}, as far as is known: what lies beside it could not be fetched"
        )],
        Checked::Failed(error) => vec![format!("what lies beside it does not hold: {error}")],
        Checked::Absent if origin.offered => vec![format!(
            "{ADDRESS_ALONE}; the signature beside it is of a key that is not known here"
        )],
        Checked::Absent => vec![ADDRESS_ALONE.to_owned()],
    }
}

/// About an image: what is attached to it and holds, and what does not. `claims`: the repository and commit that it names itself.
pub fn attached(
    origin: &Origin,
    failures: &[VerifyError],
    claims: &(Option<String>, Option<String>),
) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if let Checked::Verified(attested) = &origin.attestations {
        // Who built it is never left out: a requirement may be met by any of them.
        let (builders, others): (Vec<_>, Vec<_>) =
            attested.iter().partition(|one| one.builder().is_some());
        lines = once(&builders);
        let mut others = once(&others);
        let more = others.len().saturating_sub(NAMED);
        others.truncate(NAMED);
        lines.extend(others);
        if more > 0 {
            lines.push(format!("and {more} more that vouch for it"));
        }
    }
    if let Some(builder) = origin.builder() {
        lines.extend(elsewhere(builder, claims.0.as_deref()));
    } else {
        lines.push(match &origin.attestations {
            Checked::Verified(_) => {
                "not attested: from what it was built, no signature says".to_owned()
            }
            Checked::Unreachable => {
                "not attested, as far as is known: what is attached to it could not be fetched"
                    .to_owned()
            }
            Checked::Failed(_) | Checked::Absent => {
                "not attested: who built it, and from what, is not known".to_owned()
            }
        });
        lines.extend(
            claims
                .0
                .as_ref()
                .map(|repository| claim(repository, claims.1.as_ref())),
        );
    }
    let mut why: Vec<String> = failures.iter().map(ToString::to_string).collect();
    why.dedup();
    if !why.is_empty() {
        let count = crate::show::counted(failures.len(), "thing");
        why.truncate(NAMED);
        lines.push(format!(
            "LOOK TWICE: {count} attached to it that proves nothing: {}",
            why.join("; ")
        ));
    }
    lines
}

/// A line each, none twice.
fn once(attested: &[&Attested]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for one in attested {
        let line = vouched(one);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// Who vouches for what, by one thing that holds.
fn vouched(attested: &Attested) -> String {
    let identity = match &attested.signer {
        Signer::Identity(identity) => identity,
        Signer::Key(key) => return format!("signed with the key {}", visible(key)),
    };
    if identity.repository.is_none() {
        return format!(
            "signed by {}, as {} says",
            visible(&identity.subject),
            visible(&identity.issuer)
        );
    }
    if !attested.is_origin() {
        let kind = visible(&attested.predicate_type);
        let what = format!("attested ({kind}) by a workflow of");
        return by_builder(&what, identity);
    }
    match attested.predicate_type == SIGNED {
        true => by_builder("signed by a workflow of", identity),
        false => by_builder("attested: built from", identity),
    }
}

fn claim(repository: &str, commit: Option<&String>) -> String {
    let commit = commit.map(|commit| format!(" at {}", visible(commit)));
    format!(
        "says that it is from {}{}, which nobody vouches for",
        visible(repository),
        commit.unwrap_or_default()
    )
}

fn published(origin: &Origin, now: i64) -> Vec<String> {
    let by = origin.publisher.as_ref();
    let by = by.map(|publisher| format!(" by {}", visible(publisher)));
    let line = match (origin.age_days(now), by) {
        (Some(days), by) => format!(
            "published {} ago{}, as the registry says",
            counted(days),
            by.unwrap_or_default()
        ),
        (None, Some(by)) => format!("published{by}, as the registry says; it does not say when"),
        (None, None) => "who published it and when, this registry does not say".to_owned(),
    };
    vec![line]
}

/// About everything that the tree holds besides.
pub fn others(tree: &LockedTree, origins: &[Origin], now: i64) -> Vec<String> {
    let pairs = tree.packages.iter().zip(origins);
    let others: Vec<(String, &Origin)> = pairs
        .filter(|(package, _)| !is_own(tree, package))
        .map(|(package, origin)| (format!("{}@{}", package.name, package.version), origin))
        .collect();
    if others.is_empty() {
        return Vec::new();
    }
    let attested = others
        .iter()
        .filter(|(_, origin)| origin.builder().is_some());
    let attested = match attested.count() {
        0 => "no attestation is offered for them".to_owned(),
        count => format!("{count} attested"),
    };
    let ages = others.iter();
    let ages: Vec<(i64, &String)> = ages
        .filter_map(|(name, origin)| Some((origin.age_days(now)?, name)))
        .collect();
    let youngest = match ages.iter().min() {
        Some((days, name)) => {
            let of = match ages.len() == others.len() {
                true => String::new(),
                false => format!(" of the {} whose age was asked", ages.len()),
            };
            let (name, days) = (visible(name), counted(*days));
            format!("the youngest{of} is {name}, {days} old")
        }
        None => "how old they are, this registry does not say".to_owned(),
    };
    let packages = crate::show::counted(others.len(), "more package");
    let mut lines = vec![format!("{packages}: {attested}; {youngest}")];
    let lost = others
        .iter()
        .filter(|(_, origin)| origin.lost_attestation());
    lines.extend(listed(
        "LOOK TWICE: attested in the release before, and not in this one",
        lost.map(|(name, _)| name.as_str()),
    ));
    let gone = others.iter().filter(|(_, origin)| origin.unlisted);
    lines.extend(listed(
        "LOOK TWICE: not listed by the registry any more",
        gone.map(|(name, _)| name.as_str()),
    ));
    // Maintainers take turns; what matters is who published what nobody had time to look at.
    let fresh = |origin: &Origin| origin.age_days(now).is_some_and(|days| days < 30);
    let changed = others.iter();
    let changed = changed.filter(|(_, origin)| fresh(origin) && origin.other_publisher().is_some());
    lines.extend(listed(
        "published within a month, by another account than the release before",
        changed.map(|(name, _)| name.as_str()),
    ));
    lines
}

/// What the authors themselves would rather not have used, the package or something that it needs.
pub fn withdrawn(tree: &LockedTree, origins: &[Origin]) -> Vec<String> {
    let pairs = tree.packages.iter().zip(origins);
    let said = pairs.filter_map(|(package, origin)| {
        let name = visible(&format!("{}@{}", package.name, package.version));
        let why = origin.withdrawn.as_deref()?;
        Some(match (tree.ecosystem, why) {
            (Ecosystem::Pypi, "") => format!("{name} was withdrawn by its authors (yanked)"),
            (Ecosystem::Pypi, why) => {
                format!("{name} was withdrawn by its authors: {}", visible(why))
            }
            (_, "") => format!("{name} is deprecated by its authors"),
            (_, why) => format!("{name} is deprecated: {}", visible(why)),
        })
    });
    said.collect()
}

/// Which packages nobody tells the age of, where age matters.
pub fn ageless(tree: &LockedTree, origins: &[Origin], hold: &Hold) -> Option<String> {
    // Of a file from an address nobody says when it was published.
    if matches!(tree.ecosystem, Ecosystem::Binary | Ecosystem::Mcpb) {
        return None;
    }
    let pairs = tree.packages.iter().zip(origins);
    let ageless = pairs.filter(|(_, origin)| hold.says_nothing_of(origin));
    let names: Vec<String> = ageless
        .map(|(package, _)| format!("{}@{}", package.name, package.version))
        .collect();
    listed(
        "`min-age` could not be applied, as this registry does not say when they were published",
        names.iter().map(String::as_str),
    )
}

/// `what: a, b and 3 more`, or nothing.
fn listed<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<String> = names.map(visible).collect();
    let first = names.iter().take(NAMED).cloned().collect::<Vec<_>>();
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!names.is_empty()).then(|| format!("{what}: {}{more}", first.join(", ")))
}

fn signature(signature: &Checked<String>) -> String {
    match signature {
        Checked::Verified(key) => format!("signed by the registry (key {})", visible(key)),
        Checked::Absent => "no signature offered by this registry".to_owned(),
        Checked::Unreachable => "the registry's signature could not be fetched".to_owned(),
        Checked::Failed(error) => format!("the registry's signature does not hold: {error}"),
    }
}

fn unattested<T>(attestations: &Checked<T>) -> String {
    match attestations {
        Checked::Unreachable => "its attestations could not be fetched".to_owned(),
        Checked::Failed(error) => format!("its attestation does not hold: {error}"),
        Checked::Verified(_) => "attested as published, but not from which source".to_owned(),
        Checked::Absent => "no attestation offered of what it was built from".to_owned(),
    }
}

/// What an attestation of a build says, and whether the package names the same repository.
fn built(builder: &Identity, claimed: Option<&str>) -> Vec<String> {
    let mut lines = vec![by_builder("attested: built from", builder)];
    lines.extend(elsewhere(builder, claimed));
    lines
}

fn by_builder(what: &str, builder: &Identity) -> String {
    let part = |text: &Option<String>| text.as_deref().map_or_else(|| "?".to_owned(), visible);
    format!(
        "{what} {} at {}, commit {}, by {}",
        part(&builder.repository),
        part(&builder.reference),
        part(&builder.commit),
        visible(&builder.issuer)
    )
}

/// That the repository that something names itself is somebody else's than the one it was built from.
fn elsewhere(builder: &Identity, claimed: Option<&str>) -> Option<String> {
    let owner = |address: &str| owner_of_repository(address).map(str::to_ascii_lowercase);
    let other = claimed
        .and_then(owner)
        .zip(builder.repository.as_deref().and_then(owner));
    let (claimed, built) = other.filter(|(claimed, built)| claimed != built)?;
    Some(format!(
        "the package names a repository of {}, but was built from one of {}",
        visible(&claimed),
        visible(&built)
    ))
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
    use interlock_supply::provenance::Earlier;

    const NOW: i64 = 1_795_000_000;

    fn origin() -> Origin {
        Origin {
            published: Some(NOW - 5 * 86_400),
            publisher: Some("alice\u{1b}[2K".into()),
            repository: Some("git+https://github.com/alice/x.git".into()),
            ..Origin::unknown()
        }
    }

    fn attested(owner: &str) -> Checked<Vec<Attested>> {
        Checked::Verified(vec![Attested {
            predicate_type: "https://slsa.dev/provenance/v1".into(),
            signer: Signer::Identity(Identity {
                subject: "s".into(),
                issuer: "https://token.actions.githubusercontent.com".into(),
                repository: Some(format!("https://github.com/{owner}/x")),
                reference: Some("refs/tags/v1".into()),
                ..Identity::default()
            }),
            time: NOW,
        }])
    }

    fn check(lines: &[String], expected: &[&str]) {
        assert_eq!(lines.len(), expected.len(), "{lines:#?}");
        for (line, part) in lines.iter().zip(expected) {
            assert!(line.contains(part), "{line} / {part}");
            assert!(!line.contains('\u{1b}'), "{line}");
        }
    }

    #[test]
    fn what_is_verified_is_told_apart_from_what_is_said() {
        let mut origin = origin();
        let said = [
            "published 5 days ago by \"alice",
            "no signature offered",
            "no attestation offered",
            "which nobody vouches for",
        ];
        check(&own(&origin, true, NOW), &said);
        origin.signature = Checked::Verified("SHA256:x".into());
        origin.attestations = attested("Alice");
        let built = "built from https://github.com/Alice/x at refs/tags/v1";
        let line = |origin: &Origin| own(origin, true, NOW);
        check(
            &line(&origin),
            &["published", "signed by the registry", built],
        );
        origin.attestations = attested("mallory");
        let other = [
            "published",
            "signed",
            "built from",
            "names a repository of alice",
        ];
        check(&line(&origin), &other);
        let gone = Origin {
            unlisted: true,
            ..Origin::unknown()
        };
        check(
            &own(&gone, false, NOW),
            &[
                "does not say",
                "does not list this release any more",
                "no attestation",
            ],
        );
        check(
            &own(&Origin::unknown(), false, NOW),
            &["does not say", "no attestation offered"],
        );
    }

    #[test]
    fn what_changed_since_the_release_before_is_told() {
        let mut origin = Origin {
            repository: None,
            publisher: Some("mallory".into()),
            earlier: Some(Earlier {
                version: "0.9.0".into(),
                publisher: Some("alice".into()),
                attested: true,
            }),
            ..origin()
        };
        check(
            &own(&origin, false, NOW),
            &[
                "published",
                "no attestation",
                "LOOK TWICE",
                "another account: alice",
            ],
        );
        // A mirror that repeats descriptions and serves no attestations is no reason for alarm.
        origin.offered = true;
        check(
            &own(&origin, false, NOW),
            &["published", "no attestation", "another account: alice"],
        );
        origin.attestations = Checked::Unreachable;
        check(
            &own(&origin, false, NOW),
            &[
                "published",
                "could not be fetched",
                "another account: alice",
            ],
        );
    }

    #[test]
    fn no_builder_of_an_image_is_left_out() {
        let build = |owner: &str| {
            let Checked::Verified(mut all) = attested(owner) else {
                panic!("not attested");
            };
            all.remove(0)
        };
        let mut all: Vec<Attested> = (0..7).map(|at| build(&format!("o{at}"))).collect();
        let scans = (0..7).map(|at| Attested {
            predicate_type: format!("https://scan.example/{at}\u{1b}[2K"),
            ..build("scanner")
        });
        all.extend(scans);
        let origin = Origin {
            attestations: Checked::Verified(all),
            ..Origin::unknown()
        };
        let lines = attached(&origin, &[], &(None, None));
        let built: Vec<String> = (0..7)
            .map(|at| format!("attested: built from https://github.com/o{at}/x"))
            .collect();
        let mut expected: Vec<&str> = built.iter().map(String::as_str).collect();
        expected.extend(["by a workflow of https://github.com/scanner/x"; 5]);
        expected.push("and 2 more that vouch for it");
        check(&lines, &expected);
        assert!(
            lines[7].starts_with("attested (\"https://scan.example/0"),
            "{}",
            lines[7]
        );
    }

    /// `p0@1.0.0` and nine more that it needs.
    fn tree() -> LockedTree {
        let packages: Vec<serde_json::Value> = (0..10)
            .map(|at| {
                serde_json::json!({ "path": format!("node_modules/p{at}"), "name": format!("p{at}"), "version": "1.0.0",
                    "integrity": interlock_supply::Integrity::from_bytes([at; 64]).to_string() })
            })
            .collect();
        serde_json::from_value(serde_json::json!({
            "format": 1, "ecosystem": "npm", "name": "p0", "version": "1.0.0", "digest": "a".repeat(64), "files": 1, "bytes": 1,
            "entry": { "command": "x", "file": "node_modules/p0/x.js", "interpreter": "node" }, "packages": packages,
        }))
        .unwrap()
    }

    #[test]
    fn what_is_withdrawn_or_without_an_age_is_named() {
        let mut tree = tree();
        let mut origins = vec![origin(); 10];
        assert!(withdrawn(&tree, &origins).is_empty());
        origins[0].withdrawn = Some("use\u{1b}[2K another".into());
        origins[1].withdrawn = Some(String::new());
        check(
            &withdrawn(&tree, &origins),
            &["p0@1.0.0 is deprecated: \"use", "p1@1.0.0 is deprecated by"],
        );
        tree.ecosystem = Ecosystem::Pypi;
        check(
            &withdrawn(&tree, &origins),
            &["withdrawn by its authors: \"use", "(yanked)"],
        );
        let hold = Hold::new(NOW, 3, false, Default::default());
        assert_eq!(ageless(&tree, &origins, &hold), None);
        origins[2].published = None;
        origins[3].published = None;
        // What did not change for long is old enough, and what changed lately and is dated elsewhere is young.
        origins[4].published = None;
        origins[4].settled = Some(NOW - 9 * 86_400);
        origins[5].published = None;
        origins[5].settled = Some(NOW);
        origins[5].untimed = true;
        let line = ageless(&tree, &origins, &hold).unwrap();
        assert!(line.ends_with(": p2@1.0.0, p3@1.0.0"), "{line}");
        let off = Hold::new(NOW, 0, false, Default::default());
        assert_eq!(ageless(&tree, &origins, &off), None);
    }

    #[test]
    fn a_tree_is_summed_up() {
        let tree = tree();
        let unknown = vec![Origin::unknown(); 10];
        check(
            &others(&tree, &unknown, NOW),
            &["9 more packages: no attestation is offered for them; how old they are"],
        );
        let mut some = unknown;
        some[3].published = Some(NOW - 86_400);
        some[4].unlisted = true;
        check(
            &others(&tree, &some, NOW),
            &[
                "the youngest of the 1 whose age was asked is p3@1.0.0",
                "not listed by the registry any more: p4@1.0.0",
            ],
        );
        let mut origins = vec![origin(); 10];
        origins[2].attestations = attested("a");
        origins[3].published = Some(NOW - 86_400);
        for origin in &mut origins[4..] {
            origin.earlier = Some(Earlier {
                version: "0.9.0".into(),
                publisher: Some("bob".into()),
                attested: true,
            });
        }
        check(
            &others(&tree, &origins, NOW),
            &[
                "1 attested; the youngest is p3@1.0.0, one day old",
                "p4@1.0.0, p5@1.0.0, p6@1.0.0, p7@1.0.0, p8@1.0.0 and 1 more",
                "within a month, by another account",
            ],
        );
    }
}

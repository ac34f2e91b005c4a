//! Where a package came from, as an approval shows it, and what the configuration requires of that.
//!
//! The evidence is kept beside the tree in the store, so that it can be verified again without a network. Only what does not hold,
//! and a requirement, make a refusal.

use interlock_supply::advisories::Target;
use interlock_supply::fetched::Beside;
use interlock_supply::lockfile::OriginLock;
use interlock_supply::npm::{self, Registry};
use interlock_supply::policy::{Breach, Policy};
use interlock_supply::provenance::{Origin, TreeEvidence, is_own};
use interlock_supply::pypi::{self, Index, Unbuilt};
use interlock_supply::registry::Api;
use interlock_supply::{Client, Ecosystem, LockedPackage, LockedTree, Reach, Store, TreeDigest};

use super::build::Sources;
use super::rules::Rules;
use super::{advised, attached, told};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::terminal::visible;

/// Who is asked about a package.
pub enum Source {
    /// An npm registry.
    Npm(Registry),
    /// An index of Python packages.
    Pypi(Index),
    /// The host that serves a file, and what was found beside the file already.
    Address(Client, Option<Beside>),
}

impl Source {
    /// The user's own registry of an ecosystem; none where packages do not come from one.
    ///
    /// # Errors
    /// When its configuration cannot be read.
    pub fn of(
        context: &Context,
        rules: &Rules,
        ecosystem: Ecosystem,
    ) -> Result<Option<Self>, Failure> {
        let failed = |error: &dyn std::error::Error| {
            let what = "the registry's configuration cannot be read";
            Failure::new(Exit::Refused, what).because(error)
        };
        let variable = |name: &str| std::env::var(name).ok();
        let offline = context.global.offline;
        let reach = context.reach(&rules.policy);
        Ok(match ecosystem {
            Ecosystem::Npm => {
                let config = npm::Config::for_user(&variable).map_err(|error| failed(&error))?;
                let config = config.reaching(&reach);
                let registry = Registry::new(config, offline);
                Some(Self::Npm(registry.holding(rules.hold.clone())))
            }
            Ecosystem::Pypi => {
                let config = pypi::Config::for_user(&variable).map_err(|error| failed(&error))?;
                let config = config.reaching(&reach);
                let index = Index::new(config, offline);
                Some(Self::Pypi(index.holding(rules.hold.clone())))
            }
            // No registry speaks for one file, but something may lie beside it.
            Ecosystem::Binary | Ecosystem::Mcpb => {
                let client = Client::new(&context.trust(&rules.policy));
                Some(Self::Address(client, None))
            }
            Ecosystem::Git => None,
        })
    }
}

impl Source {
    /// That a newer release of a tree's own package has to wait, when one does. `sources`: whether one would be built.
    pub fn passed_over(&self, tree: &LockedTree, sources: Sources) -> Option<String> {
        let (name, version) = (tree.name.as_str(), tree.version.as_str());
        let young = match self {
            Self::Npm(registry) => {
                let packument = registry.packument(&tree.name).ok()?;
                packument.passed_over(&version.parse().ok()?).cloned()
            }
            Self::Pypi(index) => {
                let listing = index.listing(&pypi::Name::new(name).ok()?).ok()?;
                let build = sources == Sources::DangerBuilt;
                listing.passed_over(&version.parse().ok()?, index.hold(), build)
            }
            Self::Address(..) => None,
        };
        young.map(|young| format!("a newer release is passed over: {young}"))
    }
}

/// What is known of where a tree came from.
pub struct Told {
    /// For a person, a line each.
    pub lines: Vec<String>,
    /// For a lock.
    pub origin: Option<OriginLock>,
    /// Whether everything could be asked.
    pub whole: bool,
}

/// Tells where a locked tree came from.
///
/// # Errors
/// As of [`advised::judge`], and when what is served about an origin does not hold, or a requirement is not met.
pub fn judge(
    context: &Context,
    rules: &Rules,
    packages: &Store,
    source: &Source,
    tree: &LockedTree,
    ask: Ask,
) -> Result<Told, Failure> {
    let mut lines = advised::judge(rules, &Target::all_of("", tree))?;
    let evidence = evidence(context, packages, source, tree, ask);
    let origins = evidence.origins(tree, rules.verifier());
    let Some(own) = own(tree, &origins) else {
        let what = "what is locked names no archive of its own package";
        return Err(Failure::new(Exit::Refused, what));
    };
    refuse(
        tree.name.as_str(),
        tree.version.as_str(),
        rules.policy.judge(tree, &origins, &rules.hold),
    )?;
    lines.extend(match source {
        Source::Address(..) => told::beside(own),
        _ => told::own(own, matches!(source, Source::Npm(_)), rules.now),
    });
    if let Some(claimed) = &own.mcp_name {
        lines.push(claim(context, &rules.policy, claimed, tree));
    }
    let whole = &tree.with_tools();
    lines.extend(told::others(whole, &origins, rules.now));
    lines.extend(told::withdrawn(whole, &origins));
    lines.extend(told::ageless(whole, &origins, &rules.hold));
    Ok(Told {
        lines,
        origin: OriginLock::of(tree.ecosystem, own),
        whole: evidence.is_whole(),
    })
}

/// The same for a repository: what it needs from a registry is judged as any package from there, whoever chose it.
///
/// # Errors
/// As of [`judge`] and [`of_no_registry`].
pub fn of_repository(
    context: &Context,
    rules: &Rules,
    packages: &Store,
    tree: &LockedTree,
    ask: Ask,
) -> Result<Told, Failure> {
    let mut told = of_no_registry(rules, tree)?;
    let tree = &tree.with_tools();
    let other = |package: &LockedPackage| tree.ecosystem_of(package);
    let mut all = tree.packages.iter().map(other);
    let ecosystem = all.find(|it| *it != Ecosystem::Git);
    let ecosystem = ecosystem.unwrap_or(Ecosystem::Npm);
    let mut needed = LockedTree {
        ecosystem,
        ..tree.clone()
    };
    needed
        .packages
        .retain(|package| other(package) == ecosystem);
    if needed.packages.is_empty() {
        return Ok(told);
    }
    if let Some(source) = Source::of(context, rules, ecosystem)? {
        let evidence = evidence(context, packages, &source, &needed, ask);
        let origins = evidence.origins(&needed, rules.verifier());
        refuse(
            tree.name.as_str(),
            tree.version.as_str(),
            rules.policy.judge(&needed, &origins, &rules.hold),
        )?;
        told.lines
            .extend(told::others(&needed, &origins, rules.now));
        told.lines.extend(told::withdrawn(&needed, &origins));
        told.lines
            .extend(told::ageless(&needed, &origins, &rules.hold));
        told.whole = evidence.is_whole();
    }
    Ok(told)
}

/// Judges packages of the index of Python whose code runs before anybody is shown a tree: sources that are to be built, and what
/// builds them. `own` is the name of what was asked for.
///
/// # Errors
/// As of [`judge`].
pub fn before_a_build(
    rules: &Rules,
    index: &Index,
    own: &str,
    packages: &[LockedPackage],
) -> Result<(), Failure> {
    let own = pypi::Name::new(own).ok();
    let is_own = |package: &LockedPackage| {
        own.as_ref()
            .is_some_and(|own| own.as_str() == package.name.as_str())
    };
    let all = packages.iter();
    let all = all.map(|package| Target::new("", Ecosystem::Pypi, package));
    advised::judge(rules, &all.collect::<Vec<_>>())?;
    let evidence = TreeEvidence::of_index(index, packages);
    let all = evidence.packages.iter();
    let origins: Vec<Origin> = all
        .map(|it| it.origin(Ecosystem::Pypi, rules.verifier()))
        .collect();
    for (package, origin) in packages.iter().zip(&origins) {
        let (one, origin) = (std::slice::from_ref(package), std::slice::from_ref(origin));
        let breaches = rules
            .policy
            .judge_all(Ecosystem::Pypi, one, &is_own, origin, &rules.hold);
        refuse(package.name.as_str(), package.version.as_str(), breaches)?;
    }
    Ok(())
}

/// The same for a repository: nobody vouches for it or says how old it is, which a requirement may not allow.
///
/// # Errors
/// When a requirement is not met.
pub fn before_a_build_of_no_registry(rules: &Rules, sources: &Unbuilt<'_>) -> Result<(), Failure> {
    let (name, version) = sources.release;
    let breaches = rules.policy.judge_unvouched(name, version, &rules.hold);
    refuse(sources.shown, "", breaches)
}

/// The same for what no registry published: nobody vouches for it but who serves it, which is what a requirement is told.
///
/// # Errors
/// As of [`advised::judge`], and when a requirement is not met.
pub fn of_no_registry(rules: &Rules, tree: &LockedTree) -> Result<Told, Failure> {
    let mut lines = advised::judge(rules, &Target::all_of("", tree))?;
    let (name, version) = (tree.name.as_str(), tree.version.as_str());
    refuse(
        name,
        version,
        rules.policy.judge_unvouched(name, version, &rules.hold),
    )?;
    lines.push(told::ADDRESS_ALONE.to_owned());
    Ok(Told {
        lines,
        origin: None,
        whole: true,
    })
}

/// Refuses what breaks a requirement, with all that is broken.
///
/// # Errors
/// When there is any.
pub fn refuse(name: &str, version: &str, breaches: Vec<Breach>) -> Result<(), Failure> {
    let mut breaches = breaches.into_iter();
    let Some(breach) = breaches.next() else {
        return Ok(());
    };
    let shown = match version {
        "" => visible(name),
        version => format!("{}@{}", visible(name), visible(version)),
    };
    let what = format!("{shown} is refused by `{}`", breach.rule);
    let mut failure = Failure::new(Exit::Refused, what).next(breach.next);
    failure.causes.push(breach.text);
    failure
        .causes
        .extend(breaches.map(|breach| breach.text).take(9));
    Err(failure)
}

/// What a lock says of an origin and evidence does not bear out. `whole`: everything could be asked.
pub fn against(said: Option<&OriginLock>, found: Option<&OriginLock>, whole: bool) -> Vec<String> {
    let Some(said) = said else {
        return Vec::new();
    };
    let unproven = said.attested.is_some() && found.is_none_or(|found| found.attested.is_none());
    if unproven && !whole {
        let what = said.attestation().unwrap_or_default();
        return vec![format!(
            "the lock says that it is attested, as built from {what}, and its attestations are neither in the store nor could they be fetched"
        )];
    }
    said.contradictions(found)
}

/// The origin of the package that gives a tree its name.
pub fn own<'a>(tree: &LockedTree, origins: &'a [Origin]) -> Option<&'a Origin> {
    let mut pairs = tree.packages.iter().zip(origins);
    let own = pairs.find(|(package, _)| is_own(tree, package));
    own.map(|(_, origin)| origin)
}

/// Where a tree in the store came from, by the evidence beside it, as a lock keeps it.
pub fn kept(context: &Context, packages: &Store, tree: &str) -> Option<OriginLock> {
    let digest = TreeDigest::parse(tree).ok()?;
    let rules = Rules::read(context).ok()?;
    if let Some(image) = packages.recorded_image(&digest) {
        return attached::kept(&rules, packages, &image);
    }
    let tree = packages.recorded(&digest)?;
    let origins = packages.evidence(&tree)?.origins(&tree, rules.verifier());
    OriginLock::of(tree.ecosystem, own(&tree, &origins)?)
}

/// Whether a registry is asked again about what it was asked about before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// A person is about to decide: what it says now counts.
    Again,
    /// Nothing moves: what it said, where that is kept, is verified again.
    WhereUnknown,
}

/// What is said of a tree now, or, where nobody can be asked, what was said when it was.
pub fn evidence(
    context: &Context,
    packages: &Store,
    source: &Source,
    tree: &LockedTree,
    ask: Ask,
) -> TreeEvidence {
    let kept = || packages.evidence(tree).filter(TreeEvidence::is_whole);
    if (context.global.offline || ask == Ask::WhereUnknown)
        && let Some(kept) = kept()
    {
        return kept;
    }
    let found = match source {
        Source::Npm(registry) => TreeEvidence::of_npm(registry, tree),
        Source::Pypi(index) => TreeEvidence::of_pypi(index, tree, &pypi::claims(packages, tree)),
        Source::Address(client, beside) => TreeEvidence::of_address(client, tree, beside.as_ref()),
    };
    if !found.is_whole() {
        return kept().unwrap_or(found);
    }
    // What vouched for a release once is not given up for an answer that has less.
    if kept().is_some_and(|kept| kept.outlasts(&found)) {
        return found;
    }
    // Without it the next verification needs the network, nothing else.
    let _ = packages.keep_evidence(&tree.digest, &found);
    found
}

/// Whether the entry that the package says it belongs to names the package.
fn claim(context: &Context, policy: &Policy, claimed: &str, tree: &LockedTree) -> String {
    let shown = visible(claimed);
    let Some(base) = policy.mcp_registry() else {
        return format!(
            "says that it is {shown} in the MCP Registry; no `mcp-registry` is configured to look that up in"
        );
    };
    let reach = Reach::default().naming(base);
    let trust = context.trust(policy).reaching(&reach);
    let entry = Api::new(base, Client::new(&trust)).and_then(|api| api.entry(claimed, None));
    match entry {
        Ok((entry, _)) if names(&entry, tree.ecosystem, tree.name.as_str()) => {
            format!("is {shown} in the MCP Registry, which names this package")
        }
        Ok(_) => format!(
            "says that it is {shown}, but that entry of the MCP Registry names another package"
        ),
        Err(error) => format!("says that it is {shown} in the MCP Registry: {error}"),
    }
}

fn names(entry: &serde_json::Value, ecosystem: Ecosystem, package: &str) -> bool {
    let packages = entry.get("packages").and_then(serde_json::Value::as_array);
    let text = |value: &serde_json::Value, key: &str| {
        value
            .get(key)
            .and_then(serde_json::Value::as_str)
            .map(str::to_owned)
    };
    let same = |name: &str| match ecosystem {
        Ecosystem::Pypi => pypi::Name::new(name).is_ok_and(|name| name.as_str() == package),
        _ => name == package,
    };
    packages.into_iter().flatten().any(|entry| {
        text(entry, "registryType").as_deref() == Some(ecosystem.as_str())
            && text(entry, "identifier").is_some_and(|name| same(&name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_name_their_packages() {
        let entry: serde_json::Value =
            serde_json::from_str(r#"{"packages": [{"registryType": "npm", "identifier": "x"}, {"registryType": "pypi", "identifier": "Y_z"}]}"#).unwrap();
        for (ecosystem, name, expected) in [
            (Ecosystem::Npm, "x", true),
            (Ecosystem::Npm, "y-z", false),
            (Ecosystem::Pypi, "y-z", true),
            (Ecosystem::Pypi, "x", false),
        ] {
            assert_eq!(names(&entry, ecosystem, name), expected, "{name}");
        }
    }
}

//! Whether registries still list what a lock names, for who verifies it.

use interlock_supply::provenance::Listed;
use interlock_supply::{Ecosystem, Hold, LockedPackage, LockedTree};

use super::origin::Source;
use super::rules::Rules;
use crate::context::Context;
use crate::exit::Failure;
use crate::show::counted;

/// What came of asking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// What is listed no more and not excepted, a line each.
    pub gone: Vec<String>,
    /// Whether somebody was asked about everything. Nothing where nothing comes from a registry.
    pub asked: Option<Asked>,
}

/// Whether somebody was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// About everything.
    Yes,
    /// Not about everything, and why.
    No(String),
}

impl Asked {
    /// The word of the JSON output.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Yes => "asked",
            Self::No(_) => "not-asked",
        }
    }
}

impl Listing {
    /// Asks the user's own registries about everything in a tree that comes from one, and about what it was built with.
    ///
    /// # Errors
    /// When a registry's configuration cannot be read.
    pub fn of(context: &Context, rules: &Rules, tree: &LockedTree) -> Result<Self, Failure> {
        let tree = &tree.with_tools();
        let mut found = Listed::default();
        let mut all = 0;
        for ecosystem in [Ecosystem::Npm, Ecosystem::Pypi] {
            let theirs = |package: &&LockedPackage| tree.ecosystem_of(package) == ecosystem;
            let packages: Vec<LockedPackage> =
                tree.packages.iter().filter(theirs).cloned().collect();
            all += packages.len();
            if packages.is_empty() || context.global.offline {
                continue;
            }
            // What has to wait is listed as well, so nobody is asked for times.
            found = found.and(match Source::of(context, rules, ecosystem)? {
                Some(Source::Npm(registry)) => {
                    Listed::of_npm(&registry.holding(Hold::default()), &packages)
                }
                Some(Source::Pypi(index)) => Listed::of_pypi(&index, &packages),
                Some(Source::Address(..)) | None => Listed::default(),
            });
        }
        Ok(Self {
            gone: gone(rules, &found.gone),
            asked: match (all, found.unasked.len()) {
                (0, _) => None,
                _ if context.global.offline => Some(Asked::No("--offline".to_owned())),
                (_, 0) => Some(Asked::Yes),
                (all, unasked) => Some(Asked::No(format!(
                    "no answer about {unasked} of {}",
                    counted(all, "package")
                ))),
            },
        })
    }
}

/// What is listed no more, but for what the configuration excepts.
fn gone(rules: &Rules, packages: &[LockedPackage]) -> Vec<String> {
    let one = |package: &LockedPackage| {
        let (name, version) = (package.name.as_str(), package.version.as_str());
        let breach = rules.policy.judge_unlisted(name, version)?;
        let (text, next) = (breach.text, breach.next);
        Some(format!("{name}@{version}: {text}: {next}"))
    };
    packages.iter().filter_map(one).collect()
}

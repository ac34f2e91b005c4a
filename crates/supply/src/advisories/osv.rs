//! The part of an OSV record (schema 1.x) that decides whether a version is affected.

use super::{Hit, Target, folded, range, release};
use crate::locked::Ecosystem;
use serde::Deserialize;
use std::{borrow::Cow, collections::HashSet};

/// One advisory.
#[derive(Debug, Deserialize)]
pub(super) struct Record {
    id: String,
    #[serde(default)]
    summary: Option<String>,
    #[serde(default)]
    aliases: Option<Vec<String>>,
    /// Set when it was taken back.
    #[serde(default)]
    withdrawn: Option<String>,
    #[serde(default)]
    affected: Option<Vec<Affected>>,
}

/// What an advisory is about, and nothing else of it.
#[derive(Debug, Deserialize)]
pub(super) struct Names<'a> {
    /// There has to be one, as without it this is no advisory.
    #[serde(borrow, rename = "id")]
    _id: Cow<'a, str>,
    #[serde(borrow, default)]
    affected: Option<Vec<NamedBy<'a>>>,
}

#[derive(Debug, Deserialize)]
struct NamedBy<'a> {
    #[serde(borrow, default)]
    package: Option<Name<'a>>,
}

#[derive(Debug, Deserialize)]
struct Name<'a> {
    #[serde(borrow)]
    ecosystem: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
}

impl Names<'_> {
    /// Whether it is about one of these, each with its folded name.
    pub(super) fn has_one_of(&self, names: &HashSet<(Ecosystem, String)>) -> bool {
        let affected = self.affected.iter().flatten();
        let mut packages = affected.filter_map(|it| it.package.as_ref());
        packages.any(|package| {
            let ecosystem = ecosystem(&package.ecosystem);
            ecosystem.is_some_and(|it| names.contains(&(it, folded(it, &package.name))))
        })
    }
}

/// Which ecosystem is meant. `PyPI:…` and the like name a part of one; OSV has none for what is fetched by its address.
fn ecosystem(text: &str) -> Option<Ecosystem> {
    match text.split(':').next()?.to_ascii_lowercase().as_str() {
        "npm" => Some(Ecosystem::Npm),
        "pypi" => Some(Ecosystem::Pypi),
        _ => None,
    }
}

#[derive(Debug, Deserialize)]
struct Affected {
    #[serde(default)]
    package: Option<Package>,
    #[serde(default)]
    ranges: Option<Vec<Range>>,
    #[serde(default)]
    versions: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Package {
    ecosystem: String,
    name: String,
}

/// Versions from one event to the next.
#[derive(Debug, Deserialize)]
pub(super) struct Range {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) events: Vec<Event>,
}

/// One event; one of its members is there.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    #[serde(default)]
    pub(super) introduced: Option<String>,
    #[serde(default)]
    pub(super) fixed: Option<String>,
    #[serde(default)]
    pub(super) last_affected: Option<String>,
    #[serde(default)]
    pub(super) limit: Option<String>,
}

impl Record {
    /// The targets that it is about.
    pub(super) fn hits(&self, targets: &[Target]) -> Vec<Hit> {
        if self.withdrawn.is_some() {
            return Vec::new();
        }
        let affected = self.affected.iter().flatten();
        let all = affected.flat_map(|affected| {
            let named = targets.iter().filter(|target| affected.names(target));
            named.filter_map(|target| {
                let sure = affected.holds(target)?;
                Some(self.hit(target, affected, sure))
            })
        });
        all.collect()
    }

    /// The releases in which it is mended, by their exact text.
    pub(super) fn mended(&self) -> Vec<(Ecosystem, String)> {
        let affected = self.affected.iter().flatten();
        let all = affected.filter(|_| self.withdrawn.is_none());
        let all = all.filter_map(|affected| {
            let package = affected.package.as_ref()?;
            let ecosystem = ecosystem(&package.ecosystem)?;
            let events = affected.ranges.iter().flatten();
            let events = events.flat_map(|range| &range.events);
            let fixed = events.filter_map(|event| event.fixed.as_deref());
            let fixed = fixed.map(|version| release(ecosystem, &package.name, version));
            Some(fixed.map(|it| (ecosystem, it)).collect::<Vec<_>>())
        });
        all.flatten().collect()
    }

    fn hit(&self, target: &Target, affected: &Affected, sure: bool) -> Hit {
        let events = affected.ranges.iter().flatten();
        let events = events.flat_map(|range| &range.events);
        Hit {
            target: target.clone(),
            id: self.id.clone(),
            aliases: self.aliases.clone().unwrap_or_default(),
            summary: self.summary.clone().unwrap_or_default(),
            fixed: events.filter_map(|event| event.fixed.clone()).collect(),
            sure,
        }
    }
}

impl Affected {
    fn names(&self, target: &Target) -> bool {
        let Some(package) = &self.package else {
            return false;
        };
        let same = ecosystem(&package.ecosystem) == Some(target.ecosystem);
        same && folded(target.ecosystem, &package.name) == folded(target.ecosystem, &target.name)
    }

    /// Whether the version is affected: surely (`true`) or perhaps (`false`).
    fn holds(&self, target: &Target) -> Option<bool> {
        let versions = self.versions.as_deref().unwrap_or_default();
        let listed = |text: &String| range::same(target.ecosystem, text, &target.version);
        if versions.iter().any(listed) {
            return Some(true);
        }
        let ranges = self.ranges.iter().flatten();
        let ranges: Vec<&Range> = ranges.filter(|range| range.kind != "GIT").collect();
        if ranges.is_empty() && versions.is_empty() {
            // It says no versions at all, or only commits.
            return Some(false);
        }
        let found: Vec<Option<bool>> = ranges
            .iter()
            .map(|range| range::covers(range, target.ecosystem, &target.version))
            .collect();
        if found.contains(&Some(true)) {
            return Some(true);
        }
        // A range that cannot be understood decides nothing either way, unless every version is listed.
        (found.contains(&None) && versions.is_empty()).then_some(false)
    }
}

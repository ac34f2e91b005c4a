//! What is known about releases: a dated list that comes with the program and can be replaced by a newer one from a file.
//!
//! Only names and versions that stand in a configuration are compared. What a range or tag would resolve to is not looked up.

mod read;
mod version;

use interlock_launch::text::excerpt;
use interlock_launch::{Ecosystem, PackageRef};

use crate::finding::Severity;

pub use read::AdvisoriesError;

/// The list that comes with the program.
const BUNDLED: &str = include_str!("../../data/advisories.json");

/// A list of advisories.
#[derive(Debug, Default)]
pub struct Advisories {
    date: String,
    list: Vec<Advisory>,
}

/// What is known about some releases of one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// Its id: a CVE, or our own where there is none.
    pub id: String,
    /// Other ids of the same.
    pub aliases: Vec<String>,
    /// The registry.
    pub ecosystem: String,
    /// The package.
    pub package: String,
    /// Which releases.
    pub ranges: Vec<Range>,
    /// Whether the releases were made to do harm.
    pub malicious: bool,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong, part of a sentence.
    pub summary: String,
    /// Where it is told.
    pub source: String,
}

/// Releases from one on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first release.
    pub introduced: String,
    /// The first release that is well again.
    pub fixed: Option<String>,
    /// The last release that is not, where none is known to be well.
    pub last: Option<String>,
}

/// An advisory that is about a package as it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Matched<'a> {
    /// The advisory.
    pub advisory: &'a Advisory,
    /// Whether the release is named; else it is any, and no release is known to be well.
    pub certain: bool,
}

impl Advisories {
    /// The list that comes with the program. A test reads it; were it broken, it would be empty.
    #[must_use]
    pub fn bundled() -> Self {
        Self::parse(BUNDLED).unwrap_or_default()
    }

    /// Reads a list.
    ///
    /// # Errors
    /// When the text is not a list of this version, or an entry is not complete.
    pub fn parse(text: &str) -> Result<Self, AdvisoriesError> {
        read::parse(text)
    }

    /// The day of the list, as `2026-11-21`.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.date
    }

    /// Every advisory.
    #[must_use]
    pub fn list(&self) -> &[Advisory] {
        &self.list
    }

    /// The advisories about a package as it is asked for.
    pub fn of<'a>(&'a self, package: &'a PackageRef) -> impl Iterator<Item = Matched<'a>> {
        let exact = package.spec.as_deref().and_then(exact);
        self.list
            .iter()
            .filter(|advisory| advisory.is_about(package))
            .filter_map(move |advisory| {
                let hit = match exact {
                    Some(version) => advisory.ranges.iter().any(|range| range.contains(version)),
                    None => advisory.ranges.iter().any(Range::is_open),
                };
                hit.then_some(Matched {
                    advisory,
                    certain: exact.is_some(),
                })
            })
    }
}

impl Advisory {
    fn is_about(&self, package: &PackageRef) -> bool {
        // A repository may be called like a release, and is none.
        if package.repository().is_some() {
            return false;
        }
        if self.ecosystem != package.ecosystem.as_str() {
            return false;
        }
        match package.ecosystem {
            Ecosystem::PyPi => normalized(&self.package) == normalized(&package.name),
            _ => self.package == package.name,
        }
    }

    /// What to tell about a package that it is about.
    pub(crate) fn message(&self, package: &PackageRef) -> String {
        let version = package.spec.as_deref().and_then(exact);
        let named = match version {
            Some(version) => format!("`{}` {}", excerpt(&package.name), excerpt(version)),
            None => format!("`{}`", excerpt(&package.name)),
        };
        let fixed = self
            .ranges
            .iter()
            .rev()
            .find_map(|range| range.fixed.as_ref());
        let fixed = match (fixed, self.malicious) {
            (Some(fixed), false) => format!("; fixed in {fixed}"),
            _ => String::new(),
        };
        format!(
            "{named}: {} ({}, {}){fixed}",
            self.summary, self.id, self.source
        )
    }
}

impl Range {
    fn contains(&self, version: &str) -> bool {
        let not_before = version::compare(version, &self.introduced).is_ge();
        let before_fixed = self
            .fixed
            .as_ref()
            .is_none_or(|fixed| version::compare(version, fixed).is_lt());
        let not_after_last = self
            .last
            .as_ref()
            .is_none_or(|last| version::compare(version, last).is_le());
        not_before && before_fixed && not_after_last
    }

    /// No release is known to be well.
    fn is_open(&self) -> bool {
        self.fixed.is_none()
    }
}

/// The one version that a spec names; none for ranges and tags.
fn exact(spec: &str) -> Option<&str> {
    let version = spec
        .trim_start_matches('@')
        .trim_start_matches('=')
        .trim_start_matches('v')
        .trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-+_!".contains(c);
    let numbered = version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.');
    let wild = version
        .split('.')
        .any(|part| matches!(part, "x" | "X" | "*" | ""));
    (numbered && !wild && version.chars().all(plain)).then_some(version)
}

/// A name as PyPI compares names.
fn normalized(name: &str) -> String {
    let folded = name.to_ascii_lowercase().replace(['_', '.'], "-");
    let parts: Vec<&str> = folded.split('-').filter(|part| !part.is_empty()).collect();
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use interlock_launch::{Class, Request, judge};

    use super::*;

    fn check(line: &str, expected: &[&str]) {
        let mut words = line.split(' ');
        let request = Request::new(words.next().unwrap(), words);
        let Class::Package(package) = judge(&request).class else {
            panic!("{line}")
        };
        let advisories = Advisories::bundled();
        let found: Vec<&str> = advisories
            .of(&package)
            .map(|one| one.advisory.id.as_str())
            .collect();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn the_bundled_list_is_whole_and_every_entry_has_a_source() {
        let list = Advisories::parse(BUNDLED).unwrap();
        assert!(list.list().len() >= 14);
        assert_eq!(list.date().len(), 10);
        for advisory in list.list() {
            assert!(advisory.source.starts_with("https://"), "{}", advisory.id);
            assert!(!advisory.ranges.is_empty(), "{}", advisory.id);
        }
    }

    #[test]
    fn releases_are_told_from_each_other() {
        check(
            "npx -y mcp-remote@0.1.15 https://x.example",
            &["CVE-2025-6514"],
        );
        check("npx -y mcp-remote@0.1.16 https://x.example", &[]);
        check("npx -y mcp-remote@0.0.4 https://x.example", &[]);
        check("npx -y mcp-remote https://x.example", &[]);
        check("npx postmark-mcp@1.0.15", &[]);
        check("npx postmark-mcp@1.0.18", &["INTERLOCK-2025-0001"]);
        check("npx postmark-mcp", &["INTERLOCK-2025-0001"]);
        check(
            "npx @modelcontextprotocol/server-filesystem@0.6.2 /x",
            &["CVE-2025-53109"],
        );
        check("npx @modelcontextprotocol/server-filesystem@0.6.4 /x", &[]);
        check(
            "npx @modelcontextprotocol/server-filesystem@2025.3.28 /x",
            &["CVE-2025-53109"],
        );
        check(
            "npx @modelcontextprotocol/server-filesystem@2026.8.31 /x",
            &[],
        );
        check("uvx mcp_server_git==2025.7.1", &["CVE-2026-27735"]);
        check(
            "uvx litellm==1.82.8",
            &["INTERLOCK-2026-0001", "CVE-2026-30623", "CVE-2026-42271"],
        );
        check(
            "uvx --from git+https://github.com/o/litellm@v1.82.8 litellm",
            &[],
        );
        check("uvx litellm==1.74.1", &["CVE-2026-30623"]);
        check("uvx litellm==1.83.7", &[]);
        check("npx @playwright/mcp@0.0.39", &["CVE-2025-9611"]);
        check("npx @playwright/mcp@0.0.40", &[]);
    }

    #[test]
    fn only_one_version_is_exact() {
        for (spec, expected) in [
            ("1.2.3", Some("1.2.3")),
            ("==1.2.3", Some("1.2.3")),
            ("@1.2.3-rc.1", Some("1.2.3-rc.1")),
            ("^1.2.3", None),
            ("1.x", None),
            ("latest", None),
            (">=1.0", None),
            ("1", None),
        ] {
            assert_eq!(exact(spec), expected, "{spec}");
        }
    }
}

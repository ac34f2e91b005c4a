//! Releases that the public record names: malicious, vulnerable or archived. Data, dated, in one file.
//!
//! It is what is known without a network and without a feed. Advisories in OSV's format say more and say it later; see
//! `interlock advisories`.

use nodejs_semver::{Range, Version};

/// What is known of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownKind {
    /// It was published to do harm.
    Malicious,
    /// It has a hole that a peer or a page can use.
    Vulnerable,
    /// Its publisher gave it up; it can still be installed.
    Archived,
}

/// A line of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// What is known.
    pub kind: KnownKind,
    /// Which releases: a range, or `*`.
    pub versions: &'static str,
    /// Where it is written.
    pub source: &'static str,
}

/// What is known of a package's release. Without a version: what is known of all its releases, and of some when they were
/// malicious (nobody can tell which one a client would get).
#[must_use]
pub fn known(registry: &str, name: &str, version: Option<&str>) -> Option<Known> {
    lines()
        .filter(|line| line.registry == registry && same_name(registry, line.name, name))
        .find(|line| match version {
            Some(version) => contains(line.known.versions, version),
            None => line.known.versions == "*" || line.known.kind == KnownKind::Malicious,
        })
        .map(|line| line.known)
}

struct Line {
    registry: &'static str,
    name: &'static str,
    known: Known,
}

fn lines() -> impl Iterator<Item = Line> {
    include_str!("../../data/known-packages.txt")
        .lines()
        .filter_map(line)
}

/// `KIND REGISTRY NAME VERSIONS SOURCE`, where the versions are separated by `||`.
fn line(text: &'static str) -> Option<Line> {
    let mut words = text.splitn(5, ' ');
    let kind = match words.next()? {
        "malicious" => KnownKind::Malicious,
        "vulnerable" => KnownKind::Vulnerable,
        "archived" => KnownKind::Archived,
        _ => return None,
    };
    let (registry, name) = (words.next()?, words.next()?);
    let (versions, source) = (words.next()?, words.next()?);
    let known = Known {
        kind,
        versions,
        source,
    };
    Some(Line {
        registry,
        name,
        known,
    })
}

/// PyPI reads `-`, `_` and `.` as one, and no case.
fn same_name(registry: &str, known: &str, name: &str) -> bool {
    let folded = |name: &str| name.to_ascii_lowercase().replace(['_', '.'], "-");
    match registry {
        "pypi" => folded(known) == folded(name),
        _ => known == name,
    }
}

fn contains(versions: &str, version: &str) -> bool {
    if versions == "*" {
        return true;
    }
    versions.split("||").any(|part| {
        match (
            Range::parse(part.replace(',', " ")),
            Version::parse(plain(version)),
        ) {
            (Ok(range), Ok(version)) => range.satisfies(&version),
            _ => part == version,
        }
    })
}

/// A calendar or Python version of two or three numbers as a semantic one; leading zeros mean nothing in either.
fn plain(version: &str) -> String {
    let mut numbers: Vec<String> = version
        .split('.')
        .map(|part| match part.parse::<u64>() {
            Ok(number) => number.to_string(),
            Err(_) => part.to_owned(),
        })
        .collect();
    while numbers.len() < 3 {
        numbers.push("0".to_owned());
    }
    numbers.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_record_is_read() {
        let text = include_str!("../../data/known-packages.txt");
        let data = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(lines().count(), data.count());
    }

    #[test]
    fn releases_are_found_by_range() {
        use KnownKind::{Archived, Malicious, Vulnerable};
        for (registry, name, version, expected) in [
            ("npm", "postmark-mcp", Some("1.0.16"), Some(Malicious)),
            ("npm", "postmark-mcp", Some("1.0.15"), None),
            ("npm", "postmark-mcp", None, Some(Malicious)),
            ("npm", "mcp-remote", Some("0.1.15"), Some(Vulnerable)),
            ("npm", "mcp-remote", Some("0.1.16"), None),
            ("npm", "mcp-remote", None, None),
            (
                "npm",
                "@modelcontextprotocol/server-puppeteer",
                None,
                Some(Archived),
            ),
            ("npm", "@modelcontextprotocol/server-memory", None, None),
            (
                "pypi",
                "MCP_server_sqlite",
                Some("2025.4.25"),
                Some(Archived),
            ),
            ("pypi", "mcp-server-git", Some("2025.7.1"), Some(Vulnerable)),
            ("pypi", "mcp-server-git", Some("2026.7.10"), None),
        ] {
            let found = known(registry, name, version).map(|known| known.kind);
            assert_eq!(found, expected, "{registry} {name} {version:?}");
        }
    }
}

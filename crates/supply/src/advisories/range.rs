//! Versions of a range: the evaluation that the OSV schema describes, with each ecosystem's own order.

use super::osv::{Event, Range};
use crate::{locked::Ecosystem, npm, pypi};
use std::cmp::Ordering;

/// A version that can be compared with others of its ecosystem.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Point {
    /// Before all versions: OSV's `0`.
    Start,
    Npm(nodejs_semver::Version),
    Pypi(pypi::Version),
}

impl Point {
    fn parse(ecosystem: Ecosystem, text: &str) -> Option<Self> {
        match ecosystem {
            _ if text == "0" => Some(Self::Start),
            Ecosystem::Npm => {
                let version: npm::Version = text.trim_start_matches('v').parse().ok()?;
                Some(Self::Npm(version.semver().clone()))
            }
            Ecosystem::Pypi => Some(Self::Pypi(text.parse().ok()?)),
            // Nobody orders their versions.
            Ecosystem::Binary | Ecosystem::Mcpb | Ecosystem::Git => None,
        }
    }
}

/// Whether two texts are one version.
pub(super) fn same(ecosystem: Ecosystem, a: &str, b: &str) -> bool {
    let parsed = |text| Point::parse(ecosystem, text);
    a == b || parsed(a).is_some() && parsed(a) == parsed(b)
}

/// What an event does to the versions from it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Introduced,
    Fixed,
    AfterLastAffected,
}

/// Whether a range covers a version; none when it cannot be told.
pub(super) fn covers(range: &Range, ecosystem: Ecosystem, version: &str) -> Option<bool> {
    let version = Point::parse(ecosystem, version)?;
    let mut turns = Vec::new();
    let mut limits = Vec::new();
    for event in &range.events {
        for (turn, text) in turning(event) {
            turns.push((Point::parse(ecosystem, text)?, turn));
        }
        if let Some(limit) = event.limit.as_deref().filter(|limit| *limit != "*") {
            limits.push(Point::parse(ecosystem, limit)?);
        }
    }
    if !turns.iter().any(|(_, turn)| *turn == Turn::Introduced) {
        return None;
    }
    turns.sort();
    let reached = |(point, turn): &&(Point, Turn)| match version.cmp(point) {
        Ordering::Greater => true,
        Ordering::Equal => *turn != Turn::AfterLastAffected,
        Ordering::Less => false,
    };
    let last = turns.iter().rfind(reached);
    let inside = last.is_some_and(|(_, turn)| *turn == Turn::Introduced);
    let limited = limits.is_empty() || limits.iter().any(|limit| version < *limit);
    Some(inside && limited)
}

fn turning(event: &Event) -> impl Iterator<Item = (Turn, &str)> {
    let all = [
        (Turn::Introduced, &event.introduced),
        (Turn::Fixed, &event.fixed),
        (Turn::AfterLastAffected, &event.last_affected),
    ];
    all.into_iter()
        .filter_map(|(turn, text)| Some((turn, text.as_deref()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(ecosystem: Ecosystem, events: serde_json::Value, expected: &[(&str, Option<bool>)]) {
        let range: Range =
            serde_json::from_value(json!({ "type": "ECOSYSTEM", "events": events })).unwrap();
        for (version, covered) in expected {
            assert_eq!(
                covers(&range, ecosystem, version),
                *covered,
                "{version} in {range:?}"
            );
        }
    }

    #[test]
    fn ranges_of_npm() {
        check(
            Ecosystem::Npm,
            json!([{ "introduced": "0" }, { "fixed": "1.2.3" }]),
            &[
                ("0.0.1", Some(true)),
                ("1.2.3-rc.1", Some(true)),
                ("1.2.3", Some(false)),
                ("1.10.0", Some(false)),
                ("not a version", None),
            ],
        );
        check(
            Ecosystem::Npm,
            json!([{ "fixed": "2.1.0" }, { "introduced": "2.0.0" }, { "introduced": "1.0.0" }, { "fixed": "1.5.0" }]),
            &[
                ("0.9.0", Some(false)),
                ("1.4.9", Some(true)),
                ("1.5.0", Some(false)),
                ("2.0.0", Some(true)),
                ("2.1.0", Some(false)),
            ],
        );
        check(
            Ecosystem::Npm,
            json!([{ "introduced": "1.0.0" }, { "last_affected": "1.2.0" }]),
            &[
                ("1.2.0", Some(true)),
                ("1.2.1", Some(false)),
                ("1.0.0-beta", Some(false)),
            ],
        );
        check(
            Ecosystem::Npm,
            json!([{ "introduced": "0" }, { "limit": "3.0.0" }]),
            &[("2.9.9", Some(true)), ("3.0.0", Some(false))],
        );
        check(
            Ecosystem::Npm,
            json!([{ "introduced": "one" }]),
            &[("1.0.0", None)],
        );
        check(
            Ecosystem::Npm,
            json!([{ "fixed": "1.0.0" }]),
            &[("0.1.0", None)],
        );
    }

    #[test]
    fn ranges_of_pypi() {
        check(
            Ecosystem::Pypi,
            json!([{ "introduced": "0" }, { "fixed": "1.10" }]),
            &[
                ("1.9", Some(true)),
                ("1.10rc1", Some(true)),
                ("1.10.0", Some(false)),
                ("1.10.post1", Some(false)),
                ("1!0.1", Some(false)),
            ],
        );
        assert!(same(Ecosystem::Pypi, "1.0", "1.0.0"));
        assert!(!same(Ecosystem::Npm, "1.0.0", "1.0.0-a"));
    }
}

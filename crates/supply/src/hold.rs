//! Releases that are left to others first: how old a release has to be before it is chosen, for the package that was asked for
//! and for everything that it needs.
//!
//! A stolen account or a poisoned build is mostly found within days, and a dependency is as good a way in as the package itself.
//! When something was published is the registry's word. Nothing here reads a clock.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::advisories;
use crate::locked::Ecosystem;
use crate::provenance::Origin;

const DAY: i64 = 86_400;

/// So far may a registry's clock be ahead of this machine's.
const SKEW: i64 = 600;

/// What is held back: releases that were published less than some days before a moment.
#[derive(Debug, Clone, Default)]
pub struct Hold {
    now: i64,
    days: u32,
    /// Whether a release counts as too young when nobody says when it was published.
    strict: bool,
    /// `name@version`, which do not have to wait.
    exempt: Arc<BTreeSet<String>>,
    /// Advisories; releases in which one of them is mended do not have to wait.
    advisories: Option<PathBuf>,
    mended: Arc<OnceLock<BTreeSet<(Ecosystem, String)>>>,
    /// Of which ecosystem the releases are; advisories say nothing where that is not known.
    ecosystem: Option<Ecosystem>,
}

/// A release that has to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Young {
    release: String,
    /// Seconds since it was published; none when nobody says.
    age: Option<i64>,
    days: u32,
}

impl Hold {
    /// Holds back what is younger than `days` at `now`, which is in seconds since 1970. `strict` holds back what nobody tells the
    /// age of, too. `exempt` are releases, as `name@version`, that do not have to wait.
    #[must_use]
    pub fn new(now: i64, days: u32, strict: bool, exempt: BTreeSet<String>) -> Self {
        Self {
            now,
            days,
            strict,
            exempt: exempt.into(),
            ..Self::default()
        }
    }

    /// The same, but what mends a hole by an advisory of this file or directory (OSV format) does not have to wait. It is read when
    /// the first release would have to. What cannot be read there exempts nothing.
    #[must_use]
    pub fn with_advisories(mut self, path: PathBuf) -> Self {
        self.advisories = Some(path);
        self
    }

    /// The same for the releases of one ecosystem.
    #[must_use]
    pub fn of(mut self, ecosystem: Ecosystem) -> Self {
        self.ecosystem = Some(ecosystem);
        self
    }

    /// Whether everything is old enough, whatever its age.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.days == 0
    }

    /// Whether a release has to wait, and why.
    #[must_use]
    pub fn young(&self, name: &str, version: &str, published: Option<i64>) -> Option<Young> {
        let age = published.map(|published| self.now - published);
        let old = match age {
            Some(age) => age >= i64::from(self.days) * DAY,
            None => !self.strict,
        };
        let release = format!("{name}@{version}");
        if self.is_off() || old || self.exempt.contains(&release) || self.mends(name, version) {
            return None;
        }
        Some(Young {
            release,
            age,
            days: self.days,
        })
    }

    fn mends(&self, name: &str, version: &str) -> bool {
        let (Some(path), Some(ecosystem)) = (&self.advisories, self.ecosystem) else {
            return false;
        };
        let mended = self
            .mended
            .get_or_init(|| advisories::mended(path).unwrap_or_default());
        mended.contains(&(ecosystem, advisories::release(ecosystem, name, version)))
    }

    /// Whether releases are held back, and nothing tells whether this one would be.
    #[must_use]
    pub fn says_nothing_of(&self, origin: &Origin) -> bool {
        let since = origin.there_since(|moment| self.is_past(moment));
        !self.is_off() && since.is_none()
    }

    /// Whether everything that was there at this moment is old enough.
    pub(crate) fn is_past(&self, moment: i64) -> bool {
        self.now - moment >= i64::from(self.days) * DAY
    }
}

impl Young {
    /// What to do about it.
    #[must_use]
    pub fn next(&self) -> String {
        format!(
            "wait, name an older version, or, when this one mends a hole, add `{}` to `exempt` in config.toml",
            self.release.escape_debug()
        )
    }
}

impl fmt::Display for Young {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (release, days) = (self.release.escape_debug(), self.days);
        match self.age {
            None => write!(
                f,
                "when `{release}` was published is not known, and `min-age` is set"
            ),
            Some(age) if age < -SKEW => write!(
                f,
                "`{release}` was published in the future, as this machine's clock has it, so its age is not known (`min-age`)"
            ),
            Some(age) => {
                let age = match age.max(0) / DAY {
                    0 => "less than a day".to_owned(),
                    1 => "one day".to_owned(),
                    age => format!("{age} days"),
                };
                write!(
                    f,
                    "`{release}` was published {age} ago, and releases are left to others for {days} days (`min-age`)"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn check(days: u32, strict: bool, age: Option<i64>, expected: Option<&str>) {
        let exempt = BTreeSet::from(["mended@1.0.0".to_owned()]);
        let hold = Hold::new(NOW, days, strict, exempt);
        let published = age.map(|age| NOW - age);
        let found = hold.young("x", "1.0.0", published).map(|it| it.to_string());
        match (&found, expected) {
            (None, None) => {}
            (Some(text), Some(part)) => assert!(text.contains(part), "{text}"),
            _ => panic!("{days} {strict} {age:?}: {found:?}"),
        }
        assert_eq!(hold.young("mended", "1.0.0", published), None);
    }

    #[test]
    fn ages() {
        check(3, false, Some(3 * DAY), None);
        check(3, false, Some(3 * DAY - 1), Some("2 days ago"));
        check(3, false, Some(DAY), Some("one day ago"));
        check(3, false, Some(0), Some("less than a day ago"));
        check(3, false, Some(-SKEW), Some("less than a day ago"));
        check(3, false, Some(-SKEW - 1), Some("in the future"));
        check(3, false, None, None);
        check(3, true, None, Some("not known"));
        check(0, true, Some(0), None);
        check(0, true, None, None);
        check(u32::MAX, false, Some(NOW), Some("days ago"));
    }
}

//! Versions and version specifiers of Python packages (PEP 440).
//!
//! Reads what the Python package index accepts today; the older forms that it once let pass are refused, and a release
//! that uses them is as if it were not there.

use std::{cmp::Ordering, fmt, str::FromStr};

/// Longest accepted version or specifier in bytes.
const MAX: usize = 256;

/// Text that is not a version or specifier of PEP 440.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("not a version or version specifier of Python packages (PEP 440)")]
pub struct VersionError;

/// The kind of a pre-release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pre {
    Alpha,
    Beta,
    Candidate,
}

/// A part of a local version label; numbers are higher than text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Local {
    Text(String),
    Number(u64),
}

/// A version in parsed form, ordered as PEP 440 says; two spellings of one version are equal.
#[derive(Debug, Clone)]
pub struct Version {
    text: String,
    epoch: u64,
    /// Without zeros at the end.
    release: Vec<u64>,
    /// Parts of the release as written, zeros included.
    parts: usize,
    pre: Option<(Pre, u64)>,
    post: Option<u64>,
    dev: Option<u64>,
    local: Vec<Local>,
}

/// Orders like the version. A development release of a final one is below its pre-releases, hence the first number.
type Key<'a> = (
    u64,
    &'a [u64],
    (u8, Option<(Pre, u64)>),
    Option<u64>,
    (bool, u64),
    &'a [Local],
);

impl Version {
    /// As it was written, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is a pre-release or a development release.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        self.pre.is_some() || self.dev.is_some()
    }

    fn key(&self) -> Key<'_> {
        let pre = match (self.pre, self.post, self.dev) {
            (None, None, Some(_)) => (0, None),
            (Some(pre), ..) => (1, Some(pre)),
            (None, ..) => (2, None),
        };
        let dev = self.dev.map_or((true, 0), |dev| (false, dev));
        (self.epoch, &self.release, pre, self.post, dev, &self.local)
    }

    /// The order when local labels do not count.
    fn compare_public(&self, other: &Self) -> Ordering {
        let (a, b) = (self.key(), other.key());
        (a.0, a.1, a.2, a.3, a.4).cmp(&(b.0, b.1, b.2, b.3, b.4))
    }

    fn same_base(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.release == other.release
    }

    /// Whether the release begins with the first `parts` numbers of `prefix`.
    fn begins_with(&self, prefix: &Self, parts: usize) -> bool {
        let number = |version: &Self, at: usize| version.release.get(at).copied().unwrap_or(0);
        self.epoch == prefix.epoch && (0..parts).all(|at| number(self, at) == number(prefix, at))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.trim().to_ascii_lowercase();
        if text.len() > MAX || !text.is_ascii() {
            return Err(VersionError);
        }
        let (public, local) = match text.split_once('+') {
            Some((public, local)) => (public, local_label(local)?),
            None => (text.as_str(), Vec::new()),
        };
        let mut reader = Reader(public.strip_prefix('v').unwrap_or(public));
        let mut first = reader.number().ok_or(VersionError)?;
        let mut epoch = 0;
        if reader.skip("!") {
            epoch = first;
            first = reader.number().ok_or(VersionError)?;
        }
        let mut release = vec![first];
        while let Some(part) = reader.part() {
            release.push(part);
        }
        let pre = reader.pre();
        let post = reader.post();
        let dev = reader.labelled(&["dev"]);
        if !reader.0.is_empty() {
            return Err(VersionError);
        }
        let parts = release.len();
        while release.len() > 1 && release.last() == Some(&0) {
            release.pop();
        }
        Ok(Self {
            epoch,
            release,
            parts,
            pre,
            post,
            dev,
            local,
            text,
        })
    }
}

fn local_label(text: &str) -> Result<Vec<Local>, VersionError> {
    let part = |part: &str| match part.parse() {
        Ok(number) => Ok(Local::Number(number)),
        Err(_) if !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            Ok(Local::Text(part.to_owned()))
        }
        Err(_) => Err(VersionError),
    };
    text.split(['.', '-', '_']).map(part).collect()
}

/// What is left to read of a version.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn skip(&mut self, prefix: &str) -> bool {
        match self.0.strip_prefix(prefix) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn number(&mut self) -> Option<u64> {
        let end = self
            .0
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at_checked(end)?;
        let number = digits.parse().ok()?;
        self.0 = rest;
        Some(number)
    }

    /// `.NUMBER`.
    fn part(&mut self) -> Option<u64> {
        let before = self.0;
        let part = if self.skip(".") { self.number() } else { None };
        if part.is_none() {
            self.0 = before;
        }
        part
    }

    /// An optional separator, one of the labels, an optional separator and number.
    fn labelled(&mut self, labels: &[&str]) -> Option<u64> {
        let before = self.0;
        let _ = self.0.starts_with(['.', '-', '_'])
            && (self.skip(".") || self.skip("-") || self.skip("_"));
        if !labels.iter().any(|label| self.skip(label)) {
            self.0 = before;
            return None;
        }
        let after = self.0;
        if self.0.starts_with(['.', '-', '_']) {
            let _ = self.skip(".") || self.skip("-") || self.skip("_");
        }
        let number = self.number();
        if number.is_none() {
            // The separator belongs to what follows.
            self.0 = after;
        }
        Some(number.unwrap_or(0))
    }

    fn pre(&mut self) -> Option<(Pre, u64)> {
        // Longer labels first: `c` begins none of the others, `a` begins `alpha`.
        let kinds: [(&[&str], Pre); 3] = [
            (&["alpha", "a"], Pre::Alpha),
            (&["beta", "b"], Pre::Beta),
            (&["preview", "pre", "rc", "c"], Pre::Candidate),
        ];
        kinds
            .iter()
            .find_map(|(labels, kind)| Some((*kind, self.labelled(labels)?)))
    }

    fn post(&mut self) -> Option<u64> {
        let before = self.0;
        if self.skip("-") {
            if let Some(number) = self.number() {
                return Some(number);
            }
            self.0 = before;
        }
        self.labelled(&["post", "rev", "r"])
    }
}

/// One comparison, for example `>=1.2`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Comparison {
    Equal(Version),
    NotEqual(Version),
    /// `==1.2.*` or `!=1.2.*`.
    Begins(Version, bool),
    AtLeast(Version),
    AtMost(Version),
    Above(Version),
    Below(Version),
    Compatible(Version),
    /// `===`: the very text.
    Text(String),
}

impl Comparison {
    fn admits(&self, found: &Version) -> bool {
        match self {
            Self::Equal(wanted) if wanted.local.is_empty() => found.compare_public(wanted).is_eq(),
            Self::Equal(wanted) => found == wanted,
            Self::NotEqual(wanted) if wanted.local.is_empty() => {
                found.compare_public(wanted).is_ne()
            }
            Self::NotEqual(wanted) => found != wanted,
            Self::Begins(wanted, positive) => found.begins_with(wanted, wanted.parts) == *positive,
            Self::AtLeast(wanted) => found.compare_public(wanted).is_ge(),
            Self::AtMost(wanted) => found.compare_public(wanted).is_le(),
            Self::Above(wanted) => {
                let of_it = found.same_base(wanted)
                    && (found.post.is_some() && wanted.post.is_none() || !found.local.is_empty());
                found > wanted && !of_it
            }
            Self::Below(wanted) => {
                let of_it =
                    found.same_base(wanted) && found.is_prerelease() && !wanted.is_prerelease();
                found < wanted && !of_it
            }
            Self::Compatible(wanted) => {
                found.compare_public(wanted).is_ge() && found.begins_with(wanted, wanted.parts - 1)
            }
            Self::Text(wanted) => found.text == *wanted,
        }
    }

    fn version(&self) -> Option<&Version> {
        match self {
            Self::Equal(v) | Self::AtLeast(v) | Self::AtMost(v) | Self::Above(v) => Some(v),
            Self::Below(v) | Self::Compatible(v) => Some(v),
            Self::NotEqual(_) | Self::Begins(..) | Self::Text(_) => None,
        }
    }
}

impl FromStr for Comparison {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.trim();
        // Longer operators first.
        let operators = ["===", "==", "!=", "<=", ">=", "~=", "<", ">"];
        let (operator, rest) = operators
            .iter()
            .find_map(|operator| Some((*operator, text.strip_prefix(operator)?.trim())))
            .ok_or(VersionError)?;
        if operator == "===" {
            let plain =
                !rest.is_empty() && rest.len() <= MAX && !rest.contains(char::is_whitespace);
            return if plain {
                Ok(Self::Text(rest.to_ascii_lowercase()))
            } else {
                Err(VersionError)
            };
        }
        if let Some(prefix) = rest.strip_suffix(".*") {
            let version: Version = prefix.parse()?;
            let plain = version.pre.is_none() && version.post.is_none() && version.dev.is_none();
            return match operator {
                "==" | "!=" if plain && version.local.is_empty() => {
                    Ok(Self::Begins(version, operator == "=="))
                }
                _ => Err(VersionError),
            };
        }
        let version: Version = rest.parse()?;
        if !version.local.is_empty() && !matches!(operator, "==" | "!=") {
            return Err(VersionError);
        }
        Ok(match operator {
            "==" => Self::Equal(version),
            "!=" => Self::NotEqual(version),
            "<=" => Self::AtMost(version),
            ">=" => Self::AtLeast(version),
            "<" => Self::Below(version),
            ">" => Self::Above(version),
            _ if version.parts < 2 => return Err(VersionError),
            _ => Self::Compatible(version),
        })
    }
}

/// Comparisons that all have to hold; none admits every version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Specifiers {
    text: String,
    all: Vec<Comparison>,
}

impl Specifiers {
    /// Whether every comparison holds. Pre-releases are not ruled out here.
    #[must_use]
    pub fn admit(&self, version: &Version) -> bool {
        self.all.iter().all(|comparison| comparison.admits(version))
    }

    /// Whether a comparison names a pre-release, so that pre-releases are meant.
    #[must_use]
    pub fn name_prerelease(&self) -> bool {
        let versions = self.all.iter().filter_map(Comparison::version);
        versions.into_iter().any(Version::is_prerelease)
    }

    /// Whether one version is pinned, so that a withdrawn release is meant.
    #[must_use]
    pub fn pin(&self) -> bool {
        self.all
            .iter()
            .any(|one| matches!(one, Comparison::Equal(_) | Comparison::Text(_)))
    }
}

impl fmt::Display for Specifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Specifiers {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        if text.len() > 4 * MAX {
            return Err(VersionError);
        }
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        Ok(Self {
            all: parts.map(str::parse).collect::<Result<_, _>>()?,
            text: text.trim().to_owned(),
        })
    }
}

#[cfg(test)]
#[path = "version_tests.rs"]
mod tests;

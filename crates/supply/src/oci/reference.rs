//! What a person asks for: an image's name with a tag or a digest, for one kind of machine.

use crate::digest::Sha256;
use interlock_launch::{ContainerRef, image_repository};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Why a text names no image that could be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Not a name with an optional tag and digest.
    #[error("`{0}` is no image: write `NAME:TAG` or `NAME@sha256:DIGEST`")]
    Name(String),
    /// A digest of another algorithm, or none.
    #[error("`{0}` is no digest: write `sha256:` and 64 hexadecimal digits")]
    Digest(String),
    /// A kind of machine that this is not.
    #[error("`{asked}` is asked for, and this machine is `{here}`")]
    Platform {
        /// What the request says.
        asked: String,
        /// What this machine is.
        here: String,
    },
}

/// A SHA-256 as image formats write it: `sha256:…`. Other algorithms are not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageDigest(Sha256);

impl ImageDigest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::of(bytes))
    }

    /// Wraps a computed digest.
    #[must_use]
    pub fn from_sha256(digest: Sha256) -> Self {
        Self(digest)
    }

    /// The digest without its algorithm.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        self.0
    }
}

impl fmt::Display for ImageDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.0)
    }
}

impl FromStr for ImageDigest {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let hex = text.strip_prefix("sha256:");
        let digest = hex.and_then(|hex| Sha256::parse(hex).ok());
        digest
            .map(Self)
            .ok_or_else(|| ReferenceError::Digest(shown(text)))
    }
}

impl TryFrom<String> for ImageDigest {
    type Error = ReferenceError;
    fn try_from(text: String) -> Result<Self, ReferenceError> {
        text.parse()
    }
}

impl From<ImageDigest> for String {
    fn from(digest: ImageDigest) -> Self {
        digest.to_string()
    }
}

/// An image as asked for. A digest beside a tag counts, as it does for engines.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    host: String,
    path: String,
    tag: Option<String>,
    digest: Option<ImageDigest>,
}

impl Reference {
    /// From what a judged request names.
    ///
    /// # Errors
    /// When it names nothing that could be fetched.
    pub fn of(container: &ContainerRef) -> Result<Self, ReferenceError> {
        let bad = || ReferenceError::Name(shown(&container.image));
        let (host, path) = image_repository(&container.image).ok_or_else(bad)?;
        let digest = container.digest.as_deref().map(str::parse).transpose()?;
        let tag = container.tag.clone();
        if tag.as_deref().is_some_and(|tag| !is_tag(tag)) {
            return Err(bad());
        }
        Ok(Self {
            host,
            path,
            tag,
            digest,
        })
    }

    /// The registry's host, with a port where one was named.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository in the registry.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Host and repository in one.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.host, self.path)
    }

    /// The digest that was asked for.
    #[must_use]
    pub fn digest(&self) -> Option<ImageDigest> {
        self.digest
    }

    /// What was asked for within the repository: a digest, a tag, or `latest`.
    #[must_use]
    pub fn version(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.clone(),
            (None, None) => "latest".to_owned(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.path)?;
        match (&self.tag, &self.digest) {
            (Some(tag), Some(digest)) => write!(f, ":{tag}@{digest}"),
            (Some(tag), None) => write!(f, ":{tag}"),
            (None, Some(digest)) => write!(f, "@{digest}"),
            (None, None) => Ok(()),
        }
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let bad = || ReferenceError::Name(shown(text));
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse()?)),
            None => (text, None),
        };
        let last = rest.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match rest.get(last..).and_then(|name| name.split_once(':')) {
            Some((name, tag)) => (rest.get(..last + name.len()), Some(tag.to_owned())),
            None => (Some(rest), None),
        };
        let (host, path) = name.and_then(image_repository).ok_or_else(bad)?;
        if tag.as_deref().is_some_and(|tag| !is_tag(tag)) {
            return Err(bad());
        }
        Ok(Self {
            host,
            path,
            tag,
            digest,
        })
    }
}

/// Up to 128 letters, digits, `_`, `.` and `-`, the last two not first (OCI distribution specification).
fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= 128
        && tag.chars().next().is_some_and(word)
        && tag.chars().all(|c| word(c) || matches!(c, '.' | '-'))
}

fn shown(text: &str) -> String {
    interlock_launch::excerpt(text).to_string()
}

/// A kind of machine, in the words of image formats (Go's): `linux/amd64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// The system.
    pub os: String,
    /// The processor.
    pub architecture: String,
}

impl Platform {
    /// This machine.
    #[must_use]
    pub fn here() -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            "x86" => "386",
            "powerpc64" => "ppc64le",
            other => other,
        };
        Self {
            os: std::env::consts::OS.to_owned(),
            architecture: architecture.to_owned(),
        }
    }

    /// Whether a request's `--platform` is this one.
    ///
    /// # Errors
    /// When it is another.
    pub fn agrees(&self, asked: Option<&str>) -> Result<(), ReferenceError> {
        let Some(asked) = asked else { return Ok(()) };
        let mut parts = asked.split('/');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        let same = match second {
            Some(second) => first == self.os && second == self.architecture,
            None => first == self.os || first == self.architecture,
        };
        if same {
            return Ok(());
        }
        Err(ReferenceError::Platform {
            asked: shown(asked),
            here: self.to_string(),
        })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let pinned = format!("ghcr.io/a/b:1@{digest}");
        for (text, expected) in [
            ("node", Some(("docker.io/library/node", "latest"))),
            ("mcp/time:1.0", Some(("docker.io/mcp/time", "1.0"))),
            ("localhost:5000/x", Some(("localhost:5000/x", "latest"))),
            ("localhost:5000/x:v_1", Some(("localhost:5000/x", "v_1"))),
            (&pinned, Some(("ghcr.io/a/b", &digest))),
            ("a:", None),
            ("a:-x", None),
            ("a@sha256:0a", None),
            ("a@sha512:0a", None),
            ("a b", None),
            ("../a", None),
            ("", None),
        ] {
            let found = text.parse::<Reference>().ok();
            let found = found.map(|it| (it.name(), it.version()));
            let expected = expected.map(|(name, version)| (name.to_owned(), version.to_owned()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn platforms() {
        let here = Platform {
            os: "linux".into(),
            architecture: "amd64".into(),
        };
        for (asked, good) in [
            (None, true),
            (Some("linux/amd64"), true),
            (Some("linux"), true),
            (Some("amd64"), true),
            (Some("linux/arm64/v8"), false),
            (Some("windows/amd64"), false),
            (Some(""), false),
        ] {
            assert_eq!(here.agrees(asked).is_ok(), good, "{asked:?}");
        }
    }
}

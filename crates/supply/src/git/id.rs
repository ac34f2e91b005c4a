//! Names of objects: hashes of their kind, length and bytes.

use super::ObjectError;
use sha1_checked::Digest as _;
use std::fmt;

/// Which hash a repository names its objects by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectFormat {
    /// Almost all repositories.
    Sha1,
    /// Repositories made with `--object-format=sha256`.
    Sha256,
}

impl ObjectFormat {
    /// The word of the protocol.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    /// Bytes of a name.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// The whole name of an object.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(Vec<u8>);

impl ObjectId {
    /// Reads 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits; nothing else, so no shortened name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |byte: &u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let pair = |pair: &[u8]| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?);
        let bytes: Vec<u8> = text.as_bytes().chunks(2).map(pair).collect::<Option<_>>()?;
        Self::from_bytes(&bytes)
    }

    /// Takes the raw bytes of a name.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        matches!(bytes.len(), 20 | 32).then(|| Self(bytes.to_vec()))
    }

    /// The raw bytes.
    #[cfg(test)]
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it stands for nothing: the name before the first commit, and after the last.
    pub(super) fn is_zero(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }

    /// Which hash it is.
    #[must_use]
    pub fn format(&self) -> ObjectFormat {
        if self.0.len() == 20 {
            ObjectFormat::Sha1
        } else {
            ObjectFormat::Sha256
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }
}

/// Computes the name of an object as its bytes pass.
pub(super) enum Naming {
    Sha1(Box<sha1_checked::Sha1>),
    Sha256(sha2::Sha256),
}

impl Naming {
    pub(super) fn new(format: ObjectFormat, kind: Kind, size: u64) -> Self {
        let mut naming = match format {
            ObjectFormat::Sha1 => Self::Sha1(Box::default()),
            ObjectFormat::Sha256 => Self::Sha256(sha2::Digest::new()),
        };
        naming.update(format!("{} {size}\0", kind.as_str()).as_bytes());
        naming
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
        }
    }

    /// The name, unless the bytes were made to collide.
    pub(super) fn finish(self) -> Result<ObjectId, ObjectError> {
        match self {
            Self::Sha1(hasher) => {
                let result = hasher.try_finalize();
                if result.has_collision() {
                    return Err(ObjectError::Collision);
                }
                Ok(ObjectId(result.hash().to_vec()))
            }
            Self::Sha256(hasher) => Ok(ObjectId(sha2::Digest::finalize(hasher).to_vec())),
        }
    }

    /// The name of a whole object.
    pub(super) fn of(
        format: ObjectFormat,
        kind: Kind,
        bytes: &[u8],
    ) -> Result<ObjectId, ObjectError> {
        let mut naming = Self::new(format, kind, bytes.len() as u64);
        naming.update(bytes);
        naming.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_known_objects() {
        for (format, kind, bytes, expected) in [
            (
                ObjectFormat::Sha1,
                Kind::Blob,
                &b""[..],
                "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
            ),
            (
                ObjectFormat::Sha1,
                Kind::Tree,
                b"",
                "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
            ),
            (
                ObjectFormat::Sha1,
                Kind::Blob,
                b"hello\n",
                "ce013625030ba8dba906f756967f9e9ca394464a",
            ),
            (
                ObjectFormat::Sha256,
                Kind::Blob,
                b"",
                "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
            ),
        ] {
            let found = Naming::of(format, kind, bytes).unwrap();
            assert_eq!(found.to_string(), expected);
            assert_eq!(ObjectId::parse(expected), Some(found.clone()));
            assert_eq!(found.format(), format);
        }
    }

    #[test]
    fn a_made_collision_is_seen() {
        // One half of the published chosen-prefix collision.
        let half = include_bytes!("../../tests/data/sha-mbles-1.bin");
        let mut hasher = sha1_checked::Sha1::new();
        hasher.update(half);
        assert!(hasher.try_finalize().has_collision());
        let mut naming = Naming::Sha1(Box::default());
        naming.update(half);
        assert!(matches!(naming.finish(), Err(ObjectError::Collision)));
    }

    #[test]
    fn whole_names_only() {
        let sha1 = "0123456789abcdef0123456789abcdef01234567";
        for (text, good) in [
            (sha1, true),
            (&"0f".repeat(32), true),
            (&"0f".repeat(19), false),
            ("0123456", false),
            (&sha1.to_uppercase(), false),
            (&sha1.replace('0', "g"), false),
            ("", false),
            ("HEAD", false),
        ] {
            assert_eq!(ObjectId::parse(text).is_some(), good, "{text}");
        }
    }
}

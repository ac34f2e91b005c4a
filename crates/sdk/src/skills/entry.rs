//! What a server says about one skill: where it is, its frontmatter, and the digest of every file.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The most files of a skill, as the extension recommends.
pub const MAX_FILES: usize = 512;
/// The most bytes of a skill, all files together, as the extension recommends.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The file that makes a directory a skill.
pub(super) const MAIN: &str = "SKILL.md";

/// The SHA-256 of a file, written `sha256:` and 64 lower-case digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads what [`Display`](std::fmt::Display) writes, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("sha256:")?;
        let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if digits.len() != 64 || !digits.chars().all(is_digit) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One file of a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkillFile {
    /// Where `resources/read` finds it.
    pub uri: String,
    /// Of its bytes.
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
}

/// The files of a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manifest {
    /// All of them, each once.
    Files(Vec<SkillFile>),
    /// Made when they are asked for: nothing about them can be verified.
    Dynamic,
}

/// A skill as its server lists it. One can only be made of a list entry that keeps every rule of the extension.
#[derive(Debug, Clone, PartialEq)]
pub struct SkillEntry {
    uri: String,
    frontmatter: Map<String, Value>,
    manifest: Manifest,
}

/// A list entry that breaks a rule of the extension. The skill is not to be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EntryError {
    /// A member is missing or of another type.
    #[error("a skill's entry has no usable `{0}`")]
    Member(&'static str),
    /// The name breaks the rules for names.
    #[error("a skill's name is not made of lower-case letters, digits and single hyphens")]
    Name,
    /// The URI does not end in the skill's name and `SKILL.md`.
    #[error("a skill's URI does not end in its name and `SKILL.md`")]
    Uri,
    /// A file's URI leaves the skill's directory, or is there twice.
    #[error("a file of a skill is outside its directory or listed twice")]
    File,
    /// The list of files does not have `SKILL.md` itself.
    #[error("a skill's files lack its `SKILL.md`")]
    Incomplete,
    /// More files or bytes than the extension allows for.
    #[error("a skill is larger than {MAX_FILES} files or 16 MiB")]
    TooLarge,
}

impl SkillEntry {
    /// Reads an entry of `skills/list`, or the `skill` of `skills/get`.
    ///
    /// # Errors
    /// [`EntryError`] when it breaks a rule.
    pub fn parse(entry: &Value) -> Result<Self, EntryError> {
        let uri = entry.get("uri").and_then(Value::as_str);
        let frontmatter = entry.get("frontmatter").and_then(Value::as_object);
        let manifest = match entry.get("resources") {
            Some(Value::String(word)) if word == "dynamic" => Manifest::Dynamic,
            Some(Value::Array(files)) => Manifest::Files(read_files(files)?),
            _ => return Err(EntryError::Member("resources")),
        };
        Self::new(
            uri.ok_or(EntryError::Member("uri"))?.to_owned(),
            frontmatter
                .ok_or(EntryError::Member("frontmatter"))?
                .clone(),
            manifest,
        )
    }

    pub(super) fn new(
        uri: String,
        frontmatter: Map<String, Value>,
        manifest: Manifest,
    ) -> Result<Self, EntryError> {
        let entry = Self {
            uri,
            frontmatter,
            manifest,
        };
        for required in ["name", "description"] {
            let text = entry.frontmatter.get(required).and_then(Value::as_str);
            text.filter(|text| !text.is_empty())
                .ok_or(EntryError::Member(required))?;
        }
        if !is_name(entry.name()) {
            return Err(EntryError::Name);
        }
        let directory = entry.directory().ok_or(EntryError::Uri)?;
        if last_segment(directory) != Some(entry.name()) {
            return Err(EntryError::Uri);
        }
        if let Manifest::Files(files) = &entry.manifest {
            judge_files(&entry.uri, directory, files)?;
        }
        Ok(entry)
    }

    /// Where its `SKILL.md` is: what identifies it, together with its server.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// A label, not an identity: two skills may share it.
    pub fn name(&self) -> &str {
        self.text("name")
    }

    /// What it is for, in its author's words.
    pub fn description(&self) -> &str {
        self.text("description")
    }

    /// All that its author wrote.
    pub fn frontmatter(&self) -> &Map<String, Value> {
        &self.frontmatter
    }

    /// Its files.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The entry as `skills/list` and `skills/get` carry it.
    pub fn to_json(&self) -> Value {
        let resources = match &self.manifest {
            Manifest::Dynamic => json!("dynamic"),
            Manifest::Files(files) => files.iter().map(SkillFile::to_json).collect(),
        };
        json!({"uri": self.uri, "frontmatter": self.frontmatter, "resources": resources})
    }

    /// The URI of the directory, without a slash at its end.
    pub(super) fn directory(&self) -> Option<&str> {
        self.uri.strip_suffix(MAIN)?.strip_suffix('/')
    }

    fn text(&self, member: &str) -> &str {
        let text = self.frontmatter.get(member).and_then(Value::as_str);
        text.unwrap_or_default()
    }
}

impl SkillFile {
    fn to_json(&self) -> Value {
        json!({"uri": self.uri, "digest": self.digest.to_string(), "size": self.size})
    }
}

fn read_files(files: &[Value]) -> Result<Vec<SkillFile>, EntryError> {
    if files.len() > MAX_FILES {
        return Err(EntryError::TooLarge);
    }
    let read = |file: &Value| {
        let text = |member| file.get(member).and_then(Value::as_str);
        Ok(SkillFile {
            uri: text("uri")
                .ok_or(EntryError::Member("resources.uri"))?
                .to_owned(),
            digest: text("digest")
                .and_then(Digest::parse)
                .ok_or(EntryError::Member("resources.digest"))?,
            size: file
                .get("size")
                .and_then(Value::as_u64)
                .ok_or(EntryError::Member("resources.size"))?,
        })
    };
    files.iter().map(read).collect()
}

fn judge_files(main: &str, directory: &str, files: &[SkillFile]) -> Result<(), EntryError> {
    let mut seen = std::collections::HashSet::new();
    let mut bytes = 0_u64;
    for file in files {
        let below = file
            .uri
            .strip_prefix(directory)
            .and_then(|rest| rest.strip_prefix('/'));
        if !below.is_some_and(is_plain_path) || !seen.insert(&file.uri) {
            return Err(EntryError::File);
        }
        bytes = bytes.saturating_add(file.size);
    }
    if !files.iter().any(|file| file.uri == main) {
        return Err(EntryError::Incomplete);
    }
    match files.len() > MAX_FILES || bytes > MAX_BYTES {
        true => Err(EntryError::TooLarge),
        false => Ok(()),
    }
}

/// The rules of the Agent Skills specification.
fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=64).contains(&name.len())
        && name.chars().all(allowed)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

fn last_segment(directory: &str) -> Option<&str> {
    let (_, path) = directory.split_once("://")?;
    path.rsplit('/').next()
}

/// A relative path that names something below, however it is read: no empty or dot segments, not even encoded ones.
pub(super) fn is_plain_path(path: &str) -> bool {
    let plain = |segment: &str| {
        let decoded = segment.replace("%2e", ".").replace("%2E", ".");
        !matches!(decoded.as_str(), "" | "." | "..")
            && !["%2f", "%2F", "%5c", "%5C", "%00", "\\"]
                .iter()
                .any(|bad| segment.contains(bad))
            && !segment
                .chars()
                .any(|c| c.is_control() || matches!(c, '?' | '#' | ' '))
    };
    path.split('/').all(plain)
}

//! The host's duties: no byte of a skill is used before it was compared with what the entry promised.

use serde_json::{Map, Value};
use thiserror::Error;

use super::entry::{Digest, EntryError, MAIN, Manifest, SkillEntry, SkillFile, is_plain_path};
use super::yaml::{self, YamlError};

/// Content that is not what the entry promised, or cannot be compared with it. None of it may be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The entry has no digests.
    #[error("the skill is made on demand, so nothing of it can be verified")]
    Dynamic,
    /// The entry does not list such a file.
    #[error("`{0}` is not a file of the skill")]
    Unlisted(String),
    /// Another size than the entry says.
    #[error("a file has another size than the skill's entry says")]
    Size,
    /// Another digest than the entry says.
    #[error("a file has another digest than the skill's entry says")]
    Digest,
    /// The main file is not UTF-8 text that begins with a frontmatter.
    #[error("the skill's main file has no frontmatter")]
    NoFrontmatter,
    /// The frontmatter is not in the part of YAML that is read here.
    #[error("the skill's frontmatter cannot be read")]
    Yaml(#[from] YamlError),
    /// The frontmatter says something else than the entry, which is what a person saw.
    #[error("the skill's frontmatter differs from its entry in `{0}`")]
    Frontmatter(String),
    /// The frontmatter of a skill that is to be published breaks a rule.
    #[error(transparent)]
    Entry(#[from] EntryError),
}

/// A skill whose `SKILL.md` was verified: what may be given to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedSkill {
    entry: SkillEntry,
    text: String,
}

impl SkillEntry {
    /// Verifies the bytes that were read from [`uri`](Self::uri).
    ///
    /// # Errors
    /// [`VerifyError`]: the bytes must not be used.
    pub fn load(self, main: &[u8]) -> Result<LoadedSkill, VerifyError> {
        self.verify(self.uri(), main)?;
        let text = std::str::from_utf8(main).map_err(|_| VerifyError::NoFrontmatter)?;
        compare(&frontmatter(text)?, self.frontmatter())?;
        Ok(LoadedSkill {
            text: text.to_owned(),
            entry: self,
        })
    }

    fn verify(&self, uri: &str, bytes: &[u8]) -> Result<(), VerifyError> {
        let Manifest::Files(files) = self.manifest() else {
            return Err(VerifyError::Dynamic);
        };
        let file = files.iter().find(|file| file.uri == uri);
        let file: &SkillFile = file.ok_or_else(|| VerifyError::Unlisted(uri.to_owned()))?;
        if u64::try_from(bytes.len()) != Ok(file.size) {
            return Err(VerifyError::Size);
        }
        match Digest::of(bytes) == file.digest {
            true => Ok(()),
            false => Err(VerifyError::Digest),
        }
    }
}

impl LoadedSkill {
    /// The entry that it was loaded from.
    pub fn entry(&self) -> &SkillEntry {
        &self.entry
    }

    /// The whole of `SKILL.md`, frontmatter included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where a file is that the skill names by a path relative to its directory.
    ///
    /// # Errors
    /// [`VerifyError::Unlisted`] when the entry has no such file, whatever the path is.
    pub fn locate(&self, path: &str) -> Result<&str, VerifyError> {
        let unlisted = || VerifyError::Unlisted(path.to_owned());
        let directory = self.entry.directory().ok_or_else(unlisted)?;
        let Manifest::Files(files) = self.entry.manifest() else {
            return Err(VerifyError::Dynamic);
        };
        let is_it = |file: &&SkillFile| {
            let below = file
                .uri
                .strip_prefix(directory)
                .and_then(|rest| rest.strip_prefix('/'));
            below == Some(path)
        };
        let found = files.iter().find(is_it).filter(|_| is_plain_path(path));
        found.map(|file| file.uri.as_str()).ok_or_else(unlisted)
    }

    /// Verifies the bytes that were read from a file's URI.
    ///
    /// # Errors
    /// [`VerifyError`]: the bytes must not be used.
    pub fn verify(&self, uri: &str, bytes: &[u8]) -> Result<(), VerifyError> {
        self.entry.verify(uri, bytes)
    }
}

/// The frontmatter of a `SKILL.md`.
pub(super) fn frontmatter(text: &str) -> Result<Map<String, Value>, VerifyError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.split_inclusive('\n');
    if lines.next().map(|line| line.trim_end_matches(['\r', '\n'])) != Some("---") {
        return Err(VerifyError::NoFrontmatter);
    }
    let mut inside = String::new();
    for line in lines {
        if line.trim_end() == "---" {
            return Ok(yaml::parse(&inside)?);
        }
        inside.push_str(line);
    }
    Err(VerifyError::NoFrontmatter)
}

fn compare(file: &Map<String, Value>, entry: &Map<String, Value>) -> Result<(), VerifyError> {
    let differs = |key: &&String| file.get(*key) != entry.get(*key);
    match file.keys().chain(entry.keys()).find(differs) {
        None => Ok(()),
        Some(key) => Err(VerifyError::Frontmatter(key.clone())),
    }
}

/// Whether that is the name of the file that makes a directory a skill.
pub(super) fn is_main(path: &str) -> bool {
    path == MAIN
}

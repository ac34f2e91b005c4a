//! A skill to be published: its files, and the entry that follows from them.

use super::entry::{Digest, EntryError, MAIN, Manifest, SkillEntry, SkillFile, is_plain_path};
use super::verify::{VerifyError, frontmatter, is_main};

/// A skill of ours, in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Skill {
    entry: SkillEntry,
    /// By the path below the skill's directory.
    files: Vec<(String, Vec<u8>)>,
}

impl Skill {
    /// A skill from its files, by their paths below its directory; one of them is `SKILL.md`. `prefix` is where the
    /// server keeps it (`acme/billing`), or empty; the last segment of its address is the name in its frontmatter.
    ///
    /// ```
    /// use interlock_sdk::skills::Skill;
    ///
    /// let skill = Skill::new("", [("SKILL.md", "---\nname: git-workflow\ndescription: How we branch\n---\nBranch.\n")])?;
    /// assert_eq!(skill.entry().uri(), "skill://git-workflow/SKILL.md");
    /// # Ok::<_, interlock_sdk::skills::VerifyError>(())
    /// ```
    ///
    /// # Errors
    /// [`VerifyError`] when there is no `SKILL.md`, or the skill breaks a rule that hosts would refuse it for.
    pub fn new<P: Into<String>, B: Into<Vec<u8>>>(
        prefix: &str,
        files: impl IntoIterator<Item = (P, B)>,
    ) -> Result<Self, VerifyError> {
        let files = files
            .into_iter()
            .map(|(path, bytes)| (path.into(), bytes.into()));
        let files: Vec<(String, Vec<u8>)> = files.collect();
        if !prefix.is_empty() && !is_plain_path(prefix) {
            return Err(EntryError::Uri.into());
        }
        let main = files.iter().find(|(path, _)| is_main(path));
        let (_, main) = main.ok_or(EntryError::Incomplete)?;
        let text = std::str::from_utf8(main).map_err(|_| VerifyError::NoFrontmatter)?;
        let frontmatter = frontmatter(text)?;
        let name = frontmatter.get("name").and_then(serde_json::Value::as_str);
        let name = name.ok_or(EntryError::Member("name"))?;
        let slash = if prefix.is_empty() { "" } else { "/" };
        let directory = format!("skill://{prefix}{slash}{name}");
        let manifest = files.iter().map(|(path, bytes)| SkillFile {
            uri: format!("{directory}/{path}"),
            digest: Digest::of(bytes),
            size: bytes.len().try_into().unwrap_or(u64::MAX),
        });
        let manifest = Manifest::Files(manifest.collect());
        let entry = SkillEntry::new(format!("{directory}/{MAIN}"), frontmatter, manifest)?;
        Ok(Self { entry, files })
    }

    /// What is listed about it.
    pub fn entry(&self) -> &SkillEntry {
        &self.entry
    }

    /// Every file with its URI.
    pub fn files(&self) -> impl Iterator<Item = (String, &[u8])> {
        let directory = self.entry.directory().unwrap_or_default();
        let files = self.files.iter();
        files.map(move |(path, bytes)| (format!("{directory}/{path}"), bytes.as_slice()))
    }
}

/// The media type of a file, from its name; bytes of which nothing is known otherwise.
pub(super) fn media_type(uri: &str) -> &'static str {
    let extension = uri
        .rsplit('/')
        .next()
        .and_then(|name| name.rsplit_once('.'));
    match extension.map(|(_, extension)| extension) {
        Some("md") => "text/markdown",
        Some("txt") => "text/plain",
        Some("json") => "application/json",
        Some("yaml" | "yml") => "application/yaml",
        Some("html") => "text/html",
        Some("csv") => "text/csv",
        Some("py") => "text/x-python",
        Some("js") => "text/javascript",
        Some("sh") => "application/x-sh",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("pdf") => "application/pdf",
        _ => "application/octet-stream",
    }
}

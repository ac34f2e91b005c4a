//! Skills over MCP (extension `io.modelcontextprotocol/skills`): directories of instructions that a server publishes as resources.
//!
//! A server puts a [`Skill`] together from its files. A host gets a [`SkillEntry`], shows it to a person, and only then
//! reads `SKILL.md`: [`SkillEntry::load`] compares it with the entry and gives a [`LoadedSkill`], the only way to its text.
//! Nothing is read ahead of need, and a file that is not listed, or is not what was listed, is not used.

mod entry;
mod loading;
mod publish;
mod scalar;
mod served;
mod verify;
mod yaml;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod yaml_tests;

pub use entry::{Digest, EntryError, MAX_BYTES, MAX_FILES, Manifest, SkillEntry, SkillFile};
pub use loading::{SkillError, get, list, load, read};
pub use publish::Skill;
pub use served::Published;
pub use verify::{LoadedSkill, VerifyError};
pub use yaml::YamlError;

/// The extension's identifier.
pub const EXTENSION: &str = "io.modelcontextprotocol/skills";

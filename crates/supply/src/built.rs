//! That a package of a tree was no published wheel: it was built from sources, on the machine that locked it.
//!
//! Part of a lock and of the record beside a tree: whoever builds it again has to use the same tools and has to get the same files.

use crate::digest::Integrity;
use crate::locked::{ExactVersion, TreePath};
use crate::npm::PackageName;
use serde::{Deserialize, Serialize};

/// How a package was built, and what came out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Built {
    /// File name of the wheel.
    pub wheel: TreePath,
    /// Digest of the list of the wheel's files, each with its place, mode and SHA-256. Not of the wheel itself: how its files
    /// are compressed is the business of the machine that built it.
    pub files: Integrity,
    /// What its build backend asked for besides what the sources say, sorted: requirements of the index, in the words of code that ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<String>,
    /// What it was built with, sorted by name; the wheels of the index with these digests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<BuildTool>,
}

/// One package that a build ran with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildTool {
    /// Its name.
    pub name: PackageName,
    /// Its exact version.
    pub version: ExactVersion,
    /// Digest of its wheel.
    pub integrity: Integrity,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_and_read_alike() {
        let text = r#"{"wheel":"a-1-py3-none-any.whl","files":"sha256-LCol47h7E6E17+BUaYlyI5dGnF7jIFcAmlEaAHqGpMk="}"#;
        let built: Built = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&built).unwrap(), text);
        for wrong in [
            text.replace("a-1", "../a-1"),
            text.replace("\"files\"", "\"more\":1,\"files\""),
        ] {
            assert!(serde_json::from_str::<Built>(&wrong).is_err(), "{wrong}");
        }
    }
}

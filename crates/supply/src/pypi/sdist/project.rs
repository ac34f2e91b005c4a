//! How a project wants to be built: `[build-system]` of its `pyproject.toml` (PEP 517, PEP 518).

use crate::locked::TreePath;
use crate::pypi::{Requirement, RequirementError};
use toml::Table;

/// Largest `pyproject.toml`.
pub(super) const MAX: usize = 1 << 20;
/// What a project is built with that does not say.
const USUAL: (&str, &str) = ("setuptools>=40.8.0", "setuptools.build_meta:__legacy__");

/// Why a project's own word on its build was refused.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum ProjectError {
    /// No TOML, or too much of it.
    #[error("its `pyproject.toml` cannot be read")]
    Malformed,
    /// A field of another type than it has to be, or missing.
    #[error("`{0}` in its `pyproject.toml` is not what it has to be")]
    Field(&'static str),
    /// A requirement that is no package of the index.
    #[error("what it asks for to be built cannot be had")]
    Requirement(#[from] RequirementError),
}

/// What a build needs, and who does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// What it asks for, conditions included.
    pub requires: Vec<Requirement>,
    /// The backend, `module` or `module:object`.
    pub backend: String,
    /// Directories of the sources in which the backend is looked for first: plain paths, or `.`.
    pub backend_path: Vec<String>,
}

impl Project {
    /// From the text of `pyproject.toml`; empty where there is none.
    ///
    /// # Errors
    /// When it cannot be read, or says something that no build could do.
    pub fn parse(text: &str) -> Result<Self, ProjectError> {
        if text.len() > MAX {
            return Err(ProjectError::Malformed);
        }
        let all: Table = text.parse().map_err(|_| ProjectError::Malformed)?;
        let Some(system) = all.get("build-system") else {
            return Ok(Self {
                requires: vec![Requirement::parse(USUAL.0)?],
                backend: USUAL.1.to_owned(),
                backend_path: Vec::new(),
            });
        };
        let system = system
            .as_table()
            .ok_or(ProjectError::Field("build-system"))?;
        let requires = words(system, "requires")?.ok_or(ProjectError::Field("requires"))?;
        let requires = requires.iter().map(|text| Requirement::parse(text));
        let backend_path = words(system, "backend-path")?.unwrap_or_default();
        let inside = |path: &String| path == "." || TreePath::new(path.as_str()).is_ok();
        if !backend_path.iter().all(inside) {
            return Err(ProjectError::Field("backend-path"));
        }
        Ok(Self {
            requires: requires.collect::<Result<_, _>>()?,
            backend: backend(system)?,
            backend_path,
        })
    }
}

/// A module, maybe with an object in it.
fn backend(system: &Table) -> Result<String, ProjectError> {
    let wrong = ProjectError::Field("build-backend");
    let Some(value) = system.get("build-backend") else {
        return Ok(USUAL.1.to_owned());
    };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':');
    let text = value.as_str().filter(|text| {
        !text.is_empty() && text.len() < 250 && text.chars().all(plain) && !text.starts_with(':')
    });
    text.map(str::to_owned).ok_or(wrong)
}

fn words(table: &Table, key: &'static str) -> Result<Option<Vec<String>>, ProjectError> {
    let wrong = || ProjectError::Field(key);
    let Some(value) = table.get(key) else {
        return Ok(None);
    };
    let list = value.as_array().ok_or_else(wrong)?;
    let words = list.iter().map(|word| word.as_str().map(str::to_owned));
    let words: Option<Vec<String>> = words.collect();
    words.map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = match Project::parse(text) {
            Ok(found) => {
                let requires = found.requires.iter().map(ToString::to_string);
                let requires: Vec<String> = requires.collect();
                let path = found.backend_path.join(",");
                format!("{}|{}|{path}", requires.join(" "), found.backend)
            }
            Err(error) => format!("refused: {error}"),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_a_project_says_of_its_build() {
        let usual = "setuptools>=40.8.0|setuptools.build_meta:__legacy__|";
        for (text, expected) in [
            ("", usual),
            ("[project]\nname = 'a'\n", usual),
            (
                "[build-system]\nrequires = ['hatchling', 'a>1']\nbuild-backend = 'hatchling.build'\n",
                "hatchling a>1|hatchling.build|",
            ),
            (
                "[build-system]\nrequires = []\nbuild-backend = 'own:x.y'\nbackend-path = ['.', 'a/b']\n",
                "|own:x.y|.,a/b",
            ),
            (
                "[build-system]\nrequires = ['a']\n",
                "a|setuptools.build_meta:__legacy__|",
            ),
            (
                "[build-system",
                "refused: its `pyproject.toml` cannot be read",
            ),
            (
                "build-system = 1",
                "refused: `build-system` in its `pyproject.toml` is not what it has to be",
            ),
            (
                "[build-system]\n",
                "refused: `requires` in its `pyproject.toml` is not what it has to be",
            ),
            (
                "[build-system]\nrequires = [1]\n",
                "refused: `requires` in its `pyproject.toml` is not what it has to be",
            ),
            (
                "[build-system]\nrequires = ['a @ https://h/x']\n",
                "refused: what it asks for to be built cannot be had",
            ),
            (
                "[build-system]\nrequires = []\nbuild-backend = 'a;b'\n",
                "refused: `build-backend` in its `pyproject.toml` is not what it has to be",
            ),
            (
                "[build-system]\nrequires = []\nbackend-path = ['../a']\n",
                "refused: `backend-path` in its `pyproject.toml` is not what it has to be",
            ),
            (
                "[build-system]\nrequires = []\nbackend-path = ['/a']\n",
                "refused: `backend-path` in its `pyproject.toml` is not what it has to be",
            ),
        ] {
            check(text, expected);
        }
        check(
            &"#".repeat(MAX + 1),
            "refused: its `pyproject.toml` cannot be read",
        );
    }
}

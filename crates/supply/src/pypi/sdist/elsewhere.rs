//! What a project has from elsewhere than the index: `[tool.uv.sources]` of its `pyproject.toml`, and of those above it that are the root
//! of a workspace, which it inherits.
//!
//! Nothing of it is fetched. It is read so that nobody is given the index's package of a name that stands for another one there: who
//! may publish that need not be who wrote the project. Whether the directory is a member of the workspace is not asked: a refusal
//! too many, and never one too few.

use super::{ProjectError, project::MAX};
use crate::pypi::{Environment, Name, Requirement};
use std::collections::BTreeSet;
use toml::Table;

/// The field, for errors.
const FIELD: &str = "tool.uv.sources";

/// A requirement that is not of the index.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{0}` comes from elsewhere (`[tool.uv.sources]`), which is not followed: the index's package of that name may be another one's"
)]
pub struct FromElsewhere(pub Name);

/// Names that stand for something else than the index's packages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    names: BTreeSet<Name>,
    /// What the project says that it needs, be it to be built.
    said: Vec<Requirement>,
}

impl Elsewhere {
    /// From a project's own `pyproject.toml`, and those of the directories above it.
    pub(crate) fn of(own: &str, above: &[String]) -> Result<Self, ProjectError> {
        let own = table(own)?;
        let mut names = sources(&own)?;
        for text in above {
            let root = table(text)?;
            if inner(&root, "workspace")?.is_some() {
                names.extend(sources(&root)?);
            }
        }
        Ok(Self {
            names,
            said: said(&own),
        })
    }

    /// Refuses what the project says of itself, before anything of it is run.
    pub(crate) fn refuse_said(&self, environment: &Environment) -> Result<(), FromElsewhere> {
        let holds = |need: &&Requirement| {
            let marker = need.marker.as_ref();
            marker.is_none_or(|marker| marker.holds(environment, None))
        };
        self.refuse(self.said.iter().filter(holds))
    }

    /// Refuses what is needed and is not of the index.
    pub(crate) fn refuse<'a>(
        &self,
        mut needed: impl Iterator<Item = &'a Requirement>,
    ) -> Result<(), FromElsewhere> {
        let found = needed.find(|need| self.names.contains(&need.name));
        found.map_or(Ok(()), |need| Err(FromElsewhere(need.name.clone())))
    }
}

fn table(text: &str) -> Result<Table, ProjectError> {
    if text.len() > MAX {
        return Err(ProjectError::Malformed);
    }
    text.parse().map_err(|_| ProjectError::Malformed)
}

/// Something of `[tool.uv]`.
fn inner<'a>(all: &'a Table, key: &str) -> Result<Option<&'a toml::Value>, ProjectError> {
    let mut at = all;
    for part in ["tool", "uv"] {
        match at.get(part) {
            Some(value) => at = value.as_table().ok_or(ProjectError::Field(FIELD))?,
            None => return Ok(None),
        }
    }
    Ok(at.get(key))
}

fn sources(all: &Table) -> Result<BTreeSet<Name>, ProjectError> {
    let wrong = || ProjectError::Field(FIELD);
    let Some(sources) = inner(all, "sources")? else {
        return Ok(BTreeSet::new());
    };
    let names = sources.as_table().ok_or_else(wrong)?.keys();
    names
        .map(|name| Name::new(name).map_err(|_| wrong()))
        .collect()
}

/// What it needs and is built with, as far as that can be read: what is no requirement is refused where it is used.
fn said(all: &Table) -> Vec<Requirement> {
    let fields = [("build-system", "requires"), ("project", "dependencies")];
    let lists = fields.into_iter().filter_map(|(table, field)| {
        let list = all.get(table)?.get(field)?;
        list.as_array()
    });
    let texts = lists.flatten().filter_map(toml::Value::as_str);
    texts
        .filter_map(|text| Requirement::parse(text).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(own: &str, above: &[&str], expected: &str) {
        let above: Vec<String> = above.iter().map(|&text| text.to_owned()).collect();
        let environment = Environment([("python_version", "3.11".to_owned())].into());
        let found = match Elsewhere::of(own, &above) {
            Ok(found) => {
                let names = found.names.iter().map(Name::as_str);
                let said = found.refuse_said(&environment);
                let said = said.err().map(|error| error.0.to_string());
                let names: Vec<&str> = names.collect();
                format!("{} | {}", names.join(" "), said.unwrap_or_default())
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(found.trim(), expected, "{own}");
    }

    #[test]
    fn what_comes_from_elsewhere() {
        let needs = "[project]\ndependencies = ['other', 'My.Leaf>=1']\n";
        let sources = "[tool.uv.sources]\nmy_leaf = { workspace = true }\n";
        let own = format!("{needs}{sources}");
        let root = format!("{sources}[tool.uv.workspace]\nmembers = ['a']\n");
        let (own, root) = (own.as_str(), root.as_str());
        let wrong = "`tool.uv.sources` in its `pyproject.toml` is not what it has to be";
        let unreadable = "its `pyproject.toml` cannot be read";
        for (own, above, expected) in [
            ("", &[][..], "|"),
            (needs, &[], "|"),
            (own, &[], "my-leaf | my-leaf"),
            (needs, &[root], "my-leaf | my-leaf"),
            (
                "build-system = { requires = ['my-leaf'] }",
                &[root],
                "my-leaf | my-leaf",
            ),
            // What is above it and no workspace is not inherited.
            (needs, &[own], "|"),
            (sources, &[root], "my-leaf |"),
            (
                "[project]\ndependencies = ['a; python_version < \"3\"', 1, 'a @ https://h/x']\n[tool.uv.sources]\na = { path = '../a' }\nb = [{ index = 'i' }]\n",
                &[],
                "a b |",
            ),
            ("[tool.uv]\nsources = 1\n", &[], wrong),
            ("[tool.uv.sources]\n'-' = { path = 'x' }\n", &[], wrong),
            ("[tool]\nuv = []\n", &[], wrong),
            ("tool = 1\n", &[], wrong),
            ("[tool", &[], unreadable),
            ("", &["[tool"], unreadable),
        ] {
            check(own, above, expected);
        }
        check("", &[&"#".repeat(MAX + 1)], unreadable);
    }
}

//! A registry's description of a package: its versions, tags, and what each version needs.
//!
//! The text stays as it came; a version's manifest is parsed when it is looked at, since a popular
//! package has thousands of them. Fields of the wrong shape read as absent, as npm does, but a name
//! or a version that contradicts the question is an error.

use super::name::{PackageName, Version};
use crate::{
    digest::{Integrity, IntegrityError},
    hold::{Hold, Young},
    provenance::rfc3339,
};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use std::collections::{BTreeMap, BTreeSet};

/// Why a package's description cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PackumentError {
    /// Not JSON, or not of that shape.
    #[error("the registry's description is malformed")]
    Malformed(#[from] serde_json::Error),
    /// It describes something else.
    #[error("the registry answered about `{found}`")]
    OtherPackage {
        /// What it describes.
        found: String,
    },
    /// A manifest says another version than the one it is listed under.
    #[error("version `{listed}` of it calls itself `{found}`")]
    OtherVersion {
        /// Where it is listed.
        listed: String,
        /// What it says.
        found: String,
    },
    /// It brings packages in its archive, and that cannot be had.
    #[error("its archive, which has to be looked into, cannot be had: {0}")]
    Bundle(String),
    /// The archive has no usable digest.
    #[error("version `{version}` has no usable digest")]
    Integrity {
        /// Of this version.
        version: Version,
        /// Why.
        source: IntegrityError,
    },
}

/// A package's description.
#[derive(Debug)]
pub struct Packument {
    name: PackageName,
    tags: BTreeMap<String, String>,
    versions: BTreeMap<String, Box<RawValue>>,
    /// When anything about it changed last: no version is younger.
    modified: Option<i64>,
    /// When each version was published; not in the abbreviated form of the public registry.
    times: Option<Box<RawValue>>,
    /// Versions that have to wait.
    young: BTreeMap<String, Young>,
}

#[derive(Deserialize)]
struct Document {
    name: Option<String>,
    #[serde(rename = "dist-tags", default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    versions: BTreeMap<String, Box<RawValue>>,
    modified: Option<Box<RawValue>>,
    time: Option<Box<RawValue>>,
}

impl Packument {
    /// Reads what the registry answered to a question about `name`.
    ///
    /// # Errors
    /// When it is malformed or about another package.
    pub fn parse(name: &PackageName, text: &str) -> Result<Self, PackumentError> {
        let document: Document = serde_json::from_str(text)?;
        match document.name {
            Some(found) if found != name.as_str() => Err(PackumentError::OtherPackage { found }),
            _ => Ok(Self {
                name: name.clone(),
                tags: document.tags,
                versions: document.versions,
                modified: document
                    .modified
                    .and_then(|text| serde_json::from_str::<String>(text.get()).ok())
                    .and_then(|text| rfc3339(&text)),
                times: document.time,
                young: BTreeMap::new(),
            }),
        }
    }

    /// The package.
    #[must_use]
    pub fn name(&self) -> &PackageName {
        &self.name
    }

    /// The version that a tag points to.
    #[must_use]
    pub fn tag(&self, tag: &str) -> Option<&str> {
        self.tags.get(tag).map(String::as_str)
    }

    /// Whether holding releases back needs a description that says when each version was published, and this one does not.
    pub(crate) fn lacks_times(&self, hold: &Hold) -> bool {
        let settled = self.modified.is_some_and(|moment| hold.is_past(moment));
        !hold.is_off() && self.times.is_none() && !settled
    }

    /// Takes over when each version was published, from the whole description.
    pub(crate) fn take_times(&mut self, whole: Self) {
        self.times = whole.times;
    }

    /// Holds releases back. `latest` then points to the highest one below it that does not have to wait, if there is any.
    pub(crate) fn hold(&mut self, hold: &Hold) {
        if hold.is_off() || self.modified.is_some_and(|moment| hold.is_past(moment)) {
            return;
        }
        let times = self.published_all();
        // Where the others have a time, one without is as young as it can be.
        let bound = self.modified().filter(|_| !times.is_empty());
        let young = self.versions.keys().filter_map(|version| {
            let published = times.get(version).copied().or(bound);
            let young = hold.young(self.name.as_str(), version, published)?;
            Some((version.clone(), young))
        });
        self.young = young.collect();
        let latest: Option<Version> = self.tag("latest").and_then(|text| text.parse().ok());
        if let Some(latest) = latest.filter(|latest| self.young(latest).is_some()) {
            let older = self.versions().filter(|version| {
                version.semver() < latest.semver()
                    && !version.semver().is_prerelease()
                    && self.young(version).is_none()
            });
            let mut older: Vec<Version> = older.collect();
            older.sort_by(|a, b| b.semver().cmp(a.semver()));
            let kept = older.iter().find(|version| !self.is_deprecated(version));
            if let Some(best) = kept.or(older.first()).cloned() {
                self.tags.insert("latest".into(), best.as_str().into());
            }
        }
    }

    /// Why a version has to wait, if it has to.
    #[must_use]
    pub fn young(&self, version: &Version) -> Option<&Young> {
        self.young.get(version.as_str())
    }

    /// The newest release above `version` that has to wait: without `min-age` it would have been chosen, most likely.
    #[must_use]
    pub fn passed_over(&self, version: &Version) -> Option<&Young> {
        let newer = self
            .versions()
            .filter(|other| other.semver() > version.semver() && !other.semver().is_prerelease());
        let newest = newer.max_by(|a, b| a.semver().cmp(b.semver()))?;
        self.young(&newest)
    }

    /// When a version was published, as far as this description says.
    #[must_use]
    pub fn published(&self, version: &str) -> Option<i64> {
        self.published_all().get(version).copied()
    }

    /// Whether this description says of any version when it was published.
    pub(crate) fn tells_times(&self) -> bool {
        let times = self.published_all();
        self.versions
            .keys()
            .any(|version| times.contains_key(version))
    }

    /// When anything about it changed last, as far as this description says: no version is younger.
    pub(crate) fn modified(&self) -> Option<i64> {
        self.modified.or_else(|| self.published("modified"))
    }

    fn is_deprecated(&self, version: &Version) -> bool {
        let manifest = self.manifest(version).ok().flatten();
        manifest.is_some_and(|manifest| manifest.deprecated.is_some())
    }

    fn published_all(&self) -> BTreeMap<String, i64> {
        let raw = self.times.as_ref().map_or("{}", |times| times.get());
        // Whatever is no time (`unpublished` has an object) tells nothing.
        let all: BTreeMap<String, Value> = serde_json::from_str(raw).unwrap_or_default();
        all.into_iter()
            .filter_map(|(version, time)| Some((version, rfc3339(time.as_str()?)?)))
            .collect()
    }

    /// The whole text about one version.
    pub(crate) fn text(&self, version: &str) -> Option<&str> {
        self.versions.get(version).map(|raw| raw.get())
    }

    /// All published versions; those whose version is not a semantic one are passed over.
    pub fn versions(&self) -> impl Iterator<Item = Version> {
        self.versions.keys().filter_map(|text| text.parse().ok())
    }

    /// One version's manifest; `None` when it is not published.
    ///
    /// # Errors
    /// When the manifest is malformed or contradicts its place.
    pub fn manifest(&self, version: &Version) -> Result<Option<Manifest>, PackumentError> {
        let Some(raw) = self.versions.get(version.as_str()) else {
            return Ok(None);
        };
        let value: Value = serde_json::from_str(raw.get())?;
        let text = |key| value.get(key).and_then(Value::as_str);
        if let Some(found) = text("name").filter(|found| *found != self.name.as_str()) {
            return Err(PackumentError::OtherPackage {
                found: found.into(),
            });
        }
        if let Some(found) = text("version").filter(|found| *found != version.as_str()) {
            let listed = version.to_string();
            return Err(PackumentError::OtherVersion {
                listed,
                found: found.into(),
            });
        }
        let dist = Dist::read(value.get("dist").unwrap_or(&Value::Null), version)?;
        Ok(Some(Manifest::read(
            &value,
            self.name.clone(),
            version.clone(),
            Some(dist),
        )))
    }
}

/// Where a version's archive is and what it must be.
#[derive(Debug, Clone)]
pub struct Dist {
    /// Address of the archive.
    pub archive: String,
    /// Its digest; or why there is none to go by.
    pub integrity: Integrity,
    /// Size when unpacked, as the registry says.
    pub unpacked: Option<u64>,
}

impl Dist {
    fn read(value: &Value, version: &Version) -> Result<Self, PackumentError> {
        let integrity = value
            .get("integrity")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Ok(Self {
            archive: value
                .get("tarball")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .into(),
            integrity: Integrity::parse(integrity).map_err(|source| PackumentError::Integrity {
                version: version.clone(),
                source,
            })?,
            unpacked: value.get("unpackedSize").and_then(Value::as_u64),
        })
    }
}

/// What one version of a package needs and offers.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Published name.
    pub name: PackageName,
    /// Version.
    pub version: Version,
    /// Its archive; none for a package that came bundled in another's.
    pub dist: Option<Dist>,
    /// Needed packages and which versions of them. Optional ones are not in here.
    pub dependencies: BTreeMap<PackageName, String>,
    /// Packages it can do without.
    pub optional: BTreeMap<PackageName, String>,
    /// Packages it shares with the one that depends on it.
    pub peers: BTreeMap<PackageName, String>,
    /// Peers that are used when present but not installed.
    pub optional_peers: BTreeSet<PackageName>,
    /// Packages that are in its own archive.
    pub bundled: BTreeSet<PackageName>,
    /// Commands and their files.
    pub bin: BTreeMap<String, String>,
    /// Systems it is for.
    pub os: Vec<String>,
    /// Processors it is for.
    pub cpu: Vec<String>,
    /// C libraries it is for.
    pub libc: Vec<String>,
    /// Range of node versions it is for.
    pub node: Option<String>,
    /// Why it should no longer be used.
    pub deprecated: Option<String>,
    /// It declares an install script.
    pub install_script: bool,
    /// It brings its own lock file for its dependencies.
    pub shrinkwrap: bool,
}

impl Manifest {
    /// Reads a manifest or a `package.json`.
    pub(crate) fn read(
        value: &Value,
        name: PackageName,
        version: Version,
        dist: Option<Dist>,
    ) -> Self {
        let mut dependencies = needs(value, "dependencies");
        let optional = needs(value, "optionalDependencies");
        // npm: an optional dependency overrides a needed one of that name.
        dependencies.retain(|name, _| !optional.contains_key(name));
        let bundled = bundled(value, &dependencies, &optional);
        let deprecated = match value.get("deprecated") {
            Some(Value::String(why)) if !why.is_empty() => Some(why.clone()),
            Some(Value::Bool(true)) => Some(String::new()),
            _ => None,
        };
        let node = value
            .get("engines")
            .and_then(|engines| engines.get("node"))
            .and_then(Value::as_str);
        Self {
            bin: commands(value.get("bin"), &name),
            dist,
            peers: needs(value, "peerDependencies"),
            optional_peers: optional_peers(value),
            os: list(value.get("os")),
            cpu: list(value.get("cpu")),
            libc: list(value.get("libc")),
            node: node.map(String::from),
            install_script: install_script(value),
            shrinkwrap: value.get("_hasShrinkwrap").and_then(Value::as_bool) == Some(true),
            name,
            version,
            dependencies,
            optional,
            bundled,
            deprecated,
        }
    }
}

fn needs(value: &Value, key: &str) -> BTreeMap<PackageName, String> {
    let object = value.get(key).and_then(Value::as_object);
    let entries = object.into_iter().flatten();
    entries
        .filter_map(|(name, spec)| Some((PackageName::new(name).ok()?, spec.as_str()?.into())))
        .collect()
}

fn optional_peers(value: &Value) -> BTreeSet<PackageName> {
    let object = value.get("peerDependenciesMeta").and_then(Value::as_object);
    let entries = object.into_iter().flatten();
    entries
        .filter(|(_, meta)| meta.get("optional").and_then(Value::as_bool) == Some(true))
        .filter_map(|(name, _)| PackageName::new(name).ok())
        .collect()
}

fn bundled(
    value: &Value,
    dependencies: &BTreeMap<PackageName, String>,
    optional: &BTreeMap<PackageName, String>,
) -> BTreeSet<PackageName> {
    let listed = value
        .get("bundleDependencies")
        .or_else(|| value.get("bundledDependencies"));
    match listed {
        Some(Value::Bool(true)) => dependencies
            .keys()
            .chain(optional.keys())
            .cloned()
            .collect(),
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(|name| PackageName::new(name.as_str()?).ok())
            .collect(),
        _ => BTreeSet::new(),
    }
}

/// `bin`: one file under the package's own last name part, or several by name.
fn commands(bin: Option<&Value>, name: &PackageName) -> BTreeMap<String, String> {
    match bin {
        Some(Value::String(file)) => BTreeMap::from([(name.last().into(), file.clone())]),
        Some(Value::Object(files)) => {
            let entries = files.iter().filter_map(|(name, file)| {
                // npm keeps only the last part of a command's name.
                let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
                (!name.is_empty()).then_some((name.into(), file.as_str()?.into()))
            });
            entries.collect()
        }
        _ => BTreeMap::new(),
    }
}

fn list(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many
            .iter()
            .filter_map(|v| v.as_str().map(String::from))
            .collect(),
        _ => Vec::new(),
    }
}

fn install_script(value: &Value) -> bool {
    let scripts = value.get("scripts");
    let has = |name: &str| {
        scripts
            .and_then(|scripts| scripts.get(name))
            .and_then(Value::as_str)
            .is_some_and(|s| !s.trim().is_empty())
    };
    value.get("hasInstallScript").and_then(Value::as_bool) == Some(true)
        || ["preinstall", "install", "postinstall"]
            .into_iter()
            .any(has)
}

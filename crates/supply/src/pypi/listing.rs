//! What an index says about one package: the simple API, as JSON (PEP 691) or as HTML (PEP 503).

use super::{
    name::Name,
    tags::WheelName,
    version::{Specifiers, Version},
};
use crate::{
    digest::Integrity,
    hold::{Hold, Young},
    provenance::rfc3339,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// Why a listing was refused.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum ListingError {
    /// Not the simple API's JSON.
    #[error("the index's answer is malformed")]
    Malformed,
    /// The listing of another package.
    #[error("the index answered with package `{0}`")]
    OtherPackage(String),
}

/// A wheel as the index lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedWheel {
    /// Its file name, taken apart.
    pub name: WheelName,
    /// Where it is.
    pub url: String,
    /// SHA-256 of its bytes.
    pub integrity: Integrity,
    /// Which interpreters it is for.
    pub requires_python: Option<Specifiers>,
    /// It was withdrawn.
    pub yanked: bool,
    /// SHA-256 of its metadata, where the index serves that by itself (PEP 658).
    pub metadata: Option<Integrity>,
    /// Bytes, where the index says.
    pub size: Option<u64>,
    /// When it was uploaded, in seconds since 1970, where the index says.
    pub published: Option<i64>,
    /// Where its attestations are, where the index has some (PEP 740).
    pub provenance: Option<String>,
    /// It is a source archive in truth: what counts is the wheel that is built from it.
    pub source: bool,
}

/// All releases of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Wheels by version.
    pub wheels: BTreeMap<Version, Vec<ListedWheel>>,
    /// Versions with a source archive.
    pub sources: Vec<Version>,
    /// Those of them that could be built: tar in gzip, with a digest.
    pub archives: BTreeMap<Version, Vec<ListedWheel>>,
}

#[derive(Deserialize)]
struct Page {
    name: Option<String>,
    files: Vec<File>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
    requires_python: Option<String>,
    /// False, or true or the reason.
    #[serde(default)]
    yanked: Value,
    /// False, or true or the digests.
    #[serde(default)]
    core_metadata: Value,
    #[serde(default)]
    dist_info_metadata: Value,
    size: Option<u64>,
    #[serde(default)]
    upload_time: Value,
    #[serde(default)]
    provenance: Value,
}

impl Listing {
    /// Reads an index's answer about `name`, which came from `base`. Files that have no SHA-256, or a name that says nothing,
    /// are as if they were not there.
    ///
    /// # Errors
    /// When it is malformed or about another package.
    pub fn parse(text: &str, name: &Name, base: &Url) -> Result<Self, ListingError> {
        let files = if text.trim_start().starts_with('{') {
            let page: Page = serde_json::from_str(text).map_err(|_| ListingError::Malformed)?;
            let own = page.name.as_deref().map(Name::new);
            match own {
                Some(Ok(own)) if own != *name => {
                    return Err(ListingError::OtherPackage(own.into()));
                }
                Some(Err(_)) => return Err(ListingError::Malformed),
                _ => page.files,
            }
        } else {
            html(text)
        };
        let mut listing = Self::default();
        for file in files {
            listing.add(file, name, base);
        }
        Ok(listing)
    }

    /// The newest release above `version` that has to wait: without `min-age` it would have been chosen, most likely. What is there as
    /// sources only would have been where they are built, `build`.
    #[must_use]
    pub fn passed_over(&self, version: &Version, hold: &Hold, build: bool) -> Option<Young> {
        let released = |other: &&Version| {
            let installable = build || self.wheels.contains_key(other);
            installable && *other > version && !other.is_prerelease()
        };
        let newest = self.versions().rev().find(released)?;
        let wheels = self.files_of(newest).filter(|file| build || !file.source);
        let young = |wheel: &ListedWheel| {
            hold.young(wheel.name.name.as_str(), newest.as_str(), wheel.published)
        };
        // One wheel that does not have to wait is enough to choose the release.
        let all: Option<Vec<Young>> = wheels.map(young).collect();
        all?.into_iter().next()
    }

    /// All that could be installed: wheels, and archives that could be built.
    pub fn files(&self) -> impl Iterator<Item = &ListedWheel> {
        let archives = self.archives.values().flatten();
        self.wheels.values().flatten().chain(archives)
    }

    /// The same of one version.
    pub fn files_of(&self, version: &Version) -> impl Iterator<Item = &ListedWheel> {
        let (wheels, archives) = (self.wheels.get(version), self.archives.get(version));
        let all = wheels.into_iter().chain(archives);
        all.flatten()
    }

    /// The file that has these bytes.
    #[must_use]
    pub fn file(&self, integrity: &Integrity) -> Option<&ListedWheel> {
        self.files().find(|file| file.integrity == *integrity)
    }

    /// The versions of these files, in order.
    pub fn versions(&self) -> impl DoubleEndedIterator<Item = &Version> {
        let all: BTreeSet<&Version> = self.wheels.keys().chain(self.archives.keys()).collect();
        all.into_iter()
    }

    fn add(&mut self, file: File, name: &Name, base: &Url) {
        let wheel = WheelName::parse(&file.filename);
        let source = wheel.is_none();
        let Some(wheel) = wheel.or_else(|| self.archive(&file.filename, name)) else {
            return;
        };
        let digest = |hex: &String| Integrity::parse_sha256(hex).ok();
        let (Some(integrity), Ok(url)) = (
            file.hashes.get("sha256").and_then(digest),
            base.join(&file.url),
        ) else {
            return;
        };
        if wheel.name != *name {
            return;
        }
        let described = [&file.core_metadata, &file.dist_info_metadata]
            .into_iter()
            .find_map(|value| {
                let hex = value.get("sha256").and_then(Value::as_str)?;
                Integrity::parse_sha256(hex).ok()
            });
        // Conditions that cannot be read are none, as for installers.
        let requires_python = file.requires_python.and_then(|text| text.parse().ok());
        let yanked = !matches!(file.yanked, Value::Null | Value::Bool(false));
        let listed = ListedWheel {
            url: url.into(),
            integrity,
            requires_python,
            yanked,
            metadata: described.filter(|_| !source),
            size: file.size,
            published: file.upload_time.as_str().and_then(rfc3339),
            provenance: file
                .provenance
                .as_str()
                .and_then(|address| base.join(address).ok())
                .map(String::from),
            source,
            name: wheel,
        };
        if source {
            let version = listed.name.version.clone();
            self.archives.entry(version).or_default().push(listed);
            return;
        }
        self.wheels
            .entry(listed.name.version.clone())
            .or_default()
            .push(listed);
    }
}

impl Listing {
    /// Takes note of a source archive. What is no `.tar.gz` is known to be there, and no more.
    fn archive(&mut self, file: &str, name: &Name) -> Option<WheelName> {
        let version = source_version(file, name)?;
        self.sources.push(version.clone());
        let plain = file.ends_with(".tar.gz") && file.len() < 250;
        plain.then(|| WheelName::of_archive(file, name.clone(), version))
    }
}

/// The version in a source archive's name.
fn source_version(file: &str, name: &Name) -> Option<Version> {
    let stem = file
        .strip_suffix(".tar.gz")
        .or_else(|| file.strip_suffix(".zip"))?;
    let mut at = stem.match_indices('-').map(|(at, _)| at);
    at.find_map(|at| {
        let (own, version) = (stem.get(..at)?, stem.get(at + 1..)?);
        (Name::new(own).ok()? == *name).then(|| version.parse().ok())?
    })
}

/// The links of an HTML page.
fn html(text: &str) -> Vec<File> {
    let mut files = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("<a") {
        rest = after;
        if !after.starts_with(|c: char| c.is_ascii_whitespace()) {
            continue;
        }
        let (attributes, after) = attributes(after);
        // Without an end there is none for what follows either: each byte is looked at once.
        let Some((content, next)) = after.split_once("</a>") else {
            break;
        };
        rest = next;
        let Some(href) = attributes.get("href") else {
            continue;
        };
        let (url, fragment) = href.split_once('#').unwrap_or((href, ""));
        let hashes = fragment.split('&').filter_map(|part| part.split_once('='));
        let described = ["data-core-metadata", "data-dist-info-metadata"]
            .iter()
            .find_map(|key| attributes.get(*key));
        let described = described.and_then(|text| text.split_once('='));
        files.push(File {
            filename: unescape(content.trim()),
            url: url.to_owned(),
            hashes: hashes
                .map(|(kind, hex)| (kind.to_owned(), hex.to_owned()))
                .collect(),
            requires_python: attributes.get("data-requires-python").cloned(),
            yanked: attributes
                .get("data-yanked")
                .map_or(Value::Null, |_| Value::Bool(true)),
            core_metadata: described
                .map_or(Value::Null, |(kind, hex)| serde_json::json!({ kind: hex })),
            dist_info_metadata: Value::Null,
            size: None,
            upload_time: written(&attributes, "data-upload-time"),
            provenance: written(&attributes, "data-provenance"),
        });
    }
    files
}

fn written(attributes: &BTreeMap<String, String>, key: &str) -> Value {
    attributes
        .get(key)
        .map_or(Value::Null, |text| text.as_str().into())
}

/// The attributes of a tag, and what follows it.
fn attributes(text: &str) -> (BTreeMap<String, String>, &str) {
    let mut found = BTreeMap::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        let end = rest
            .find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>'))
            .unwrap_or(rest.len());
        let Some((name, after)) = rest
            .split_at_checked(end)
            .filter(|(name, _)| !name.is_empty())
        else {
            return (found, rest.get(1..).unwrap_or_default());
        };
        rest = after.trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quoted = ['"', '\'']
                .into_iter()
                .find_map(|quote| after.strip_prefix(quote)?.split_once(quote));
            (value, rest) = quoted.unwrap_or_else(|| {
                let end = after
                    .find(|c: char| c.is_ascii_whitespace() || c == '>')
                    .unwrap_or(after.len());
                after.split_at_checked(end).unwrap_or((after, ""))
            });
        }
        found
            .entry(name.to_ascii_lowercase())
            .or_insert_with(|| unescape(value));
    }
}

/// The character references that these pages use.
fn unescape(text: &str) -> String {
    let plain = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&amp;", "&"),
    ];
    plain
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: &str = "2c6a25e3877b13a135efe0546989722b37469b1287e8310c27709048d3e79722";

    fn parse(text: &str) -> Result<Listing, ListingError> {
        let base = Url::parse("https://index.example/simple/my-server/").unwrap();
        Listing::parse(text, &Name::new("my-server").unwrap(), &base)
    }

    /// `version url python yanked metadata`, one line a wheel.
    fn shown(listing: &Listing) -> Vec<String> {
        let line = |wheel: &ListedWheel| {
            let python = wheel
                .requires_python
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            let marks = format!(
                "{}{}",
                if wheel.yanked { "y" } else { "-" },
                if wheel.metadata.is_some() { "m" } else { "-" }
            );
            format!("{} {} {python} {marks}", wheel.name.version, wheel.url)
        };
        listing.wheels.values().flatten().map(line).collect()
    }

    #[test]
    fn json() {
        let text = serde_json::json!({
            "meta": { "api-version": "1.1" }, "name": "My_Server",
            "files": [
                { "filename": "my_server-1.0-py3-none-any.whl", "url": "/f/a.whl", "hashes": { "sha256": SUM },
                  "requires-python": ">=3.10", "yanked": false, "core-metadata": { "sha256": SUM }, "size": 7 },
                { "filename": "my_server-1.1-py3-none-any.whl", "url": "https://files.example/b.whl", "hashes": { "sha256": SUM },
                  "yanked": "broken", "core-metadata": true },
                { "filename": "my_server-1.2-py3-none-any.whl", "url": "c.whl", "hashes": { "md5": "x" } },
                { "filename": "other-1.2-py3-none-any.whl", "url": "c.whl", "hashes": { "sha256": SUM } },
                { "filename": "my_server-1.3.tar.gz", "url": "c", "hashes": {} },
                { "filename": "my-server-1.4.zip", "url": "c", "hashes": {} },
                { "filename": "strange", "url": "c", "hashes": {} }
            ]
        });
        let found = parse(&text.to_string()).unwrap();
        assert_eq!(
            shown(&found),
            [
                "1.0 https://index.example/f/a.whl >=3.10 -m",
                "1.1 https://files.example/b.whl  y-",
            ]
        );
        let sources: Vec<&str> = found.sources.iter().map(Version::as_str).collect();
        assert_eq!(sources, ["1.3", "1.4"]);
        assert!(found.archives.is_empty(), "they have no digest");
        assert_eq!(found.wheels.values().next().unwrap()[0].size, Some(7));
    }

    #[test]
    fn pages() {
        let text = format!(
            "<!DOCTYPE html><html><abbr>x</abbr><body><h1>Links</h1>\n\
            <a href=\"https://files.example/a/my_server-1.0-py3-none-any.whl#sha256={SUM}\" data-requires-python=\"&gt;=3.10\">my_server-1.0-py3-none-any.whl</a><br/>\n\
            <a data-yanked='' HREF='../../f/my_server-1.1-py3-none-any.whl#sha256={SUM}' data-core-metadata='sha256={SUM}'> my_server-1.1-py3-none-any.whl </a>\n\
            <a href=x>my_server-1.2-py3-none-any.whl</a><a href=\"y#sha256=zz\">my_server-1.3-py3-none-any.whl</a>\
            <a href=my_server-1.4.tar.gz>my_server-1.4.tar.gz</a> <a href=\"unfinished"
        );
        let found = parse(&text).unwrap();
        assert_eq!(
            shown(&found),
            [
                "1.0 https://files.example/a/my_server-1.0-py3-none-any.whl >=3.10 --",
                "1.1 https://index.example/f/my_server-1.1-py3-none-any.whl  ym",
            ]
        );
        assert_eq!(found.sources.len(), 1);
    }

    #[test]
    fn refused() {
        assert_eq!(parse("{}"), Err(ListingError::Malformed));
        assert_eq!(parse("{\"files\": {}}"), Err(ListingError::Malformed));
        assert_eq!(
            parse("{\"name\": \"other\", \"files\": []}"),
            Err(ListingError::OtherPackage("other".into()))
        );
        assert_eq!(
            parse("{\"name\": \"../x\", \"files\": []}"),
            Err(ListingError::Malformed)
        );
        for text in [
            "",
            "<a",
            "<a href",
            "<a href=",
            "<a href='",
            "<a =>x</a>",
            "<a href=x>",
            "<>",
        ] {
            assert_eq!(parse(text), Ok(Listing::default()), "{text}");
        }
    }
}

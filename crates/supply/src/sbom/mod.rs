//! A bill of materials: what each server is made of, as other tools read it.
//!
//! The lists are flat: a server depends on every package of its tree. Which package asked for which is not kept in a lock, and a
//! guess would be worse than none. The text of one input is always the same, but for the time that SPDX demands.

mod cyclonedx;
mod spdx;

pub use cyclonedx::cyclonedx;
pub use spdx::spdx;

use crate::{
    built::BuildTool,
    digest::Sha256,
    locked::{Ecosystem, LockedPackage, LockedTree},
    oci::LockedImage,
};
use std::collections::BTreeMap;

/// What is described: a project, or a user's approvals.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// Its name.
    pub name: &'a str,
    /// The version of this program, which goes on record as the tool.
    pub tool_version: &'a str,
    /// The servers, sorted by name.
    pub servers: Vec<Part<'a>>,
}

/// One server.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it comes from, as a person asked for it.
    pub source: String,
    /// Its package with everything that it depends on.
    pub tree: Option<&'a LockedTree>,
    /// Its image.
    pub image: Option<&'a LockedImage>,
    /// Single files by path, with the SHA-256 of each in hexadecimal.
    pub files: Vec<(String, String)>,
}

/// A package as both formats need it. Packages that several servers share are there once.
struct Component<'a> {
    name: String,
    version: String,
    /// Where its archive is, when it is not at the registry's usual place.
    archive: Option<&'a str>,
    /// `library`, or `container` for an image.
    kind: &'static str,
    /// It is in no tree: something was built with it.
    tool: bool,
    purl: String,
    /// Unique in the document.
    reference: String,
    algorithm: &'static str,
    digest: String,
}

/// Every package of all servers, by reference.
fn components<'a>(subject: &Subject<'a>) -> BTreeMap<String, Component<'a>> {
    let trees = subject.servers.iter().filter_map(|part| part.tree);
    let packages = trees.flat_map(|tree| tree.packages.iter().map(move |package| (tree, package)));
    let components = packages.map(|(tree, package)| component(tree, package));
    let images = subject.servers.iter().filter_map(|part| part.image);
    let components = components.chain(images.map(of_image));
    let mut all: BTreeMap<_, _> = components.map(|it| (it.reference.clone(), it)).collect();
    let trees = subject.servers.iter().filter_map(|part| part.tree);
    let tools = trees.flat_map(LockedTree::built);
    for tool in tools.flat_map(|(_, built)| &built.tools).map(of_tool) {
        all.entry(tool.reference.clone()).or_insert(tool);
    }
    all
}

/// What every package that was built was built with: the references of the package and of its tools, sorted.
fn builds(subject: &Subject<'_>) -> BTreeMap<String, Vec<String>> {
    let trees = subject.servers.iter().filter_map(|part| part.tree);
    let built = trees.flat_map(|tree| tree.built().map(move |it| (tree, it)));
    let pairs = built.map(|(tree, (package, built))| {
        let mut tools: Vec<String> = built.tools.iter().map(|it| of_tool(it).reference).collect();
        tools.sort();
        (component(tree, package).reference, tools)
    });
    pairs.collect()
}

/// A tool is a wheel of the index.
fn of_tool<'a>(tool: &BuildTool) -> Component<'a> {
    let (name, version) = (tool.name.to_string(), tool.version.to_string());
    let purl = purl(Ecosystem::Pypi, &name, &version);
    let (algorithm, digest) = tool.integrity.algorithm_and_hex();
    let short: String = digest.chars().take(16).collect();
    Component {
        name,
        version,
        archive: None,
        kind: "library",
        tool: true,
        reference: format!("{purl}#{short}"),
        purl,
        algorithm,
        digest,
    }
}

fn component<'a>(tree: &LockedTree, package: &'a LockedPackage) -> Component<'a> {
    let purl = purl(
        tree.ecosystem_of(package),
        &package.name.to_string(),
        package.version.as_str(),
    );
    let (algorithm, digest) = package.integrity.algorithm_and_hex();
    // One name and version with two contents are two things: the digest keeps them apart.
    let short: String = digest.chars().take(16).collect();
    Component {
        name: package.name.to_string(),
        version: package.version.to_string(),
        archive: package.archive.as_deref(),
        kind: "library",
        tool: false,
        reference: format!("{purl}#{short}"),
        purl,
        algorithm,
        digest,
    }
}

/// An image is one component: what is installed in it is not looked into.
fn of_image<'a>(image: &LockedImage) -> Component<'a> {
    let name = image.name.rsplit('/').next().unwrap_or_default();
    let manifest = image.manifest.to_string();
    let purl = format!(
        "pkg:oci/{}@{}?repository_url={}",
        escaped(name),
        escaped(&manifest),
        escaped(&image.name)
    );
    Component {
        name: image.name.clone(),
        version: image.version.clone(),
        archive: None,
        kind: "container",
        tool: false,
        reference: purl.clone(),
        purl,
        algorithm: "sha256",
        digest: image.manifest.sha256().to_string(),
    }
}

/// The references of one server's packages, sorted.
fn references(part: &Part<'_>) -> Vec<String> {
    let packages = part
        .tree
        .into_iter()
        .flat_map(|tree| tree.packages.iter().map(move |package| (tree, package)));
    let mut all: Vec<String> = packages
        .map(|(tree, package)| component(tree, package).reference)
        .chain(part.image.map(|image| of_image(image).reference))
        .collect();
    all.sort();
    all.dedup();
    all
}

/// A package URL.
#[must_use]
pub fn purl(ecosystem: Ecosystem, name: &str, version: &str) -> String {
    let version = escaped(version);
    match (ecosystem, name.split_once('/')) {
        (Ecosystem::Npm, Some((scope, name))) => {
            format!("pkg:npm/{}/{}@{version}", escaped(scope), escaped(name))
        }
        (Ecosystem::Npm, None) => format!("pkg:npm/{}@{version}", escaped(name)),
        (Ecosystem::Pypi, _) => {
            let name = name.to_ascii_lowercase().replace('_', "-");
            format!("pkg:pypi/{}@{version}", escaped(&name))
        }
        (Ecosystem::Binary | Ecosystem::Mcpb | Ecosystem::Git, _) => {
            format!("pkg:generic/{}@{version}", escaped(name))
        }
    }
}

/// Everything but what a package URL lets stand.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A UUID (version 8) that is the same for the same content.
fn identity(content: &str) -> String {
    let digest = Sha256::of(content.as_bytes()).to_string();
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-8{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}

#[cfg(test)]
mod tests;

//! SPDX 2.3, as JSON.

use super::{Component, Part, Subject, builds, components, identity, references};
use crate::digest::Sha256;
use serde_json::{Value, json};

const UNKNOWN: &str = "NOASSERTION";
const DOCUMENT: &str = "SPDXRef-DOCUMENT";

/// The document; `created` is the time now as `2026-01-31T12:00:00Z`, which the format demands.
#[must_use]
pub fn spdx(subject: &Subject<'_>, created: &str) -> Value {
    let all = components(subject);
    let mut packages: Vec<Value> = subject.servers.iter().map(server).collect();
    packages.extend(all.values().map(library));
    packages.extend(subject.servers.iter().flat_map(files));
    let mut relations = Vec::new();
    for part in &subject.servers {
        let own = id("Server", part.name);
        relations.push(relation(DOCUMENT, "DESCRIBES", &own));
        for reference in references(part) {
            relations.push(relation(&own, "DEPENDS_ON", &id("Package", &reference)));
        }
        for (path, _) in &part.files {
            let file = id("File", &format!("{}/{path}", part.name));
            relations.push(relation(&own, "CONTAINS", &file));
        }
    }
    for (package, tools) in builds(subject) {
        let built = id("Package", &package);
        let tool = |tool: String| relation(&id("Package", &tool), "BUILD_TOOL_OF", &built);
        relations.extend(tools.into_iter().map(tool));
    }
    let identity = identity(&json!([&packages, &relations, subject.name]).to_string());
    json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": DOCUMENT,
        "name": subject.name,
        "documentNamespace": format!("https://spdx.org/spdxdocs/interlock-{identity}"),
        "creationInfo": {
            "created": created,
            "creators": [format!("Tool: interlock-{}", subject.tool_version)],
        },
        "packages": packages,
        "relationships": relations,
    })
}

/// Identifiers have letters, digits, dots and hyphens only: the digest stands for the rest.
fn id(kind: &str, name: &str) -> String {
    let digest = Sha256::of(name.as_bytes()).to_string();
    format!("SPDXRef-{kind}-{}", digest.get(..16).unwrap_or_default())
}

fn relation(from: &str, kind: &str, to: &str) -> Value {
    json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to })
}

fn server(part: &Part<'_>) -> Value {
    let version = part.tree.map(|tree| tree.version.as_str().to_owned());
    let mut value = json!({
        "SPDXID": id("Server", part.name),
        "name": part.name,
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": false,
        "sourceInfo": format!("MCP server from {}", part.source),
    });
    if let (Some(version), Some(object)) = (version, value.as_object_mut()) {
        object.insert("versionInfo".into(), version.into());
    }
    value
}

/// Files are packages of one file here: SPDX's own files demand a SHA-1, which nothing else needs.
fn files(part: &Part<'_>) -> Vec<Value> {
    let file = |(path, digest): &(String, String)| {
        json!({
            "SPDXID": id("File", &format!("{}/{path}", part.name)),
            "name": path,
            "packageFileName": path,
            "downloadLocation": UNKNOWN,
            "filesAnalyzed": false,
            "checksums": [{ "algorithm": "SHA256", "checksumValue": digest }],
        })
    };
    part.files.iter().map(file).collect()
}

fn library(component: &Component<'_>) -> Value {
    json!({
        "SPDXID": id("Package", &component.reference),
        "name": component.name,
        "versionInfo": component.version,
        "downloadLocation": component.archive.unwrap_or(UNKNOWN),
        "filesAnalyzed": false,
        "licenseConcluded": UNKNOWN,
        "licenseDeclared": UNKNOWN,
        "copyrightText": UNKNOWN,
        "checksums": [{
            "algorithm": component.algorithm.to_ascii_uppercase(),
            "checksumValue": component.digest,
        }],
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": component.purl,
        }],
    })
}

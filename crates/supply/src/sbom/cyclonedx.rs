//! CycloneDX 1.6, as JSON.

use super::{Component, Part, Subject, builds, components, identity, references};
use serde_json::{Value, json};

/// The document. It carries no time, so the same lock gives the same bytes.
#[must_use]
pub fn cyclonedx(subject: &Subject<'_>) -> Value {
    let packages = components(subject);
    let mut parts: Vec<Value> = subject.servers.iter().map(server).collect();
    parts.extend(subject.servers.iter().flat_map(files));
    parts.extend(packages.values().map(library));
    let servers: Vec<String> = subject.servers.iter().map(|part| reference(part)).collect();
    let mut dependencies = vec![json!({ "ref": "project", "dependsOn": servers })];
    dependencies.extend(subject.servers.iter().map(|part| {
        let files = part
            .files
            .iter()
            .map(|(path, _)| file_reference(part, path));
        let all: Vec<String> = files.chain(references(part)).collect();
        json!({ "ref": reference(part), "dependsOn": all })
    }));
    let builds = builds(subject).into_iter();
    dependencies
        .extend(builds.map(|(package, tools)| json!({ "ref": package, "dependsOn": tools })));
    let serial = identity(&json!([&parts, &dependencies, subject.name]).to_string());
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{serial}"),
        "version": 1,
        "metadata": {
            "tools": { "components": [{
                "type": "application", "name": "interlock", "version": subject.tool_version,
            }] },
            "component": { "type": "application", "bom-ref": "project", "name": subject.name },
        },
        "components": parts,
        "dependencies": dependencies,
    })
}

fn reference(part: &Part<'_>) -> String {
    format!("server/{}", part.name)
}

fn file_reference(part: &Part<'_>, path: &str) -> String {
    format!("file/{}/{path}", part.name)
}

fn server(part: &Part<'_>) -> Value {
    let mut value = json!({
        "type": "application",
        "bom-ref": reference(part),
        "name": part.name,
        "description": format!("MCP server from {}", part.source),
    });
    if let (Some(tree), Some(object)) = (part.tree, value.as_object_mut()) {
        object.insert("version".into(), tree.version.as_str().into());
        let digest = json!([{ "name": "interlock:tree-sha256", "value": tree.digest.to_string() }]);
        object.insert("properties".into(), digest);
    }
    value
}

fn files(part: &Part<'_>) -> Vec<Value> {
    let file = |(path, digest): &(String, String)| {
        json!({
            "type": "file",
            "bom-ref": file_reference(part, path),
            "name": path,
            "hashes": [{ "alg": "SHA-256", "content": digest }],
        })
    };
    part.files.iter().map(file).collect()
}

fn library(component: &Component<'_>) -> Value {
    let (group, name) = match component.name.rsplit_once('/') {
        Some((group, name)) => (Some(group), name),
        None => (None, component.name.as_str()),
    };
    let algorithm = match component.algorithm {
        "sha512" => "SHA-512",
        _ => "SHA-256",
    };
    let mut value = json!({
        "type": component.kind,
        "bom-ref": component.reference,
        "name": name,
        "version": component.version,
        "purl": component.purl,
        "hashes": [{ "alg": algorithm, "content": component.digest }],
    });
    if let (Some(group), Some(object)) = (group, value.as_object_mut()) {
        object.insert("group".into(), group.into());
    }
    // It ran when something was built, and is in nothing that runs.
    if let (true, Some(object)) = (component.tool, value.as_object_mut()) {
        object.insert("scope".into(), "excluded".into());
    }
    value
}

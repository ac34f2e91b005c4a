//! Both formats against their published schemas, and what stands in them.

use super::*;
use crate::lockfile::{Lockfile, sample};
use serde_json::Value;

fn described(check: impl Fn(&Value, &Value)) {
    let lock: Lockfile = sample::text().parse().unwrap();
    let part = |(name, server): (&_, &crate::lockfile::Server)| {
        let name: &interlock_launch::ServerName = name;
        (name.to_string(), server.clone())
    };
    let servers: Vec<_> = lock.server.iter().map(part).collect();
    let parts = servers.iter().map(|(name, server)| Part {
        name,
        source: server.source.to_string(),
        tree: server.content.tree.as_ref(),
        image: server.content.image.as_ref(),
        files: server
            .content
            .files
            .iter()
            .map(|file| (file.path.to_string(), file.sha256.to_string()))
            .collect(),
    });
    let subject = Subject {
        name: "project",
        tool_version: "0.1.0",
        servers: parts.collect(),
    };
    check(
        &cyclonedx(&subject),
        &spdx(&subject, "2026-01-31T12:00:00Z"),
    );
}

/// Fails with every place that the schema does not admit.
fn valid(schema: &str, document: &Value) {
    // Licence lists and signatures are schemas of their own, for parts that are not written here.
    let schema = schema
        .replace(r#"{"$ref":"spdx.schema.json"}"#, "true")
        .replace("\"$ref\":\"spdx.schema.json\"", "\"type\":\"string\"")
        .replace(
            "\"$ref\":\"jsf-0.82.schema.json#/definitions/signature\"",
            "\"type\":\"object\"",
        );
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn both_are_valid_against_their_schemas() {
    described(|cyclonedx, spdx| {
        valid(
            include_str!("../../tests/data/cyclonedx-1.6.schema.json"),
            cyclonedx,
        );
        valid(include_str!("../../tests/data/spdx-2.3.schema.json"), spdx);
        let mut broken = cyclonedx.clone();
        broken["components"][0]["type"] = "server".into();
        let schema = include_str!("../../tests/data/cyclonedx-1.6.schema.json");
        let caught = std::panic::catch_unwind(|| valid(schema, &broken));
        assert!(caught.is_err(), "the schema is really looked at");
    });
}

#[test]
fn every_package_is_there_with_its_digest_and_its_server() {
    described(|cyclonedx, spdx| {
        let components = cyclonedx["components"].as_array().unwrap();
        let find = |name: &str| components.iter().find(|it| it["name"] == name).unwrap();
        let app = components
            .iter()
            .find(|it| it["purl"] == "pkg:npm/%40s/app@1.4.2")
            .unwrap();
        assert_eq!(app["group"], "@s");
        assert_eq!(app["hashes"][0]["alg"], "SHA-512");
        assert_eq!(app["hashes"][0]["content"], "01".repeat(64));
        assert_eq!(find("./server.py")["type"], "file");
        let dependencies = cyclonedx["dependencies"].as_array().unwrap();
        let of = |name: &str| {
            let found = dependencies.iter().find(|it| it["ref"] == name).unwrap();
            found["dependsOn"].as_array().unwrap().len()
        };
        assert_eq!(
            (of("project"), of("server/app"), of("server/py")),
            (4, 2, 1)
        );
        let packages = spdx["packages"].as_array().unwrap();
        let app = packages.iter().find(|it| it["name"] == "@s/app").unwrap();
        assert_eq!(
            app["externalRefs"][0]["referenceLocator"],
            "pkg:npm/%40s/app@1.4.2"
        );
        assert_eq!(app["checksums"][0]["algorithm"], "SHA512");
        let ids: std::collections::BTreeSet<_> = packages
            .iter()
            .map(|it| it["SPDXID"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), packages.len());
        for relation in spdx["relationships"].as_array().unwrap() {
            assert!(ids.contains(relation["relatedSpdxElement"].as_str().unwrap()));
        }
    });
}

#[test]
fn what_something_was_built_with_is_told_apart() {
    let lock: Lockfile = sample::text().parse().unwrap();
    let mut trees = lock
        .server
        .values()
        .filter_map(|it| it.content.tree.clone());
    let mut tree = trees.next().unwrap();
    let sum = crate::Integrity::from_sha256([7; 32]);
    let built = serde_json::json!({
        "wheel": "a-1-py3-none-any.whl", "files": sum.to_string(),
        "tools": [{ "name": "hatchling", "version": "1.0", "integrity": sum.to_string() }],
    });
    tree.packages[0].built = serde_json::from_value(built).unwrap();
    let subject = Subject {
        name: "project",
        tool_version: "0.1.0",
        servers: vec![Part {
            name: "app",
            source: "x".into(),
            tree: Some(&tree),
            image: None,
            files: Vec::new(),
        }],
    };
    let (cyclonedx, spdx) = (cyclonedx(&subject), spdx(&subject, "2026-01-31T12:00:00Z"));
    valid(
        include_str!("../../tests/data/cyclonedx-1.6.schema.json"),
        &cyclonedx,
    );
    valid(include_str!("../../tests/data/spdx-2.3.schema.json"), &spdx);
    let components = cyclonedx["components"].as_array().unwrap();
    let excluded: Vec<&Value> = components
        .iter()
        .filter(|it| it["scope"] == "excluded")
        .collect();
    assert_eq!(excluded.len(), 1);
    assert_eq!(excluded[0]["purl"], "pkg:pypi/hatchling@1.0");
    let dependencies = cyclonedx["dependencies"].as_array().unwrap();
    let tool = &excluded[0]["bom-ref"];
    let mut of_tool = dependencies.iter().filter(|it| {
        let on = it["dependsOn"].as_array().unwrap();
        on.contains(tool)
    });
    let package = of_tool.next().unwrap()["ref"].as_str().unwrap();
    assert!(!package.starts_with("server/") && of_tool.next().is_none());
    let relations = spdx["relationships"].as_array().unwrap();
    let tools = relations
        .iter()
        .filter(|it| it["relationshipType"] == "BUILD_TOOL_OF");
    assert_eq!(tools.count(), 1);
}

#[test]
fn the_same_input_gives_the_same_text() {
    described(|cyclonedx, spdx| {
        described(|again, later| {
            assert_eq!((cyclonedx, spdx), (again, later));
        });
        assert_ne!(cyclonedx["serialNumber"], "");
    });
}

#[test]
fn package_urls() {
    for (ecosystem, name, version, expected) in [
        (Ecosystem::Npm, "a", "1.0.0+b", "pkg:npm/a@1.0.0%2Bb"),
        (Ecosystem::Npm, "@s/a", "1.0.0", "pkg:npm/%40s/a@1.0.0"),
        (
            Ecosystem::Pypi,
            "My_Pkg",
            "1!2.0",
            "pkg:pypi/my-pkg@1%212.0",
        ),
    ] {
        assert_eq!(purl(ecosystem, name, version), expected);
    }
}

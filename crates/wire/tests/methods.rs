//! The table of methods against the schemas of all revisions.

use std::collections::BTreeSet;

use interlock_wire::{Method, Revision, Sender};
use serde_json::Value;

/// Methods of the specification's text and of official extensions that the core schema of a revision does not list.
const BEYOND_THE_SCHEMA: &[&str] = &[
    "tasks/get",
    "tasks/result",
    "tasks/list",
    "tasks/cancel",
    "notifications/tasks/status",
];

/// `data/methods.json` lists the methods of each revision's schema by who sends them.
fn schema() -> Value {
    serde_json::from_str(include_str!("data/methods.json")).expect("valid data")
}

fn names(revision: Revision, group: &str) -> BTreeSet<String> {
    let schema = schema();
    let list = schema[revision.name()][group]
        .as_array()
        .expect("a list")
        .clone();
    list.iter()
        .map(|name| name.as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn every_method_of_a_schema_is_known_as_what_it_is() {
    for revision in Revision::ALL {
        for (group, notification, other) in [
            ("ClientRequest", false, Sender::Server),
            ("ClientNotification", true, Sender::Server),
            ("ServerRequest", false, Sender::Client),
            ("ServerNotification", true, Sender::Client),
        ] {
            for name in names(revision, group) {
                let method = Method::of(&name);
                assert_eq!(method.name(), Some(name.as_str()), "{revision:?}");
                assert_eq!(method.is_notification(), Some(notification), "{name}");
                assert_ne!(method.sender(), other, "{name} of {group}");
                assert!(method.exists_in(revision), "{name} in {revision:?}");
            }
        }
    }
}

#[test]
fn no_method_is_claimed_for_a_revision_without_it() {
    let groups = [
        "ClientRequest",
        "ClientNotification",
        "ServerRequest",
        "ServerNotification",
    ];
    for revision in Revision::ALL {
        let all: BTreeSet<_> = groups
            .iter()
            .flat_map(|group| names(revision, group))
            .collect();
        for method in Method::ALL
            .iter()
            .filter(|method| method.exists_in(revision))
        {
            let name = method.name().expect("a known method");
            let known = all.contains(name) || BEYOND_THE_SCHEMA.contains(&name);
            assert!(known, "{name} in {revision:?}");
        }
    }
}

#[test]
fn names_and_methods_agree() {
    for method in Method::ALL {
        let name = method.name().expect("a known method");
        assert_eq!(Method::of(name), *method);
        assert!(!Method::is_lookalike(name));
        assert!(Method::is_lookalike(&name.to_uppercase()), "{name}");
        assert!(Method::is_lookalike(&format!("/{name}")), "{name}");
    }
    assert_eq!(Method::of("x"), Method::Other);
    assert_eq!(Method::Other.name(), None);
    assert!(Method::Other.exists_in(Revision::V2024_11_05));
}

#[test]
fn revisions_are_named_exactly() {
    for revision in Revision::ALL {
        assert_eq!(Revision::from_name(revision.name()), Some(revision));
    }
    for name in [
        "",
        "2025-11-25 ",
        "2025-11-26",
        "draft",
        "2026-07-28\0",
        "v2025-11-25",
    ] {
        assert_eq!(Revision::from_name(name), None, "{name}");
    }
    assert_eq!(
        Revision::from_name("2024-10-07"),
        Some(Revision::V2024_11_05)
    );
    assert!(Revision::ALL.is_sorted());
}

//! The MCP Registry's interface, against a fixture registry on this machine.

#![expect(clippy::unwrap_used, reason = "test helpers fail by panicking")]

mod support;

use interlock_supply::registry::{Api, ApiError};
use interlock_supply::{Client, FetchError};
use support::server::{Answer, Server};

const NAME: &str = "io.github.user/x";

fn answer(name: &str, version: &str, package_version: &str) -> String {
    format!(
        r#"{{"server": {{"name": "{name}", "description": "X", "version": "{version}",
            "packages": [{{"registryType": "npm", "identifier": "@user/x", "version": "{package_version}", "transport": {{"type": "stdio"}}}}]}},
            "_meta": {{"io.modelcontextprotocol.registry/official": {{"status": "active"}}}}}}"#
    )
}

/// Asks a registry that has `body` at the place of `NAME`'s `latest` or of the version asked for.
fn ask(body: Option<&str>, version: Option<&str>) -> Result<String, ApiError> {
    let server = Server::start();
    if let Some(body) = body {
        let path = format!(
            "/v0.1/servers/io.github.user%2Fx/versions/{}",
            version.unwrap_or("latest")
        );
        server.put(&path, Answer::new(body));
    }
    let api = Api::new(&server.url(), Client::new(&support::server::near())).unwrap();
    api.entry(NAME, version).map(|(_, review)| review.subject)
}

#[test]
fn entries_are_fetched_and_reviewed() {
    assert_eq!(
        ask(Some(&answer(NAME, "1.0.0", "1.0.0")), None).unwrap(),
        NAME
    );
    assert_eq!(
        ask(Some(&answer(NAME, "1.0.0", "1.0.0")), Some("1.0.0")).unwrap(),
        NAME
    );
    assert!(matches!(
        ask(None, None),
        Err(ApiError::Fetch {
            source: FetchError::NotFound,
            ..
        })
    ));
    for (body, version) in [
        (answer("io.github.user/y", "1.0.0", "1.0.0"), None),
        (answer(NAME, "1.0.1", "1.0.0"), Some("1.0.0")),
        ("{}".to_owned(), None),
        ("[".to_owned(), None),
        (
            answer(NAME, "1.0.0", "1.0.0").replace("\"_meta\"", "\"server\""),
            None,
        ),
    ] {
        assert!(
            matches!(ask(Some(&body), version), Err(ApiError::Answer { .. })),
            "{body}"
        );
    }
    let refused = ask(Some(&answer(NAME, "1.0.0", "latest")), None);
    assert!(
        matches!(refused, Err(ApiError::Refused { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_registry_of_this_machine_leads_nowhere_else() {
    let server = Server::start();
    let place = "/v0.1/servers/io.github.user%2Fx/versions/latest";
    server.put("/elsewhere", Answer::new(answer(NAME, "1.0.0", "1.0.0")));
    let away = Answer {
        headers: vec![("location", format!("{}/elsewhere", server.url()))],
        ..Answer::status(302)
    };
    server.put(place, away);
    let api = Api::new(&server.url(), Client::new(&support::server::near())).unwrap();
    assert!(matches!(api.entry(NAME, None), Err(ApiError::Fetch { .. })));
    assert_eq!(server.asked_for("elsewhere"), 0);
}

#[test]
fn only_names_and_addresses_that_are_some_are_asked() {
    let client = || Client::new(&support::server::near());
    for base in [
        "http://registry.example",
        "https://user@registry.example",
        "registry.example",
        "https://r.example/?x",
    ] {
        assert!(
            matches!(Api::new(base, client()), Err(ApiError::Base(_))),
            "{base}"
        );
    }
    let api = Api::new("https://registry.example/", client()).unwrap();
    for name in ["x", "../x", "io.github.user/../x", "io.github.user/x?y"] {
        assert!(
            matches!(api.entry(name, None), Err(ApiError::Name(_))),
            "{name}"
        );
    }
    assert!(matches!(
        api.entry(NAME, Some("1/2")),
        Err(ApiError::Answer { .. })
    ));
}

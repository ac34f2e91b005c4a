//! The user's logins at registries of images: to whom they go, and to whom they never do.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use base64::{Engine, engine::general_purpose::STANDARD};
use interlock_supply::{
    Trust,
    oci::{Logins, Reference, Registry, Source},
};
use serde_json::json;
use support::{
    chain,
    server::{Answer, Server},
};

const MANIFEST: &str = "/v2/team/server/manifests/1";
const TOKEN: &str = "/token?service=hub&scope=repository%3Ateam%2Fserver%3Apull";
/// A registry of this machine under this name.
const IMAGE: &str = "hub.example/team/server:1";

/// A registry that wants `wanted` for its one manifest, and says so with this challenge.
fn hub(wanted: &str, challenge: &str) -> Server {
    let server = Server::start();
    let challenge = challenge.replace("REALM", &format!("{}token", server.url()));
    let manifest = Answer {
        login: Some((wanted.to_owned(), challenge)),
        ..Answer::new("{}")
    };
    server.put(MANIFEST, manifest);
    server
}

const BEARER: &str = "Bearer realm=\"REALM\",service=\"hub\"";

fn basic() -> String {
    format!("Basic {}", STANDARD.encode("alice:secret"))
}

/// The place of a registry of this machine, as a login is kept under it.
fn host(server: &Server) -> String {
    let url = server.url();
    url.trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned()
}

/// Asks for the manifest with a file of logins; why it is not had, if it is not.
fn ask(server: &Server, logins: &serde_json::Value) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.json");
    std::fs::write(&path, logins.to_string()).unwrap();
    let mirrors = [("hub.example".to_owned(), server.url())];
    let registry = Registry::new(mirrors.into(), &Trust::default())
        .with_logins(Logins::from_files(&[path]).unwrap());
    let image: Reference = IMAGE.parse().unwrap();
    let answer = registry.manifest(&image, None, 1000);
    answer.map_or_else(|error| chain(&error), |_| String::new())
}

fn login(server: &Server) -> serde_json::Value {
    let auth = STANDARD.encode("alice:secret");
    json!({"auths": {host(server): {"auth": auth}}})
}

#[test]
fn a_registry_that_wants_the_login_itself_gets_it() {
    let server = hub(&basic(), "Basic realm=\"x\"");
    assert_eq!(ask(&server, &login(&server)), "");
    let asked = server.asked();
    assert_eq!(asked[0], (MANIFEST.to_owned(), None), "only when it asks");
    assert_eq!(asked[1], (MANIFEST.to_owned(), Some(basic())));
    let none = ask(&server, &json!({}));
    let expected = format!("no login for `{}`", host(&server));
    assert!(
        none.contains("refused access (401)") && none.contains(&expected),
        "{none}"
    );
    let wrong = hub("Basic other", "Basic realm=\"x\"");
    assert!(ask(&wrong, &login(&wrong)).contains("refused access (401)"));
}

#[test]
fn tokens_are_had_for_a_login() {
    let server = hub("Bearer t0k", BEARER);
    let token = Answer {
        login: Some((basic(), "Basic".to_owned())),
        ..Answer::new(json!({"token": "t0k"}).to_string())
    };
    server.put(TOKEN, token);
    assert_eq!(ask(&server, &login(&server)), "");
    let asked = server.asked();
    assert_eq!(asked[1], (TOKEN.to_owned(), Some(basic())));
    // Of another registry's, and of nobody's.
    let auth = STANDARD.encode("alice:secret");
    for other in ["hub.example", "other.example", "127.0.0.1"] {
        let logins = json!({"auths": {other: {"auth": auth}}});
        server.forget();
        assert!(ask(&server, &logins).contains("refused access"), "{other}");
        assert!(server.asked().iter().all(|(_, header)| header.is_none()));
    }
}

#[test]
fn an_identity_token_is_changed_for_another_one() {
    let server = hub("Bearer t0k", BEARER);
    let token = json!({"access_token": "t0k"}).to_string();
    server.put("/token", Answer::new(token));
    let logins = json!({"auths": {host(&server): {"auth": "", "identitytoken": "id+1"}}});
    assert_eq!(ask(&server, &logins), "");
    let expected = "grant_type=refresh_token&service=hub&client_id=interlock\
        &scope=repository%3Ateam%2Fserver%3Apull&refresh_token=id%2B1";
    assert_eq!(server.sent(), [expected]);
    // Nothing of it goes where the registry's answer leads.
    let moved = Answer {
        headers: vec![("Location", format!("{}elsewhere", server.url()))],
        ..Answer::status(307)
    };
    server.put("/token", moved);
    server.forget();
    assert!(ask(&server, &logins).contains("refused access"));
    assert_eq!(server.asked_for("elsewhere"), 0);
}

// How redirects over TLS are followed is tested where that is written (`http/redirects.rs`).
#[test]
fn without_tls_no_redirect_is_followed_and_no_other_realm_is_asked() {
    let other = Server::start();
    for to in [&other, &hub("x", "y")] {
        let moved = Answer {
            headers: vec![("Location", format!("{}token", to.url()))],
            ..Answer::status(302)
        };
        let server = hub("Bearer t0k", BEARER);
        server.put(TOKEN, moved.clone());
        assert_ne!(ask(&server, &login(&server)), "");
        let direct = hub(&basic(), "Basic");
        direct.change(MANIFEST, |answer| {
            answer.status = 302;
            answer.headers = moved.headers;
        });
        assert_ne!(ask(&direct, &login(&direct)), "");
        assert!(to.asked().is_empty());
    }
    let server = hub("x", "Bearer realm=\"http://auth.example/token\"");
    assert!(ask(&server, &login(&server)).contains("is not an https address"));
}

#[test]
fn a_registry_that_the_user_logged_in_to_may_be_anywhere() {
    let makes = Server::start();
    makes.put(TOKEN, Answer::new(json!({"token": "t0k"}).to_string()));
    let realm = BEARER.replace("REALM", &format!("{}token", makes.url()));
    let server = hub("Bearer t0k", &realm);
    let image: Reference = format!("{}/team/server:1", host(&server)).parse().unwrap();
    let ask = |logins: &serde_json::Value| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.json");
        std::fs::write(&path, logins.to_string()).unwrap();
        let registry = Registry::new(Default::default(), &Trust::default())
            .with_logins(Logins::from_files(&[path]).unwrap());
        let answer = registry.manifest(&image, None, 1000);
        answer.map_or_else(|error| chain(&error), |_| String::new())
    };
    for logins in [json!({}), json!({"auths": {host(&makes): {}}})] {
        assert!(ask(&logins).contains("is no public address"), "{logins}");
        assert!(server.asked().is_empty() && makes.asked().is_empty());
    }
    // It names where its tokens are made.
    assert_eq!(ask(&login(&server)), "");
    assert_eq!(makes.asked(), [(TOKEN.to_owned(), Some(basic()))]);
    // A program may keep the login; the file names the registry all the same.
    assert_eq!(ask(&json!({"auths": {host(&server): {}}})), "");
}

#[test]
fn a_program_that_keeps_logins_is_told_and_not_started() {
    let server = hub(&basic(), "Basic realm=\"x\"");
    for logins in [
        json!({"auths": {host(&server): {}}, "credsStore": "desktop"}),
        json!({"credHelpers": {host(&server): "desktop"}}),
    ] {
        let error = ask(&server, &logins);
        for part in [
            "is kept by the program `docker-credential-desktop`, which is not started",
            "REGISTRY_AUTH_FILE=FILE",
            &host(&server),
        ] {
            assert!(error.contains(part), "{error}");
        }
    }
    // Where everybody may read, it does not matter.
    server.put(MANIFEST, Answer::new("{}"));
    assert_eq!(ask(&server, &json!({"credsStore": "desktop"})), "");
}

//! Who the client is to an authorization server.

use interlock_sdk::auth::Secret;
use interlock_sdk::auth::client::{
    AuthError, ClientIdUrl, Identity, Registered, RegistrationError, danger,
};
use serde_json::json;

use super::world::World;

const URL: &str = "https://app.example/client.json";

fn reads_urls(world: &World) {
    world.knobs().metadata = vec![("client_id_metadata_document_supported", json!(true))];
}

// SPEC: 2025-11-25/basic/authorization/client-id-metadata-documents:1
// SPEC: 2025-11-25/basic/authorization/client-registration-approaches:1
// SPEC: 2026-07-28/basic/authorization/client-registration/advertising-cimd-support:1
// SPEC: 2026-07-28/basic/authorization/client-registration/client-id-metadata-documents:1
// SPEC: 2026-07-28/basic/authorization/client-registration/pre-registration:1
// SPEC: 2026-07-28/basic/authorization/client-registration/top:1 2025-11-25/basic/authorization/discovery:1
// SPEC: 2026-07-28/basic/authorization/index/overview:2 2025-11-25/basic/authorization/overview:2
// SPEC: 2025-11-25/basic/authorization/preregistration:1
#[tokio::test]
async fn registered_beforehand_then_by_url_then_now() {
    let url = || ClientIdUrl::parse(URL).unwrap();
    let world = World::new().await;
    reads_urls(&world);
    let mine = Registered::with(&world.issuers[0], Identity::public("mine"));
    let cases = [
        (
            world.builder().client_id_url(url()).registered(mine),
            "0 authorize mine []",
        ),
        (
            world.builder().client_id_url(url()),
            "0 authorize https://app.example/client.json []",
        ),
    ];
    for (builder, expected) in cases {
        assert_eq!(world.call(&builder.build()).await.unwrap(), 200);
        assert_eq!(world.asked()[0], expected);
    }
    world.knobs().metadata.clear();
    assert_eq!(
        world
            .call(&world.builder().client_id_url(url()).build())
            .await
            .unwrap(),
        200
    );
    assert!(world.asked()[0].contains("register"));
    world.knobs().metadata = vec![("registration_endpoint", json!(null))];
    let error = world
        .call(&world.builder().client_id_url(url()).build())
        .await
        .unwrap_err();
    let AuthError::Registration { source, .. } = error else {
        panic!("{error:?}")
    };
    assert!(matches!(source, RegistrationError::NoWay));
}

// SPEC: 2026-07-28/basic/authorization/client-registration/application-type-and-redirect-uri-constraints:1-2
// SPEC: 2026-07-28/basic/authorization/index/refresh-tokens:2
#[tokio::test]
async fn what_registration_settled_is_kept_to() {
    for (method, expected) in [
        ("client_secret_basic", "basic dynamic1:given"),
        ("client_secret_post", "post dynamic1:given"),
        ("none", "none dynamic1"),
    ] {
        let world = World::new().await;
        world.knobs().metadata = vec![("token_endpoint_auth_methods_supported", json!([method]))];
        world.knobs().registers =
            json!({"client_secret": "given", "token_endpoint_auth_method": method});
        assert_eq!(world.call(&world.builder().build()).await.unwrap(), 200);
        let asked = world.asked();
        assert_eq!(asked[0], format!("0 register \"native\" \"{method}\""));
        assert_eq!(asked[2], format!("0 token authorization_code {expected}"));
    }
}

// SPEC: 2026-07-28/basic/authorization/client-registration/application-type-and-redirect-uri-constraints:4-5
// SPEC: 2025-11-25/basic/authorization/open-redirection:1
// SPEC: 2026-07-28/basic/authorization/security-considerations/open-redirection:1
#[tokio::test]
async fn a_registration_with_another_way_back_is_refused() {
    for change in [
        json!({"redirect_uris": ["https://attacker.invalid/cb"]}),
        json!({"client_id": ""}),
        json!({"client_id": "a\nb"}),
    ] {
        let world = World::new().await;
        world.knobs().registers = change.clone();
        let error = world.call(&world.builder().build()).await.unwrap_err();
        let AuthError::Registration { source, .. } = error else {
            panic!("{error:?}")
        };
        assert!(
            matches!(source, RegistrationError::Malformed(_)),
            "{change}"
        );
        assert_eq!(world.asked().len(), 1);
    }
}

// SPEC: 2026-07-28/basic/authorization/client-registration/application-type-and-redirect-uri-constraints:4-5
#[tokio::test]
async fn a_refused_registration_says_why() {
    let world = World::new().await;
    world.knobs().registration_error = Some("invalid_redirect_uri");
    let error = world.call(&world.builder().build()).await.unwrap_err();
    let AuthError::Registration { source, .. } = error else {
        panic!("{error:?}")
    };
    let RegistrationError::Refused {
        status,
        code,
        description,
    } = source
    else {
        panic!("{source:?}")
    };
    assert_eq!(
        (status, code.unwrap().as_str()),
        (400, "invalid_redirect_uri")
    );
    assert_eq!(description.unwrap().as_str(), "not that one");
    assert_eq!(world.asked().len(), 1);
}

// SPEC: 2026-07-28/basic/authorization/authorization-server-discovery/authorization-server-location:3-4
// SPEC: 2026-07-28/basic/authorization/client-registration/authorization-server-binding:1-3
// SPEC: 2026-07-28/basic/authorization/index/token-handling:5 2025-11-25/basic/authorization/token-handling:5
/// The server names another authorization server after a while: nothing of the first reaches the second.
#[tokio::test]
async fn a_new_issuer_gets_nothing_of_the_old_one() {
    let world = World::new().await;
    world.knobs().registers = json!({"client_secret": "first-secret"});
    world.knobs().metadata = vec![(
        "token_endpoint_auth_methods_supported",
        json!(["client_secret_basic"]),
    )];
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    let before = oauth_context(&oauth);
    world.log();
    {
        let mut knobs = world.knobs();
        knobs.issuer = 1;
        knobs.tokens.clear();
        knobs.registers = json!({"client_secret": "second-secret"});
    }
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    let asked = world.asked();
    assert_eq!(asked[0], r#"1 register "native" "client_secret_basic""#);
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|line| line.starts_with("1 ")), "{asked:?}");
    assert!(
        asked
            .iter()
            .all(|line| !line.contains("first") && !line.contains("dynamic1")),
        "{asked:?}"
    );
    assert_ne!(before, oauth_context(&oauth), "caches are not shared");
}

fn oauth_context(oauth: &interlock_sdk::auth::client::OAuth) -> u64 {
    interlock_sdk::auth::client::Authorize::context(oauth)
}

// SPEC: 2026-07-28/basic/authorization/client-registration/authorization-server-binding:4
#[tokio::test]
async fn a_registered_client_stays_with_its_issuer() {
    let world = World::new().await;
    let mine = Registered::with(
        &world.issuers[0],
        Identity::secret("mine", Secret::new("topsecret")),
    );
    world.knobs().issuer = 1;
    let error = world
        .call(&world.builder().registered(mine).build())
        .await
        .unwrap_err();
    assert!(matches!(error, AuthError::Discovery(_)), "{error:?}");
    assert!(world.asked().is_empty());
    // Unless one asks for it by a name that says what it is.
    let anywhere = danger::registered_anywhere(Identity::public("mine"));
    assert_eq!(
        world
            .call(&world.builder().registered(anywhere).build())
            .await
            .unwrap(),
        200
    );
}

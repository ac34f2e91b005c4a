//! The grants that need nobody.

use interlock_sdk::auth::Secret;
use interlock_sdk::auth::client::{
    AuthError, Identity, IdentityProvider, Registered, RegistrationError, Scopes,
};
use interlock_sdk::auth::jwt::{Algorithm, Jws, SigningKey};
use serde_json::json;

use super::world::{BEGIN, World};

fn methods(world: &World, list: serde_json::Value) {
    world.knobs().metadata = vec![("token_endpoint_auth_methods_supported", list)];
}

fn registered(world: &World) -> Registered {
    Registered::with(
        &world.issuers[0],
        Identity::secret("me", Secret::new("s:cret+1")),
    )
}

// SPEC: 2025-11-25/basic/authorization/preregistration:1
// SPEC: 2026-07-28/basic/authorization/client-registration/pre-registration:1
#[tokio::test]
async fn a_secret_goes_where_the_server_wants_it() {
    for (list, expected) in [
        (json!(["client_secret_basic"]), "basic me:s%3Acret%2B1"),
        (json!(null), "basic me:s%3Acret%2B1"),
        (json!(["client_secret_post"]), "post me:s:cret+1"),
        (
            json!(["client_secret_post", "client_secret_basic"]),
            "basic me:s%3Acret%2B1",
        ),
    ] {
        let world = World::new().await;
        methods(&world, list);
        let oauth = world
            .builder()
            .client_credentials()
            .registered(registered(&world))
            .build();
        assert_eq!(world.call(&oauth).await.unwrap(), 200);
        assert_eq!(
            world.asked(),
            [format!("0 token client_credentials {expected}")]
        );
    }
    let world = World::new().await;
    methods(&world, json!(["tls_client_auth"]));
    let oauth = world
        .builder()
        .client_credentials()
        .registered(registered(&world))
        .build();
    assert!(matches!(
        world.call(&oauth).await,
        Err(AuthError::Token { .. })
    ));
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn a_key_signs_for_this_issuer_and_this_minute() {
    let world = World::new().await;
    methods(&world, json!(["private_key_jwt"]));
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let public = key.public().clone();
    let identity = Registered::with(&world.issuers[0], Identity::key("me", key));
    let oauth = world
        .builder()
        .client_credentials()
        .registered(identity)
        .build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    let asked = world.asked();
    let assertion = asked[0]
        .strip_prefix("0 token client_credentials assertion ")
        .unwrap();
    let claims = Jws::parse(assertion)
        .unwrap()
        .verify_with(&public, &[Algorithm::Es256])
        .unwrap();
    assert_eq!(
        (claims.issuer(), claims.subject()),
        (Some("me"), Some("me"))
    );
    assert_eq!(claims.audience(), [world.issuers[0].as_str()]);
    assert_eq!(
        (claims.seconds("iat"), claims.seconds("exp")),
        (Some(BEGIN), Some(BEGIN + 60))
    );
    assert!(claims.id().unwrap().len() >= 32);
}

#[tokio::test]
async fn a_key_of_an_algorithm_that_the_server_does_not_list_is_not_used() {
    let world = World::new().await;
    methods(&world, json!(["private_key_jwt"]));
    let list = (
        "token_endpoint_auth_signing_alg_values_supported",
        json!(["RS256"]),
    );
    world.knobs().metadata.push(list);
    let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let identity = Registered::with(&world.issuers[0], Identity::key("me", key));
    let oauth = world
        .builder()
        .client_credentials()
        .registered(identity)
        .build();
    assert!(matches!(
        world.call(&oauth).await,
        Err(AuthError::Token { .. })
    ));
    assert!(world.asked().is_empty());
}

// SPEC: 2026-07-28/basic/authorization/client-registration/authorization-server-binding:1,4
// SPEC: 2026-07-28/basic/authorization/authorization-server-discovery/authorization-server-location:4
#[tokio::test]
async fn credentials_of_another_issuer_are_not_sent() {
    let world = World::new().await;
    let elsewhere = Registered::with(
        "https://idp.example",
        Identity::secret("me", Secret::new("s")),
    );
    let oauth = world
        .builder()
        .client_credentials()
        .registered(elsewhere)
        .build();
    let error = world.call(&oauth).await.unwrap_err();
    assert!(matches!(error, AuthError::Discovery(_)), "{error:?}");
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn the_known_one_of_two_issuers_is_chosen() {
    let world = World::new().await;
    let both = json!([world.issuers[1], world.issuers[0]]);
    world.knobs().resource = vec![("authorization_servers", both)];
    methods(&world, json!(["client_secret_basic"]));
    let oauth = world
        .builder()
        .client_credentials()
        .registered(registered(&world))
        .build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    assert!(world.log().iter().all(|line| !line.starts_with('1')));
}

#[tokio::test]
async fn a_workload_shows_what_its_platform_gave_it() {
    let world = World::new().await;
    let identity = Registered::with(&world.issuers[0], Identity::public("workload"));
    let oauth = world
        .builder()
        .workload(Secret::new("platform.jwt.x"))
        .registered(identity)
        .build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    assert_eq!(
        world.asked(),
        [
            "0 token jwt-bearer none workload",
            "assertion platform.jwt.x"
        ]
    );
}

#[tokio::test]
async fn a_refused_assertion_is_neither_sent_again_nor_replaced_by_another_grant() {
    for code in ["invalid_grant", "invalid_scope", "unauthorized_client"] {
        let world = World::new().await;
        world.knobs().token_error = Some((400, code));
        let identity = Registered::with(&world.issuers[0], Identity::public("workload"));
        let oauth = world
            .builder()
            .workload(Secret::new("platform.jwt.x"))
            .registered(identity)
            .build();
        for _ in 0..3 {
            let error = world.call(&oauth).await.unwrap_err();
            let AuthError::Token { source, .. } = error else {
                panic!("{error:?}")
            };
            assert_eq!(source.code(), Some(code));
        }
        assert_eq!(world.asked(), ["0 token jwt-bearer none workload"]);
    }
}

// SPEC: 2025-11-25/basic/authorization/resource-parameter-implementation:3
// SPEC: 2026-07-28/basic/authorization/index/resource-parameter-implementation:3
// SPEC: 2025-11-25/basic/authorization/access-token-privilege-restriction:6
// SPEC: 2026-07-28/basic/authorization/security-considerations/access-token-privilege-restriction:6
#[tokio::test]
async fn an_organisation_vouches_for_its_people() {
    let world = World::new().await;
    methods(&world, json!(["client_secret_basic"]));
    let there = Identity::public("idp-client");
    let provider = IdentityProvider::new(&world.issuers[1], there);
    let oauth = world
        .builder()
        .enterprise(provider, Secret::new("sign.on.token"))
        .registered(registered(&world))
        .scopes(Scopes::parse("chat.read"))
        .build();
    // The provider takes a public client here.
    world.knobs().metadata = vec![(
        "token_endpoint_auth_methods_supported",
        json!(["client_secret_basic", "none"]),
    )];
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    let kind = "urn:ietf:params:oauth:token-type";
    assert_eq!(
        world.asked(),
        [
            "1 token token-exchange none idp-client".to_owned(),
            format!(
                "exchange {} {} sign.on.token {kind}:id_token {kind}:id-jag",
                world.issuers[0], world.server
            ),
            "0 token jwt-bearer basic me:s%3Acret%2B1".to_owned(),
            "assertion the.id.jag".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_grant_without_an_identity_is_an_error() {
    let world = World::new().await;
    let error = world
        .call(&world.builder().client_credentials().build())
        .await
        .unwrap_err();
    let AuthError::Registration { source, .. } = error else {
        panic!("{error:?}")
    };
    assert!(matches!(source, RegistrationError::NoWay));
    world.knobs().metadata = vec![("grant_types_supported", json!(["authorization_code"]))];
    let oauth = world
        .builder()
        .client_credentials()
        .registered(registered(&world))
        .build();
    assert!(matches!(
        world.call(&oauth).await,
        Err(AuthError::Discovery(_))
    ));
    assert!(world.asked().is_empty());
}

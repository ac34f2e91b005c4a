//! Tokens that are bound to a key.

use interlock_sdk::auth::client::{AuthError, Dpop, TokenError};
use serde_json::json;

use super::world::World;

fn offers(world: &World, server: bool, issuer: bool) {
    let mut knobs = world.knobs();
    knobs.binds = true;
    if server {
        knobs.challenge = r#"DPoP resource_metadata="META""#;
    }
    if issuer {
        knobs.metadata = vec![("dpop_signing_alg_values_supported", json!(["ES256"]))];
    }
}

#[tokio::test]
async fn tokens_are_bound_when_both_sides_offer_it() {
    for (server, issuer, bound) in [
        (true, true, true),
        (false, true, false),
        (true, false, false),
        (false, false, false),
    ] {
        let world = World::new().await;
        offers(&world, server, issuer);
        let oauth = world.builder().build();
        for _ in 0..3 {
            assert_eq!(world.call(&oauth).await.unwrap(), 200);
        }
        assert_eq!(!world.knobs().proofs.is_empty(), bound, "{server} {issuer}");
        assert_eq!(world.knobs().proofs.len(), if bound { 4 } else { 0 });
    }
}

#[tokio::test]
async fn the_metadata_of_the_resource_can_offer_it_too() {
    for member in [
        ("dpop_bound_access_tokens_required", json!(true)),
        ("dpop_signing_alg_values_supported", json!(["ES256"])),
    ] {
        let world = World::new().await;
        offers(&world, false, true);
        world.knobs().resource = vec![member];
        assert_eq!(world.call(&world.builder().build()).await.unwrap(), 200);
        assert_eq!(world.knobs().proofs.len(), 2);
    }
}

#[tokio::test]
async fn nonces_of_both_servers_are_honoured() {
    let world = World::new().await;
    offers(&world, true, true);
    world.knobs().nonces = [Some("issuer-nonce"), Some("server-nonce")];
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    let redeemed = world
        .asked()
        .iter()
        .filter(|line| line.contains("authorization_code"))
        .count();
    assert_eq!((redeemed, world.knobs().proofs.len()), (2, 4));
    // The nonce is known now, until the server wants another.
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    assert_eq!(world.knobs().proofs.len(), 5);
    world.knobs().nonces[1] = Some("another-nonce");
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    assert_eq!(world.knobs().proofs.len(), 7);
    assert!(world.asked().is_empty(), "no other token for a nonce");
}

#[tokio::test]
async fn a_renewed_token_is_bound_to_the_same_key() {
    let world = World::new().await;
    offers(&world, true, true);
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    world.hand.advance(std::time::Duration::from_secs(3_600));
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    let keys: Vec<_> = world
        .knobs()
        .tokens
        .values()
        .map(|token| token.thumbprint.clone())
        .collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn where_binding_is_required_a_bearer_token_is_refused() {
    let world = World::new().await;
    let error = world
        .call(&world.builder().dpop(Dpop::Required).build())
        .await
        .unwrap_err();
    let AuthError::Token { source, .. } = error else {
        panic!("{error:?}")
    };
    assert!(matches!(*source, TokenError::NotBound));
    let world = World::new().await;
    offers(&world, true, true);
    assert_eq!(
        world
            .call(&world.builder().dpop(Dpop::Off).build())
            .await
            .unwrap(),
        200
    );
    assert!(world.knobs().proofs.is_empty());
}

//! Credentials from one run to the next.

use std::time::Duration;

use interlock_sdk::auth::store::{FileStore, MasterKey};
use serde_json::json;
use tempfile::TempDir;

use super::world::World;

fn store(directory: &TempDir) -> FileStore {
    FileStore::open(
        directory.path().join("credentials"),
        MasterKey::new([7; 32]),
    )
    .unwrap()
}

#[tokio::test]
async fn the_next_run_asks_nobody() {
    let (world, directory) = (World::new().await, TempDir::new().unwrap());
    world.knobs().metadata = vec![("dpop_signing_alg_values_supported", json!(["ES256"]))];
    world.knobs().challenge = r#"DPoP resource_metadata="META""#;
    world.knobs().binds = true;
    assert_eq!(
        world
            .call(&world.builder().store(store(&directory)).build())
            .await
            .unwrap(),
        200
    );
    world.log();
    let next = world.builder().store(store(&directory)).build();
    assert_eq!(world.call(&next).await.unwrap(), 200);
    assert!(world.log().is_empty());
    world.hand.advance(Duration::from_secs(4_000));
    let later = world.builder().store(store(&directory)).build();
    assert_eq!(world.call(&later).await.unwrap(), 200);
    assert_eq!(world.asked(), ["0 token refresh_token none dynamic1"]);
    // The first one finds what the other has renewed.
    assert_eq!(world.call(&next).await.unwrap(), 200);
    assert!(world.asked().is_empty());
}

/// What is stored for one authorization server is not even looked at for another.
// SPEC: 2026-07-28/basic/authorization/client-registration/authorization-server-binding:1
#[tokio::test]
async fn stored_credentials_stay_with_their_issuer() {
    let (world, directory) = (World::new().await, TempDir::new().unwrap());
    assert_eq!(
        world
            .call(&world.builder().store(store(&directory)).build())
            .await
            .unwrap(),
        200
    );
    world.log();
    world.knobs().issuer = 1;
    world.knobs().tokens.clear();
    let next = world.builder().store(store(&directory)).build();
    assert_eq!(world.call(&next).await.unwrap(), 200);
    let asked = world.asked();
    assert!(
        asked
            .iter()
            .all(|line| line.starts_with("1 ") && !line.contains("dynamic1 ")),
        "{asked:?}"
    );
    // Back at the first one, its credentials are there, and its refresh token is sent to it alone.
    world.knobs().issuer = 0;
    world.knobs().tokens.clear();
    let again = world.builder().store(store(&directory)).build();
    assert_eq!(world.call(&again).await.unwrap(), 200);
    assert!(world.asked().iter().all(|line| line.starts_with("0 ")));
}

// SPEC: 2026-07-28/basic/authorization/index/refresh-tokens:1
// SPEC: 2026-07-28/basic/authorization/security-considerations/token-theft:1
// SPEC: 2025-11-25/basic/authorization/token-theft:1
#[tokio::test]
async fn secrets_are_not_in_the_files() {
    let (world, directory) = (World::new().await, TempDir::new().unwrap());
    world.knobs().registers = json!({"client_secret": "given-secret"});
    assert_eq!(
        world
            .call(&world.builder().store(store(&directory)).build())
            .await
            .unwrap(),
        200
    );
    let mut files = 0;
    for entry in std::fs::read_dir(directory.path().join("credentials")).unwrap() {
        let path = entry.unwrap().path();
        let content = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for word in ["access", "refresh", "given-secret", "127.0.0.1", "issuer"] {
            assert!(
                !content.contains(word) && !path.to_string_lossy().contains(word),
                "{word}"
            );
        }
        files += 1;
    }
    assert!(files >= 2);
}

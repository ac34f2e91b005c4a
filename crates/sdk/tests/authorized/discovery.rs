//! Finding the authorization server, and whom not to believe.

use interlock_sdk::auth::client::{AuthError, DiscoveryError, danger};
use serde_json::{Value, json};

use super::world::World;

const PATH: &str = "/.well-known/oauth-protected-resource/mcp";
const ROOT: &str = "/.well-known/oauth-protected-resource";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

// SPEC: 2026-07-28/basic/authorization/authorization-server-discovery/authorization-server-metadata-discovery:1-3
// SPEC: 2026-07-28/basic/authorization/authorization-server-discovery/protected-resource-metadata-discovery-requirements:2-3
// SPEC: 2025-11-25/basic/authorization/authorization-server-metadata-discovery:1-3
// SPEC: 2026-07-28/basic/authorization/index/authorization-server-discovery:1
// SPEC: 2026-07-28/basic/authorization/index/overview:6 2025-11-25/basic/authorization/overview:6
// SPEC: 2025-11-25/basic/authorization/protected-resource-metadata-discovery-requirements:2-3
/// Where the documents are, whether the challenge says so, and the requests until both are found.
#[tokio::test]
async fn documents_are_found_where_the_specification_puts_them() {
    let announced = r#"Bearer resource_metadata="META""#;
    let cases: [(&str, &str, &str, &str, &[&str]); 5] = [
        (
            PATH,
            announced,
            "",
            OAUTH,
            &[
                "server /.well-known/oauth-protected-resource/mcp",
                "0 /.well-known/oauth-authorization-server",
            ],
        ),
        (
            PATH,
            "Bearer",
            "",
            "/.well-known/openid-configuration",
            &[
                "server /.well-known/oauth-protected-resource/mcp",
                "0 /.well-known/oauth-authorization-server",
                "0 /.well-known/openid-configuration",
            ],
        ),
        (
            ROOT,
            "Bearer",
            "/tenant1",
            "/.well-known/oauth-authorization-server/tenant1",
            &[
                "server /.well-known/oauth-protected-resource/mcp",
                "server /.well-known/oauth-protected-resource",
                "0 /.well-known/oauth-authorization-server/tenant1",
            ],
        ),
        (
            "/custom/meta.json",
            announced,
            "/tenant1",
            "/tenant1/.well-known/openid-configuration",
            &[
                "server /custom/meta.json",
                "0 /.well-known/oauth-authorization-server/tenant1",
                "0 /.well-known/openid-configuration/tenant1",
                "0 /tenant1/.well-known/openid-configuration",
            ],
        ),
        (
            PATH,
            announced,
            "/tenant1",
            "/.well-known/openid-configuration/tenant1",
            &[
                "server /.well-known/oauth-protected-resource/mcp",
                "0 /.well-known/oauth-authorization-server/tenant1",
                "0 /.well-known/openid-configuration/tenant1",
            ],
        ),
    ];
    for (resource, challenge, issuer, metadata, expected) in cases {
        let world = World::new().await;
        {
            let mut knobs = world.knobs();
            knobs.resource_path = resource;
            knobs.challenge = challenge;
            knobs.issuer_path = issuer;
            knobs.metadata_path = metadata;
        }
        assert_eq!(
            world.call(&world.builder().build()).await.unwrap(),
            200,
            "{metadata}"
        );
        let log = world.log();
        assert_eq!(&log[..expected.len()], expected);
        assert!(log[expected.len()].contains("register"));
    }
}

// SPEC: 2025-11-25/basic/authorization/authorization-code-protection:2,4-5
// SPEC: 2026-07-28/basic/authorization/authorization-server-discovery/authorization-server-metadata-discovery:4-7
// SPEC: 2025-11-25/basic/authorization/communication-security:2
// SPEC: 2026-07-28/basic/authorization/security-considerations/authorization-code-protection:2,4-5
// SPEC: 2026-07-28/basic/authorization/security-considerations/communication-security:2
/// Changes of the documents after which nothing more may be asked of anybody.
#[tokio::test]
async fn documents_that_are_not_believed() {
    let issuer: &[(&'static str, Value)] = &[
        ("issuer", json!("https://attacker.example")),
        ("issuer", Value::Null),
        ("code_challenge_methods_supported", Value::Null),
        ("code_challenge_methods_supported", json!(["plain"])),
        ("token_endpoint", json!("http://10.0.0.1/token")),
        ("token_endpoint", json!("https://169.254.169.254/token")),
        ("token_endpoint", json!("file:///token")),
        ("token_endpoint", Value::Null),
        (
            "registration_endpoint",
            json!("https://[fd00:ec2::254]/register"),
        ),
        ("authorization_endpoint", json!("javascript:alert(1)")),
        (
            "authorization_endpoint",
            json!("http://www.example.com/$(touch x)"),
        ),
        ("authorization_endpoint", Value::Null),
    ];
    for change in issuer {
        let world = World::new().await;
        world.knobs().metadata = vec![change.clone()];
        let error = world.call(&world.builder().build()).await.unwrap_err();
        assert!(
            matches!(error, AuthError::Discovery(_)),
            "{change:?} {error:?}"
        );
        assert!(world.asked().is_empty(), "{change:?}");
    }
    let resource: &[(&'static str, Value)] = &[
        ("resource", json!("https://evil.example/mcp")),
        ("resource", Value::Null),
        ("authorization_servers", json!([])),
        ("authorization_servers", Value::Null),
        ("authorization_servers", json!(["http://10.1.2.3"])),
        ("authorization_servers", json!(["https://idp.example?x"])),
        ("authorization_servers", json!(["gopher://idp.example"])),
    ];
    for change in resource {
        let world = World::new().await;
        world.knobs().resource = vec![change.clone()];
        let error = world.call(&world.builder().build()).await.unwrap_err();
        assert!(
            matches!(error, AuthError::Discovery(_)),
            "{change:?} {error:?}"
        );
        assert_eq!(world.log().len(), 1, "{change:?}");
    }
}

// SPEC: 2025-11-25/basic/authorization/authorization-code-protection:6-7
// SPEC: 2026-07-28/basic/authorization/security-considerations/authorization-code-protection:6-7
#[tokio::test]
async fn openid_metadata_without_s256_ends_the_attempt() {
    for methods in [Value::Null, json!(["plain"])] {
        let world = World::new().await;
        world.knobs().metadata_path = "/.well-known/openid-configuration";
        world.knobs().metadata = vec![("code_challenge_methods_supported", methods)];
        let error = world.call(&world.builder().build()).await.unwrap_err();
        assert!(
            matches!(error, AuthError::Discovery(DiscoveryError::NoPkce)),
            "{error:?}"
        );
        assert!(world.asked().is_empty());
    }
}

// SPEC: 2025-11-25/basic/authorization/authorization-server-abuse-protection:1
// SPEC: 2026-07-28/basic/authorization/security-considerations/authorization-server-abuse-protection:1
#[tokio::test]
async fn a_challenge_cannot_send_us_elsewhere() {
    let world = World::new().await;
    for challenge in [
        r#"Bearer resource_metadata="http://127.0.0.1:6379/""#,
        r#"Bearer resource_metadata="http://169.254.169.254/latest""#,
        r#"Bearer resource_metadata="https://rebind.attacker.invalid/""#,
    ] {
        world.knobs().challenge = challenge;
        let error = world.call(&world.builder().build()).await.unwrap_err();
        assert!(
            matches!(error, AuthError::Discovery(DiscoveryError::MetadataOrigin)),
            "{error:?}"
        );
        assert!(world.log().is_empty());
    }
}

#[tokio::test]
async fn a_server_without_metadata_is_its_own_issuer_or_needs_a_dangerous_word() {
    let world = World::new().await;
    world.knobs().resource_path = "/nowhere";
    world.knobs().challenge = "Bearer";
    let error = world.call(&world.builder().build()).await.unwrap_err();
    assert!(
        matches!(error, AuthError::Discovery(DiscoveryError::Missing(404))),
        "{error:?}"
    );
    // By convention the endpoints are at the server, where this one has none.
    let error = world
        .call(&danger::without_metadata(world.builder()).build())
        .await
        .unwrap_err();
    assert!(matches!(error, AuthError::Registration { .. }), "{error:?}");
}

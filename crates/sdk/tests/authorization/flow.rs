//! Our client and our server with an authorization server between them.

use interlock_sdk::auth::client::OAuth;
use interlock_sdk::client::Client;
use interlock_sdk::http::client::StreamableHttp;
use interlock_wire::Revision;
use serde_json::json;

use super::idp::Idp;
use super::world::{Browser, oauth, start_server};

/// Connects, calls two tools, and returns what they said.
async fn use_server(url: &str, oauth: OAuth, revision: Revision) -> (String, String) {
    let transport = StreamableHttp::new(url).unwrap().authorize(oauth);
    let client = Client::builder("me", "1.0")
        .revision(revision)
        .connect(transport)
        .await
        .unwrap();
    let mut said = Vec::new();
    for tool in ["whoami", "delete_file"] {
        let result = client.call_tool(tool, &json!({})).await.unwrap();
        said.push(result.content[0].as_text().unwrap().to_owned());
    }
    (said.remove(0), said.remove(0))
}

fn count(seen: &[String], start: &str) -> usize {
    seen.iter().filter(|line| line.starts_with(start)).count()
}

#[tokio::test]
async fn a_client_finds_its_way_from_a_refusal_to_a_token_and_steps_up() {
    for (revision, dpop) in [
        (Revision::V2025_11_25, false),
        (Revision::V2026_07_28, false),
        (Revision::V2025_11_25, true),
        (Revision::V2026_07_28, true),
    ] {
        let idp = Idp::start().await;
        if dpop {
            idp.publish(json!({"dpop_signing_alg_values_supported": ["ES256"]}));
        }
        let url = start_server(&idp).await;
        let browser = Browser::default();
        let said = use_server(&url, oauth(&url, &browser), revision).await;
        assert_eq!(
            said,
            ("alice".to_owned(), "deleted".to_owned()),
            "{revision:?} {dpop}"
        );
        let asked = browser.asked.lock().unwrap();
        let scopes: Vec<String> = asked
            .iter()
            .map(|request| request.scopes().to_string())
            .collect();
        assert_eq!(scopes, ["mcp:use", "files:delete mcp:use"], "{revision:?}");
        assert!(asked.iter().all(|request| request.resource() == url));
        let seen = idp.seen();
        assert_eq!(
            (
                count(&seen, "POST /register"),
                count(&seen, "GET /authorize")
            ),
            (1, 2),
            "{seen:?}"
        );
        let bound = seen.iter().filter(|line| line.contains("dpop_jkt")).count();
        assert_eq!(bound, if dpop { 2 } else { 0 }, "{seen:?}");
    }
}

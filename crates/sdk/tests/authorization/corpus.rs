//! Every case of the OAuth corpus, judged by what a user of the SDK gets by default.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Request, Response};
use interlock_sdk::BoxFuture;
use interlock_sdk::auth::Secret;
use interlock_sdk::auth::client::{
    Authorize as _, Identity, IssuerMetadata, OAuth, RedirectUri, Registered, ResourceMetadata,
    Retry, Scopes, remarks,
};
use interlock_sdk::auth::jwt::{Algorithm, JwkSet, SigningKey};
use interlock_sdk::auth::server::{
    Authenticate as _, ConsentKeeper, ConsentTo, Guard, JwtValidator, KnownTokens,
};
use interlock_sdk::clock::Clock;
use interlock_sdk::net::{Fetcher, Policy, Resolve, danger};
use serde_json::{Value, json};
use url::Url;

use super::idp::Idp;
use super::world::{Browser, Pointer, SharedStore, local, oauth, start_server};

#[tokio::test]
async fn every_case_is_judged_as_expected() {
    let mut judged = 0;
    for line in include_str!("../data/oauth.jsonl").lines() {
        let case: Value = serde_json::from_str(line).expect("a case is JSON");
        let verdict = judge(&case["input"]).await;
        assert_eq!(
            verdict,
            case["expected"].as_str().expect("an expectation"),
            "{case}"
        );
        judged += 1;
    }
    assert_eq!(judged, 24, "the corpus lost cases");
}

/// Finds the part of the SDK that a case is about, by the members of its input.
async fn judge(input: &Value) -> &'static str {
    let text = |name: &str| input[name].as_str();
    if let Some(endpoint) = text("authorization_endpoint") {
        return pass(authorization_endpoint(endpoint));
    }
    if let Some(challenge) = text("www_authenticate") {
        return pass(follows(challenge).await);
    }
    if let Some(registered) = text("registered") {
        let registered = RedirectUri::parse(registered).expect("a redirect URI");
        return pass(registered.accepts(text("requested").expect("a request")));
    }
    if let Some(redirect) = text("redirect_uri").filter(|_| input["dcr_client"].is_null()) {
        let redirect = RedirectUri::parse(redirect).expect("a redirect URI");
        let client = text("client_id").expect("a client");
        return noticed(&remarks(&Scopes::default(), &redirect, client));
    }
    if let Some(url) = text("client_id") {
        let url = Url::parse(url).expect("a URL");
        return pass(Fetcher::new().get(&url).await.is_ok());
    }
    if let Some(audience) = text("aud") {
        return pass(takes_audience(audience, text("server").expect("a server")).await);
    }
    if let Some(client) = text("dcr_client") {
        return pass(consents(
            client,
            text("redirect_uri").expect("a URI"),
            text("static_client").expect("a client"),
        ));
    }
    if text("stored_issuer").is_some() {
        return pass(stored_credentials_follow_a_new_issuer().await);
    }
    if text("callback_state").is_some() {
        return pass(a_state_counts_twice().await);
    }
    match input {
        Value::Object(members) if members.contains_key("code_challenge_methods_supported") => {
            pass(authorizes_with(&input["code_challenge_methods_supported"]).await)
        }
        Value::Object(members) if members.contains_key("token_store") => {
            pass(takes_known(&input["token_store"], text("presented").expect("a token")).await)
        }
        Value::Object(members) if members.contains_key("scopes_supported") => {
            let scopes = Scopes::of(
                input["scopes_supported"]
                    .as_array()
                    .expect("scopes")
                    .iter()
                    .filter_map(Value::as_str),
            );
            let redirect = RedirectUri::parse("https://app.example/cb").expect("a redirect URI");
            noticed(&remarks(&scopes, &redirect, "client"))
        }
        Value::Object(members) if members.contains_key("prm_authorization_servers") => {
            pass(chooses_the_known(&input["prm_authorization_servers"]))
        }
        other => panic!("a case of a kind that is not known: {other}"),
    }
}

fn pass(passes: bool) -> &'static str {
    if passes { "allow" } else { "reject" }
}

fn noticed<T>(remarks: &[T]) -> &'static str {
    if remarks.is_empty() {
        "allow"
    } else {
        "detect"
    }
}

/// Whether metadata with this endpoint is taken; where it is on this machine, in development.
fn authorization_endpoint(endpoint: &str) -> bool {
    let issuer = "https://idp.example";
    let document = json!({
        "issuer": issuer, "authorization_endpoint": endpoint, "token_endpoint": "https://idp.example/token",
    });
    let taken = |policy: Policy| {
        IssuerMetadata::parse(document.to_string().as_bytes(), issuer, &policy).is_ok()
    };
    let development = taken(danger::allow_loopback());
    let local = Url::parse(endpoint).is_ok_and(|url| url.host_str() == Some("127.0.0.1"));
    assert_eq!(
        taken(Policy::default()),
        development && !local,
        "{endpoint}"
    );
    development
}

/// Names that mean a public address at first and the metadata service of a cloud when it counts.
#[derive(Clone, Default)]
struct Rebinding(Arc<AtomicUsize>);

impl Resolve for Rebinding {
    fn resolve<'a>(
        &'a self,
        _host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let first = self.0.fetch_add(1, Ordering::Relaxed) == 0;
        let address: IpAddr = if first {
            [169, 254, 169, 254]
        } else {
            [93, 184, 216, 34]
        }
        .into();
        Box::pin(std::future::ready(Ok(vec![SocketAddr::new(address, port)])))
    }
}

/// Whether a client goes where a challenge points, and whether the fetcher alone would.
async fn follows(challenge: &str) -> bool {
    let resolver = Rebinding::default();
    let fetcher = Fetcher::with_resolver(Policy::default(), resolver.clone());
    let oauth = OAuth::builder("https://mcp.example/mcp", "A client").unwrap();
    let oauth = oauth
        .fetcher(fetcher.clone())
        .user_agent(Browser::default())
        .build();
    let response = Response::builder()
        .status(401)
        .header("www-authenticate", challenge)
        .body(())
        .unwrap();
    let request = Request::post("https://mcp.example/mcp").body(()).unwrap();
    let (request, response) = (request.into_parts().0, response.into_parts().0);
    let followed = oauth.challenged(&request, &response, 1).await.is_ok();
    assert_eq!(
        resolver.0.load(Ordering::Relaxed),
        0,
        "nobody was even looked up"
    );
    let url = challenge
        .split('"')
        .nth(1)
        .and_then(|url| Url::parse(url).ok())
        .expect("a URL");
    let fetched = fetcher.get(&url).await.is_ok();
    followed || fetched
}

/// Whether a token for `audience` is taken at `server`.
async fn takes_audience(audience: &str, server: &str) -> bool {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let validator =
        JwtValidator::with_keys("https://idp.example", JwkSet::new([key.public().clone()]))
            .unwrap();
    let guard = Guard::builder(server).accept(validator).build().unwrap();
    let audience = audience.split(' ').next();
    let expiry = Clock::system().unix_seconds() + 600;
    let claims =
        json!({"iss": "https://idp.example", "sub": "alice", "aud": audience, "exp": expiry});
    let token = key.sign_claims("at+jwt", &claims).unwrap();
    let passes = admitted(&guard, &token).await;
    // The same token would do if it were for this server.
    let own = json!({"iss": "https://idp.example", "sub": "alice", "aud": server, "exp": expiry});
    assert!(admitted(&guard, &key.sign_claims("at+jwt", &own).unwrap()).await);
    passes
}

async fn takes_known(store: &Value, presented: &str) -> bool {
    let mut tokens = KnownTokens::new();
    for token in store.as_array().expect("a list") {
        tokens = tokens
            .token(token.as_str().expect("a token"), "someone")
            .unwrap();
    }
    let guard = Guard::builder("https://mcp.example/mcp")
        .accept(tokens)
        .build()
        .unwrap();
    admitted(&guard, presented).await
}

async fn admitted(guard: &Guard, token: &str) -> bool {
    let request = Request::post("/mcp").header("authorization", format!("Bearer {token}"));
    guard
        .authenticate(&request.body(()).unwrap().into_parts().0)
        .await
        .is_ok()
}

/// Whether a consent that a person gave to one client lets another through.
fn consents(client: &str, redirect: &str, proxy: &str) -> bool {
    let keeper = ConsentKeeper::new(&[7; 32]);
    let cookie = keeper.cookie(
        &ConsentTo::new("alice", proxy, "https://proxy.example/cb", ["a"]),
        1_000,
    );
    keeper.holds(
        &cookie,
        &ConsentTo::new("alice", client, redirect, ["a"]),
        1_000,
    )
}

fn chooses_the_known(servers: &Value) -> bool {
    let server = Url::parse("https://mcp.example/mcp").expect("a URL");
    let document = json!({"resource": server.as_str(), "authorization_servers": servers});
    let metadata =
        ResourceMetadata::parse(document.to_string().as_bytes(), &server).expect("metadata");
    let known = servers
        .as_array()
        .and_then(|all| all.last()?.as_str())
        .expect("a server");
    metadata
        .choose(|issuer| issuer == known, true)
        .is_ok_and(|chosen| chosen == known)
}

/// Asks `oauth` to get by a refusal of the server at `url`, as its transport would.
async fn obtains(oauth: &OAuth, url: &str) -> bool {
    let origin = url.strip_suffix("/mcp").expect("our path");
    let pointer =
        format!("Bearer resource_metadata=\"{origin}/.well-known/oauth-protected-resource/mcp\"");
    let response = Response::builder()
        .status(401)
        .header("www-authenticate", pointer)
        .body(())
        .unwrap();
    let request = Request::post(url).body(()).unwrap();
    let (mut request, response) = (request.into_parts().0, response.into_parts().0);
    // What was stored is tried first, as it would be.
    let _ = oauth.authorize(&mut request).await;
    matches!(
        oauth.challenged(&request, &response, 1).await,
        Ok(Retry::Again)
    )
}

/// A client holds a refresh token and a client secret of one authorization server, and the MCP server comes to name
/// another: whether that one gets to see any of it, or a token is obtained in the name of the registered client.
async fn stored_credentials_follow_a_new_issuer() -> bool {
    let (idp, attacker) = (Idp::start().await, Idp::start().await);
    let pointer = Pointer::start(&idp).await;
    let store = SharedStore::default();
    let plain = || {
        let client = OAuth::builder(&pointer.url, "A client")
            .unwrap()
            .fetcher(local());
        client.user_agent(Browser::default()).store(store.clone())
    };
    let registered = || {
        let identity = Identity::secret("our-client", Secret::new("our-secret".to_owned()));
        plain().registered(Registered::with(idp.url(), identity))
    };
    assert!(obtains(&registered().build(), &pointer.url).await);
    assert!(idp.seen().join("\n").contains("our-client"));
    pointer.point_at(&attacker);
    let obtained = obtains(&registered().build(), &pointer.url).await;
    // A client that registers anywhere gets new credentials there, and brings nothing along.
    assert!(obtains(&plain().build(), &pointer.url).await);
    let seen = attacker.seen().join("\n");
    assert!(seen.contains("registered-client"), "{seen}");
    obtained
        || ["our-client", "our-secret", "refresh-", "Basic", "Bearer"]
            .iter()
            .any(|part| seen.contains(part))
}

/// A browser that comes back with the answer to an earlier question.
async fn a_state_counts_twice() -> bool {
    let idp = Idp::start().await;
    let url = start_server(&idp).await;
    let browser = Browser::default();
    assert!(obtains(&oauth(&url, &browser), &url).await);
    let used = browser.callbacks.lock().unwrap()[0].clone();
    *browser.forged.lock().unwrap() = Some(used);
    obtains(&oauth(&url, &browser), &url).await
}

/// Whether a client authorizes with a server that knows these PKCE methods.
async fn authorizes_with(methods: &Value) -> bool {
    let idp = Idp::start().await;
    let url = start_server(&idp).await;
    assert!(
        obtains(&oauth(&url, &Browser::default()), &url).await,
        "with S256 it does"
    );
    idp.publish(json!({"code_challenge_methods_supported": methods}));
    obtains(&oauth(&url, &Browser::default()), &url).await
}

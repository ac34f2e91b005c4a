//! Scenarios about authorization.

use interlock_sdk::auth::Secret;
use interlock_sdk::auth::client::{
    Builder, ClientIdUrl, Dpop, Identity, IdentityProvider, Loopback, OAuth, danger as weaker,
};
use interlock_sdk::auth::jwt::{Algorithm, SigningKey};
use interlock_sdk::http::client::StreamableHttp;
use interlock_sdk::net::{Fetcher, danger};
use serde_json::json;

use super::{Context, Failure, browser, client};

/// Where the suite says that its client's metadata document is.
const CLIENT_ID_URL: &str = "https://conformance-test.local/client-metadata.json";

/// Connects, authorized as the scenario wants it, and uses the server.
pub(super) async fn play(scenario: &str, url: &str, context: Context) -> Result<(), Failure> {
    let oauth = OAuth::builder(url, "interlock-conformance")?
        // Every server of the suite is on this machine and speaks plain HTTP.
        .fetcher(Fetcher::with_policy(danger::allow_loopback()));
    let oauth = match scenario {
        "auth/client-credentials-basic" => oauth.client_credentials().registered(secret(&context)?),
        "auth/client-credentials-jwt" => oauth.client_credentials().registered(key(&context)?),
        "auth/enterprise-managed-authorization" => enterprise(oauth, &context)?,
        "auth/wif-jwt-bearer" => workload(oauth, &context)?,
        "auth/pre-registration" => person(oauth).registered(secret(&context)?),
        "auth/dpop" | "auth/dpop-nonce" => person(oauth).dpop(Dpop::Required),
        name if name.starts_with("auth/2025-03-26-") => weaker::without_metadata(person(oauth)),
        _ => person(oauth).client_id_url(ClientIdUrl::parse(CLIENT_ID_URL)?),
    };
    let transport = StreamableHttp::new(url)?.authorize(oauth.build());
    let client = client().connect(transport).await?;
    client.list_tools().await?;
    client.call_tool("test-tool", &json!({})).await?;
    client.close().await;
    Ok(())
}

/// A person with a browser, who agrees to everything.
fn person(oauth: Builder) -> Builder {
    oauth.user_agent(Loopback::new(|request| {
        let url = request.url().as_url().to_string();
        tokio::spawn(async move {
            if let Err(problem) = browser::open(url).await {
                crate::conformance::complain(&*problem);
            }
        });
        Ok(())
    }))
}

fn secret(context: &Context) -> Result<interlock_sdk::auth::client::Registered, Failure> {
    let (id, secret) = (given(&context.client_id)?, given(&context.client_secret)?);
    Ok(weaker::registered_anywhere(Identity::secret(
        id,
        Secret::new(secret),
    )))
}

fn key(context: &Context) -> Result<interlock_sdk::auth::client::Registered, Failure> {
    let pem = given(&context.private_key_pem)?;
    let algorithm = context.signing_algorithm.as_deref().unwrap_or("ES256");
    let algorithm = Algorithm::named(algorithm).ok_or("an unknown algorithm")?;
    let key = SigningKey::from_pem(pem, algorithm)?;
    Ok(weaker::registered_anywhere(Identity::key(
        given(&context.client_id)?,
        key,
    )))
}

fn enterprise(oauth: Builder, context: &Context) -> Result<Builder, Failure> {
    let endpoint = given(&context.idp_token_endpoint)?.parse()?;
    let us = Identity::public(given(&context.idp_client_id)?);
    let provider = IdentityProvider::new(given(&context.idp_issuer)?, us).token_endpoint(endpoint);
    let token = Secret::new(given(&context.idp_id_token)?);
    Ok(oauth
        .enterprise(provider, token)
        .registered(secret(context)?))
}

fn workload(oauth: Builder, context: &Context) -> Result<Builder, Failure> {
    let us = Identity::public(given(&context.client_id)?);
    let token = Secret::new(given(&context.valid_jwt)?);
    Ok(oauth
        .workload(token)
        .registered(weaker::registered_anywhere(us)))
}

fn given(member: &Option<String>) -> Result<&str, Failure> {
    Ok(member
        .as_deref()
        .ok_or("the scenario's context lacks something")?)
}

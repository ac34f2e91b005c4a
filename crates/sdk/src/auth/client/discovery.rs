//! From a refusal to the authorization server: RFC 9728, then RFC 8414 or OpenID Connect Discovery.

use http::StatusCode;
use url::Url;

use super::error::DiscoveryError;
use super::metadata::{IssuerMetadata, ResourceMetadata};
use super::{Scopes, resource};
use crate::auth::challenge::Challenge;
use crate::net::{Answer, Fetcher};

/// What a challenge asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Demand {
    /// Where the resource's metadata is.
    pub(super) metadata: Option<Url>,
    pub(super) scopes: Option<Scopes>,
    /// The error code.
    pub(super) error: Option<String>,
    /// Whether the server speaks of proofs.
    pub(super) dpop: bool,
}

impl Demand {
    /// Reads what the challenges of a refusal ask of a client that can do `Bearer` and `DPoP`.
    pub(super) fn read(challenges: &[Challenge], server: &Url) -> Result<Self, DiscoveryError> {
        let ours = || {
            challenges
                .iter()
                .filter(|challenge| challenge.is("bearer") || challenge.is("dpop"))
        };
        let find = |name: &str| ours().find_map(|challenge| challenge.parameter(name));
        let metadata = match find("resource_metadata") {
            None => None,
            Some(text) => Some(metadata_url(text, server)?),
        };
        Ok(Self {
            metadata,
            scopes: find("scope")
                .map(Scopes::parse)
                .filter(|scopes| !scopes.is_empty()),
            error: find("error").map(str::to_owned),
            dpop: challenges.iter().any(|challenge| challenge.is("dpop")),
        })
    }
}

/// The URL of the metadata, which is part of the resource and therefore at its origin: a server cannot send us anywhere
/// else with it.
fn metadata_url(text: &str, server: &Url) -> Result<Url, DiscoveryError> {
    let url = Url::parse(text).map_err(|_| DiscoveryError::Malformed("resource_metadata"))?;
    if url.origin() != server.origin() || !url.username().is_empty() || url.password().is_some() {
        return Err(DiscoveryError::MetadataOrigin);
    }
    Ok(url)
}

/// The resource's metadata, if it has any: where the challenge says, else at the well-known places.
pub(super) async fn resource(
    fetcher: &Fetcher,
    server: &Url,
    announced: Option<&Url>,
) -> Result<Option<ResourceMetadata>, DiscoveryError> {
    if let Some(url) = announced {
        let document = fetch(fetcher, url).await?;
        let document = document.map_err(|status| DiscoveryError::Missing(status.as_u16()))?;
        return ResourceMetadata::parse(&document.body, server).map(Some);
    }
    for url in resource::well_known(server) {
        match fetch(fetcher, &url).await? {
            Ok(document) => return ResourceMetadata::parse(&document.body, server).map(Some),
            Err(status) if status.is_client_error() => {}
            Err(status) => return Err(DiscoveryError::Missing(status.as_u16())),
        }
    }
    Ok(None)
}

/// The metadata of an authorization server, wherever it publishes it.
pub(super) async fn issuer(
    fetcher: &Fetcher,
    issuer: &str,
) -> Result<IssuerMetadata, DiscoveryError> {
    let url = Url::parse(issuer).map_err(|_| DiscoveryError::Malformed("issuer"))?;
    let policy = fetcher.policy();
    policy
        .check(&url)
        .map_err(|error| DiscoveryError::Endpoint("issuer", error))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(DiscoveryError::Malformed("issuer"));
    }
    let mut last = StatusCode::NOT_FOUND;
    for place in resource::issuer_well_known(&url) {
        match fetch(fetcher, &place).await? {
            // A document that is of another issuer ends the search: whoever answers for this host is not to be believed.
            Ok(document) => return IssuerMetadata::parse(&document.body, issuer, policy),
            Err(status) => last = status,
        }
    }
    Err(DiscoveryError::Missing(last.as_u16()))
}

/// The document, or the status of an answer that is none.
async fn fetch(fetcher: &Fetcher, url: &Url) -> Result<Result<Answer, StatusCode>, DiscoveryError> {
    let answer = fetcher.get(url).await?;
    Ok(if answer.status == StatusCode::OK {
        Ok(answer)
    } else {
        Err(answer.status)
    })
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::Demand;
    use crate::auth::challenge;

    fn demand(field: &str) -> Result<Demand, super::DiscoveryError> {
        let server = Url::parse("https://mcp.example/mcp").unwrap();
        Demand::read(&challenge::parse(field).unwrap(), &server)
    }

    #[test]
    fn what_a_server_asks_for() {
        let read = demand(
            r#"Basic realm="x", DPoP algs="ES256", Bearer scope="a b", error="insufficient_scope",
               resource_metadata="https://mcp.example/meta""#
                .replace('\n', " ")
                .as_str(),
        )
        .unwrap();
        assert_eq!(read.scopes.unwrap().to_string(), "a b");
        assert_eq!(read.error.as_deref(), Some("insufficient_scope"));
        assert_eq!(read.metadata.unwrap().as_str(), "https://mcp.example/meta");
        assert!(read.dpop);
        let empty = demand(r#"Bearer scope="""#).unwrap();
        assert!(empty.scopes.is_none() && empty.metadata.is_none() && !empty.dpop);
    }

    #[test]
    fn metadata_is_fetched_from_the_servers_origin_only() {
        for url in [
            "http://2852039166/",
            "http://0x7f.1/",
            "http://127.0.0.1:6379/",
            "http://[fd00:ec2::254]/",
            "https://rebind.attacker.invalid/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "https://mcp.example:8443/",
            "http://mcp.example/",
            "https://mcp.example@evil.example/",
            "https://user@mcp.example/",
            "//evil.example/",
            "file:///etc/passwd",
        ] {
            assert!(
                demand(&format!("Bearer resource_metadata=\"{url}\"")).is_err(),
                "{url}"
            );
        }
    }
}

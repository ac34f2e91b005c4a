//! Who the client is at an authorization server, and how it shows that.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use serde_json::json;
use url::Url;

use super::error::TokenError;
use super::metadata::IssuerMetadata;
use super::{UrlError, pkce};
use crate::auth::Secret;
use crate::auth::jwt::SigningKey;
use crate::net::Question;

/// Seconds that an assertion of ours is good for.
const ASSERTION_SECONDS: u64 = 60;

/// A client id and what proves it.
#[derive(Clone)]
pub struct Identity {
    pub(super) id: String,
    pub(super) proof: ClientProof,
    /// The method that the registration settled, if it did.
    pub(super) method: Option<String>,
}

/// How a client authenticates at the token endpoint.
#[derive(Clone)]
pub(super) enum ClientProof {
    None,
    Secret(Secret),
    Key(Arc<SigningKey>),
}

impl Identity {
    /// A public client.
    pub fn public(id: impl Into<String>) -> Self {
        Self::new(id, ClientProof::None)
    }

    /// A client with a secret.
    pub fn secret(id: impl Into<String>, secret: Secret) -> Self {
        Self::new(id, ClientProof::Secret(secret))
    }

    /// A client that signs with a key whose public half the authorization server knows (`private_key_jwt`, RFC 7523).
    pub fn key(id: impl Into<String>, key: SigningKey) -> Self {
        Self::new(id, ClientProof::Key(Arc::new(key)))
    }

    fn new(id: impl Into<String>, proof: ClientProof) -> Self {
        Self {
            id: id.into(),
            proof,
            method: None,
        }
    }

    /// The client id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The POST of these fields to the token endpoint, as from this client.
    pub(super) fn question(
        &self,
        issuer: &IssuerMetadata,
        fields: &[(&str, &str)],
        now: u64,
    ) -> Result<Question, TokenError> {
        let mut fields = fields.to_vec();
        let url = issuer.token.clone();
        match (&self.proof, self.choose(issuer)?) {
            (ClientProof::Secret(secret), Method::Basic) => {
                Ok(Question::form(url, fields).basic(&self.id, secret.expose()))
            }
            (ClientProof::Secret(secret), Method::Post) => {
                fields.extend([
                    ("client_id", self.id.as_str()),
                    ("client_secret", secret.expose()),
                ]);
                Ok(Question::form(url, fields))
            }
            (ClientProof::Key(key), _) => {
                let assertion = self.assertion(key, issuer, now)?;
                fields.extend([
                    (
                        "client_assertion_type",
                        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    ),
                    ("client_assertion", assertion.expose()),
                ]);
                Ok(Question::form(url, fields))
            }
            (ClientProof::None | ClientProof::Secret(_), _) => {
                fields.push(("client_id", &self.id));
                Ok(Question::form(url, fields))
            }
        }
    }

    fn choose(&self, issuer: &IssuerMetadata) -> Result<Method, TokenError> {
        let settled = self.method.as_deref();
        let takes =
            |name: &str| settled.map_or_else(|| issuer.takes_method(name), |own| own == name);
        match &self.proof {
            ClientProof::None => Ok(Method::None),
            ClientProof::Secret(_) if takes("client_secret_basic") => Ok(Method::Basic),
            ClientProof::Secret(_) if takes("client_secret_post") => Ok(Method::Post),
            ClientProof::Secret(_) if takes("none") => Ok(Method::None),
            ClientProof::Key(key) => {
                let method = issuer.methods.is_none() || issuer.takes_method("private_key_jwt");
                let algorithm = issuer.method_algorithms.as_ref();
                let algorithm = algorithm
                    .is_none_or(|all| all.iter().any(|name| name == key.algorithm().name()));
                if method && algorithm {
                    Ok(Method::Assertion)
                } else {
                    Err(TokenError::NoMethod)
                }
            }
            ClientProof::Secret(_) => Err(TokenError::NoMethod),
        }
    }

    /// A signed statement of who we are, for this issuer only and for a minute.
    fn assertion(
        &self,
        key: &SigningKey,
        issuer: &IssuerMetadata,
        now: u64,
    ) -> Result<Secret, TokenError> {
        let claims = json!({
            "iss": self.id,
            "sub": self.id,
            "aud": issuer.issuer,
            "jti": pkce::random()?.expose(),
            "iat": now,
            "exp": now.saturating_add(ASSERTION_SECONDS),
        });
        Ok(Secret::new(key.sign_claims("JWT", &claims)?))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    None,
    Basic,
    Post,
    Assertion,
}

/// A client that was registered beforehand, with the one authorization server that it was registered with.
#[derive(Clone)]
pub struct Registered {
    /// None means whichever server is met first; see [`danger`](super::danger).
    pub(super) issuer: Option<String>,
    pub(super) identity: Identity,
}

impl Registered {
    /// The identity that `issuer` gave us. No other authorization server is ever told of it.
    pub fn with(issuer: impl Into<String>, identity: Identity) -> Self {
        Self {
            issuer: Some(issuer.into()),
            identity,
        }
    }

    pub(super) fn is_for(&self, issuer: &str) -> bool {
        self.issuer.as_deref().is_none_or(|own| own == issuer)
    }
}

/// The URL of a client ID metadata document, which is itself the client id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientIdUrl(String);

impl ClientIdUrl {
    /// Checks a URL: `https`, with a path that has no dot segments, without credentials and fragment.
    ///
    /// ```
    /// use interlock_sdk::auth::client::ClientIdUrl;
    /// assert!(ClientIdUrl::parse("https://app.example/client.json").is_ok());
    /// assert!(ClientIdUrl::parse("https://app.example/").is_err());
    /// ```
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text).map_err(|_| UrlError::Malformed)?;
        if url.scheme() != "https" {
            return Err(UrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        // Parsing would resolve dot segments and fold the host; the text has to be what is compared.
        if url.as_str() != text || url.path() == "/" || url.fragment().is_some() {
            return Err(UrlError::Characters);
        }
        Ok(Self(text.to_owned()))
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The header that carries a proof.
pub(super) const DPOP: HeaderName = HeaderName::from_static("dpop");
/// The header that carries the nonce for the next proof.
pub(super) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// A header value that is not logged.
pub(super) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::{ClientIdUrl, UrlError};

    // SPEC: 2025-11-25/basic/authorization/implementation-requirements:1,3
    // SPEC: 2026-07-28/basic/authorization/client-registration/implementation-requirements:1,3
    #[test]
    fn a_client_id_url_is_taken_as_it_is_written() {
        use UrlError::{Characters, Credentials, Malformed, Scheme};
        let good = "https://app.example/client.json?v=1";
        assert_eq!(ClientIdUrl::parse(good).unwrap().as_str(), good);
        for (text, fault) in [
            ("http://app.example/client.json", Scheme),
            ("https://app.example", Characters),
            ("https://app.example/", Characters),
            ("https://app.example/a/../client.json", Characters),
            ("https://app.example/./client.json", Characters),
            ("https://APP.example/client.json", Characters),
            ("https://app.example:443/client.json", Characters),
            ("https://app.example/client.json#x", Characters),
            ("https://user@app.example/client.json", Credentials),
            ("client.json", Malformed),
        ] {
            assert_eq!(ClientIdUrl::parse(text), Err(fault), "{text}");
        }
    }
}

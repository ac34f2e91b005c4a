//! Why a request cannot be authorized.

use std::sync::Arc;

use interlock_wire::Untrusted;
use thiserror::Error;

use crate::auth::jwt::KeyError;
use crate::auth::store::StoreError;
use crate::net::FetchError;

/// Why a request cannot be authorized.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuthError {
    /// What the server says of its authorization cannot be used.
    #[error("cannot find out how the server is authorized")]
    Discovery(#[from] DiscoveryError),
    /// There is no client identity for the authorization server.
    #[error("no client registration at `{issuer}`")]
    Registration {
        /// The authorization server.
        issuer: String,
        /// Why.
        source: RegistrationError,
    },
    /// The authorization server gave no token.
    #[error("no token from `{issuer}`")]
    Token {
        /// The authorization server.
        issuer: String,
        /// Why.
        source: Arc<TokenError>,
    },
    /// The person did not grant it, or what came back does not belong to what was asked.
    #[error("not authorized by `{issuer}`")]
    Consent {
        /// The authorization server.
        issuer: String,
        /// Why.
        source: Arc<ConsentError>,
    },
    /// A request to another origin than the server's: its credentials do not go there.
    #[error("refused to send credentials to another origin")]
    OtherOrigin,
    /// The server wants more than the token can be widened to, or refuses a token with all that it asked for.
    #[error("the server refuses a token with every scope that it asked for")]
    StillRefused,
    /// The credential store failed.
    #[error("cannot use the credential store")]
    Store(#[from] StoreError),
    /// Proof or assertion could not be made.
    #[error("cannot sign")]
    Key(#[from] KeyError),
    /// Anything that another implementation of the trait met.
    #[error("authorization failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why metadata cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// `WWW-Authenticate` is malformed.
    #[error("malformed challenge")]
    Challenge(#[source] crate::auth::challenge::ChallengeError),
    /// The challenge sends us to another origin for metadata.
    #[error("metadata of the resource is at another origin")]
    MetadataOrigin,
    /// A document could not be fetched.
    #[error("cannot fetch metadata")]
    Fetch(#[from] FetchError),
    /// A document is not there, though it was announced.
    #[error("no metadata where it should be (status {0})")]
    Missing(u16),
    /// A document is no JSON, or not of the right shape.
    #[error("malformed metadata: {0}")]
    Malformed(&'static str),
    /// The metadata is of another resource than the server.
    #[error("metadata names another resource than the server")]
    Resource,
    /// The metadata names no authorization server, or none that we have credentials for.
    #[error("metadata names no authorization server that can be used")]
    NoIssuer,
    /// The document of an issuer states another issuer.
    #[error("metadata of `{expected}` is of another issuer")]
    Issuer {
        /// Whose metadata was asked for.
        expected: String,
    },
    /// An endpoint has a URL that we do not go to.
    #[error("endpoint `{0}` refused")]
    Endpoint(&'static str, #[source] FetchError),
    /// The authorization endpoint is not fit to be opened.
    #[error("authorization endpoint refused")]
    AuthorizationUrl(#[from] UrlError),
    /// PKCE with S256 is not among what the server supports.
    #[error("authorization server does not support PKCE with S256")]
    NoPkce,
    /// What we are configured for is not among what the server supports.
    #[error("authorization server does not support {0}")]
    Unsupported(&'static str),
}

/// Why a URL is not fit to be opened in a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Not an absolute URL with a host.
    #[error("not an absolute url")]
    Malformed,
    /// Neither `https` nor, in development, `http` to this machine.
    #[error("scheme is not https")]
    Scheme,
    /// User name or password inside.
    #[error("url carries credentials")]
    Credentials,
    /// A fragment, or a character that a shell or a launcher could act upon.
    #[error("url holds characters that do not belong there")]
    Characters,
}

/// Why there is no client identity.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// Nothing is configured that this authorization server takes.
    #[error(
        "the server takes no client metadata document and no dynamic registration; register the client and configure its id"
    )]
    NoWay,
    /// The client was registered with another authorization server; its credentials stay there.
    #[error("the client is registered with another authorization server")]
    OtherIssuer,
    /// The registration endpoint could not be asked.
    #[error("cannot reach the registration endpoint")]
    Fetch(#[from] FetchError),
    /// The registration endpoint refused.
    #[error("registration refused with status {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error code, such as `invalid_redirect_uri`.
        code: Option<Untrusted<String>>,
        /// What the server says of it.
        description: Option<Untrusted<String>>,
    },
    /// The answer is not a registration, or of another client than was asked for.
    #[error("malformed registration: {0}")]
    Malformed(&'static str),
}

/// Why there is no token.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The token endpoint could not be asked.
    #[error("cannot reach the token endpoint")]
    Fetch(#[from] FetchError),
    /// The token endpoint refused.
    #[error("token request refused with status {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error code of RFC 6749 section 5.2, such as `invalid_grant`.
        code: Option<Untrusted<String>>,
        /// What the server says of it.
        description: Option<Untrusted<String>>,
    },
    /// The answer is no token response.
    #[error("malformed token response: {0}")]
    Malformed(&'static str),
    /// A bound token was asked for and another one came.
    #[error("the token is not bound to our key")]
    NotBound,
    /// How we can authenticate is not among what the server takes.
    #[error("no client authentication method in common")]
    NoMethod,
    /// The assertion could not be had.
    #[error("no assertion")]
    Assertion(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Proof or assertion could not be made.
    #[error("cannot sign")]
    Key(#[from] KeyError),
}

impl TokenError {
    /// The error code of the token endpoint.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => code.as_ref().map(Untrusted::as_str),
            _ => None,
        }
    }
}

/// Why an authorization request had no success.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConsentError {
    /// Nobody can be asked: no [`UserAgent`](super::UserAgent) is configured.
    #[error("nobody can be asked; configure a user agent")]
    Nobody,
    /// The browser could not be opened, or nobody came back.
    #[error("no answer from the user agent")]
    UserAgent(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What came back is not at the redirect URI, or has a parameter twice.
    #[error("malformed authorization response")]
    Malformed,
    /// The response belongs to another request, or to one that was answered before.
    #[error("authorization response of another request")]
    State,
    /// The response is of another issuer (RFC 9207), or does not say of which although the issuer promised to.
    #[error("authorization response of another issuer")]
    Issuer,
    /// The authorization server refused; the code is one of RFC 6749 section 4.1.2.1.
    #[error("authorization refused")]
    Refused {
        /// The error code, such as `access_denied`.
        code: Untrusted<String>,
        /// What the server says of it.
        description: Option<Untrusted<String>>,
    },
}

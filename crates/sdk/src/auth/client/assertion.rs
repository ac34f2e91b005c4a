//! Statements of others about who we are: identity tokens, workload tokens.

use std::path::PathBuf;

use url::Url;

use super::consent::BoxError;
use super::identity::Identity;
use crate::BoxFuture;
use crate::auth::Secret;

/// The longest token that is read from a file.
const MAX_FILE: u64 = 64 << 10;

/// Gives an assertion whenever one is needed. It is asked each time, because assertions are short-lived.
///
/// A fixed [`Secret`] is one; [`TokenFile`] reads what a platform puts into a file.
pub trait AssertionSource: Send + Sync + 'static {
    /// An assertion for `audience`, the issuer that will judge it.
    fn assertion<'a>(&'a self, audience: &'a str) -> BoxFuture<'a, Result<Secret, BoxError>>;
}

impl AssertionSource for Secret {
    fn assertion<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Secret, BoxError>> {
        Box::pin(std::future::ready(Ok(self.clone())))
    }
}

/// A token in a file that the platform renews, as Kubernetes projects service account tokens.
#[derive(Debug, Clone)]
pub struct TokenFile(PathBuf);

impl TokenFile {
    /// The token in the file at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl AssertionSource for TokenFile {
    fn assertion<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Secret, BoxError>> {
        let path = self.0.clone();
        Box::pin(async move {
            let text = tokio::task::spawn_blocking(move || read(&path)).await??;
            Ok(Secret::new(text.trim()))
        })
    }
}

fn read(path: &std::path::Path) -> std::io::Result<zeroize::Zeroizing<String>> {
    use std::io::Read as _;
    let mut text = zeroize::Zeroizing::new(String::new());
    std::fs::File::open(path)?
        .take(MAX_FILE)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// The identity provider of an organisation (enterprise-managed authorization): it turns a person's sign-on into grants
/// for MCP servers, without asking the person.
#[derive(Clone)]
pub struct IdentityProvider {
    pub(super) issuer: String,
    pub(super) token_endpoint: Option<Url>,
    pub(super) identity: Identity,
    pub(super) subject_type: &'static str,
}

impl IdentityProvider {
    /// The provider `issuer`, whose endpoints are discovered, and who we are there.
    pub fn new(issuer: impl Into<String>, identity: Identity) -> Self {
        Self {
            issuer: issuer.into(),
            token_endpoint: None,
            identity,
            subject_type: "urn:ietf:params:oauth:token-type:id_token",
        }
    }

    /// With a known token endpoint, which is then not discovered.
    #[must_use]
    pub fn token_endpoint(mut self, url: Url) -> Self {
        self.token_endpoint = Some(url);
        self
    }

    /// With SAML assertions in place of OpenID Connect identity tokens.
    #[must_use]
    pub fn saml(mut self) -> Self {
        self.subject_type = "urn:ietf:params:oauth:token-type:saml2";
        self
    }
}

//! The seam between the HTTP server and whoever knows the callers.

use http::header::{HeaderName, HeaderValue};
use http::request::Parts;

use super::Challenge;
use crate::{BoxFuture, Principal};

/// Says who makes a request, and whether they may.
///
/// The HTTP server asks twice. [`authenticate`](Self::authenticate) comes first, before a byte of the body is read, for
/// every request whatever its method; [`permit`](Self::permit) comes when the body was parsed and agrees with its
/// headers, before the message is dispatched.
///
/// ```
/// use http::request::Parts;
/// use interlock_sdk::auth::server::{Authenticate, Challenge};
/// use interlock_sdk::{BoxFuture, Principal};
///
/// /// Lets in whoever a mutual-TLS proxy on the same machine vouches for.
/// struct ByProxy;
///
/// impl Authenticate for ByProxy {
///     fn authenticate<'a>(&'a self, parts: &'a Parts) -> BoxFuture<'a, Result<Principal, Challenge>> {
///         let user = parts.headers.get("x-client-subject").and_then(|name| name.to_str().ok());
///         let judged = match user {
///             Some(name) => Ok(Principal::new("https://proxy.internal", name)),
///             None => Err(Challenge::missing()),
///         };
///         Box::pin(std::future::ready(judged))
///     }
/// }
/// ```
pub trait Authenticate: Send + Sync + 'static {
    /// Who makes this request.
    ///
    /// # Errors
    /// The challenge that is the whole answer: nothing of the request is looked at any further.
    fn authenticate<'a>(&'a self, parts: &'a Parts) -> BoxFuture<'a, Result<Principal, Challenge>>;

    /// Whether `principal` may do this. By default whoever is known may do all.
    ///
    /// # Errors
    /// A challenge that names the scope which is missing.
    fn permit(&self, principal: &Principal, operation: Operation<'_>) -> Result<(), Challenge> {
        let _ = (principal, operation);
        Ok(())
    }

    /// The protected-resource metadata (RFC 9728), a JSON document, if clients shall find out by themselves whom to ask for
    /// a token. It is served to anyone, at `/.well-known/oauth-protected-resource` and at [`metadata_path`](Self::metadata_path).
    fn metadata(&self) -> Option<&[u8]> {
        None
    }

    /// The path of the metadata that belongs to the resource, such as `/.well-known/oauth-protected-resource/mcp`.
    fn metadata_path(&self) -> Option<&str> {
        None
    }

    /// A header that every answer to an authenticated request carries: the next `DPoP-Nonce`, if one is demanded.
    fn answer_header(&self) -> Option<(HeaderName, HeaderValue)> {
        None
    }
}

/// What a caller is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation<'a> {
    /// The method, such as `tools/call`.
    pub method: &'a str,
    /// What it is done to: the tool's or prompt's name, the resource's URI.
    pub name: Option<&'a str>,
}

impl<'a> Operation<'a> {
    /// Doing `method`, to `name` if the method has an object.
    pub fn new(method: &'a str, name: Option<&'a str>) -> Self {
        Self { method, name }
    }
}

//! Authorization of a client: what its HTTP transport asks before it sends, and after it was refused.
//!
//! The transport knows the [`Authorize`] trait and nothing else. [`OAuth`] is the one that speaks OAuth 2.1: it finds the
//! authorization server, becomes known there, obtains tokens for exactly one MCP server by one of four grants, and keeps
//! them fresh.
//!
//! | grant | configured with |
//! |---|---|
//! | a person grants it in a browser | [`Builder::user_agent`] |
//! | the client acts for itself | [`Builder::client_credentials`] and [`Builder::registered`] |
//! | the organisation's identity provider vouches for the person | [`Builder::enterprise`] |
//! | the platform vouches for the workload | [`Builder::workload`] |
//!
//! # What is checked
//!
//! * Metadata is fetched from the server's origin, and from public `https` addresses otherwise ([`net`](crate::net)).
//! * The issuer of a document is the very string that was asked for (RFC 8414 section 3.3); the resource of a document covers
//!   the server (RFC 9728 section 3.3).
//! * PKCE with S256 always, and only where the server says that it checks it. `state` is good for one answer. `iss` is
//!   compared as a string (RFC 9207), before anything else of the answer is looked at.
//! * What one authorization server gave is never sent to another. No token is sent to another origin than the server's,
//!   in a URL, or over plain `http` to another machine.
//! * URLs for the browser are [`AuthorizationUrl`]s. Nothing here opens them.

mod assertion;
mod authorize;
mod consent;
pub mod danger;
mod discovery;
mod error;
mod grant;
mod identity;
mod loopback;
mod metadata;
mod oauth;
mod pkce;
mod registration;
mod resource;
mod scope;
mod token;
mod url;

pub use self::url::{AuthorizationUrl, RedirectUri};
pub use assertion::{AssertionSource, IdentityProvider, TokenFile};
pub use authorize::{Authorize, Retry};
pub use consent::{BoxError, Code, ConsentRequest, Pending, UserAgent, Visit};
pub use error::{AuthError, ConsentError, DiscoveryError, RegistrationError, TokenError, UrlError};
pub use identity::{ClientIdUrl, Identity, Registered};
pub use loopback::{Loopback, NobodyCame};
pub use metadata::{IssuerMetadata, ResourceMetadata};
pub use oauth::{Builder, ConfigError, Dpop, OAuth};
pub use registration::ClientMetadata;
pub use scope::{Remark, Scopes, remarks};

//! Authorization of a server: who calls, what they may do, and what the answer is to those who may not.
//!
//! The server is a *resource server* of OAuth 2.1: it never issues a token, keeps none and passes none on. A request is
//! judged by an [`Authenticate`]; what it lets through is a [`Principal`](crate::Principal), what it does not is a
//! [`Challenge`]. Handlers never see a token: [`remove_credentials`] takes it out of the request first.
//!
//! [`Guard`] is the one to use: it takes tokens from the `Authorization` header only, has them judged by a
//! [`JwtValidator`], an [`Introspection`] or [`KnownTokens`], and then checks by itself what all of them share: that the
//! token is meant for this very server, who holds it (DPoP, RFC 9449), and which scopes an operation needs. It publishes the
//! metadata (RFC 9728) that tells a client where to get a token.
//!
//! ```
//! use interlock_sdk::auth::server::{Guard, JwtValidator};
//!
//! let idp = JwtValidator::new("https://idp.example", "https://idp.example/jwks.json")?;
//! let guard = Guard::builder("https://mcp.example/mcp")
//!     .accept(idp)
//!     .require_scope("mcp:use")
//!     .scope_for_tool("delete_file", "files:delete")
//!     .build()?;
//! assert_eq!(
//!     guard.resource().metadata_url(),
//!     "https://mcp.example/.well-known/oauth-protected-resource/mcp"
//! );
//! # Ok::<(), interlock_sdk::auth::server::GuardError>(())
//! ```

mod authenticate;
mod bearer;
mod challenge;
mod consent;
mod credentials;
mod error;
mod facts;
#[cfg(test)]
mod fixture;
mod guard;
mod guard_builder;
mod introspection;
mod jwks;
mod jwt;
mod known;
mod nonce;
mod proof;
mod replay;
mod resource;
mod scopes;

pub use authenticate::{Authenticate, Operation};
pub use challenge::{Challenge, ChallengeReason};
pub use consent::{ConsentKeeper, ConsentTo};
pub use credentials::remove_credentials;
pub use error::GuardError;
pub use facts::{Audience, Confirmation, TokenFacts, TokenFault, ValidateToken};
pub use guard::Guard;
pub use guard_builder::GuardBuilder;
pub use introspection::Introspection;
pub use jwt::JwtValidator;
pub use known::KnownTokens;
pub use resource::ProtectedResource;

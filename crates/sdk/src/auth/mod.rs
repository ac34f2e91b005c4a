//! Authorization: OAuth 2.1 as MCP profiles it.
//!
//! * [`client`] obtains and presents access tokens: discovery, registration, the grants, refresh, step-up.
//! * [`server`] judges them: who calls, and what they may do.
//! * [`jwt`] signs and verifies JSON Web Tokens and reads JWK sets; [`dpop`] makes and checks proofs of possession;
//!   [`challenge`] reads `WWW-Authenticate`. Both sides use them.
//! * [`store`] keeps credentials by issuer.
//!
//! Nothing here opens a browser or starts a program: a caller receives a checked URL and shows or opens it.

pub mod challenge;
pub mod client;
pub mod dpop;
pub(crate) mod json;
pub mod jwt;
mod secret;
pub mod server;
pub mod store;

pub use secret::Secret;

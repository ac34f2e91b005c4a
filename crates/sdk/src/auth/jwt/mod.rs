//! JSON Web Tokens (RFC 7519) in compact form, their keys (RFC 7517, 7638), and nothing else of JOSE.
//!
//! Asymmetric signatures only: there is no `none` and no HMAC to confuse with a public key. The caller says which
//! algorithms it takes, and a key is used only with an algorithm that fits its type and its own `alg` and `use`.
//! A token is read in two steps, so that claims can be had only after the signature held:
//!
//! ```
//! use interlock_sdk::auth::jwt::{Algorithm, JwkSet, Jws, SigningKey};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key = SigningKey::generate(Algorithm::Es256)?;
//! let token = key.sign_claims("at+jwt", &serde_json::json!({"iss": "https://issuer.example", "exp": 2_000_000_000}))?;
//!
//! let keys = JwkSet::new([key.public().clone()]);
//! let jws = Jws::parse(&token)?;
//! let claims = jws.verify(&keys, &Algorithm::ALL)?;
//! claims.check_time(1_999_999_999, 60)?;
//! assert_eq!(claims.issuer(), Some("https://issuer.example"));
//! # Ok(()) }
//! ```
//!
//! No clock and no network: the caller passes the time, and fetches key sets.

mod algorithm;
mod claims;
mod error;
mod jwk;
mod jws;
mod pem;
mod signing;
#[cfg(test)]
mod tests;

pub use algorithm::Algorithm;
pub use claims::Claims;
pub use error::{JwtError, KeyError};
pub use jwk::{Jwk, JwkSet};
pub use jws::{Header, Jws};
pub use signing::SigningKey;

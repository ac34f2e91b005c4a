//! Proofs of possession (RFC 9449): a token that was stolen is worth nothing without the key that it is bound to.
//!
//! [`ProofKey`] makes proofs, [`check`] checks one. Replay of a proof is for the caller to notice: [`Proof::id`] and
//! [`Proof::issued_at`] are what it has to remember, for as long as a proof counts as fresh.
//!
//! ```
//! use interlock_sdk::auth::dpop::{self, Expected, ProofKey};
//! use url::Url;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let url = Url::parse("https://mcp.example/mcp")?;
//! let key = ProofKey::generate()?;
//! let text = key.proof("POST", &url, 1_000, Some("the-token"), None)?;
//! let proof = dpop::check(&text, &Expected::new("POST", &url, 1_005).token("the-token").bound_to(key.thumbprint()))?;
//! assert_eq!(proof.thumbprint(), key.thumbprint());
//! # Ok(()) }
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use url::Url;
use zeroize::Zeroizing;

use super::jwt::{Algorithm, Claims, Jws, JwtError, KeyError, SigningKey};

/// Seconds that a proof may be old, and that clocks may differ.
pub const FRESH_SECONDS: u64 = 300;
/// The longest `jti` that is remembered.
const MAX_ID: usize = 256;

/// A key that proofs are made with. One a client and issuer; tokens are bound to its thumbprint.
pub struct ProofKey {
    key: SigningKey,
    thumbprint: String,
}

impl ProofKey {
    /// A fresh key (ES256, which every deployment speaks).
    ///
    /// # Errors
    /// Without randomness.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self::new(SigningKey::generate(Algorithm::Es256)?))
    }

    /// A fresh ES256 key in the form that is stored, for [`ProofKey::from_pkcs8`].
    ///
    /// # Errors
    /// Without randomness.
    pub fn generate_pkcs8() -> Result<Zeroizing<Vec<u8>>, KeyError> {
        SigningKey::generate_pkcs8(Algorithm::Es256)
    }

    /// The key that was stored.
    ///
    /// # Errors
    /// When it is no ES256 key.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        Ok(Self::new(SigningKey::from_pkcs8(der, Algorithm::Es256)?))
    }

    /// Proofs with a key of the caller's.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        let thumbprint = key.public().thumbprint();
        Self { key, thumbprint }
    }

    /// What tokens are bound to.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// What proofs are signed with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    /// A fresh proof for one request. `now` is in seconds since 1970; `token` is the access token that goes along, and
    /// `nonce` what the server asked for.
    ///
    /// # Errors
    /// Without randomness.
    pub fn proof(
        &self,
        method: &str,
        url: &Url,
        now: u64,
        token: Option<&str>,
        nonce: Option<&str>,
    ) -> Result<String, KeyError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| KeyError::Signing)?;
        let mut claims = json!({
            "jti": URL_SAFE_NO_PAD.encode(id),
            "htm": method,
            "htu": target(url),
            "iat": now,
        });
        if let Some(members) = claims.as_object_mut() {
            members.extend(token.map(|token| ("ath".to_owned(), token_hash(token).into())));
            members.extend(nonce.map(|nonce| ("nonce".to_owned(), nonce.into())));
        }
        let header = format!(
            r#"{{"typ":"dpop+jwt","alg":"{}","jwk":{}}}"#,
            self.key.algorithm(),
            self.key.public().to_json()
        );
        self.key.sign(&header, &claims.to_string())
    }
}

/// What a proof has to say for one request.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    method: &'a str,
    url: &'a Url,
    now: u64,
    token: Option<&'a str>,
    thumbprint: Option<&'a str>,
    nonces: Option<&'a [&'a str]>,
    algorithms: &'a [Algorithm],
}

impl<'a> Expected<'a> {
    /// A request of `method` to `url`, as the client wrote it, at `now` (seconds since 1970).
    #[must_use]
    pub fn new(method: &'a str, url: &'a Url, now: u64) -> Self {
        Self {
            method,
            url,
            now,
            token: None,
            thumbprint: None,
            nonces: None,
            algorithms: &Algorithm::ALL,
        }
    }

    /// The access token that came with it: `ath` has to be its hash.
    #[must_use]
    pub fn token(mut self, token: &'a str) -> Self {
        self.token = Some(token);
        self
    }

    /// The thumbprint that the token is bound to (`cnf.jkt`).
    #[must_use]
    pub fn bound_to(mut self, thumbprint: &'a str) -> Self {
        self.thumbprint = Some(thumbprint);
        self
    }

    /// The nonces that count at this moment, one of which the proof has to carry.
    #[must_use]
    pub fn nonces(mut self, nonces: &'a [&'a str]) -> Self {
        self.nonces = Some(nonces);
        self
    }

    /// The algorithms that are taken; all of ours unless said.
    #[must_use]
    pub fn algorithms(mut self, algorithms: &'a [Algorithm]) -> Self {
        self.algorithms = algorithms;
        self
    }
}

/// A proof that held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    id: String,
    issued_at: u64,
    thumbprint: String,
}

impl Proof {
    /// `jti`: at most 256 bytes, to be seen once.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `iat`, in seconds since 1970. The proof counts until [`FRESH_SECONDS`] after it.
    #[must_use]
    pub fn issued_at(&self) -> u64 {
        self.issued_at
    }

    /// The thumbprint of the key that made it.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProofError {
    /// Not a token, not signed, or signed by another key.
    #[error("not a valid proof")]
    Token(#[source] JwtError),
    /// `typ` is not `dpop+jwt`.
    #[error("proof has the wrong type")]
    Kind,
    /// The public key is not in the header.
    #[error("proof carries no public key")]
    NoKey,
    /// A claim that has to be there is not, or is not of the right form.
    #[error("claim `{0}` of the proof is missing or malformed")]
    Claim(&'static str),
    /// `htm` or `htu` is of another request.
    #[error("proof is for another request")]
    Request,
    /// `iat` is too far from now.
    #[error("proof is not fresh")]
    Stale,
    /// `ath` is of another token, or the token is bound to another key.
    #[error("proof is for another token")]
    Binding,
    /// A nonce is asked for: answer with `use_dpop_nonce` and one.
    #[error("proof lacks the nonce that the server asks for")]
    Nonce,
}

/// Checks a proof (RFC 9449 section 4.3, all but replay).
///
/// # Errors
/// The first thing that does not hold. [`ProofError::Nonce`] comes last, when all else held.
pub fn check(proof: &str, expected: &Expected<'_>) -> Result<Proof, ProofError> {
    let jws = Jws::parse(proof).map_err(ProofError::Token)?;
    if jws.header().kind() != Some("dpop+jwt") {
        return Err(ProofError::Kind);
    }
    let key = jws.header().embedded_key().ok_or(ProofError::NoKey)?;
    let claims = jws
        .verify_with(key, expected.algorithms)
        .map_err(ProofError::Token)?;
    check_request(&claims, expected)?;
    let issued_at = check_freshness(&claims, expected.now)?;
    let thumbprint = key.thumbprint();
    if expected.thumbprint.is_some_and(|bound| bound != thumbprint) {
        return Err(ProofError::Binding);
    }
    if let Some(token) = expected.token
        && claims.text("ath") != Some(token_hash(token).as_str())
    {
        return Err(ProofError::Binding);
    }
    let id = claims
        .id()
        .filter(|id| !id.is_empty() && id.len() <= MAX_ID);
    let id = id.ok_or(ProofError::Claim("jti"))?.to_owned();
    if let Some(nonces) = expected.nonces
        && !claims
            .text("nonce")
            .is_some_and(|nonce| nonces.contains(&nonce))
    {
        return Err(ProofError::Nonce);
    }
    Ok(Proof {
        id,
        issued_at,
        thumbprint,
    })
}

fn check_request(claims: &Claims, expected: &Expected<'_>) -> Result<(), ProofError> {
    if claims.text("htm") != Some(expected.method) {
        return Err(ProofError::Request);
    }
    let stated = claims.text("htu").ok_or(ProofError::Claim("htu"))?;
    // The text itself has neither, so that two readers cannot understand it differently.
    if stated.contains(['?', '#']) {
        return Err(ProofError::Claim("htu"));
    }
    let stated = Url::parse(stated).map_err(|_| ProofError::Claim("htu"))?;
    if target(&stated) == target(expected.url) {
        Ok(())
    } else {
        Err(ProofError::Request)
    }
}

fn check_freshness(claims: &Claims, now: u64) -> Result<u64, ProofError> {
    let issued_at = claims.seconds("iat").ok_or(ProofError::Claim("iat"))?;
    if now.abs_diff(issued_at) > FRESH_SECONDS {
        return Err(ProofError::Stale);
    }
    Ok(issued_at)
}

/// The hash of a token that `ath` holds.
#[must_use]
pub fn token_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

/// A URL without query and fragment, normalised by the parser: lower case, no default port.
fn target(url: &Url) -> String {
    let mut target = url.clone();
    target.set_query(None);
    target.set_fragment(None);
    target.into()
}

#[cfg(test)]
#[path = "dpop_tests.rs"]
mod tests;

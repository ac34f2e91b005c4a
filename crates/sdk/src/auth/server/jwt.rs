//! Access tokens that are JSON Web Tokens (RFC 9068), of one issuer.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use super::jwks::{Keys, KeysAt};
use super::resource::service_url;
use super::{Audience, Confirmation, GuardError, TokenFacts, TokenFault, ValidateToken};
use crate::BoxFuture;
use crate::auth::json;
use crate::auth::jwt::{Algorithm, Claims, JwkSet, Jws, JwtError};
use crate::net::Fetcher;

/// Seconds that clocks may differ, unless told otherwise.
const LEEWAY: u64 = 60;

/// Judges the JSON Web Tokens of one issuer by its published keys.
///
/// A token counts when its signature is by a key that the issuer publishes now, with an asymmetric algorithm that fits the
/// key, when `iss` is the issuer to the letter, when `exp` has not passed (it has to be there), and when it is about
/// somebody. Keys are fetched when a token needs them and again when they are old or a token names a new one, the
/// latter at most twice a minute. Keys that a token brings along or points at are never used.
#[derive(Clone)]
pub struct JwtValidator {
    issuer: String,
    keys: Source,
    algorithms: Vec<Algorithm>,
    leeway: u64,
    access_only: bool,
}

#[derive(Clone)]
enum Source {
    Fixed(Arc<JwkSet>),
    Fetched(Keys),
}

impl JwtValidator {
    /// Tokens of `issuer`, signed by the keys at `jwks_url`.
    ///
    /// # Errors
    /// When either is no `https` URL, or the latter none that is fetched.
    pub fn new(issuer: &str, jwks_url: &str) -> Result<Self, GuardError> {
        Self::with_fetcher(issuer, jwks_url, Fetcher::new())
    }

    /// The same with a fetcher of the caller's: for an issuer in one's own network.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_fetcher(
        issuer: &str,
        jwks_url: &str,
        fetcher: Fetcher,
    ) -> Result<Self, GuardError> {
        let url = fetchable(jwks_url, &fetcher)?;
        let keys = Keys::new(KeysAt { url, fetcher });
        Self::with_source(issuer, Source::Fetched(keys))
    }

    /// Tokens of `issuer`, signed by keys that are known already and do not change.
    ///
    /// # Errors
    /// When the issuer is no `https` URL.
    pub fn with_keys(issuer: &str, keys: JwkSet) -> Result<Self, GuardError> {
        Self::with_source(issuer, Source::Fixed(Arc::new(keys)))
    }

    fn with_source(issuer: &str, keys: Source) -> Result<Self, GuardError> {
        service_url(issuer, "token issuer")?;
        Ok(Self {
            issuer: issuer.to_owned(),
            keys,
            algorithms: Algorithm::ALL.to_vec(),
            leeway: LEEWAY,
            access_only: false,
        })
    }

    /// With these signature algorithms only.
    #[must_use]
    pub fn algorithms(mut self, algorithms: &[Algorithm]) -> Self {
        self.algorithms = algorithms.to_vec();
        self
    }

    /// With another bound on how far clocks differ, in seconds (60; at most 300).
    #[must_use]
    pub fn leeway(mut self, seconds: u64) -> Self {
        self.leeway = seconds.min(300);
        self
    }

    /// With tokens only whose `typ` is `at+jwt`, as RFC 9068 wants it. Unless asked for, `JWT` and none will do, because most
    /// authorization servers write those.
    #[must_use]
    pub fn only_access_tokens(mut self) -> Self {
        self.access_only = true;
        self
    }

    async fn judge(&self, token: &str, now: u64) -> Result<TokenFacts, TokenFault> {
        // Nothing is believed yet: this only keeps tokens of others away from our keys.
        if unverified_issuer(token).as_deref() != Some(self.issuer.as_str()) {
            return Err(TokenFault::NotMine);
        }
        let jws = Jws::parse(token).map_err(fault)?;
        self.check_header(&jws)?;
        let claims = self.verify(&jws, now).await?;
        if claims.issuer() != Some(self.issuer.as_str()) {
            return Err(TokenFault::Invalid("the token is of another issuer"));
        }
        claims.check_time(now, self.leeway).map_err(fault)?;
        self.facts(&claims)
    }

    fn check_header(&self, jws: &Jws<'_>) -> Result<(), TokenFault> {
        let header = jws.header();
        let access = header.is_kind("at+jwt");
        let tolerated = !self.access_only && (header.kind().is_none() || header.is_kind("jwt"));
        if !access && !tolerated {
            return Err(TokenFault::Invalid("the token is of another kind"));
        }
        if header.embedded_key().is_some() {
            return Err(TokenFault::Invalid("the token brings its own key"));
        }
        Ok(())
    }

    async fn verify(&self, jws: &Jws<'_>, now: u64) -> Result<Claims, TokenFault> {
        let keys = match &self.keys {
            Source::Fixed(keys) => return jws.verify(keys, &self.algorithms).map_err(fault),
            Source::Fetched(keys) => keys,
        };
        let snapshot = keys.current(now).await.ok_or(TokenFault::Unavailable)?;
        let first = jws.verify(&snapshot.keys, &self.algorithms);
        // A signature that does not hold is only a sign of new keys when the token does not say which key it means.
        let unnamed = jws.header().key_id().is_none();
        match first {
            Err(JwtError::NoKey) => {}
            Err(JwtError::Signature) if unnamed => {}
            decided => return decided.map_err(fault),
        }
        match keys.newer(&snapshot, now).await {
            Some(newer) => jws.verify(&newer.keys, &self.algorithms).map_err(fault),
            None => first.map_err(fault),
        }
    }

    fn facts(&self, claims: &Claims) -> Result<TokenFacts, TokenFault> {
        let client = claims.text("client_id").or_else(|| claims.text("azp"));
        let subject = claims.subject().or(client).filter(|name| !name.is_empty());
        let subject = subject.ok_or(TokenFault::Invalid("the token is about nobody"))?;
        let audience = claims.audience().into_iter().map(str::to_owned).collect();
        Ok(
            TokenFacts::new(&self.issuer, subject, Audience::Named(audience))
                .with_client(client.map(str::to_owned))
                .with_scopes(scopes(|name| claims.get(name)))
                .with_expiry(claims.seconds("exp"))
                .with_confirmation(confirmation(claims.get("cnf"))),
        )
    }
}

impl ValidateToken for JwtValidator {
    fn validate<'a>(
        &'a self,
        token: &'a str,
        now: u64,
    ) -> BoxFuture<'a, Result<TokenFacts, TokenFault>> {
        Box::pin(self.judge(token, now))
    }

    fn authorization_server(&self) -> Option<&str> {
        Some(&self.issuer)
    }
}

/// A URL that the fetcher would go to, as far as one can tell without asking.
pub(super) fn fetchable(text: &str, fetcher: &Fetcher) -> Result<url::Url, GuardError> {
    let unfetchable = || GuardError::Unfetchable {
        url: text.to_owned(),
    };
    let url = url::Url::parse(text).map_err(|_| unfetchable())?;
    fetcher.policy().check(&url).map_err(|_| unfetchable())?;
    Ok(url)
}

/// What the token says of its issuer, signed or not; none when it is no JSON Web Token.
pub(super) fn unverified_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Payload {
        iss: String,
    }
    let (signed, _signature) = token.rsplit_once('.')?;
    let (_header, payload) = signed.split_once('.')?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    json::read::<Payload>(&payload)
        .ok()
        .map(|payload| payload.iss)
}

/// The scopes of `scope` (one string) or `scp` (a string or an array).
pub(super) fn scopes<'a>(claim: impl Fn(&str) -> Option<&'a Value>) -> Vec<String> {
    let words =
        |text: &str| -> Vec<String> { text.split_ascii_whitespace().map(str::to_owned).collect() };
    match claim("scope").or_else(|| claim("scp")) {
        Some(Value::String(text)) => words(text),
        Some(Value::Array(all)) => all
            .iter()
            .filter_map(Value::as_str)
            .flat_map(words)
            .collect(),
        _ => Vec::new(),
    }
}

/// What `cnf` (RFC 7800) asks for. Anything but one thumbprint is something that we cannot check.
pub(super) fn confirmation(claim: Option<&Value>) -> Confirmation {
    let Some(claim) = claim else {
        return Confirmation::Bearer;
    };
    let key = claim.as_object().filter(|members| members.len() == 1);
    match key.and_then(|members| members.get("jkt")?.as_str()) {
        Some(thumbprint) => Confirmation::Key(thumbprint.to_owned()),
        None => Confirmation::Unknown,
    }
}

/// One sentence for each way in which a token is not valid.
fn fault(error: JwtError) -> TokenFault {
    TokenFault::Invalid(match error {
        JwtError::TooLong => "the token is too long",
        JwtError::Malformed(_) => "the token is malformed",
        JwtError::Algorithm => "the token's algorithm is not accepted",
        JwtError::NoKey => "the token is signed by an unknown key",
        JwtError::Signature => "the token's signature does not hold",
        JwtError::Claim(_) => "the token lacks a claim",
        JwtError::Expired => "the token has expired",
        JwtError::NotYet => "the token is not valid yet",
    })
}

#[cfg(test)]
#[path = "jwt_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "jwt_rsa_tests.rs"]
mod rsa_tests;

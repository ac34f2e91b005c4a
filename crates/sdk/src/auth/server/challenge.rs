//! The answer to a request that may not pass: status and `WWW-Authenticate` (RFC 6750, RFC 9728, RFC 9449).

use http::StatusCode;
use http::header::{HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};

/// Why a request may not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChallengeReason {
    /// It carries no credentials: 401 without an error code.
    Missing,
    /// Its credentials are malformed, given twice or in the wrong place: 400 `invalid_request`.
    InvalidRequest,
    /// Its token is not valid, or not for this server: 401 `invalid_token`.
    InvalidToken,
    /// Its proof of possession is not valid: 401 `invalid_dpop_proof`.
    InvalidProof,
    /// Its proof of possession has to carry the nonce of this answer: 401 `use_dpop_nonce`.
    UseNonce,
    /// Its token is valid and does not suffice: 403 `insufficient_scope`.
    InsufficientScope,
    /// Whoever would know cannot be asked now: 503. Never a reason to let the request through.
    Unavailable,
}

impl ChallengeReason {
    /// The HTTP status of the answer.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Missing | Self::InvalidToken | Self::InvalidProof | Self::UseNonce => {
                StatusCode::UNAUTHORIZED
            }
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::InsufficientScope => StatusCode::FORBIDDEN,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The `error` parameter of the challenge, where the RFCs know one.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Missing | Self::Unavailable => None,
            Self::InvalidRequest => Some("invalid_request"),
            Self::InvalidToken => Some("invalid_token"),
            Self::InvalidProof => Some("invalid_dpop_proof"),
            Self::UseNonce => Some("use_dpop_nonce"),
            Self::InsufficientScope => Some("insufficient_scope"),
        }
    }
}

/// The answer to a request that may not pass.
///
/// It says as much as a client needs to do better, and nothing about why a token was not believed that would help to
/// forge one.
///
/// ```
/// use interlock_sdk::auth::server::Challenge;
///
/// let challenge = Challenge::insufficient_scope("files:write")
///     .with_metadata("https://mcp.example/.well-known/oauth-protected-resource/mcp");
/// assert_eq!(challenge.status(), 403);
/// assert_eq!(
///     challenge.headers().next().unwrap().1,
///     "Bearer error=\"insufficient_scope\", \
///      error_description=\"the token does not carry the scope that this needs\", scope=\"files:write\", \
///      resource_metadata=\"https://mcp.example/.well-known/oauth-protected-resource/mcp\""
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    reason: ChallengeReason,
    description: Option<&'static str>,
    scope: Option<String>,
    metadata: Option<String>,
    schemes: Schemes,
    algorithms: String,
    nonce: Option<HeaderValue>,
}

/// Which schemes the server would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Schemes {
    Bearer,
    Both,
    DPoP,
}

impl Challenge {
    /// The request carries no credentials.
    pub fn missing() -> Self {
        Self::new(ChallengeReason::Missing, None)
    }

    /// The token is not valid here; `description` says which rule it breaks.
    pub fn invalid_token(description: &'static str) -> Self {
        Self::new(ChallengeReason::InvalidToken, Some(description))
    }

    /// The request's credentials cannot be read; `description` says why.
    pub fn invalid_request(description: &'static str) -> Self {
        Self::new(ChallengeReason::InvalidRequest, Some(description))
    }

    /// The token is valid and `scope` (names with spaces between) is what it lacks.
    pub fn insufficient_scope(scope: impl Into<String>) -> Self {
        let description = "the token does not carry the scope that this needs";
        Self::new(ChallengeReason::InsufficientScope, Some(description)).with_scope(scope)
    }

    /// Whoever would know cannot be asked now.
    pub fn unavailable() -> Self {
        Self::new(ChallengeReason::Unavailable, None)
    }

    /// The proof of possession is not valid; `description` says which rule it breaks.
    pub fn invalid_proof(description: &'static str) -> Self {
        Self::new(ChallengeReason::InvalidProof, Some(description))
    }

    /// The proof of possession has to carry `nonce`.
    pub fn use_nonce(nonce: HeaderValue) -> Self {
        let mut made = Self::new(ChallengeReason::UseNonce, None);
        made.0.nonce = Some(nonce);
        made
    }

    fn new(reason: ChallengeReason, description: Option<&'static str>) -> Self {
        Self(Box::new(Inner {
            reason,
            description,
            scope: None,
            metadata: None,
            schemes: Schemes::Bearer,
            algorithms: String::new(),
            nonce: None,
        }))
    }

    /// With the scope (names with spaces between) to ask an authorization server for.
    #[must_use]
    pub fn with_scope(mut self, scope: impl Into<String>) -> Self {
        self.0.scope = Some(scope.into());
        self
    }

    /// With the URL of the protected-resource metadata.
    #[must_use]
    pub fn with_metadata(mut self, url: impl Into<String>) -> Self {
        self.0.metadata = Some(url.into());
        self
    }

    /// With the algorithms (names with spaces between) of proofs that are taken beside bearer tokens; instead of them if
    /// `only`.
    #[must_use]
    pub fn with_dpop(mut self, algorithms: impl Into<String>, only: bool) -> Self {
        self.0.schemes = if only { Schemes::DPoP } else { Schemes::Both };
        self.0.algorithms = algorithms.into();
        self
    }

    /// Why the request may not pass.
    pub fn reason(&self) -> ChallengeReason {
        self.0.reason
    }

    /// Which rule was broken, for the log and for the body of the answer. Never anything that the request said.
    pub fn description(&self) -> Option<&'static str> {
        self.0.description
    }

    pub(super) fn names_scope(&self) -> bool {
        self.0.scope.is_some()
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> StatusCode {
        self.0.reason.status()
    }

    /// The headers of the answer: `WWW-Authenticate` for each scheme, and `DPoP-Nonce` or `Retry-After` where they belong.
    pub fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + '_ {
        let unavailable = self.0.reason == ChallengeReason::Unavailable;
        let schemes: &[bool] = match self.0.schemes {
            _ if unavailable => &[],
            Schemes::Bearer => &[false],
            Schemes::DPoP => &[true],
            // A fault in the proof is only told to those who know what a proof is.
            Schemes::Both if self.concerns_proof() => &[true],
            Schemes::Both => &[false, true],
        };
        let authenticate = schemes.iter().filter_map(|dpop| self.authenticate(*dpop));
        let nonce = self.0.nonce.clone();
        let retry = unavailable.then(|| (RETRY_AFTER, HeaderValue::from_static("5")));
        authenticate
            .chain(nonce.map(|nonce| (HeaderName::from_static("dpop-nonce"), nonce)))
            .chain(retry)
    }

    fn concerns_proof(&self) -> bool {
        matches!(
            self.0.reason,
            ChallengeReason::InvalidProof | ChallengeReason::UseNonce
        )
    }

    fn authenticate(&self, dpop: bool) -> Option<(HeaderName, HeaderValue)> {
        let parameters = [
            ("error", self.0.reason.code()),
            ("error_description", self.0.description),
            ("scope", self.0.scope.as_deref()),
            ("resource_metadata", self.0.metadata.as_deref()),
            ("algs", dpop.then_some(self.0.algorithms.as_str())),
        ];
        let mut text = String::from(if dpop { "DPoP" } else { "Bearer" });
        let mut separator = " ";
        for (name, value) in parameters {
            let Some(value) = value else { continue };
            text.push_str(separator);
            text.push_str(name);
            text.push_str("=\"");
            // What a quoted string of RFC 6750 may hold; nothing else can come from a checked configuration.
            text.extend(
                value
                    .chars()
                    .filter(|c| matches!(c, ' '..='~') && *c != '"' && *c != '\\'),
            );
            text.push('"');
            separator = ", ";
        }
        let value = HeaderValue::try_from(text).ok()?;
        Some((WWW_AUTHENTICATE, value))
    }
}

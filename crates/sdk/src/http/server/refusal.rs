//! Answers that refuse, and the one place where JSON-RPC errors become HTTP statuses.

use std::borrow::Cow;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use interlock_wire::error_reply::{
    INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, REFUSED, UNSUPPORTED_VERSION, refusal,
};
use interlock_wire::{Era, Id};

use super::body::{BodyFault, ResponseBody};
use crate::RpcError;
use crate::auth::server::Challenge;
use crate::error::{HEADER_MISMATCH, MISSING_CAPABILITY};
use crate::server::Outcome;

/// A request that is not served, and what its sender is told.
#[derive(Debug)]
pub(super) struct Refusal(Box<Response<ResponseBody>>);

impl Refusal {
    /// With an error object that says what is wrong, for people and programs.
    pub(super) fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        let code = match status {
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => INVALID_REQUEST,
            _ => REFUSED,
        };
        Self::rpc(status, None, &RpcError::new(code, message))
    }

    /// With that error, for the request of that id.
    pub(super) fn rpc(status: StatusCode, id: Option<&Id<'_>>, error: &RpcError) -> Self {
        let body = refusal(id, error.code(), error.message(), error.data());
        Self(Box::new(json(status, body)))
    }

    /// A header disagrees with the body, or is missing.
    pub(super) fn mismatch(id: Option<&Id<'_>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self::rpc(
            StatusCode::BAD_REQUEST,
            id,
            &RpcError::header_mismatch(message),
        )
    }

    /// No credentials, or not the right ones.
    pub(super) fn challenge(challenge: &Challenge, id: Option<&Id<'_>>) -> Self {
        let said = challenge
            .description()
            .unwrap_or("authorization is required");
        let mut refused = Self::rpc(challenge.status(), id, &RpcError::refused(said));
        for (name, value) in challenge.headers() {
            refused.0.headers_mut().append(name, value);
        }
        refused
    }

    /// A method of HTTP that is not served here.
    pub(super) fn method(allowed: &'static str) -> Self {
        let refused = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "this method is not served here",
        );
        refused.with(ALLOW, HeaderValue::from_static(allowed))
    }

    /// Too much at the same time.
    pub(super) fn busy(message: &'static str) -> Self {
        let refused = Self::new(StatusCode::SERVICE_UNAVAILABLE, message);
        refused.with(RETRY_AFTER, HeaderValue::from_static("5"))
    }

    pub(super) fn body(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLarge => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large")
            }
            BodyFault::TooSlow => Self::new(StatusCode::REQUEST_TIMEOUT, "the body took too long"),
            BodyFault::Broken => Self::new(StatusCode::BAD_REQUEST, "the body is incomplete"),
        }
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers_mut().insert(name, value);
        self
    }
}

impl From<Refusal> for Response<ResponseBody> {
    fn from(refusal: Refusal) -> Self {
        *refusal.0
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// One JSON document. Answers belong to who asked: no cache keeps them.
pub(super) fn json(status: StatusCode, body: Vec<u8>) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::whole(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(CACHE_CONTROL, NO_STORE);
    response
}

/// A status and nothing else.
pub(super) fn bare(status: StatusCode) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = status;
    response
}

/// The one place that maps the outcome of a request to an HTTP status.
///
/// 2026-07-28 gives the errors of the protocol statuses of their own; before, whatever is an answer to a request that could
/// be read is 200.
pub(super) fn status_of(outcome: Outcome, era: Era) -> StatusCode {
    let Outcome::Error(code) = outcome else {
        return StatusCode::OK;
    };
    match (era, code) {
        (_, PARSE_ERROR) => StatusCode::BAD_REQUEST,
        (Era::Legacy, _) => StatusCode::OK,
        (Era::Modern, METHOD_NOT_FOUND) => StatusCode::NOT_FOUND,
        (Era::Modern, HEADER_MISMATCH | MISSING_CAPABILITY | UNSUPPORTED_VERSION) => {
            StatusCode::BAD_REQUEST
        }
        (Era::Modern, INVALID_REQUEST) => StatusCode::BAD_REQUEST,
        // Whatever a handler says is an answer. (`_meta` without what it must have is refused before there is a handler.)
        (Era::Modern, _) => StatusCode::OK,
    }
}

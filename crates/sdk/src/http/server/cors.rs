//! Cross-origin reading, for pages of origins that were allowed by name. Nobody else learns that it exists.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, VARY,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::body::ResponseBody;
use super::refusal::bare;

const METHODS: HeaderValue = HeaderValue::from_static("POST, GET, DELETE");
const EXPOSED: HeaderValue =
    HeaderValue::from_static("mcp-session-id, www-authenticate, dpop-nonce, retry-after");
const ALLOWED: &[&str] = &[
    "accept",
    "authorization",
    "content-type",
    "dpop",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    "traceparent",
    "tracestate",
    "baggage",
];

/// The answer to the question that a browser asks first.
pub(super) fn preflight(headers: &HeaderMap) -> Response<ResponseBody> {
    let mut response = bare(StatusCode::NO_CONTENT);
    let asked = headers
        .get(ACCESS_CONTROL_REQUEST_HEADERS)
        .and_then(|value| value.to_str().ok());
    let granted = asked
        .unwrap_or_default()
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase());
    let granted: Vec<_> = granted.filter(|name| is_ours(name)).collect();
    let answer = response.headers_mut();
    answer.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if let Ok(granted) = granted.join(", ").parse() {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, granted);
    }
    response
}

fn is_ours(name: &str) -> bool {
    ALLOWED.contains(&name) || name.starts_with(interlock_wire::header::PARAM_PREFIX)
}

/// Lets the page that asked read the answer.
pub(super) fn expose(origin: HeaderValue, response: &mut Response<ResponseBody>) {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(VARY, HeaderValue::from_static("origin"));
}

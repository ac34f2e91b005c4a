//! Taking the token out of a request: out of the `Authorization` header, and nowhere else.

use http::header::{AUTHORIZATION, HeaderMap, HeaderName};
use http::request::Parts;

use super::Challenge;

/// The longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 16 << 10;

/// How a token was presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Bearer,
    DPoP,
}

/// The one token of a request.
pub(super) fn token(parts: &Parts) -> Result<(Scheme, &str), Challenge> {
    if parts.uri.query().is_some_and(names_a_token) {
        return Err(Challenge::invalid_request(
            "a token belongs into the authorization header, not into the URL",
        ));
    }
    let Some(text) = single(&parts.headers, &AUTHORIZATION)? else {
        return Err(Challenge::missing());
    };
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let scheme = if scheme.eq_ignore_ascii_case("bearer") {
        Scheme::Bearer
    } else if scheme.eq_ignore_ascii_case("dpop") {
        Scheme::DPoP
    } else {
        return Err(Challenge::missing());
    };
    let token = token.trim_start_matches(' ');
    if token.len() > MAX_TOKEN {
        return Err(Challenge::invalid_token("the token is too long"));
    }
    if !is_token(token) {
        return Err(Challenge::invalid_request("the token is malformed"));
    }
    Ok((scheme, token))
}

/// The text of a header that may be there once.
pub(super) fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a str>, Challenge> {
    let mut all = headers.get_all(name).iter();
    let (first, second) = (all.next(), all.next());
    if second.is_some() {
        return Err(Challenge::invalid_request("a header was given twice"));
    }
    let Some(value) = first else { return Ok(None) };
    value
        .to_str()
        .map(Some)
        .map_err(|_| Challenge::invalid_request("a header holds other than ASCII"))
}

fn names_a_token(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes())
        .any(|(name, _)| name.eq_ignore_ascii_case("access_token"))
}

/// `b64token` of RFC 6750.
pub(super) fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let allowed = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
    };
    !body.is_empty() && body.bytes().all(allowed)
}

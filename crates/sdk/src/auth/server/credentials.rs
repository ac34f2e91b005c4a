//! Keeping credentials away from handlers.

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, PROXY_AUTHORIZATION};

/// Removes from a request what proves who made it, so that no handler can read it, log it or pass it on.
///
/// ```
/// use http::{HeaderMap, HeaderValue};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("authorization", HeaderValue::from_static("Bearer secret"));
/// interlock_sdk::auth::server::remove_credentials(&mut headers);
/// assert!(headers.is_empty());
/// ```
pub fn remove_credentials(headers: &mut HeaderMap) {
    const DPOP: HeaderName = HeaderName::from_static("dpop");
    for name in [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE, DPOP] {
        headers.remove(name);
    }
}

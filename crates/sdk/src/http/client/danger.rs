//! What weakens a default. Each is for development set-ups that cannot do without.

use super::{StreamableHttp, UrlError};

/// A client of a server that is reached without TLS although it is not on this machine: whoever sits between reads and changes
/// everything, tokens too.
///
/// # Errors
/// [`UrlError`] when the URL cannot be used even so.
///
/// ```
/// use interlock_sdk::http::client::danger;
///
/// let inside = danger::plaintext("http://mcp.internal:8080/mcp")?;
/// # drop(inside);
/// # Ok::<(), interlock_sdk::http::client::UrlError>(())
/// ```
pub fn plaintext(url: &str) -> Result<StreamableHttp, UrlError> {
    StreamableHttp::at(url, true)
}

//! Roots: which URIs a client tells a server, and that they changed.

use std::sync::PoisonError;

use interlock_wire::types::Root;
use interlock_wire::{Era, Method};
use url::Url;

use super::Client;
use super::error::CallError;

/// A `file:` URI of this machine whose path is written plainly: no dots, nothing encoded that a server would decode to a separator.
pub(super) fn is_plain(uri: &str) -> bool {
    let Ok(parsed) = Url::parse(uri) else {
        return false;
    };
    let lower = uri.to_ascii_lowercase();
    let dots = |part: &str| matches!(part.replace("%2e", ".").as_str(), "." | "..");
    let strange = ["%2f", "%5c", "%00", "\\"];
    parsed.scheme() == "file"
        && parsed.host().is_none()
        && parsed.query().is_none()
        && parsed.fragment().is_none()
        && lower.starts_with("file:///")
        && !lower.split('/').any(dots)
        && !strange.iter().any(|part| lower.contains(part))
}

impl Client {
    /// Replaces the roots that the server is told, and tells a server of the session era that they changed. One of 2026-07-28 is told
    /// the new ones whenever it asks.
    ///
    /// # Errors
    /// [`CallError`] when a root is not a plain `file:` URI, or the client was built without roots.
    pub async fn set_roots(&self, roots: impl IntoIterator<Item = Root>) -> Result<(), CallError> {
        let roots: Vec<_> = roots.into_iter().collect();
        if !roots.iter().all(|root| is_plain(&root.uri)) {
            return Err(CallError::Arguments);
        }
        let handlers = &self.link().core.handlers;
        if !handlers.has_roots {
            return Err(CallError::NotOffered("roots"));
        }
        *handlers
            .roots
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = roots;
        let revision = self.server().revision();
        if revision.era() == Era::Legacy {
            let name = "notifications/roots/list_changed";
            let sent = self
                .link()
                .notify(Method::RootsChanged, name, None, Some(revision));
            sent.await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    // SPEC: both/client/roots/root:1 both/client/roots/security-considerations:2
    #[test]
    fn roots_are_plain_file_uris() {
        for (uri, expected) in [
            ("file:///home/me/project", true),
            ("file:///home/me/my%20project/", true),
            ("file:///C:/src", true),
            ("file:///home/me/../you", false),
            ("file:///home/me/%2e%2e/you", false),
            ("file:///home/me/..%2fyou", false),
            ("file://server/share", false),
            ("file:///a?b", false),
            ("https://example/", false),
            ("/home/me", false),
            ("", false),
        ] {
            assert_eq!(is_plain(uri), expected, "{uri}");
        }
    }
}

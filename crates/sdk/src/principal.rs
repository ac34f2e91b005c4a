//! Who is on the other side: what sessions, request state and tasks are bound to.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Who calls. It never holds a token.
///
/// Two principals are equal when issuer, subject and client are; scopes and expiry may differ, because a client that
/// stepped up or refreshed its token is still the same caller.
#[derive(Debug, Clone, Default)]
pub struct Principal(Option<Arc<Identity>>);

#[derive(Debug, Clone, Default)]
struct Identity {
    issuer: String,
    subject: String,
    client: Option<String>,
    scopes: Vec<String>,
    expires: Option<u64>,
}

impl Principal {
    /// The caller of a server that asks nobody who they are.
    pub fn anonymous() -> Self {
        Self(None)
    }

    /// The caller whom `issuer` calls `subject`.
    ///
    /// ```
    /// use interlock_sdk::Principal;
    ///
    /// let alice = Principal::new("https://idp.example", "alice").with_scopes(["files:read"]);
    /// assert!(alice.has_scope("files:read") && !alice.is_anonymous());
    /// ```
    pub fn new(issuer: impl Into<String>, subject: impl Into<String>) -> Self {
        Self(Some(Arc::new(Identity {
            issuer: issuer.into(),
            subject: subject.into(),
            ..Identity::default()
        })))
    }

    /// With the OAuth client that acts for the caller.
    #[must_use]
    pub fn with_client(self, client: impl Into<String>) -> Self {
        self.change(|identity| identity.client = Some(client.into()))
    }

    /// With the scopes that were granted.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.change(|identity| {
            identity.scopes = scopes.into_iter().map(Into::into).collect();
            identity.scopes.sort_unstable();
            identity.scopes.dedup();
        })
    }

    /// With the moment, in seconds since 1970, after which the caller has to show who they are again.
    #[must_use]
    pub fn with_expiry(self, seconds: u64) -> Self {
        self.change(|identity| identity.expires = Some(seconds))
    }

    /// Whether nobody asked who this is.
    pub fn is_anonymous(&self) -> bool {
        self.0.is_none()
    }

    /// Who vouches for the subject; none for the anonymous principal.
    pub fn issuer(&self) -> Option<&str> {
        self.0.as_deref().map(|identity| identity.issuer.as_str())
    }

    /// The subject's name at its issuer; none for the anonymous principal.
    pub fn subject(&self) -> Option<&str> {
        self.0.as_deref().map(|identity| identity.subject.as_str())
    }

    /// The OAuth client that acts for the subject, if the token named one.
    pub fn client(&self) -> Option<&str> {
        self.0.as_deref()?.client.as_deref()
    }

    /// The scopes that were granted, sorted.
    pub fn scopes(&self) -> &[String] {
        self.0
            .as_deref()
            .map_or(&[], |identity| identity.scopes.as_slice())
    }

    /// Whether a scope was granted.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes()
            .binary_search_by(|granted| granted.as_str().cmp(scope))
            .is_ok()
    }

    /// The moment, in seconds since 1970, after which the caller has to show who they are again.
    pub fn expires(&self) -> Option<u64> {
        self.0.as_deref()?.expires
    }

    fn change(self, change: impl FnOnce(&mut Identity)) -> Self {
        let mut identity = self.0.unwrap_or_default();
        change(Arc::make_mut(&mut identity));
        Self(Some(identity))
    }

    fn key(&self) -> Option<(&str, &str, Option<&str>)> {
        let identity = self.0.as_deref()?;
        Some((
            &identity.issuer,
            &identity.subject,
            identity.client.as_deref(),
        ))
    }
}

impl PartialEq for Principal {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Principal {}

impl Hash for Principal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::Principal;

    #[test]
    fn a_new_token_does_not_make_another_caller() {
        let alice = Principal::new("https://idp.example", "alice").with_client("app");
        assert_eq!(alice, alice.clone().with_scopes(["a", "b"]).with_expiry(5));
        assert_ne!(
            alice,
            Principal::new("https://other.example", "alice").with_client("app")
        );
        assert_ne!(alice, Principal::new("https://idp.example", "alice"));
        assert_ne!(Principal::anonymous(), Principal::new("", ""));
    }
}

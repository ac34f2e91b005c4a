//! Scopes: sets of names, and which of them to ask for.

use std::collections::BTreeSet;
use std::fmt;

/// Scopes that one request may name.
const MAX_SCOPES: usize = 128;

/// A set of scope names (RFC 6749 section 3.3). Names that are not allowed there are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// The names in a text with spaces between.
    ///
    /// ```
    /// use interlock_sdk::auth::client::Scopes;
    /// let scopes = Scopes::parse("files:read files:write");
    /// assert!(scopes.contains("files:read"));
    /// assert_eq!(scopes.to_string(), "files:read files:write");
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::of(text.split(' '))
    }

    /// These names.
    pub fn of<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        let valid = names.into_iter().filter(|name| is_scope(name.as_ref()));
        Self(
            valid
                .map(|name| name.as_ref().to_owned())
                .take(MAX_SCOPES)
                .collect(),
        )
    }

    /// Both together.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Whether all of `other` are here.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.0.is_superset(&other.0)
    }

    /// Whether a name is here.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// With one more.
    pub(super) fn with(mut self, name: &str) -> Self {
        self.0.insert(name.to_owned());
        self
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

fn is_scope(name: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    !name.is_empty() && name.len() <= 256 && name.bytes().all(allowed)
}

/// Something that a person should know before they consent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remark {
    /// A scope that stands for everything.
    OmnibusScope(String),
    /// Whoever listens on this machine can pose as the client: its name proves nothing.
    LoopbackRedirect,
}

/// What is remarkable about a request for these scopes with this way back.
#[must_use]
pub fn remarks(scopes: &Scopes, redirect: &super::RedirectUri, client_id: &str) -> Vec<Remark> {
    let omnibus = scopes.iter().filter(|name| is_omnibus(name));
    let mut remarks: Vec<_> = omnibus
        .map(|name| Remark::OmnibusScope(name.to_owned()))
        .collect();
    // A client that is known by a URL claims to be somebody; on loopback anybody can claim it.
    if redirect.is_loopback() && client_id.starts_with("https://") {
        remarks.push(Remark::LoopbackRedirect);
    }
    remarks
}

/// Whether a scope stands for everything, by its words: `*`, `all`, `admin`, `full-access`, `mcp:*`, ….
fn is_omnibus(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "*",
        "all",
        "admin",
        "root",
        "superuser",
        "everything",
        "full",
        "fullaccess",
        "owner",
    ];
    let lower = name.to_ascii_lowercase();
    let whole: String = lower
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '*')
        .collect();
    WORDS.contains(&whole.as_str())
        || lower
            .split([':', '.', '/', '-', '_'])
            .any(|word| WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::super::RedirectUri;
    use super::{Remark, Scopes, remarks};

    #[test]
    fn a_set_of_names() {
        let scopes = Scopes::parse("b  a b \"bad\" a\u{e4} c\\d");
        assert_eq!(scopes.to_string(), "a b");
        assert!(scopes.covers(&Scopes::parse("a")) && !scopes.covers(&Scopes::parse("a c")));
        assert_eq!(scopes.union(&Scopes::parse("c")).to_string(), "a b c");
        assert!(Scopes::parse("").is_empty());
        assert_eq!(
            Scopes::of((0..500).map(|n| n.to_string())).iter().count(),
            128
        );
    }

    #[test]
    fn what_a_person_should_know() {
        let native = RedirectUri::parse("http://localhost:31337/").unwrap();
        let web = RedirectUri::parse("https://app.example/cb").unwrap();
        let url = "https://known.example/client.json";
        let omnibus = |name: &str| Remark::OmnibusScope(name.to_owned());
        for (scopes, redirect, client, expected) in [
            ("files:read", &web, url, vec![]),
            ("files:read", &native, "generated-id", vec![]),
            ("files:read", &native, url, vec![Remark::LoopbackRedirect]),
            ("* admin", &web, url, vec![omnibus("*"), omnibus("admin")]),
            (
                "mcp:* full-access",
                &web,
                url,
                vec![omnibus("full-access"), omnibus("mcp:*")],
            ),
            (
                "https://www.example/auth/allowance administer",
                &web,
                url,
                vec![],
            ),
        ] {
            assert_eq!(
                remarks(&Scopes::parse(scopes), redirect, client),
                expected,
                "{scopes}"
            );
        }
    }
}

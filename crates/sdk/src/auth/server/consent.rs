//! Consent, by client: what keeps a proxy with one registration of its own from becoming a confused deputy.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use ring::hmac::{self, HMAC_SHA256};

/// Seconds for which a consent counts.
const LIFETIME: u64 = 30 * 24 * 3_600;
/// The longest cookie that is looked at.
const MAX_COOKIE: usize = 256;

/// Remembers, in a cookie of the person who gave it, the consent to one client.
///
/// A server that hides another authorization server behind a registration of its own, and lets clients register with
/// itself, has to ask people about each client before it sends them on: the other server asked them about the proxy
/// once, and skips its question ever after. A cookie of this kind counts for one person, one client, one exact
/// redirect URI and the scopes that were shown, and for nothing else.
///
/// ```
/// use interlock_sdk::auth::server::{ConsentKeeper, ConsentTo};
///
/// let keeper = ConsentKeeper::new(&[7; 32]);
/// let editor = ConsentTo::new("alice", "editor", "http://127.0.0.1/cb", ["files:read"]);
/// let cookie = keeper.cookie(&editor, 1_000);
/// assert!(keeper.holds(&cookie, &editor, 2_000));
///
/// let stranger = ConsentTo::new("alice", "stranger", "https://evil.example/cb", ["files:read"]);
/// assert!(!keeper.holds(&cookie, &stranger, 2_000));
/// ```
pub struct ConsentKeeper(hmac::Key);

/// What a person consents to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentTo {
    user: String,
    client: String,
    redirect: String,
    scopes: Vec<String>,
}

impl ConsentTo {
    /// That `client` gets `scopes` in the name of `user` at exactly this redirect URI.
    pub fn new<S: Into<String>>(
        user: impl Into<String>,
        client: impl Into<String>,
        redirect: impl Into<String>,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        let mut scopes: Vec<String> = scopes.into_iter().map(Into::into).collect();
        scopes.sort_unstable();
        scopes.dedup();
        Self {
            user: user.into(),
            client: client.into(),
            redirect: redirect.into(),
            scopes,
        }
    }

    /// Everything, each part with its length before it, so that no two consents read the same.
    fn text(&self, until: u64) -> Vec<u8> {
        let fixed = [&self.user, &self.client, &self.redirect];
        let mut text = until.to_be_bytes().to_vec();
        for part in fixed.into_iter().chain(&self.scopes) {
            text.extend(part.len().to_be_bytes());
            text.extend(part.as_bytes());
        }
        text
    }
}

impl ConsentKeeper {
    /// The name of the cookie. Its prefix makes browsers keep it to this host and to `https`.
    pub const COOKIE: &str = "__Host-interlock-consent";

    /// Keeps consent by a secret key, which replicas share.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(HMAC_SHA256, key))
    }

    /// The cookie's value for a consent that was given at `now` (seconds since 1970).
    pub fn cookie(&self, to: &ConsentTo, now: u64) -> String {
        let until = now.saturating_add(LIFETIME);
        let tag = hmac::sign(&self.0, &to.text(until));
        format!("{until}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// The header that stores the consent.
    pub fn set_cookie(&self, to: &ConsentTo, now: u64) -> Option<HeaderValue> {
        let value = self.cookie(to, now);
        let name = Self::COOKIE;
        let text =
            format!("{name}={value}; Path=/; Max-Age={LIFETIME}; Secure; HttpOnly; SameSite=Lax");
        HeaderValue::try_from(text).ok()
    }

    /// Whether a cookie is the consent to exactly this, and still counts at `now`.
    pub fn holds(&self, cookie: &str, to: &ConsentTo, now: u64) -> bool {
        self.judge(cookie, to, now).is_some()
    }

    fn judge(&self, cookie: &str, to: &ConsentTo, now: u64) -> Option<()> {
        let (until, tag) = cookie
            .split_once('.')
            .filter(|_| cookie.len() <= MAX_COOKIE)?;
        let until: u64 = until.parse().ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(&self.0, &to.text(until), &tag).ok()?;
        (now < until && until.saturating_sub(now) <= LIFETIME).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{ConsentKeeper, ConsentTo, LIFETIME};

    #[test]
    fn a_consent_counts_for_what_was_shown_and_for_nothing_else() {
        let keeper = ConsentKeeper::new(&[7; 32]);
        let given = ConsentTo::new("alice", "editor", "http://127.0.0.1/cb", ["a", "b"]);
        let cookie = keeper.cookie(&given, 1_000);
        let to = |user, client, redirect, scopes: &[&str]| {
            ConsentTo::new(user, client, redirect, scopes.iter().copied())
        };
        let cb = "http://127.0.0.1/cb";
        for (asked, now, expected) in [
            (given.clone(), 1_000, true),
            (to("alice", "editor", cb, &["b", "a", "a"]), 1_000, true),
            (given.clone(), 1_000 + LIFETIME - 1, true),
            (given.clone(), 1_000 + LIFETIME, false),
            (given.clone(), 999, false),
            (to("alice", "editor", cb, &["a"]), 1_000, false),
            (to("alice", "editor", cb, &["a", "b", "c"]), 1_000, false),
            (
                to("alice", "editor", "http://127.0.0.1/cb/", &["a", "b"]),
                1_000,
                false,
            ),
            (to("alice", "stranger", cb, &["a", "b"]), 1_000, false),
            (to("bob", "editor", cb, &["a", "b"]), 1_000, false),
            (to("alic", "eeditor", cb, &["a", "b"]), 1_000, false),
        ] {
            assert_eq!(
                keeper.holds(&cookie, &asked, now),
                expected,
                "{asked:?} {now}"
            );
        }
        let other = ConsentKeeper::new(&[8; 32]);
        assert!(!other.holds(&cookie, &given, 1_000));
        for forged in ["", ".", "present", "9999999999.AAAA", "1."] {
            assert!(!keeper.holds(forged, &given, 1_000), "{forged}");
        }
        let later = cookie.replacen('2', "3", 1);
        assert!(!keeper.holds(&later, &given, 1_000));
    }

    #[test]
    fn the_cookie_stays_with_this_host_and_away_from_scripts() {
        let to = ConsentTo::new("alice", "editor", "http://127.0.0.1/cb", ["a"]);
        let header = ConsentKeeper::new(&[7; 32]).set_cookie(&to, 0).unwrap();
        let text = header.to_str().unwrap();
        for part in [
            "__Host-interlock-consent=",
            "; Path=/;",
            "; Secure",
            "; HttpOnly",
            "; SameSite=Lax",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("Domain"));
    }
}

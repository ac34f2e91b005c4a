//! URIs that a client would open, fetch or show: what they run, where they lead, whom they look like.

use interlock_wire::resource_uri::{Allowed, UriFault};

use crate::finding::{
    Finding, Severity, URI_CREDENTIALS, URI_HOST, URI_LOOKALIKE, URI_PLAIN, URI_SCHEME, quoted,
};
use crate::name::latin;

/// Endings under which anybody registers names; inside of a name they make it look like another.
const ENDINGS: &[&str] = &["com", "org", "net", "io", "dev", "app", "gov", "edu", "ai"];
/// Names that phishing borrows.
const BORROWED: &[&str] = &[
    "github",
    "gitlab",
    "google",
    "microsoft",
    "apple",
    "amazon",
    "paypal",
    "slack",
    "atlassian",
    "okta",
    "dropbox",
    "notion",
    "stripe",
    "figma",
    "anthropic",
    "openai",
    "salesforce",
    "linkedin",
    "facebook",
    "cloudflare",
    "discord",
    "bitbucket",
    "auth0",
];
/// What may stand before the ending of a country.
const SECOND: &[&str] = &["co", "com", "org", "net", "ac", "gov", "edu", "ne", "or"];

/// What is done with a URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A client fetches it by itself: an icon, an image.
    Fetched,
    /// A person is asked to open it in a browser.
    Opened,
    /// It names something that the server itself reads: a resource.
    Read,
}

/// What is found in a URI that a peer gave.
///
/// ```
/// use interlock_inspect::{Use, uri};
///
/// let codes = |text: &str, used| uri(text, used).iter().map(|finding| finding.code).collect::<Vec<_>>();
/// assert_eq!(codes("https://example.com/login", Use::Opened), [""; 0]);
/// assert_eq!(codes("javascript:alert(1)", Use::Opened), ["uri-scheme"]);
/// assert_eq!(codes("http://169.254.169.254/latest", Use::Read), ["uri-private-host"]);
/// ```
#[must_use]
pub fn uri(text: &str, used: Use) -> Vec<Finding> {
    judge(text, used, "")
}

pub(crate) fn judge(text: &str, used: Use, place: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let shown = quoted(text, 120);
    let lower = text.trim().to_ascii_lowercase();
    let told = |rule| Finding::new(rule, place, format!("`{shown}`"));
    let web = lower.starts_with("https://") || lower.starts_with("http://");
    let picture = used == Use::Fetched && lower.starts_with("data:image/");
    if is_active(text) && !picture {
        findings.push(told(&URI_SCHEME));
    } else if !web && used != Use::Read && !picture {
        // What is shown or fetched comes by https; a server's own schemes are for reading.
        findings.push(told(&URI_SCHEME).at(if used == Use::Opened {
            Severity::Critical
        } else {
            Severity::High
        }));
    }
    if web {
        findings.extend(judge_web(text, &lower, used, place));
    }
    findings
}

fn judge_web(text: &str, lower: &str, used: Use, place: &str) -> Vec<Finding> {
    let shown = quoted(text, 120);
    let told = |rule| Finding::new(rule, place, format!("`{shown}`"));
    let mut findings = Vec::new();
    match Allowed::new().judge(text.trim()) {
        Err(UriFault::PrivateHost) => findings.push(told(&URI_HOST)),
        Err(UriFault::UserInfo) => findings.push(told(&URI_CREDENTIALS).at(Severity::Critical)),
        Err(UriFault::MalformedHost) => findings.push(told(&URI_LOOKALIKE)),
        _ => {}
    }
    if lower.starts_with("http://") && used != Use::Read {
        findings.push(told(&URI_PLAIN));
    }
    if used != Use::Read {
        let host = host(lower);
        findings.extend(look_alike(host).map(|whom| {
            Finding::new(
                &URI_LOOKALIKE,
                place,
                format!("`{}` looks like `{}`", quoted(host, 120), quoted(&whom, 80)),
            )
        }));
    }
    findings
}

/// Whether a scheme runs, embeds or opens something on the machine of whoever follows it.
pub(crate) fn is_active(text: &str) -> bool {
    // Browsers drop these before they look for the scheme.
    let text: String = text
        .chars()
        .filter(|c| !c.is_control() && !c.is_whitespace())
        .take(40)
        .collect();
    let Some((scheme, _)) = text.split_once(':') else {
        return false;
    };
    let scheme = scheme.to_ascii_lowercase();
    let runs = matches!(
        scheme.as_str(),
        "javascript"
            | "vbscript"
            | "livescript"
            | "data"
            | "blob"
            | "filesystem"
            | "about"
            | "view-source"
            | "intent"
            | "shell"
            | "mhtml"
            | "jar"
            | "chrome"
            | "res"
    );
    runs || scheme.starts_with("ms-") || scheme.ends_with("-ms") || scheme == "search-ms"
}

fn host(lower: &str) -> &str {
    let behind = lower.split_once("://").map_or("", |(_, behind)| behind);
    let authority = behind
        .split(['/', '?', '#', '\\'])
        .next()
        .unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':')
        .next()
        .unwrap_or_default()
        .trim_end_matches('.')
}

/// The name that a host borrows, if it does.
fn look_alike(host: &str) -> Option<String> {
    let labels: Vec<&str> = host.split('.').collect();
    let owner = labels
        .len()
        .saturating_sub(if is_country(&labels) { 3 } else { 2 });
    // `github.com.login.example`: a whole name in front of the one that counts.
    let inside = labels
        .iter()
        .enumerate()
        .take(owner)
        .skip(1)
        .find(|(_, label)| ENDINGS.contains(label));
    if let Some((at, ending)) = inside {
        let before = at
            .checked_sub(1)
            .and_then(|at| labels.get(at))
            .copied()
            .unwrap_or_default();
        return Some(format!("{before}.{ending}"));
    }
    if labels.iter().any(|label| label.starts_with("xn--")) || !host.is_ascii() {
        let plain: String = host.chars().map(latin).collect();
        return Some(plain);
    }
    let name = labels.get(owner).copied().unwrap_or_default();
    let glance: String = name
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' => 'l',
            '3' => 'e',
            '5' => 's',
            other => other,
        })
        .collect();
    BORROWED
        .iter()
        .find(|known| {
            let parts = name.split('-').any(|part| part == **known) && name.contains('-');
            (glance == ***known && name != **known) || parts
        })
        .map(|known| (*known).to_owned())
}

/// `example.co.uk`: the ending has two parts.
fn is_country(labels: &[&str]) -> bool {
    matches!(labels, [.., second, last] if last.len() == 2 && SECOND.contains(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, used: Use, expected: &[&str]) {
        let codes: Vec<_> = uri(text, used).iter().map(|finding| finding.code).collect();
        assert_eq!(codes, expected, "{text}");
    }

    #[test]
    fn what_is_opened_is_a_public_https_page() {
        let check = |text, expected| check(text, Use::Opened, expected);
        check("https://github.com/login/oauth/authorize?client_id=a", &[]);
        check("https://login.microsoftonline.com/common", &[]);
        check("https://accounts.google.co.uk/x", &[]);
        check("https://auth.example.com.au/x", &[]);
        check(
            "https://github.com.login.attacker.invalid/oauth",
            &["uri-look-alike-host"],
        );
        check("https://g1thub.com/", &[]);
        check("https://gith0b.com/", &[]);
        check("https://github-login.com/", &["uri-look-alike-host"]);
        check("https://g00gle.com/", &["uri-look-alike-host"]);
        check("https://xn--gthub-cta.com/", &["uri-look-alike-host"]);
        check("https://github.com@evil.example/", &["uri-user-info"]);
        check("http://example.com/", &["uri-unencrypted"]);
        check("JaVa\tscript:alert(1)", &["uri-scheme"]);
        check("file:///etc/passwd", &["uri-scheme"]);
        check("ms-msdt:/id x", &["uri-scheme"]);
        check("https://127.0.0.1/", &["uri-private-host"]);
    }

    #[test]
    fn what_is_fetched_is_no_address_of_ours() {
        let check = |text, expected| check(text, Use::Fetched, expected);
        check("https://example.com/icon.png", &[]);
        check("data:image/png;base64,iVBORw0KGgo=", &[]);
        check("data:text/html,x", &["uri-scheme"]);
        check(
            "http://169.254.169.254/x.png",
            &["uri-private-host", "uri-unencrypted"],
        );
        check("file:///etc/passwd", &["uri-scheme"]);
    }

    #[test]
    fn servers_have_schemes_of_their_own() {
        let check = |text, expected| check(text, Use::Read, expected);
        check("note://a/b", &[]);
        check("file:///srv/a.txt", &[]);
        check("https://example.com/a", &[]);
        check("http://[::ffff:10.0.0.1]/", &["uri-private-host"]);
        check("javascript:1", &["uri-scheme"]);
    }
}

//! Names that pretend: a scope or namespace that reads as that of a well-known publisher, and is not.

use interlock_launch::{looks_like, skeleton};

/// A well-known publisher: the word that people recognise, its npm scopes, its accounts on code forges.
struct Brand {
    word: &'static str,
    scopes: &'static [&'static str],
    accounts: &'static [&'static str],
}

const fn brand(
    word: &'static str,
    scopes: &'static [&'static str],
    accounts: &'static [&'static str],
) -> Brand {
    Brand {
        word,
        scopes,
        accounts,
    }
}

/// Whom it pays to imitate. Scopes and accounts are those that the publishers themselves use.
const BRANDS: &[Brand] = &[
    brand("anthropic", &["anthropic-ai"], &["anthropics", "anthropic"]),
    brand(
        "modelcontextprotocol",
        &["modelcontextprotocol"],
        &["modelcontextprotocol"],
    ),
    brand("claude", &[], &[]),
    brand("openai", &["openai"], &["openai"]),
    brand("github", &["github", "octokit"], &["github", "octokit"]),
    brand(
        "microsoft",
        &["microsoft", "azure", "playwright"],
        &["microsoft", "azure"],
    ),
    brand(
        "google",
        &["google", "google-cloud", "googleapis"],
        &["google", "googleapis", "googlecloudplatform"],
    ),
    brand("cloudflare", &["cloudflare"], &["cloudflare"]),
    brand(
        "atlassian",
        &["atlassian"],
        &["atlassian", "atlassian-labs"],
    ),
    brand("stripe", &["stripe"], &["stripe"]),
    brand(
        "supabase",
        &["supabase"],
        &["supabase", "supabase-community"],
    ),
    brand("notion", &["notionhq"], &["makenotion"]),
    brand("hashicorp", &["hashicorp"], &["hashicorp"]),
    brand("mongodb", &["mongodb-js"], &["mongodb", "mongodb-js"]),
    brand("sentry", &["sentry"], &["getsentry"]),
    brand("slack", &["slack"], &["slackapi", "slackhq"]),
    brand("postmark", &["activecampaign"], &["activecampaign"]),
];

/// The well-known publisher that an npm scope, without its `@`, reads like without being its own.
pub(super) fn resembles_scope(scope: &str) -> Option<&'static str> {
    resembles(scope, |brand| brand.scopes)
}

/// The same for an account of a code forge: who has one of these need not have the scope of that name, and the other way round.
pub(super) fn resembles_account(account: &str) -> Option<&'static str> {
    resembles(account, |brand| brand.accounts)
}

/// Whether a word is that of a well-known publisher.
pub(super) fn is_brand(word: &str) -> bool {
    BRANDS.iter().any(|brand| brand.word == word)
}

fn resembles(name: &str, own: impl Fn(&Brand) -> &'static [&'static str]) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    if BRANDS
        .iter()
        .any(|brand| own(brand).contains(&name.as_str()))
    {
        return None;
    }
    let plain = skeleton(&name);
    BRANDS
        .iter()
        .find(|brand| imitates(&plain, brand))
        .map(|brand| brand.word)
}

fn imitates(plain: &str, brand: &Brand) -> bool {
    let known = std::iter::once(&brand.word)
        .chain(brand.scopes)
        .chain(brand.accounts);
    let mut known = known.map(|known| skeleton(known));
    known.any(|known| plain == known || looks_like(plain, &known) || is_dressed(plain, &known))
}

/// The word with nothing but official-sounding additions: `anthropic-official`, `mcp-github`.
fn is_dressed(plain: &str, word: &str) -> bool {
    const ADDITIONS: &[&str] = &[
        "official", "ai", "mcp", "team", "inc", "hq", "io", "dev", "labs", "org", "server",
        "servers", "verified", "tools",
    ];
    let parts: Vec<&str> = plain.split('-').collect();
    parts.len() > 1
        && parts.contains(&word)
        && parts
            .iter()
            .all(|part| *part == word || ADDITIONS.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imitations_are_told_from_the_real_ones_and_from_others() {
        for (name, expected) in [
            ("anthropics", None),
            ("anthropic", None),
            ("modelcontextprotocol", None),
            ("microsoft", None),
            ("alice", None),
            ("user", None),
            ("stripey-cats", None),
            ("antropic", Some("anthropic")),
            ("anthropic-official", Some("anthropic")),
            ("modelcontextprotoco1", Some("modelcontextprotocol")),
            ("rnodelcontextprotocol", Some("modelcontextprotocol")),
            ("g1thub", Some("github")),
            ("micros0ft", Some("microsoft")),
            ("claude", Some("claude")),
            ("github-mcp", Some("github")),
        ] {
            assert_eq!(resembles_account(name), expected, "{name}");
        }
        for (name, expected) in [
            ("anthropic-ai", None),
            ("anthropic", Some("anthropic")),
            ("anthropics", Some("anthropic")),
            ("azure", None),
            ("notionhq", None),
            ("notion", Some("notion")),
            ("alice", None),
        ] {
            assert_eq!(resembles_scope(name), expected, "@{name}");
        }
    }
}

//! Secrets in addresses: a password, a parameter, a part of the path that nobody could guess.
//!
//! Does: tell what looks drawn by chance from words, versions, digests and identifiers. Doesn't: know services; an address whose
//! path alone opens it looks the same everywhere.

use super::secrets::{is_known_secret, is_secret_value, names_secret};
use crate::text;

/// Names of parameters whose values let in whoever has them. They mean harmless things as well, so a value has to look drawn by chance.
const OPEN_WITH: &[&str] = &[
    "code",
    "sig",
    "signature",
    "hmac",
    "jwt",
    "sas",
    "session",
    "sessionid",
    "sid",
    "ticket",
    "otp",
    "pass",
    "passphrase",
    "assertion",
];

/// Shortest text that can look drawn by chance: less is guessed, or is a name.
const SHORTEST: usize = 20;

/// Digits of an abbreviated digest, without a dash behind them.
const DIGITS: usize = 6;

/// What of an address is secret: the password or user of `scheme://user:password@host`, the value of a parameter, a part of the path.
/// None where it is a hint of where one goes.
#[must_use]
pub fn secret_of_url(value: &str) -> Option<&str> {
    secret_beside_path(value).or_else(|| part_of_path(value))
}

/// The same without the path: what could be sent in a header as well.
pub(crate) fn secret_beside_path(value: &str) -> Option<&str> {
    user_of_url(value).or_else(|| parameter_of_url(value))
}

fn user_of_url(value: &str) -> Option<&str> {
    let authority = value.split_once("://")?.1.split(['/', '?', '#']).next()?;
    let user = authority.rsplit_once('@')?.0;
    let Some((_, password)) = user.split_once(':') else {
        return (is_known_secret(user) || is_drawn(user)).then_some(user);
    };
    (password.len() >= 4
        && !text::is_placeholder(password)
        && !matches!(
            password.to_ascii_lowercase().as_str(),
            "password" | "pass" | "secret" | "postgres"
        ))
    .then_some(password)
}

/// Behind the `?`, and behind the `#`, where tokens of logins stand.
fn parameter_of_url(value: &str) -> Option<&str> {
    let rest = value.split_once("://")?.1;
    let parameters = rest.split_once(['?', '#'])?.1.split(['&', ';', '?', '#']);
    parameters.into_iter().find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let named = names_secret(name) || name.eq_ignore_ascii_case("key");
        let secret = is_known_secret(value)
            || (named && is_secret_value(value))
            || (opens(name) && is_unguessable(value));
        secret.then_some(value)
    })
}

fn part_of_path(value: &str) -> Option<&str> {
    let rest = value.split_once("://")?.1.split(['?', '#']).next()?;
    let path = rest.split_once('/')?.1;
    let parts = path.split(['/', ':', ';', '=', ',', '@']);
    let mut parts = parts.filter(|part| !text::is_placeholder(part));
    parts.find(|part| is_known_secret(part) || is_drawn(part))
}

/// Whether one of the name's words is one of those, whatever is written between them.
fn opens(name: &str) -> bool {
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| OPEN_WITH.iter().any(|it| it.eq_ignore_ascii_case(word)))
}

/// Drawn by chance, or the digits of a digest: where the name says what it is for, those are no label.
fn is_unguessable(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    is_drawn(value) || (value.len() >= SHORTEST && is_hexadecimal(value) && digits >= 4)
}

/// Digests, commits and UUIDs, which name things.
fn is_hexadecimal(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// Whether a text looks drawn by chance: its letters and digits change between small, capital and digit far more often than words,
/// names and versions do. Digests in it, as in `page-9f86d081.html`, do not count.
fn is_drawn(value: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.~+%=/".contains(&b);
    if !value.bytes().all(fits) || is_content_or_moment(value) {
        return false;
    }
    let words = value.split_inclusive(['.', '-', '_', '~']);
    let is_label =
        |word: &&str| word.len() > DIGITS && is_hexadecimal(word.trim_end_matches(['.', '_', '~']));
    let rest: String = words.filter(|word| !is_label(word)).collect();
    rest.len() >= SHORTEST && 5 * changes(&rest) >= rest.len()
}

/// An address by content (IPFS CIDs of version 0 and 1) or a ULID, which begins with a moment: both name things that are listed.
fn is_content_or_moment(value: &str) -> bool {
    let of = |alphabet: fn(u8) -> bool| value.bytes().all(alphabet);
    let base58 = |b: u8| b.is_ascii_alphanumeric() && !b"0OIl".contains(&b);
    let base32 = |b: u8| matches!(b, b'a'..=b'z' | b'2'..=b'7');
    let crockford = |b: u8| b.is_ascii_digit() || (b.is_ascii_uppercase() && !b"ILOU".contains(&b));
    match value.len() {
        26 => value.starts_with('0') && of(crockford),
        46 => value.starts_with("Qm") && of(base58),
        59 => value.starts_with("baf") && of(base32),
        _ => false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Small,
    Capital,
    Digit,
    Other,
}

fn kind(byte: u8) -> Kind {
    match byte {
        b'a'..=b'z' => Kind::Small,
        b'A'..=b'Z' => Kind::Capital,
        b'0'..=b'9' => Kind::Digit,
        _ => Kind::Other,
    }
}

/// How often the kind changes; not where a word begins, with a capital or behind a dash.
fn changes(value: &str) -> usize {
    let (mut count, mut before, mut run) = (0, Kind::Other, 0_usize);
    for now in value.bytes().map(kind) {
        let word = match (before, now) {
            (Kind::Other, _) | (_, Kind::Other) | (Kind::Capital, Kind::Small) => true,
            // `ModelContext`, and no `aBcD`.
            (Kind::Small, Kind::Capital) => run >= 3,
            _ => false,
        };
        count += usize::from(now != before && !word);
        run = if now == before { run + 1 } else { 1 };
        before = now;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESSES: &[(&str, Option<&str>)] = &[
        // A user and a password.
        ("postgresql://u:hunter22@h/db", Some("hunter22")),
        ("postgresql://u:password@h/db", None),
        (
            "https://ghp_0123456789abcdefABCD@github.com/a/b",
            Some("ghp_0123456789abcdefABCD"),
        ),
        (
            "https://x7Kq2mPz9vRt4Ws8NbYc@h/a",
            Some("x7Kq2mPz9vRt4Ws8NbYc"),
        ),
        ("ssh://git@github.com/a/b", None),
        // Parameters.
        ("https://h/mcp?api_key=0123456789ab", Some("0123456789ab")),
        ("https://h/mcp?apiKey=YOUR_API_KEY", None),
        ("https://h/mcp?apiKey=${KEY}", None),
        (
            "https://h/api/f?code=aB3dE6gH9jK2mN5pQ8sT1vW4yZ7==",
            Some("aB3dE6gH9jK2mN5pQ8sT1vW4yZ7=="),
        ),
        (
            "https://h/f?a=b&code=9f86d081884c7d659a2feaa0c55ad015",
            Some("9f86d081884c7d659a2feaa0c55ad015"),
        ),
        ("https://h/f?code=javascript", None),
        ("https://h/f?code=en-GB", None),
        ("https://h/f?code=a-long-name-of-a-programme-of-2026", None),
        (
            "https://b.blob.core.windows.net/c/x?sv=2024-11-04&sig=kP3%2Fq9Zx2Lw7Vb4Nc8Rt1Ys6Hd5%3D",
            Some("kP3%2Fq9Zx2Lw7Vb4Nc8Rt1Ys6Hd5%3D"),
        ),
        (
            "https://b.s3.amazonaws.com/x?X-Amz-Expires=900&X-Amz-Signature=3b1f0c9d8e7a6f5b4c3d2e1f0a9b8c7d",
            Some("3b1f0c9d8e7a6f5b4c3d2e1f0a9b8c7d"),
        ),
        ("https://h/f?sig=short", None),
        (
            "https://h/f?session_id=Zk4vT9qLm2Xw7Rb1Nc5Y",
            Some("Zk4vT9qLm2Xw7Rb1Nc5Y"),
        ),
        (
            "https://h/cb#access_token=0123456789ab&x=y",
            Some("0123456789ab"),
        ),
        ("https://h/mcp?page=0123456789ab", None),
        (
            "https://h/mcp?id=550e8400-e29b-41d4-a716-446655440000",
            None,
        ),
        ("https://h/mcp?author=jane.doe-1970", None),
        (
            "https://h/x#sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            None,
        ),
        // Parts of the path.
        (
            "https://h/mcp/s/ZmQ3YjE5OGEtNWM0ZC00/mcp",
            Some("ZmQ3YjE5OGEtNWM0ZC00"),
        ),
        (
            "https://h/u/x7kq2mpz9vrt4ws8nbyc/sse",
            Some("x7kq2mpz9vrt4ws8nbyc"),
        ),
        (
            "https://h/v1/sk_live_0123456789abcdefABCD/mcp",
            Some("sk_live_0123456789abcdefABCD"),
        ),
        (
            "https://api.telegram.org/bot12345678:AAE4vT9qLm2Xw7Rb1Nc5YzK8pQ3sD6fG0hJ/x",
            Some("AAE4vT9qLm2Xw7Rb1Nc5YzK8pQ3sD6fG0hJ"),
        ),
        (
            "https://hooks.slack.com/services/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",
            Some("kL5mN6oP7qR8sT9uV0wX1yZ2"),
        ),
        ("https://h/mcp/550e8400-e29b-41d4-a716-446655440000", None),
        (
            "https://h/o/r/4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c/x.js",
            None,
        ),
        (
            "https://h/o/r/archive/8843d7f92416211de9ebb963ff4ce28125932878.zip",
            None,
        ),
        (
            "https://h/o/r/archive/8843d7f92416211de9ebb963ff4ce28125932878.tar.gz",
            None,
        ),
        (
            "https://h/v2/x/manifests/sha256-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.sig",
            None,
        ),
        ("https://h/My-Page-9f86d081884c7d659a2feaa0c55ad015", None),
        ("https://h/assets/index.4f2c91ab.min.js", None),
        ("https://h/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV/log", None),
        (
            "https://h/ipfs/QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG/readme",
            None,
        ),
        (
            "https://h/ipfs/bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
            None,
        ),
        (
            "https://h/x/Zk4vT9qL-m2Xw7Rb1Nc5Y",
            Some("Zk4vT9qL-m2Xw7Rb1Nc5Y"),
        ),
        (
            "https://h/a/releases/download/v1.2.3-rc.1/node-v20.11.1-linux-x64.tar.xz",
            None,
        ),
        (
            "https://files.pythonhosted.org/packages/8b/1c/pydantic_core-2.33.2-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            None,
        ),
        (
            "https://h/ModelContextProtocolServerForGitHubEnterprise2026",
            None,
        ),
        (
            "https://h/model-context-protocol-2025-06-18-v2-beta3-preview",
            None,
        ),
        (
            "https://h/v1beta1/projects/my-project-12345678/locations/europe-west4-a",
            None,
        ),
        ("https://h/2026-11-21T23-41-00Z/index-build-20261121", None),
        ("https://h/{a-token-of-yours-goes-HERE-1a2B3c4D}", None),
        ("https://x7kq2mpz9vrt4ws8nbyc.run.app/mcp", None),
        ("x7kq2mpz9vrt4ws8nbyc/y", None),
    ];

    #[test]
    fn secrets_of_addresses() {
        for (address, secret) in ADDRESSES {
            assert_eq!(secret_of_url(address), *secret, "{address}");
        }
    }

    #[test]
    fn what_a_path_opens_with_cannot_be_sent_otherwise() {
        for (address, secret) in ADDRESSES {
            let beside = secret_beside_path(address);
            assert!(beside.is_none() || beside == *secret, "{address}");
        }
        let path = "https://h/mcp/s/ZmQ3YjE5OGEtNWM0ZC00/mcp";
        assert!(secret_of_url(path).is_some() && secret_beside_path(path).is_none());
    }
}

//! Addresses of an entry: whole, public, over TLS, and nothing that is filled in may change the host.

use interlock_launch::excerpt;
use interlock_wire::resource_uri::Allowed;
use serde_json::Value;

use super::input::{Input, inputs};
use super::package::judge_secrecy;
use super::{Notes, rules};

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A server that is connected to.
    Server,
    /// A file that is fetched.
    Download,
    /// A page for people.
    Page,
}

/// Headers that say how a message is framed or to whom it goes: no publisher presets them.
const FRAMING: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "cookie",
    "origin",
    "x-forwarded-host",
    "x-forwarded-for",
    "mcp-session-id",
    "mcp-protocol-version",
];

/// Judges one element of `remotes`.
pub(super) fn judge_remote(remote: &Value, notes: &mut Notes) {
    match remote.get("type").and_then(Value::as_str) {
        Some("streamable-http" | "sse") => {}
        _ => notes.note(rules::WRONG_TYPE, "a remote is `streamable-http` or `sse`"),
    }
    let Some(url) = remote.get("url").and_then(Value::as_str) else {
        return notes.note(rules::MISSING_FIELD, "a remote has a `url`");
    };
    judge_template(url, remote, notes);
    judge_headers(remote, notes);
}

/// Judges a package's own transport: an address there is on this machine.
pub(super) fn judge_transport(transport: &Value, notes: &mut Notes) {
    match transport.get("type").and_then(Value::as_str) {
        Some("stdio") => {
            if transport.get("url").is_some() {
                notes.note(rules::UNKNOWN_FIELD, "standard streams have no address");
            }
        }
        Some("streamable-http" | "sse") => match transport.get("url").and_then(Value::as_str) {
            Some(url) if is_local(url) => {}
            Some(url) => judge_template(url, transport, notes),
            None => notes.note(rules::MISSING_FIELD, "a transport over HTTP has a `url`"),
        },
        _ => notes.note(
            rules::WRONG_TYPE,
            "a transport is `stdio`, `streamable-http` or `sse`",
        ),
    }
    judge_headers(transport, notes);
}

fn is_local(url: &str) -> bool {
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    let host = rest.and_then(|rest| rest.split(['/', ':', '?', '#']).next());
    matches!(host, Some("localhost" | "127.0.0.1" | "{host}" | "0.0.0.0"))
}

/// Judges an address with `{variables}`: as written, and with every preset filled in.
fn judge_template(url: &str, holder: &Value, notes: &mut Notes) {
    let (host, _) = split(url);
    if !url.contains('{') {
        return judge_address(url, Wanted::Server, notes);
    }
    let mut example = url.to_owned();
    for name in holes(url) {
        let in_host = host.contains(&format!("{{{name}}}"));
        let variable = holder
            .get("variables")
            .and_then(|variables| variables.get(name));
        if variable.is_none() && in_host {
            let text = format!("`{{{}}}` in the host is not declared", excerpt(name));
            notes.note(rules::ADDRESS_TEMPLATE, text);
        }
        for value in variable
            .map(|variable| Input::new(variable).presets())
            .unwrap_or_default()
        {
            if !stays_in_place(&value, in_host) {
                let text = format!(
                    "`{}` for `{{{}}}` changes where the address leads",
                    excerpt(&value),
                    excerpt(name)
                );
                notes.note(rules::ADDRESS_TEMPLATE, text);
            }
        }
        example = example.replace(&format!("{{{name}}}"), "example");
    }
    if host.starts_with('{') && !host.contains('.') {
        notes.note(
            rules::UNUSUAL_HOST,
            format!("whoever fills in `{}` decides the host", excerpt(url)),
        );
    } else {
        judge_address(&example, Wanted::Server, notes);
    }
}

/// A value that stays where it is put: in a host part of one name, in a path or query one piece.
fn stays_in_place(value: &str, in_host: bool) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    let label = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    let dots = value.starts_with('.') || value.ends_with('.') || value.contains("..");
    !dots
        && value.bytes().all(|b| {
            if in_host {
                label(b)
            } else {
                plain(b) || matches!(b, b'/' | b'%' | b',' | b'+' | b' ' | b':')
            }
        })
}

/// The authority and the rest of an address, scheme taken off.
fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    rest.split_at_checked(end).unwrap_or((rest, ""))
}

fn holes(url: &str) -> impl Iterator<Item = &str> {
    url.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// Judges a whole address.
pub(super) fn judge_address(url: &str, wanted: Wanted, notes: &mut Notes) {
    if let Some(rest) = url.strip_prefix("http://") {
        let rule = match wanted {
            Wanted::Page => rules::UNUSUAL_HOST,
            _ => rules::PLAIN_HTTP,
        };
        notes.note(
            rule,
            format!(
                "`http://{}` can be read and changed on the way",
                excerpt(rest)
            ),
        );
    } else if !url.starts_with("https://") {
        return notes.note(
            rules::BAD_ADDRESS,
            format!("`{}` is no https address", excerpt(url)),
        );
    }
    if let Err(fault) = Allowed::new().judge(url) {
        return notes.note(rules::BAD_ADDRESS, format!("`{}`: {fault}", excerpt(url)));
    }
    if wanted == Wanted::Download && url.contains(['?', '#']) {
        notes.note(
            rules::UNUSUAL_HOST,
            format!("`{}` asks for more than a file", excerpt(url)),
        );
    }
    let secret = [
        "api_key=",
        "apikey=",
        "token=",
        "secret=",
        "password=",
        "key=",
    ];
    let lower = url.to_ascii_lowercase();
    if wanted == Wanted::Server
        && secret
            .iter()
            .any(|part| lower.contains(&format!("?{part}")) || lower.contains(&format!("&{part}")))
    {
        notes.note(rules::SECRET_PRESET, "the address carries a secret");
    }
}

fn judge_headers(holder: &Value, notes: &mut Notes) {
    for header in inputs(holder, "headers") {
        let name = header.text("name").unwrap_or_default();
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(token) {
            notes.note(
                rules::HEADER_SMUGGLING,
                format!("`{}` is no name of a header", excerpt(name)),
            );
        }
        if FRAMING.contains(&name.to_ascii_lowercase().as_str()) {
            notes.note(
                rules::HEADER_SMUGGLING,
                format!("`{}` is not a publisher's to set", excerpt(name)),
            );
        }
        if header
            .presets()
            .iter()
            .any(|value| value.contains(['\r', '\n', '\0']))
        {
            notes.note(
                rules::HEADER_SMUGGLING,
                format!("the value of `{}` has line ends", excerpt(name)),
            );
        }
        header.judge_presets(notes);
        judge_secrecy(name, &header, notes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(remote: &Value, expected: &[&str]) {
        let mut notes = Notes::default();
        judge_remote(remote, &mut notes);
        assert_eq!(notes.codes(), expected, "{remote}");
    }

    #[test]
    fn addresses() {
        for (url, expected) in [
            ("https://mcp.example.com/mcp", &[][..]),
            ("http://mcp.example.com/mcp", &["plain-http"]),
            ("https://169.254.169.254/latest", &["bad-address"]),
            ("https://localhost/mcp", &["bad-address"]),
            ("https://u:p@mcp.example.com/", &["bad-address"]),
            ("javascript:alert(1)", &["bad-address"]),
            (
                "https://mcp.example.com/mcp?api_key=abc",
                &["secret-preset"],
            ),
        ] {
            check(&json!({"type": "streamable-http", "url": url}), expected);
        }
    }

    #[test]
    fn nothing_filled_in_changes_the_host() {
        for (url, default, expected) in [
            ("https://{t}.example.com/mcp", "eu-1", &[][..]),
            (
                "https://{t}.example.com/mcp",
                "attacker.invalid/#",
                &["address-template"],
            ),
            (
                "https://{t}.example.com/mcp",
                "a@attacker.invalid:443/",
                &["address-template"],
            ),
            (
                "https://{t}.example.com/mcp",
                "attacker.invalid\\",
                &["address-template"],
            ),
            ("https://mcp.example.com/{t}/mcp", "a/b", &[]),
            (
                "https://mcp.example.com/{t}/mcp",
                "../../x",
                &["address-template"],
            ),
            ("https://{t}/mcp", "mcp.example.com", &["unusual-host"]),
        ] {
            let remote =
                json!({"type": "sse", "url": url, "variables": {"t": {"default": default}}});
            check(&remote, expected);
        }
    }

    #[test]
    fn headers() {
        for (header, expected) in [
            (
                json!({"name": "Authorization", "value": "Bearer {token}", "isSecret": true}),
                &[][..],
            ),
            (
                json!({"name": "Authorization", "value": "Bearer abc", "isSecret": true}),
                &["secret-preset"],
            ),
            (json!({"name": "Host", "value": "x"}), &["header-smuggling"]),
            (
                json!({"name": "X-A", "value": "a\r\nHost: x"}),
                &["header-smuggling"],
            ),
            (json!({"name": "X A", "value": "a"}), &["header-smuggling"]),
        ] {
            check(
                &json!({"type": "sse", "url": "https://mcp.example.com/", "headers": [header]}),
                expected,
            );
        }
    }
}

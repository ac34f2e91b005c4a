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
    "expect",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "cookie",
    "origin",
    "forwarded",
    "x-real-ip",
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
pub(super) fn judge_transport(transport: &Value, package: &Value, notes: &mut Notes) {
    match transport.get("type").and_then(Value::as_str) {
        Some("stdio") => {
            if transport.get("url").is_some() {
                notes.note(rules::UNKNOWN_FIELD, "standard streams have no address");
            }
        }
        Some("streamable-http" | "sse") => match transport.get("url").and_then(Value::as_str) {
            Some(url) if is_local(url) => judge_local(url, package, notes),
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

/// Hosts that mean this machine.
const LOCAL: &[&str] = &["localhost", "127.0.0.1", "0.0.0.0"];

/// Whether an address is on this machine, or its whole host is filled in. What stands before an `@` is no host.
fn is_local(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    let (authority, _) = split(url);
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    let hole = port.starts_with('{') && port.ends_with('}') && port.matches('{').count() == 1;
    matches!(scheme, Some("http" | "https"))
        && (LOCAL.contains(&host) || host == "{host}")
        && (hole || port.parse::<u16>().is_ok())
}

/// What the publisher presets for the host has to be this machine, too.
fn judge_local(url: &str, package: &Value, notes: &mut Notes) {
    if !split(url).0.starts_with("{host}") {
        return;
    }
    for key in [
        "runtimeArguments",
        "packageArguments",
        "environmentVariables",
    ] {
        let list = package.get(key).and_then(Value::as_array);
        for value in list.into_iter().flatten() {
            let input = Input::new(value);
            let names = [input.text("name"), input.text("valueHint")];
            let is_host = |name: &str| name.trim_start_matches('-').eq_ignore_ascii_case("host");
            if !names.into_iter().flatten().any(is_host) {
                continue;
            }
            for preset in input.presets() {
                if !LOCAL.contains(&preset.as_str()) {
                    let text = format!("`{}` for `{{host}}` is not this machine", excerpt(&preset));
                    notes.note(rules::ADDRESS_TEMPLATE, text);
                }
            }
        }
    }
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
        let hole = format!("{{{name}}}");
        // A port is a number.
        example = example.replace(&format!(":{hole}"), ":443");
        example = example.replace(&hole, "example");
    }
    if decides_host(host) {
        notes.note(
            rules::UNUSUAL_HOST,
            format!("whoever fills in `{}` decides the host", excerpt(url)),
        );
    } else {
        judge_address(&example, Wanted::Server, notes);
    }
}

/// Whether what is filled in reaches into the last two parts of the host: whose host it is then is not the publisher's word.
fn decides_host(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains('.') => host,
        _ => authority,
    };
    host.rsplit('.').take(2).any(|part| part.contains('{'))
}

/// A value that stays where it is put: in a host part of one name, in a path or query one piece.
fn stays_in_place(value: &str, in_host: bool) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    let label = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    let dots = value.starts_with('.') || value.ends_with('.') || value.contains("..");
    let nothing = in_host && value.is_empty();
    !dots
        && !nothing
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
    if wanted == Wanted::Server && url.contains('#') {
        let text = format!("`{}` has a part that no server receives", excerpt(url));
        notes.note(rules::BAD_ADDRESS, text);
    }
    if hides_number(split(url).0) {
        let text = format!(
            "the name in `{}` has another machine's address in it",
            excerpt(url)
        );
        notes.note(rules::UNUSUAL_HOST, text);
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

/// Whether a name has four numbers of an address in it, as names have that lead to any address one likes.
fn hides_number(host: &str) -> bool {
    let parts: Vec<&str> = host.split(['.', '-']).collect();
    let number = |part: &&str| part.parse::<u8>().is_ok();
    parts.len() > 4 && parts.windows(4).any(|four| four.iter().all(number))
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
        let lower = name.to_ascii_lowercase();
        if FRAMING.contains(&lower.as_str()) || lower.starts_with("x-forwarded-") {
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
                "https://mcp.example.com#@attacker.invalid/",
                &["bad-address"],
            ),
            ("https://169.254.169.254.nip.io/mcp", &["unusual-host"]),
            ("https://10-0-0-1.sslip.io/mcp", &["unusual-host"]),
            ("https://mcp-2026-10-1.example.com/mcp", &[]),
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
            (
                "https://mcp.example.com{t}/mcp",
                "",
                &["address-template", "unusual-host"],
            ),
            ("https://{t}.example.com/mcp", "", &["address-template"]),
            ("https://mcp.example.com:{t}/mcp", "8443", &[]),
        ] {
            let remote =
                json!({"type": "sse", "url": url, "variables": {"t": {"default": default}}});
            check(&remote, expected);
        }
    }

    #[test]
    fn transports_of_packages_are_on_this_machine() {
        for (url, preset, expected) in [
            ("http://localhost:{port}/mcp", "", &[][..]),
            ("http://127.0.0.1:8080/mcp", "", &[]),
            ("http://{host}:{port}/mcp", "127.0.0.1", &[]),
            (
                "http://{host}:{port}/mcp",
                "attacker.invalid",
                &["address-template"],
            ),
            (
                "http://localhost:1@attacker.invalid/mcp",
                "",
                &["plain-http", "bad-address"],
            ),
            (
                "http://localhost:{p}@attacker.invalid/mcp",
                "",
                &["address-template", "unusual-host"],
            ),
        ] {
            let mut notes = Notes::default();
            let package = json!({"environmentVariables": [{"name": "HOST", "default": preset}]});
            let transport = json!({"type": "sse", "url": url});
            judge_transport(&transport, &package, &mut notes);
            assert_eq!(notes.codes(), expected, "{url}");
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
                json!({"name": "X-Forwarded-Proto", "value": "x"}),
                &["header-smuggling"],
            ),
            (
                json!({"name": "Proxy-Authorization", "value": "x"}),
                &["header-smuggling"],
            ),
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

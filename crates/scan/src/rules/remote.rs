//! Servers that a client connects to: who can listen on the way, and what is given away by writing it down.

use interlock_launch::text::{excerpt, has_variable, mask};
use interlock_launch::{secret_of_url, secret_of_variable};

use super::case::FileCase;
use crate::server::{Remote, Server};

/// Judges a server that a client connects to.
pub(super) fn judge_remote(server: &Server, remote: &Remote, case: &mut FileCase<'_>) {
    judge_address(server, remote, case);
    for header in &remote.headers {
        if let Some(secret) = secret_of_variable(&header.name, &header.value) {
            let message = format!(
                "the header `{}` holds a secret: {}",
                excerpt(&header.name),
                mask(secret)
            );
            case.note_server(
                server,
                "secret-in-header",
                header.span,
                message,
                header.name.as_str(),
            );
        }
    }
    for credential in &remote.credentials {
        if let Some(secret) = secret_of_variable("token", &credential.text) {
            let message = format!("the credential is written here: {}", mask(secret));
            case.note_server(
                server,
                "secret-in-header",
                credential.span,
                message,
                "credential",
            );
        }
    }
    if let Some(helper) = &remote.helper {
        let message = format!("`{}` is started at each connection", excerpt(&helper.text));
        case.note_server(
            server,
            "headers-helper",
            helper.span,
            message,
            excerpt(&helper.text),
        );
    }
}

fn judge_address(server: &Server, remote: &Remote, case: &mut FileCase<'_>) {
    let url = &remote.url;
    if let Some(secret) = secret_of_url(&url.text) {
        let message = format!("the address holds a secret: {}", mask(secret));
        case.note_server(server, "secret-in-url", url.span, message, "");
    }
    if let Some(host) = plain_host(&url.text)
        && !is_this_machine(host)
    {
        let message = format!("`{}` is reached without encryption", excerpt(host));
        case.note_server(
            server,
            "remote-without-tls",
            url.span,
            message,
            excerpt(host),
        );
    }
    let socket = url.text.strip_prefix("unix://");
    if let Some(path) = socket.filter(|path| is_shared(path)) {
        let message = format!(
            "`{}` is where every program may put a socket",
            excerpt(path)
        );
        case.note_server(
            server,
            "socket-in-temporary-directory",
            url.span,
            message,
            "",
        );
    }
}

/// The host of an address that is not encrypted; none where it is, or where a variable says what it is.
fn plain_host(url: &str) -> Option<&str> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let plain = ["http", "ws"]
        .iter()
        .any(|one| scheme.eq_ignore_ascii_case(one));
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(six) => six.split(']').next()?,
        None => host.split(':').next()?,
    };
    (plain && !has_variable(host)).then_some(host)
}

/// Names and addresses of the machine itself, which nobody else is on the way to. A container's name for its host is one.
fn is_this_machine(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let name = matches!(
        host.as_str(),
        "localhost" | "host.docker.internal" | "host.containers.internal"
    );
    let loopback = host
        .parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.to_canonical().is_loopback());
    name || loopback || host.ends_with(".localhost")
}

fn is_shared(path: &str) -> bool {
    ["/tmp/", "/var/tmp/", "/dev/shm/"]
        .iter()
        .any(|shared| path.starts_with(shared))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are_reached_in_plain_text() {
        for (url, host) in [
            ("http://example.com/mcp", Some("example.com")),
            ("HTTP://u:p@example.com:80/mcp", Some("example.com")),
            ("ws://h", Some("h")),
            ("http://[2001:db8::1]:1/x", Some("2001:db8::1")),
            ("https://example.com", None),
            ("wss://h", None),
            ("http://${HOST}/x", None),
            ("unix:///tmp/x", None),
            ("example.com", None),
        ] {
            assert_eq!(plain_host(url), host, "{url}");
        }
    }

    #[test]
    fn nobody_is_on_the_way_to_this_machine() {
        for host in [
            "localhost",
            "127.0.0.1",
            "127.8.8.8",
            "::1",
            "api.localhost",
            "host.docker.internal",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "example.com",
            "0.0.0.0",
            "10.0.0.1",
            "localhost.example.com",
            "127.0.0.1.example.com",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}

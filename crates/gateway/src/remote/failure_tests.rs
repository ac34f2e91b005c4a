//! What people read, reason by reason.

use std::sync::Arc;

use super::*;

fn check(error: TransportError, headers: &[String], expected: &str) {
    let address = Address::new("https://mcp.example:8443/mcp", headers).unwrap();
    let text = Failure::Transport(error).text(&address, "web", false);
    assert!(text.contains(expected), "{text}");
    assert!(!text.ends_with('.') && !text.contains('\n'), "{text}");
}

#[test]
fn every_reason_is_told() {
    let token = ["Authorization=Bearer token".to_owned()];
    let not_public = || FetchError::NotPublic {
        host: "mcp.example".to_owned(),
    };
    for (error, headers, expected) in [
        (
            TransportError::Unreachable(Arc::new(not_public())),
            &[][..],
            "interlock approve web --danger-private-network",
        ),
        (
            TransportError::Unreachable(Arc::new(std::io::Error::other("a\u{1b}[31m"))),
            &[],
            "cannot be reached: a<U+001B>[31m",
        ),
        (
            TransportError::Status(401),
            &[],
            "--header 'Authorization=Bearer NAME'",
        ),
        (
            TransportError::Unauthorized(None),
            &token,
            "does not take the credentials",
        ),
        (TransportError::Status(403), &[], "(403)"),
        (
            TransportError::Status(404),
            &[],
            "no MCP server at the approved path",
        ),
        (TransportError::Status(429), &[], "later"),
        (TransportError::Status(308), &[], "not followed"),
        (TransportError::Status(500), &[], "failed (500)"),
        (TransportError::Status(418), &[], "status 418"),
        (TransportError::Protocol("x"), &[], "rules: x"),
        (TransportError::Limit("x"), &[], "more than is taken"),
        (TransportError::NoAnswer, &[], "gave no answer"),
        (TransportError::SessionEnded, &[], "ended the session"),
        (TransportError::Closed, &[], "the connection is closed"),
    ] {
        check(error, headers, expected);
    }
}

#[test]
fn the_way_out_is_one() {
    for (url, private, expected) in [
        ("https://10.0.0.1/", false, "--danger-private-network"),
        ("https://10.0.0.1/", true, "never connected to"),
        ("https://[fd12::1]/", false, "--danger-private-network"),
        ("https://169.254.169.254/", false, "never connected to"),
        ("https://[fd00:ec2::254]/", false, "never connected to"),
        ("https://mcp.example/", false, "--danger-private-network"),
        ("https://mcp.example/", true, "never connected to"),
    ] {
        let host = "mcp.example".to_owned();
        let cause = Arc::new(FetchError::NotPublic { host });
        let failure = Failure::Transport(TransportError::Unreachable(cause));
        let address = Address::new(url, &[]).unwrap();
        let text = failure.text(&address, "web", private);
        assert!(text.contains(expected), "{url}: {text}");
    }
    let address = Address::new("https://mcp.example/a?b=$(c)&d", &[]).unwrap();
    let text = Failure::Transport(TransportError::Status(401)).text(&address, "web", false);
    assert!(
        text.contains("--url 'https://mcp.example/a?b=$(c)&d' --header"),
        "{text}"
    );
}

#[test]
fn a_server_of_the_older_eras_is_asked_the_older_way() {
    for (status, method, expected) in [
        (400, Method::Discover, METHOD_NOT_FOUND),
        (404, Method::Discover, METHOD_NOT_FOUND),
        (401, Method::Discover, REFUSED),
        (503, Method::Discover, REFUSED),
        (400, Method::ToolsCall, REFUSED),
    ] {
        let failure = Failure::Transport(TransportError::Status(status));
        assert_eq!(failure.code(method), expected, "{status}");
    }
}

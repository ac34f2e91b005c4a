//! What is judged before anything of a request is believed: its size, the names it uses, and where a token may stand.

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};

use super::authority::{Names, Page, authority};
use super::refusal::Refusal;

/// Parameters of a URL that are credentials. They would be in logs and histories.
const CREDENTIALS: &[&str] = &[
    "access_token",
    "accesstoken",
    "token",
    "id_token",
    "refresh_token",
    "api_key",
    "apikey",
    "api-key",
    "auth",
    "authorization",
    "bearer",
    "jwt",
    "password",
    "secret",
    "client_secret",
    "session_token",
    "sessiontoken",
];

/// The bounds and names of the gate.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    pub(super) names: Names,
    pub(super) max_headers: usize,
    /// Whether requests that a proxy passed on are served.
    pub(super) proxied: bool,
}

/// Whose page sent the request, if one did.
pub(super) type Sender = Option<Page>;

impl Gate {
    /// Judges the head of a request.
    pub(super) fn admit(&self, parts: &Parts) -> Result<Sender, Refusal> {
        self.judge_headers(parts)?;
        let host = host_of(parts)?;
        let host = authority(&host)
            .filter(|host| self.names.is_host(host))
            .ok_or_else(|| {
                Refusal::new(
                    StatusCode::FORBIDDEN,
                    "this server has no such name: `Host` is not allowed",
                )
            })?;
        let mut origins = parts.headers.get_all(ORIGIN).iter();
        let page = match (origins.next(), origins.next()) {
            (None, _) => None,
            (Some(only), None) => {
                let origin = only.to_str().unwrap_or_default();
                Some(self.names.judge_origin(origin, &host))
            }
            (Some(_), Some(_)) => Some(Page::Foreign),
        };
        if page == Some(Page::Foreign) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "pages of this `Origin` may not call this server",
            ));
        }
        if parts.uri.query().is_some_and(has_credential) {
            let text = "credentials belong into the `Authorization` header, not into the URL";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, text));
        }
        Ok(page)
    }

    /// Their size, and whether somebody passed the request on.
    ///
    /// A server that asks nobody who they are is for this machine. If a proxy in front of it says that it passes requests on, it
    /// has been opened to others, and what such a header says of them is anybody's claim.
    fn judge_headers(&self, parts: &Parts) -> Result<(), Refusal> {
        let mut size = 0;
        let mut forwarded = false;
        for (name, value) in &parts.headers {
            size += name.as_str().len() + value.len();
            forwarded |= is_forwarding(name);
        }
        if size > self.max_headers {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return Err(Refusal::new(status, "the headers are too large"));
        }
        if forwarded && !self.proxied {
            let text = "a server without authentication takes no requests that a proxy passed on";
            return Err(Refusal::new(StatusCode::FORBIDDEN, text));
        }
        Ok(())
    }
}

/// The one name that the request is for: of its URI when that has one (HTTP/2, proxies), else of `Host`.
fn host_of(parts: &Parts) -> Result<String, Refusal> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let (first, second) = (hosts.next().map(HeaderValue::to_str), hosts.next());
    let named = parts.uri.authority().map(http::uri::Authority::as_str);
    match (named, first, second) {
        (None, Some(Ok(host)), None) => Ok(host.to_owned()),
        (Some(named), None, None) => Ok(named.to_owned()),
        (Some(named), Some(Ok(host)), None) if named.eq_ignore_ascii_case(host) => {
            Ok(host.to_owned())
        }
        _ => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "exactly one `Host` is needed",
        )),
    }
}

fn is_forwarding(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("x-forwarded-") || name == "forwarded" || name == "x-real-ip"
}

fn has_credential(query: &str) -> bool {
    query.split(['&', ';']).any(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        let name = percent_decoded(name);
        CREDENTIALS
            .iter()
            .any(|credential| name.eq_ignore_ascii_case(credential))
    })
}

/// Enough of percent decoding to find a name; what does not decode is no name.
fn percent_decoded(text: &str) -> String {
    let parsed = url::form_urlencoded::parse(text.as_bytes()).next();
    parsed
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::{Request, Response};

    use super::super::body::ResponseBody;
    use super::*;

    fn gate(proxied: bool) -> Gate {
        Gate {
            names: Names::default(),
            max_headers: 1_000,
            proxied,
        }
    }

    fn judge(gate: &Gate, uri: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        match gate.admit(&parts) {
            Ok(_) => 200,
            Err(refusal) => Response::<ResponseBody>::from(refusal).status().as_u16(),
        }
    }

    #[test]
    fn the_head_of_a_request_is_judged_first() {
        let check = |uri: &str, headers: &[(&str, &str)], expected: u16| {
            assert_eq!(
                judge(&gate(false), uri, headers),
                expected,
                "{uri} {headers:?}"
            );
        };
        let local = ("host", "localhost:8080");
        check("/mcp", &[local], 200);
        check("/mcp", &[], 400);
        check("/mcp", &[local, local], 400);
        check("http://localhost:8080/mcp", &[local], 200);
        check("http://localhost:8080/mcp", &[], 200);
        check("http://evil.example/mcp", &[local], 400);
        check("http://evil.example/mcp", &[], 403);
        check("/mcp", &[("host", "evil.example")], 403);
        check("/mcp", &[local, ("origin", "http://evil.example")], 403);
        check("/mcp", &[local, ("origin", "null")], 403);
        check("/mcp", &[local, ("origin", "http://localhost:8080")], 200);
        check(
            "/mcp",
            &[
                local,
                ("origin", "http://localhost:8080"),
                ("origin", "http://localhost:8080"),
            ],
            403,
        );
        check("/mcp", &[local, ("x-a", &"a".repeat(1_000))], 431);
        for header in [
            "x-forwarded-for",
            "X-Forwarded-Host",
            "Forwarded",
            "x-real-ip",
        ] {
            check("/mcp", &[local, (header, "127.0.0.1")], 403);
            assert_eq!(
                judge(&gate(true), "/mcp", &[local, (header, "127.0.0.1")]),
                200
            );
            assert_eq!(
                judge(
                    &gate(true),
                    "/mcp",
                    &[("host", "evil.example"), (header, "localhost")]
                ),
                403
            );
        }
    }

    #[test]
    fn credentials_in_the_url_are_refused() {
        let check = |query: &str, expected: u16| {
            let uri = format!("/mcp?{query}");
            assert_eq!(
                judge(&gate(false), &uri, &[("host", "localhost")]),
                expected,
                "{query}"
            );
        };
        for query in [
            "access_token=x",
            "a=b&ACCESS_TOKEN=x",
            "a;token=x",
            "%61ccess_token=x",
            "api_key",
            "x=1&jwt=y",
        ] {
            check(query, 400);
        }
        for query in [
            "",
            "sessionId=1",
            "x=access_token",
            "tokens=3",
            "%zz=1",
            "q=a%20b",
        ] {
            check(query, 200);
        }
    }
}

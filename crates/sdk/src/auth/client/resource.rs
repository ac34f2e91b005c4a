//! The MCP server as a resource: its canonical URI, and whether metadata speaks of it.

use url::Url;

use super::error::DiscoveryError;

/// The canonical URI of a server (RFC 8707 section 2): no fragment, no credentials, no slash after a bare host.
pub(super) fn canonical(server: &Url) -> String {
    let mut url = server.clone();
    url.set_fragment(None);
    let text = String::from(url);
    let bare = server.path() == "/" && server.query().is_none();
    match text.strip_suffix('/') {
        Some(stripped) if bare => stripped.to_owned(),
        _ => text,
    }
}

/// The resource identifier that metadata states, if it covers `server`: the same origin, and a path that is the server's
/// or one of its parents.
pub(super) fn covering(stated: &str, server: &Url) -> Result<String, DiscoveryError> {
    let url = Url::parse(stated).map_err(|_| DiscoveryError::Resource)?;
    let queries = url.query().is_none() || url.query() == server.query();
    if url.origin() != server.origin()
        || url.fragment().is_some()
        || !queries
        || !url.username().is_empty()
    {
        return Err(DiscoveryError::Resource);
    }
    let parent = url.path().trim_end_matches('/');
    let below = server.path().strip_prefix(parent);
    match below {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => Ok(stated.to_owned()),
        _ => Err(DiscoveryError::Resource),
    }
}

/// Where metadata of the resource may be when the challenge does not say: for the path, then for the host.
pub(super) fn well_known(server: &Url) -> Vec<Url> {
    let path = server.path().trim_end_matches('/');
    let mut places = Vec::with_capacity(2);
    if !path.is_empty() {
        places.extend(at(
            server,
            &format!("/.well-known/oauth-protected-resource{path}"),
        ));
    }
    places.extend(at(server, "/.well-known/oauth-protected-resource"));
    places
}

/// Where metadata of an authorization server may be (RFC 8414 section 3, OpenID Connect Discovery), in the order that the
/// specification gives.
pub(super) fn issuer_well_known(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/');
    let mut paths = vec![
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        paths.push(format!("{path}/.well-known/openid-configuration"));
    }
    paths.iter().filter_map(|path| at(issuer, path)).collect()
}

/// Another path at the same host.
pub(super) fn at(base: &Url, path: &str) -> Option<Url> {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(path);
    (url.path() == path).then_some(url)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{canonical, covering, issuer_well_known, well_known};

    // SPEC: 2025-11-25/basic/authorization/canonical-server-uri:1-3
    // SPEC: 2026-07-28/basic/authorization/index/canonical-server-uri:1-3
    // SPEC: 2026-07-28/basic/authorization/index/resource-parameter-implementation:4
    // SPEC: 2025-11-25/basic/authorization/resource-parameter-implementation:4
    #[test]
    fn a_canonical_uri_has_no_slash_after_a_bare_host() {
        for (server, expected) in [
            ("https://mcp.example", "https://mcp.example"),
            ("https://MCP.example:443/", "https://mcp.example"),
            ("https://mcp.example/mcp", "https://mcp.example/mcp"),
            ("https://mcp.example/mcp/", "https://mcp.example/mcp/"),
            (
                "https://mcp.example:8443/a?b=c#d",
                "https://mcp.example:8443/a?b=c",
            ),
        ] {
            assert_eq!(canonical(&Url::parse(server).unwrap()), expected);
        }
    }

    #[test]
    fn metadata_covers_a_server_at_or_below_its_resource() {
        let server = Url::parse("https://mcp.example/a/mcp").unwrap();
        for stated in [
            "https://mcp.example/a/mcp",
            "https://mcp.example/a",
            "https://mcp.example/a/",
            "https://mcp.example",
            "https://MCP.example/",
        ] {
            assert_eq!(covering(stated, &server).unwrap(), stated);
        }
        for stated in [
            "https://mcp.example/a/mcp/deeper",
            "https://mcp.example/a/mc",
            "https://mcp.example/b",
            "https://evil.example/a/mcp",
            "https://mcp.example.evil.example/a/mcp",
            "https://mcp.example:8443/a/mcp",
            "http://mcp.example/a/mcp",
            "https://mcp.example/a/mcp#x",
            "https://user@mcp.example/a/mcp",
            "https://mcp.example/a/mcp?tenant=b",
            "mcp.example",
            "",
        ] {
            assert!(covering(stated, &server).is_err(), "{stated}");
        }
    }

    #[test]
    fn well_known_places_are_tried_in_order() {
        let places = |list: Vec<Url>| list.into_iter().map(String::from).collect::<Vec<_>>();
        let url = |text| Url::parse(text).unwrap();
        assert_eq!(
            places(well_known(&url("https://a.example/x/mcp/?q"))),
            [
                "https://a.example/.well-known/oauth-protected-resource/x/mcp",
                "https://a.example/.well-known/oauth-protected-resource",
            ]
        );
        assert_eq!(
            places(well_known(&url("https://a.example"))),
            ["https://a.example/.well-known/oauth-protected-resource"]
        );
        assert_eq!(
            places(issuer_well_known(&url("https://as.example/tenant1"))),
            [
                "https://as.example/.well-known/oauth-authorization-server/tenant1",
                "https://as.example/.well-known/openid-configuration/tenant1",
                "https://as.example/tenant1/.well-known/openid-configuration",
            ]
        );
        assert_eq!(
            places(issuer_well_known(&url("https://as.example/"))),
            [
                "https://as.example/.well-known/oauth-authorization-server",
                "https://as.example/.well-known/openid-configuration",
            ]
        );
    }
}

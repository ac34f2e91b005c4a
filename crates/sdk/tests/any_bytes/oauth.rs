//! What a client and a server read of OAuth before they believe anything: challenges, metadata, keys, tokens and URLs.

use interlock_sdk::auth::challenge;
use interlock_sdk::auth::client::{
    AuthorizationUrl, IssuerMetadata, RedirectUri, ResourceMetadata, Scopes,
};
use interlock_sdk::auth::jwt::{Jwk, JwkSet, Jws};
use interlock_sdk::net::Policy;
use url::Url;

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let server = Url::parse("https://mcp.example/mcp").expect("a URL");
    if let Ok(read) = ResourceMetadata::parse(input, &server) {
        let resource = Url::parse(read.resource()).expect("a resource that was checked");
        assert_eq!(resource.origin(), server.origin());
    }
    let policy = Policy::default();
    if let Ok(read) = IssuerMetadata::parse(input, "https://idp.example", &policy) {
        assert_eq!(read.issuer(), "https://idp.example");
    }
    if let Ok(key) = Jwk::parse(input) {
        let again = Jwk::parse(key.to_json().as_bytes()).expect("a key that was written");
        assert_eq!(again.thumbprint(), key.thumbprint());
    }
    let _ = JwkSet::parse(input);
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let _ = challenge::parse(text);
    let _ = Jws::parse(text);
    assert_eq!(
        Scopes::parse(&Scopes::parse(text).to_string()),
        Scopes::parse(text)
    );
    if let Ok(url) = AuthorizationUrl::parse(text, &policy) {
        assert!(url.as_str().starts_with("https://"));
        assert!(
            !url.as_str()
                .contains(['$', '`', ';', '|', '<', '>', '"', '\'', '\\', ' ', '(', ')'])
        );
    }
    if let Ok(redirect) = RedirectUri::parse(text) {
        assert!(redirect.accepts(text));
    }
}

//! The one TLS configuration: rustls over ring, the bundled roots, HTTP/1.1 and HTTP/2.

use std::sync::Arc;

use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use rustls::ClientConfig;

/// Client-side TLS. The provider is named, so that another one in the same process changes nothing and nothing is global.
#[expect(
    clippy::expect_used,
    reason = "ring's provider has suites of both protocol versions"
)]
pub(crate) fn config() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("suites of TLS 1.2 and 1.3")
        .with_webpki_roots()
        .with_no_client_auth()
}

/// TLS over the connections of `inner`; plain HTTP passes through, for `inner` to have judged.
pub(crate) fn connector<C>(inner: C) -> HttpsConnector<C> {
    HttpsConnectorBuilder::new()
        .with_tls_config(config())
        .https_or_http()
        .enable_http1()
        .enable_http2()
        .wrap_connector(inner)
}

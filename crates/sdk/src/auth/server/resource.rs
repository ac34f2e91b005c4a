//! Who we are: the URL that tokens are issued for, and the document that says so (RFC 9728).

use serde_json::{Value, json};
use url::Url;

use super::GuardError;

/// This server as a protected resource.
#[derive(Debug, Clone)]
pub struct ProtectedResource {
    url: Url,
    identifier: String,
    audiences: Vec<String>,
    metadata_url: String,
    metadata_path: String,
}

impl ProtectedResource {
    /// The resource of this URL, as clients write it.
    ///
    /// # Errors
    /// [`GuardError::Url`] unless it is `https` (`http` for a loopback address) without credentials, query and fragment.
    pub fn new(identifier: &str) -> Result<Self, GuardError> {
        let url = service_url(identifier, "protected resource")?;
        let path = match url.path() {
            "/" => "",
            path => path,
        };
        let metadata_path = format!("/.well-known/oauth-protected-resource{path}");
        Ok(Self {
            metadata_url: format!("{}{metadata_path}", url.origin().ascii_serialization()),
            identifier: identifier.to_owned(),
            audiences: Vec::new(),
            metadata_path,
            url,
        })
    }

    /// The identifier as it was given: what `resource` and `aud` hold.
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// Where the metadata is.
    pub fn metadata_url(&self) -> &str {
        &self.metadata_url
    }

    /// The path of [`metadata_url`](Self::metadata_url).
    pub fn metadata_path(&self) -> &str {
        &self.metadata_path
    }

    /// Also answers to a name that an authorization server has for us.
    pub(super) fn add_audience(&mut self, audience: String) {
        self.audiences.push(audience);
    }

    /// Whether an `aud` means us: the same text, but for the case of scheme and host, which mean the same in any, and for the lone
    /// slash of a URL without a path. Neither a prefix nor a parent counts, nor any other spelling.
    pub fn is_meant_by(&self, audience: &str) -> bool {
        let own = self.audiences.iter().any(|own| own == audience);
        own || same_url(audience, &self.identifier)
    }

    /// The URL that a client used for a request to `path`: our public origin, whatever the request says of itself.
    pub(super) fn request_url(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(path);
        url
    }

    /// The path of the resource.
    pub(super) fn path(&self) -> &str {
        self.url.path()
    }

    /// The metadata document.
    pub(super) fn metadata(&self, servers: &[String], scopes: &[String], extra: Value) -> Vec<u8> {
        let mut document = json!({
            "resource": self.identifier,
            "authorization_servers": servers,
            "bearer_methods_supported": ["header"],
        });
        if let (Some(document), Value::Object(extra)) = (document.as_object_mut(), extra) {
            if !scopes.is_empty() {
                document.insert("scopes_supported".to_owned(), json!(scopes));
            }
            document.extend(extra);
        }
        document.to_string().into_bytes()
    }
}

fn same_url(left: &str, right: &str) -> bool {
    let parts = |url: &str| {
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let path = if path == "/" { "" } else { path };
        let folded = (scheme.to_ascii_lowercase(), authority.to_ascii_lowercase());
        Some((folded, path.to_owned()))
    };
    parts(left).is_some_and(|left| Some(left) == parts(right))
}

/// A URL of a service: `https`, or `http` on this machine; nothing but scheme, host, port and path.
pub(super) fn service_url(text: &str, what: &'static str) -> Result<Url, GuardError> {
    let wrong = || GuardError::Url {
        url: text.to_owned(),
        what,
    };
    let url = Url::parse(text).map_err(|_| wrong())?;
    let loopback = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    let plain = url.username().is_empty() && url.password().is_none();
    // The text, too: a parser drops what it does not need.
    let bare = !text.contains(['?', '#', '@']) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if scheme && plain && bare && url.has_host() {
        return Ok(url);
    }
    Err(wrong())
}

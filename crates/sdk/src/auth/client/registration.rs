//! Dynamic client registration (RFC 7591, OpenID Connect), and the document that makes it unnecessary.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::RegistrationError;
use super::identity::{ClientIdUrl, ClientProof, Identity};
use super::metadata::IssuerMetadata;
use super::token::refusal_text;
use super::url::RedirectUri;
use crate::auth::{Secret, json as strict};
use crate::net::{Fetcher, Question};

/// What a client says of itself to authorization servers.
#[derive(Debug, Clone)]
pub struct ClientMetadata {
    name: String,
    uri: Option<String>,
    software_id: Option<String>,
}

impl ClientMetadata {
    /// A client with that name, which consent screens show.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            uri: None,
            software_id: None,
        }
    }

    /// With the client's home page.
    #[must_use]
    pub fn uri(mut self, uri: impl Into<String>) -> Self {
        self.uri = Some(uri.into());
        self
    }

    /// With a name of the software that is the same for all its instances.
    #[must_use]
    pub fn software_id(mut self, id: impl Into<String>) -> Self {
        self.software_id = Some(id.into());
        self
    }

    /// The client ID metadata document to publish at `url`.
    ///
    /// ```
    /// use interlock_sdk::auth::client::{ClientIdUrl, ClientMetadata, RedirectUri};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let url = ClientIdUrl::parse("https://app.example/client.json")?;
    /// let back = RedirectUri::parse("http://127.0.0.1/callback")?;
    /// let document = ClientMetadata::new("App").document(&url, &[back]);
    /// assert!(document.contains(r#""client_id":"https://app.example/client.json""#));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn document(&self, url: &ClientIdUrl, redirects: &[RedirectUri]) -> String {
        let mut document = self.members(redirects, "none");
        if let Some(members) = document.as_object_mut() {
            members.insert("client_id".to_owned(), url.as_str().into());
        }
        document.to_string()
    }

    fn members(&self, redirects: &[RedirectUri], method: &str) -> Value {
        let native = redirects.iter().all(RedirectUri::is_loopback);
        let uris: Vec<_> = redirects.iter().map(RedirectUri::as_str).collect();
        let mut members = json!({
            "client_name": self.name,
            "redirect_uris": uris,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": method,
            "application_type": if native { "native" } else { "web" },
        });
        if let Some(object) = members.as_object_mut() {
            let optional = [
                ("client_uri", &self.uri),
                ("software_id", &self.software_id),
            ];
            for (name, value) in optional {
                object.extend(value.clone().map(|value| (name.to_owned(), value.into())));
            }
        }
        members
    }
}

/// What dynamic registration gave us.
#[derive(Clone)]
pub(super) struct Registration {
    pub(super) identity: Identity,
    /// The way back that was registered.
    pub(super) redirect: String,
    /// When the secret ends, in seconds since 1970.
    pub(super) expires: Option<u64>,
}

#[derive(Deserialize)]
struct Raw {
    client_id: String,
    client_secret: Option<Secret>,
    client_secret_expires_at: Option<u64>,
    redirect_uris: Option<Vec<String>>,
    token_endpoint_auth_method: Option<String>,
}

/// Registers with an authorization server.
pub(super) async fn register(
    fetcher: &Fetcher,
    issuer: &IssuerMetadata,
    metadata: &ClientMetadata,
    redirect: &RedirectUri,
    bound: bool,
) -> Result<Registration, RegistrationError> {
    let endpoint = issuer
        .registration
        .clone()
        .ok_or(RegistrationError::NoWay)?;
    let method = ["none", "client_secret_basic", "client_secret_post"];
    let method = method.into_iter().find(|name| issuer.takes_method(name));
    let mut document = metadata.members(std::slice::from_ref(redirect), method.unwrap_or("none"));
    if bound && let Some(members) = document.as_object_mut() {
        members.insert("dpop_bound_access_tokens".to_owned(), true.into());
    }
    let answer = fetcher
        .ask(Question::json(endpoint, document.to_string()))
        .await?;
    if !matches!(answer.status, StatusCode::CREATED | StatusCode::OK) {
        let (code, description) = refusal_text(&answer);
        return Err(RegistrationError::Refused {
            status: answer.status.as_u16(),
            code,
            description,
        });
    }
    read(&answer.body, redirect)
}

fn read(document: &[u8], redirect: &RedirectUri) -> Result<Registration, RegistrationError> {
    let malformed = RegistrationError::Malformed;
    let raw: Raw = strict::read(document).map_err(|_| malformed("not a registration"))?;
    let printable = |text: &str| {
        !text.is_empty()
            && text.len() <= 2_048
            && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
    };
    if !printable(&raw.client_id) {
        return Err(malformed("client_id"));
    }
    // A server that registered another way back would send codes there. An empty list says nothing.
    let registered = raw.redirect_uris.unwrap_or_default();
    if !registered.is_empty() && !registered.iter().any(|uri| uri == redirect.as_str()) {
        return Err(malformed("redirect_uris"));
    }
    let proof = raw
        .client_secret
        .map_or(ClientProof::None, ClientProof::Secret);
    Ok(Registration {
        identity: Identity {
            id: raw.client_id,
            proof,
            method: raw.token_endpoint_auth_method,
        },
        redirect: redirect.as_str().to_owned(),
        expires: raw.client_secret_expires_at.filter(|expires| *expires != 0),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{ClientIdUrl, RedirectUri};
    use super::{ClientMetadata, read};

    // SPEC: 2025-11-25/basic/authorization/implementation-requirements:5
    // SPEC: 2026-07-28/basic/authorization/client-registration/implementation-requirements:5
    // SPEC: 2026-07-28/basic/authorization/client-registration/application-type-and-redirect-uri-constraints:3
    #[test]
    fn a_document_names_its_own_url() {
        let url = ClientIdUrl::parse("https://app.example/client.json").unwrap();
        for (redirect, kind) in [
            ("http://127.0.0.1/callback", "native"),
            ("https://app.example/callback", "web"),
        ] {
            let back = RedirectUri::parse(redirect).unwrap();
            let metadata = ClientMetadata::new("App")
                .uri("https://app.example")
                .software_id("app");
            let document: Value = serde_json::from_str(&metadata.document(&url, &[back])).unwrap();
            let expected = json!({
                "client_id": "https://app.example/client.json",
                "client_name": "App",
                "client_uri": "https://app.example",
                "software_id": "app",
                "redirect_uris": [redirect],
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
                "token_endpoint_auth_method": "none",
                "application_type": kind,
            });
            assert_eq!(document, expected);
        }
    }

    #[test]
    fn what_a_registration_says() {
        let back = RedirectUri::parse("https://app.example/callback").unwrap();
        let of = |text: &str| read(text.as_bytes(), &back).ok();
        let made =
            of(r#"{"client_id":"x","client_secret":"s","client_secret_expires_at":0}"#).unwrap();
        assert_eq!(
            (made.identity.id(), made.expires, made.redirect.as_str()),
            ("x", None, back.as_str())
        );
        let ending = of(r#"{"client_id":"x","client_secret_expires_at":5,"redirect_uris":[]}"#);
        assert_eq!(ending.unwrap().expires, Some(5));
        for bad in [
            "",
            "{}",
            r#"{"client_id":7}"#,
            r#"{"client_id":"x","client_id":"y"}"#,
            r#"{"client_id":"x","redirect_uris":["https://app.example/callback/"]}"#,
        ] {
            assert!(of(bad).is_none(), "{bad}");
        }
    }
}

//! What is asked and what is answered.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use url::Url;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

/// A request. It has no `Debug`: it may carry secrets.
#[derive(Clone)]
pub struct Question {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Question {
    /// GET, for JSON.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url, Bytes::new())
    }

    /// POST of a form, as token endpoints want it.
    ///
    /// ```
    /// use interlock_sdk::net::Question;
    /// use url::Url;
    ///
    /// let url = Url::parse("https://idp.example/introspect").unwrap();
    /// let question = Question::form(url, [("token", "abc")]).basic("client", "secret");
    /// ```
    #[must_use]
    pub fn form<'a>(url: Url, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        Self::new(Method::POST, url, body.into()).header(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        )
    }

    /// POST of a JSON document.
    #[must_use]
    pub fn json(url: Url, document: impl Into<Bytes>) -> Self {
        Self::new(Method::POST, url, document.into())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    fn new(method: Method, url: Url, body: Bytes) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Self {
            method,
            url,
            headers,
            body,
        }
    }

    /// With a header, in place of one of that name.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// With HTTP Basic authentication of an OAuth client: both parts form-encoded first (RFC 6749 section 2.3.1).
    #[must_use]
    pub fn basic(self, client: &str, secret: &str) -> Self {
        use base64::Engine as _;
        let encode =
            |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = Zeroizing::new(format!("{}:{}", encode(client), encode(secret)));
        let text = Zeroizing::new(format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode(pair.as_bytes())
        ));
        match HeaderValue::from_str(&text) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.header(AUTHORIZATION, value)
            }
            // Base64 is always a header value.
            Err(_) => self,
        }
    }

    /// Where it goes.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }
}

/// An answer, read to its end. The body is wiped when it is dropped.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
}

//! JSON-RPC errors: every code that a server of ours answers with is made here.

use std::borrow::Cow;

use interlock_wire::error_reply::{
    INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, REFUSED, UNSUPPORTED_VERSION,
};
use interlock_wire::json::{self, write_string};
pub use interlock_wire::types::codes::{
    HEADER_MISMATCH, MISSING_CAPABILITY, RESOURCE_NOT_FOUND, URL_ELICITATION_REQUIRED,
};
use interlock_wire::types::{ElicitUrlParams, Encode, UrlElicitationData};
use interlock_wire::{Escaped, Id, Limits, Revision, Untrusted};

/// An error response: of ours to a peer, or of a peer to us.
///
/// ```
/// use interlock_sdk::RpcError;
///
/// let error = RpcError::invalid_params("`city` is empty");
/// assert_eq!((error.code(), error.message()), (-32602, "`city` is empty"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcError {
    code: i64,
    message: Cow<'static, str>,
    data: Option<Box<[u8]>>,
}

impl RpcError {
    /// An error of an application's own code. JSON-RPC reserves -32768 to -32000.
    pub fn new(code: i64, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// With `data`: JSON text, left out when it is none.
    #[must_use]
    pub fn with_data(mut self, data: impl Into<Vec<u8>>) -> Self {
        let data = data.into();
        let valid = json::validate(&data, &Limits::default()).is_ok();
        self.data = valid.then(|| data.into_boxed_slice());
        self
    }

    /// -32600: not a valid request here and now.
    pub fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(INVALID_REQUEST, message)
    }

    /// -32601: no such method, or not here.
    pub fn method_not_found(method: &str) -> Self {
        let message = format!("method `{}` is not offered", shown(method));
        Self::new(METHOD_NOT_FOUND, message)
    }

    /// -32602: the parameters are not acceptable.
    pub fn invalid_params(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(INVALID_PARAMS, message)
    }

    /// -32603: we failed. The reason stays with us.
    pub fn internal() -> Self {
        Self::new(INTERNAL_ERROR, "internal error")
    }

    /// Refused because of a limit.
    pub fn refused(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(REFUSED, message)
    }

    /// No such resource, in the words of `revision`.
    pub fn resource_not_found(uri: &str, revision: Revision) -> Self {
        let code = match revision {
            Revision::V2026_07_28 => INVALID_PARAMS,
            _ => RESOURCE_NOT_FOUND,
        };
        let mut data = br#"{"uri":"#.to_vec();
        write_string(uri, &mut data);
        data.push(b'}');
        Self::new(code, "resource not found").with_data(data)
    }

    /// -32022: the revision is not one of `supported`.
    pub fn unsupported_version(requested: &str, supported: &[Revision]) -> Self {
        let mut data = br#"{"supported":["#.to_vec();
        for (index, revision) in supported.iter().enumerate() {
            if index > 0 {
                data.push(b',');
            }
            write_string(revision.name(), &mut data);
        }
        data.extend_from_slice(br#"],"requested":"#);
        write_string(requested, &mut data);
        data.push(b'}');
        Self::new(UNSUPPORTED_VERSION, "unsupported protocol version").with_data(data)
    }

    /// -32021: `required` is the raw object of the capabilities that the client would have to declare.
    pub fn missing_capability(required: &[u8]) -> Self {
        let mut data = br#"{"requiredCapabilities":"#.to_vec();
        data.extend_from_slice(required);
        data.push(b'}');
        Self::new(MISSING_CAPABILITY, "missing required client capability").with_data(data)
    }

    /// -32042, in 2025-11-25 only: the person has to answer at these URLs before the call can be done.
    ///
    /// Questions without an id are given one.
    pub fn url_elicitation_required(mut elicitations: Vec<ElicitUrlParams>) -> Self {
        for asked in &mut elicitations {
            asked
                .elicitation_id
                .get_or_insert_with(crate::server::ids::random);
        }
        let data = UrlElicitationData {
            elicitations,
            ..UrlElicitationData::default()
        };
        let message = "the user has to answer at a URL first";
        Self::new(URL_ELICITATION_REQUIRED, message).with_data(data.to_json())
    }

    /// -32020: a header disagrees with the body.
    pub fn header_mismatch(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(HEADER_MISMATCH, message)
    }

    /// The code.
    pub fn code(&self) -> i64 {
        self.code
    }

    /// Whether it says that there is no such resource: -32002 up to 2025-11-25, later -32602 with the URI. Servers of the newest
    /// revision that still send the older code are understood too.
    ///
    /// ```
    /// use interlock_sdk::RpcError;
    ///
    /// assert!(RpcError::new(-32002, "no such file").is_resource_not_found());
    /// assert!(!RpcError::invalid_params("`uri` is missing").is_resource_not_found());
    /// ```
    pub fn is_resource_not_found(&self) -> bool {
        let names_it = || {
            let data = self.data().unwrap_or(b"null");
            json::member(data, "uri").is_some()
        };
        self.code == RESOURCE_NOT_FOUND || (self.code == INVALID_PARAMS && names_it())
    }

    /// The sentence. A peer's own words when the error came from a peer: show it as [`Untrusted`] only.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The raw JSON of `data`.
    pub fn data(&self) -> Option<&[u8]> {
        self.data.as_deref()
    }

    /// Appends the response to the request `id`.
    pub fn write(&self, id: Option<&Id<'_>>, out: &mut Vec<u8>) {
        let reply = interlock_wire::error_reply::refusal(id, self.code, &self.message, self.data());
        out.extend_from_slice(&reply);
    }
}

impl std::fmt::Display for RpcError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let message = Untrusted::new(self.message());
        write!(f, "error {}: {}", self.code, message.escaped())
    }
}

impl std::error::Error for RpcError {}

/// What a peer named, for a message: escaped and short.
pub(crate) fn shown(text: &str) -> String {
    let short: String = text.chars().take(64).collect();
    let text = Untrusted::new(short);
    let escaped: Escaped<'_> = text.escaped();
    escaped.to_string()
}

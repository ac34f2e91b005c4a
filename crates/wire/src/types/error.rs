//! Errors, and what those with a code of their own carry.

use super::{ClientCapabilities, Decode, ElicitUrlParams, Encode};
use crate::Json;

message! {
    /// The `error` of a response.
    #[derive(Default)]
    pub struct ErrorObject {
        /// Says to programs what went wrong: see [`codes`].
        must code: i64 = "code";
        /// Says it to people.
        must message: String = "message";
        /// What the code brings along.
        may data: Json = "data";
    }

    /// Data of [`codes::UNSUPPORTED_VERSION`].
    #[derive(Default)]
    pub struct UnsupportedVersionData {
        /// What the server speaks.
        must supported: Vec<String> = "supported";
        /// What was asked for.
        must requested: String = "requested";
    }

    /// Data of [`codes::MISSING_CAPABILITY`].
    #[derive(Default)]
    pub struct MissingCapabilityData {
        /// What the client has to be able to do.
        must required_capabilities: ClientCapabilities = "requiredCapabilities";
    }

    /// Data of [`codes::URL_ELICITATION_REQUIRED`].
    #[derive(Default)]
    pub struct UrlElicitationData {
        /// What the person has to answer first.
        must elicitations: Vec<ElicitUrlParams> = "elicitations";
    }

    /// Data of [`codes::RESOURCE_NOT_FOUND`], and of [`codes::INVALID_PARAMS`] in its place from 2026-07-28.
    #[derive(Default)]
    pub struct ResourceNotFoundData {
        /// Which resource.
        must uri: String = "uri";
    }
}

/// The codes of JSON-RPC 2.0 and MCP.
pub mod codes {
    pub use crate::error_reply::{
        INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR,
        UNSUPPORTED_VERSION,
    };

    /// 2026-07-28: headers and body of an HTTP request disagree.
    pub const HEADER_MISMATCH: i64 = -32020;
    /// 2026-07-28: the client lacks a capability that the request needs.
    pub const MISSING_CAPABILITY: i64 = -32021;
    /// Up to 2025-11-25: no such resource.
    pub const RESOURCE_NOT_FOUND: i64 = -32002;
    /// 2025-11-25: the person has to answer at a URL first.
    pub const URL_ELICITATION_REQUIRED: i64 = -32042;
}

impl ErrorObject {
    /// A code and its text.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            ..Self::default()
        }
    }

    /// With typed data.
    #[must_use]
    pub fn with(self, data: &impl Encode) -> Self {
        self.data(Json::trusted(&data.to_json()))
    }

    /// The data, when it is of that type.
    pub fn data_as<T: Decode>(&self) -> Option<T> {
        T::decode(self.data.as_ref()?.raw()).ok()
    }
}

//! What the suite tells a client through its environment.

use serde::Deserialize;
use serde_json::{Map, Value};

/// What a scenario gives its client, beside its name and the server's address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Context {
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<String>,
    pub(super) private_key_pem: Option<String>,
    pub(super) signing_algorithm: Option<String>,
    pub(super) valid_jwt: Option<String>,
    pub(super) idp_client_id: Option<String>,
    pub(super) idp_id_token: Option<String>,
    pub(super) idp_issuer: Option<String>,
    pub(super) idp_token_endpoint: Option<String>,
    #[serde(rename = "toolCalls")]
    pub(super) tool_calls: Vec<ToolCall>,
}

/// A call that the client is to make.
#[derive(Debug, Deserialize)]
pub(super) struct ToolCall {
    pub(super) name: String,
    pub(super) arguments: Map<String, Value>,
}

impl Context {
    /// From the value of `MCP_CONFORMANCE_CONTEXT`, when there is one.
    ///
    /// # Errors
    /// When it is no JSON of the kind that scenarios give.
    pub fn new(context: Option<&str>) -> Result<Self, serde_json::Error> {
        serde_json::from_str(context.unwrap_or("{}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_read_as_far_as_it_is_known() {
        let context = r#"{"name":"x","client_id":"me","new":[1],"toolCalls":[{"name":"t","arguments":{"a":null}}]}"#;
        let context = Context::new(Some(context)).unwrap();
        assert_eq!(context.client_id.as_deref(), Some("me"));
        assert_eq!(context.tool_calls[0].name, "t");
    }

    #[test]
    fn nothing_is_needed() {
        assert!(Context::new(None).unwrap().client_id.is_none());
        assert!(Context::new(Some("[")).is_err());
    }
}

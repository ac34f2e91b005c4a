//! What the suite tells a client through its environment.

use interlock_wire::Revision;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a scenario gives its client, beside its name and the server's address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Context {
    #[serde(skip)]
    revision: String,
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
    /// From the variables `MCP_CONFORMANCE_PROTOCOL_VERSION` and `MCP_CONFORMANCE_CONTEXT`, as far as they are set.
    ///
    /// # Errors
    /// When the context is no JSON of the kind that scenarios give.
    pub fn new(revision: Option<String>, context: Option<&str>) -> Result<Self, serde_json::Error> {
        let mut read: Self = serde_json::from_str(context.unwrap_or("{}"))?;
        read.revision = revision.unwrap_or_default();
        Ok(read)
    }

    /// The revision that the scenario is about, when it says one that we know.
    pub fn revision(&self) -> Option<Revision> {
        Revision::from_name(&self.revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_read_as_far_as_it_is_known() {
        let context = r#"{"name":"x","client_id":"me","new":[1],"toolCalls":[{"name":"t","arguments":{"a":null}}]}"#;
        let context = Context::new(Some("2025-11-25".to_owned()), Some(context)).unwrap();
        assert_eq!(context.client_id.as_deref(), Some("me"));
        assert_eq!(context.revision(), Some(Revision::V2025_11_25));
        assert_eq!(context.tool_calls[0].name, "t");
    }

    #[test]
    fn nothing_is_needed() {
        let context = Context::new(None, None).unwrap();
        assert_eq!(context.revision(), None);
        assert!(Context::new(None, Some("[")).is_err());
    }
}

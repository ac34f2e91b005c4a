//! The client itself: one connection, shared by its clones.

use std::sync::Arc;

use interlock_wire::types::{
    CompleteParams, CompleteResult, Completion, CompletionArgument, CompletionReference, Decode,
    Encode, GetPromptParams, GetPromptResult, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListTasksResult, ListToolsResult, LogLevel, Map, Prompt,
    ReadResourceParams, ReadResourceResult, Resource, ResourceTemplate, SetLevelParams, Task, Tool,
};
use interlock_wire::{Era, Json, Method, Object};

use super::Builder;
use super::error::CallError;
use super::link::{Ask, Link};
use super::options::CallOptions;
use super::pages::Pages;
use super::server_info::ServerInfo;

/// A connected client. Clones share the connection, which ends with the last of them.
///
/// Every call is bounded in time and cancelled when its future is dropped. Texts that come back are the server's: show them through
/// [`Untrusted`](interlock_wire::Untrusted) only.
///
/// ```no_run
/// use interlock_sdk::client::Client;
/// use interlock_sdk::http::client::StreamableHttp;
///
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder("me", "1.0").connect(StreamableHttp::new("http://127.0.0.1:8080/mcp")?).await?;
/// let sum = client.call_tool("add", &serde_json::json!({"a": 1, "b": 2})).await?;
/// assert_eq!(sum.content.first().and_then(|block| block.as_text()), Some("3"));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    link: Arc<Link>,
    options: Arc<CallOptions>,
}

impl Client {
    /// Starts a client of that name and version.
    pub fn builder(name: &str, version: &str) -> Builder {
        Builder::new(name, version)
    }

    pub(super) fn new(link: Link) -> Self {
        Self {
            link: Arc::new(link),
            options: Arc::default(),
        }
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    pub(super) fn options(&self) -> &CallOptions {
        &self.options
    }

    /// The same client, with other options for its calls.
    #[must_use]
    pub fn with(&self, options: CallOptions) -> Self {
        Self {
            link: Arc::clone(&self.link),
            options: Arc::new(options),
        }
    }

    /// What the handshake told about the server.
    pub fn server(&self) -> Arc<ServerInfo> {
        self.link.info()
    }

    /// Ends the connection in order. Calls in flight fail.
    pub async fn close(&self) {
        self.link.transport.close().await;
        self.link.core.close(&super::TransportError::Closed);
    }

    /// Whether the server offers the method now.
    pub(super) fn offered(&self, method: Method) -> Result<(), CallError> {
        match self.server().offers(method) {
            true => Ok(()),
            false => Err(CallError::NotOffered(
                method.name().unwrap_or("this method"),
            )),
        }
    }

    pub(super) fn encoded(&self, params: &impl Encode) -> Vec<u8> {
        let mut raw = Vec::with_capacity(128);
        params.encode_for(self.server().revision(), &mut raw);
        raw
    }

    async fn request<R: Decode>(&self, method: Method, params: Vec<u8>) -> Result<R, CallError> {
        self.offered(method)?;
        let ask = Ask::new(method, params);
        let finished = self.link.finish(&ask, &self.options, false).await?;
        Ok(R::decode(&finished.result)?)
    }

    /// All tools.
    ///
    /// # Errors
    /// [`CallError`] when the server has none to offer, or does not give the list.
    pub async fn list_tools(&self) -> Result<Vec<Tool>, CallError> {
        self.tools().all().await
    }

    /// The tools, page by page.
    pub fn tools(&self) -> Pages<'_, ListToolsResult> {
        Pages::new(self)
    }

    /// All resources.
    ///
    /// # Errors
    /// [`CallError`] when the server has none to offer, or does not give the list.
    pub async fn list_resources(&self) -> Result<Vec<Resource>, CallError> {
        self.resources().all().await
    }

    /// The resources, page by page.
    pub fn resources(&self) -> Pages<'_, ListResourcesResult> {
        Pages::new(self)
    }

    /// All resource templates.
    ///
    /// # Errors
    /// [`CallError`] when the server has none to offer, or does not give the list.
    pub async fn list_resource_templates(&self) -> Result<Vec<ResourceTemplate>, CallError> {
        let pages: Pages<'_, ListResourceTemplatesResult> = Pages::new(self);
        pages.all().await
    }

    /// All prompts.
    ///
    /// # Errors
    /// [`CallError`] when the server has none to offer, or does not give the list.
    pub async fn list_prompts(&self) -> Result<Vec<Prompt>, CallError> {
        let pages: Pages<'_, ListPromptsResult> = Pages::new(self);
        pages.all().await
    }

    /// All tasks of ours (2025-11-25; later revisions have no such list).
    ///
    /// # Errors
    /// [`CallError`] when the server has no such list, or does not give it.
    pub async fn list_tasks(&self) -> Result<Vec<Task>, CallError> {
        let pages: Pages<'_, ListTasksResult> = Pages::new(self);
        pages.all().await
    }

    /// Reads a resource. From 2026-07-28 on the server may ask back, and may allow the result to be kept.
    ///
    /// # Errors
    /// [`CallError`] when it cannot be read.
    pub async fn read_resource(&self, uri: &str) -> Result<ReadResourceResult, CallError> {
        let params = ReadResourceParams {
            uri: uri.to_owned(),
            ..ReadResourceParams::default()
        };
        let ask = Ask::new(Method::ResourcesRead, self.encoded(&params)).about(uri);
        self.cacheable(ask).await
    }

    /// Gets a prompt with its arguments filled in.
    ///
    /// # Errors
    /// [`CallError`] when the server does not give it.
    pub async fn get_prompt<K: Into<String>, V: Into<String>>(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = (K, V)>,
    ) -> Result<GetPromptResult, CallError> {
        self.offered(Method::PromptsGet)?;
        let arguments: Map<String> = arguments.into_iter().collect();
        let params = GetPromptParams {
            name: name.to_owned(),
            arguments: (!arguments.is_empty()).then_some(arguments),
            ..GetPromptParams::default()
        };
        let ask = Ask::new(Method::PromptsGet, self.encoded(&params)).about(name);
        let finished = self.link.finish(&ask, &self.options, false).await?;
        Ok(GetPromptResult::decode(&finished.result)?)
    }

    /// What an argument of a prompt or a resource template might become.
    ///
    /// # Errors
    /// [`CallError`] when the server does not complete.
    pub async fn complete(
        &self,
        reference: impl Into<CompletionReference>,
        argument: &str,
        written: &str,
    ) -> Result<Completion, CallError> {
        let params = CompleteParams {
            reference: reference.into(),
            argument: CompletionArgument {
                name: argument.to_owned(),
                value: written.to_owned(),
                ..CompletionArgument::default()
            },
            context: None,
            meta: None,
            extra: interlock_wire::types::Extra::default(),
        };
        self.complete_with(params).await
    }

    /// The same, with everything that a request may say: the arguments that are known already, for example.
    ///
    /// # Errors
    /// [`CallError`] when the server does not complete.
    pub async fn complete_with(&self, params: CompleteParams) -> Result<Completion, CallError> {
        let raw = self.encoded(&params);
        let result: CompleteResult = self.request(Method::Complete, raw).await?;
        if result.completion.values.len() > Completion::MOST {
            return Err(CallError::Rule("a completion with more than 100 values"));
        }
        Ok(result.completion)
    }

    /// Asks for log messages of this level and above. In 2026-07-28 each later request says so.
    ///
    /// # Errors
    /// [`CallError`] when the server sends no log messages, or does not answer.
    pub async fn set_log_level(&self, level: LogLevel) -> Result<(), CallError> {
        if self.server().revision().era() == Era::Legacy {
            let params = SetLevelParams {
                level,
                meta: None,
                extra: interlock_wire::types::Extra::default(),
            };
            let _: Json = self
                .request(Method::SetLevel, self.encoded(&params))
                .await?;
        }
        self.link.set_log_level(level);
        Ok(())
    }

    /// Whether the server is there. 2026-07-28 has no `ping`; `server/discover`, which every server answers, stands in for it.
    ///
    /// # Errors
    /// [`CallError`] when it does not answer.
    pub async fn ping(&self) -> Result<(), CallError> {
        let method = match self.server().revision().era() {
            Era::Legacy => Method::Ping,
            Era::Modern => Method::Discover,
        };
        let _: Json = self.request(method, b"{}".to_vec()).await?;
        Ok(())
    }

    /// A request of an extension: method and parameters as the extension says, and the raw result.
    ///
    /// # Errors
    /// [`CallError`] when there is no result.
    pub async fn request_extension(
        &self,
        method: &str,
        params: &Object,
    ) -> Result<Object, CallError> {
        let ask = Ask {
            method: Method::of(method),
            name: method,
            params: params.raw().to_vec(),
            about: None,
            headers: Vec::new(),
        };
        self.offered(ask.method)?;
        let finished = self.link.finish(&ask, &self.options, false).await?;
        Ok(Object::decode(&finished.result)?)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Client");
        shown.field("revision", &self.server().revision());
        shown.finish_non_exhaustive()
    }
}

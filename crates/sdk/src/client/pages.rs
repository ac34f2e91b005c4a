//! Lists that come in pages.

use interlock_wire::types::{
    Decode, Encode, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListTasksResult, ListToolsResult, PageParams, Prompt, Resource, ResourceTemplate, Task, Tool,
    codes,
};
use interlock_wire::{Method, Revision};

use super::Client;
use super::cache::Key;
use super::error::CallError;
use super::link::Ask;

/// A page of some list.
pub trait Page: Decode + Send {
    /// What is listed.
    type Item: Send;

    #[doc(hidden)]
    const METHOD: Method;

    #[doc(hidden)]
    fn take(self, client: &Client) -> (Vec<Self::Item>, Option<String>);
}

macro_rules! page {
    ($($result:ident $field:ident $item:ident $method:ident;)*) => {$(
        impl Page for $result {
            type Item = $item;

            const METHOD: Method = Method::$method;

            fn take(self, _: &Client) -> (Vec<$item>, Option<String>) {
                (self.$field, self.next_cursor)
            }
        }
    )*};
}

page! {
    ListPromptsResult prompts Prompt PromptsList;
    ListResourcesResult resources Resource ResourcesList;
    ListResourceTemplatesResult resource_templates ResourceTemplate TemplatesList;
    ListTasksResult tasks Task TasksList;
}

impl Page for ListToolsResult {
    type Item = Tool;

    const METHOD: Method = Method::ToolsList;

    /// Tools that cannot be used safely are left out, and remembered with the reason.
    fn take(self, client: &Client) -> (Vec<Tool>, Option<String>) {
        let link = client.link();
        // 2026-07-28 over HTTP: so are those whose `x-mcp-header` marks are invalid.
        let mirrors = link.transport.mirrors_arguments();
        let usable = |tool: &Tool| {
            let bounds = &link.settings.schema_bounds;
            link.core.tools.learn(tool, bounds, mirrors)
        };
        (
            self.tools.into_iter().filter(usable).collect(),
            self.next_cursor,
        )
    }
}

/// A list, page by page. [`Client::tools`] and its siblings make one.
///
/// ```no_run
/// # async fn f(client: interlock_sdk::client::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let mut pages = client.resources();
/// while let Some(page) = pages.next().await? {
///     for resource in page {
///         drop(resource.uri);
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Pages<'c, P> {
    client: &'c Client,
    cursor: Option<String>,
    seen: u32,
    over: bool,
    page: std::marker::PhantomData<fn() -> P>,
}

impl<'c, P: Page> Pages<'c, P> {
    pub(super) fn new(client: &'c Client) -> Self {
        Self {
            client,
            cursor: None,
            seen: 0,
            over: false,
            page: std::marker::PhantomData,
        }
    }

    /// The next page; none after the last.
    ///
    /// # Errors
    /// [`CallError`] when the server does not give it, or gives more pages than the limit.
    pub async fn next(&mut self) -> Result<Option<Vec<P::Item>>, CallError> {
        if self.over {
            return Ok(None);
        }
        let most = self.client.link().settings.most_pages;
        if self.seen >= most {
            return Err(CallError::TooManyPages(most));
        }
        let page: P = self.client.page(P::METHOD, self.cursor.clone()).await?;
        let (items, next) = page.take(self.client);
        self.seen += 1;
        // A cursor that leads to itself would never end.
        self.over = next.is_none() || next == self.cursor;
        self.cursor = next;
        Ok(Some(items))
    }

    /// All pages. When a cursor of an earlier page turns out to be invalid, once more from the beginning.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn all(mut self) -> Result<Vec<P::Item>, CallError> {
        match self.rest().await {
            Err(CallError::Rpc(error))
                if error.code() == codes::INVALID_PARAMS && self.seen > 0 =>
            {
                self.client.link().core.cache.forget_list(P::METHOD);
                Self::new(self.client).rest().await
            }
            outcome => outcome,
        }
    }

    async fn rest(&mut self) -> Result<Vec<P::Item>, CallError> {
        let mut all = Vec::new();
        while let Some(items) = self.next().await? {
            all.extend(items);
        }
        Ok(all)
    }
}

impl Client {
    async fn page<P: Page>(&self, method: Method, cursor: Option<String>) -> Result<P, CallError> {
        let params = PageParams {
            cursor,
            ..PageParams::default()
        };
        let mut raw = Vec::new();
        params.encode_for(self.server().revision(), &mut raw);
        self.cacheable(Ask::new(method, raw)).await
    }

    /// Asks for something that the server may allow to be kept.
    pub(super) async fn cacheable<R: Decode>(&self, ask: Ask<'_>) -> Result<R, CallError> {
        self.offered(ask.method)?;
        let (cache, transport) = (&self.link().core.cache, &self.link().transport);
        let modern = self.server().revision() == Revision::V2026_07_28;
        let key = Key {
            method: ask.method,
            params: ask.params.clone(),
        };
        let context = transport.authorization();
        if modern
            && !self.options().fresh
            && let Some(kept) = cache.get(&key, context)
        {
            return Ok(R::decode(&kept)?);
        }
        let ticket = cache.ticket(context);
        let finished = self.link().finish(&ask, self.options(), false).await?;
        let value = R::decode(&finished.result)?;
        if modern && !finished.asked {
            cache.put(key, &finished.result, ticket, transport.authorization());
        }
        Ok(value)
    }
}

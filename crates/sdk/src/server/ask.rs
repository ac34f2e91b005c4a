//! Asking the client: its user, its model, its roots. One call for all revisions.
//!
//! Up to 2025-11-25 the question is a request of the server. From 2026-07-28 the call ends with the question, the client calls again
//! with the answer, and **the handler runs again from its start**: what it does before a question it does once more, unless it
//! [remembers](Context::once) it. In a task the question waits in the task.

use interlock_wire::types::{
    CreateMessageParams, CreateMessageResult, Decode, ElicitAction, ElicitParams, ElicitResult,
    EmptyParams, Encode, IncludeContext, InputRequest, ListRootsRequest, ListRootsResult,
    RequestMeta, Root,
};
use interlock_wire::{Json, Revision};
use thiserror::Error;

use super::context::Context;
use super::form;
use super::rounds::Found;
use crate::RpcError;

/// Why a question to the client got no answer.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum AskError {
    /// The client cannot answer such questions.
    #[error("the client does not support {0}")]
    Unsupported(Missing),
    /// A form asks for a secret. Secrets are asked at a URL.
    #[error("the field `{0}` asks for a secret, which a form must not; ask at a URL")]
    Secret(String),
    /// Uses of tools and their results do not match in the messages for the client's model.
    #[error("the messages are not in order: {0}")]
    Unbalanced(String),
    /// The client is gone, or did not answer in time.
    #[error("the client did not answer")]
    NoAnswer,
    /// The client answered with an error.
    #[error("the client refused: {0}")]
    Refused(RpcError),
    /// The answer is none, or does not fit the question.
    #[error("the client's answer does not fit: {0}")]
    Unfit(String),
    /// More questions than one call may ask.
    #[error("too many questions in one call")]
    TooMany,
}

/// What a client would have to support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Missing {
    /// Forms.
    #[error("elicitation by forms")]
    Form,
    /// URLs.
    #[error("elicitation at URLs")]
    Url,
    /// Sampling.
    #[error("sampling")]
    Sampling,
    /// Sampling with tools.
    #[error("sampling with tools")]
    SamplingTools,
    /// Sampling with context that the client adds.
    #[error("sampling with context of servers")]
    SamplingContext,
    /// Roots.
    #[error("roots")]
    Roots,
}

impl Missing {
    fn required(self) -> &'static [u8] {
        match self {
            Self::Form => br#"{"elicitation":{"form":{}}}"#,
            Self::Url => br#"{"elicitation":{"url":{}}}"#,
            Self::Sampling => br#"{"sampling":{}}"#,
            Self::SamplingTools => br#"{"sampling":{"tools":{}}}"#,
            Self::SamplingContext => br#"{"sampling":{"context":{}}}"#,
            Self::Roots => br#"{"roots":{}}"#,
        }
    }
}

impl AskError {
    /// The error response that it means for the call, when it means one.
    pub(super) fn rpc(&self) -> Option<RpcError> {
        match self {
            Self::Unsupported(missing) => Some(RpcError::missing_capability(missing.required())),
            Self::TooMany => Some(RpcError::refused(self.to_string())),
            _ => None,
        }
    }
}

impl Context {
    /// Asks the person, by a form or at a URL. A form's answer fits its schema when it was accepted.
    ///
    /// # Errors
    /// [`AskError`]; with `?` a missing capability becomes the error that the specification has for it.
    ///
    /// ```
    /// # use interlock_sdk::server::{CallError, Context};
    /// use interlock_wire::types::{ElicitAction, ElicitParams, Field, FormSchema};
    ///
    /// # async fn handler(cx: Context) -> Result<String, CallError> {
    /// let form = FormSchema::new([("name", Field::text())]).required(["name".to_owned()]);
    /// let answer = cx.elicit(ElicitParams::form("Who are you?", form)).await?;
    /// let name = answer.content.as_ref().and_then(|content| content.get("name"));
    /// # let _ = ElicitAction::Accept;
    /// Ok(match name.and_then(|name| name.as_str().map(String::from)) {
    ///     Some(name) => format!("Hello, {name}!"),
    ///     None => "Hello, whoever you are!".to_owned(),
    /// })
    /// # }
    /// ```
    pub async fn elicit(&self, params: ElicitParams) -> Result<ElicitResult, AskError> {
        self.elicit_as(None, params).await
    }

    /// The same, under a key that the client sees from 2026-07-28 on.
    ///
    /// # Errors
    /// As [`elicit`](Self::elicit).
    pub async fn elicit_as(
        &self,
        key: impl Into<Option<&str>>,
        params: ElicitParams,
    ) -> Result<ElicitResult, AskError> {
        let capability = self.client_capabilities().elicitation.clone();
        let capability = capability.ok_or(AskError::Unsupported(match &params {
            ElicitParams::Form(_) => Missing::Form,
            ElicitParams::Url(_) => Missing::Url,
        }))?;
        let schema = match &params {
            ElicitParams::Form(_) if !capability.has_form() => {
                return Err(AskError::Unsupported(Missing::Form));
            }
            ElicitParams::Url(_) if !capability.has_url() => {
                return Err(AskError::Unsupported(Missing::Url));
            }
            ElicitParams::Form(asked) => {
                if let Some(field) = form::secret(asked) {
                    return Err(AskError::Secret(field));
                }
                Some(asked.requested_schema.clone())
            }
            ElicitParams::Url(_) => None,
        };
        let answer: ElicitResult = self.put(key.into(), params.into()).await?;
        if let (Some(schema), ElicitAction::Accept) = (schema, answer.action) {
            form::check(&schema, answer.content.as_ref()).map_err(AskError::Unfit)?;
        }
        Ok(answer)
    }

    /// Asks the client's model.
    ///
    /// # Errors
    /// [`AskError`], as for [`elicit`](Self::elicit).
    pub async fn sample(
        &self,
        params: CreateMessageParams,
    ) -> Result<CreateMessageResult, AskError> {
        self.sample_as(None, params).await
    }

    /// The same, under a key that the client sees from 2026-07-28 on.
    ///
    /// # Errors
    /// As [`elicit`](Self::elicit).
    pub async fn sample_as(
        &self,
        key: impl Into<Option<&str>>,
        params: CreateMessageParams,
    ) -> Result<CreateMessageResult, AskError> {
        let capabilities = self.client_capabilities();
        let Some(capability) = &capabilities.sampling else {
            return Err(AskError::Unsupported(Missing::Sampling));
        };
        let tools = params.tools.is_some() || params.tool_choice.is_some();
        if tools && capability.tools.is_none() {
            return Err(AskError::Unsupported(Missing::SamplingTools));
        }
        // Up to 2025-06-18 clients had no way to declare it.
        let declares = matches!(
            self.revision(),
            Revision::V2025_11_25 | Revision::V2026_07_28
        );
        let context = !matches!(params.include_context, None | Some(IncludeContext::None));
        if declares && context && capability.context.is_none() {
            return Err(AskError::Unsupported(Missing::SamplingContext));
        }
        crate::client::sampling::judge(&params, true)
            .map_err(|error| AskError::Unbalanced(error.message().to_owned()))?;
        self.put(key.into(), params.into()).await
    }

    /// Asks for the client's roots.
    ///
    /// # Errors
    /// [`AskError`], as for [`elicit`](Self::elicit).
    pub async fn roots(&self) -> Result<Vec<Root>, AskError> {
        self.roots_as(None).await
    }

    /// The same, under a key that the client sees from 2026-07-28 on.
    ///
    /// # Errors
    /// As [`elicit`](Self::elicit).
    pub async fn roots_as(&self, key: impl Into<Option<&str>>) -> Result<Vec<Root>, AskError> {
        if self.client_capabilities().roots.is_none() {
            return Err(AskError::Unsupported(Missing::Roots));
        }
        let question = InputRequest::ListRoots(ListRootsRequest::default());
        let answer: ListRootsResult = self.put(key.into(), question).await?;
        Ok(answer.roots)
    }

    /// Does something once for a call, however often its handler runs: in later rounds the value comes from `requestState`.
    ///
    /// The client carries the value, sealed. It can send an old state again within its time, so this is no guarantee that something
    /// is never done twice.
    ///
    /// ```
    /// # use interlock_sdk::server::{CallError, Context};
    /// # use interlock_wire::Json;
    /// # async fn handler(cx: Context) -> Result<(), CallError> {
    /// let order = cx.once("order", async || Json::from("order-17")).await;
    /// # let _ = order;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn once<Fut: Future<Output = Json>>(
        &self,
        key: &str,
        work: impl FnOnce() -> Fut,
    ) -> Json {
        let known = self.rounds().as_ref().and_then(|rounds| rounds.recall(key));
        if let Some(value) = known {
            return value;
        }
        let value = work().await;
        if self.is_modern() {
            let mut rounds = self.rounds();
            rounds.get_or_insert_default().remember(key, value.clone());
        }
        value
    }

    /// Puts a question and reads the answer.
    async fn put<T: Decode>(
        &self,
        key: Option<&str>,
        question: InputRequest,
    ) -> Result<T, AskError> {
        let answer = match (self.0.task.get(), self.is_modern()) {
            (Some(task), true) => task.ask(key, question).await?,
            (None, true) => self.ask_in_rounds(key, question).await?,
            (task, false) => {
                let waiting = task.map(super::tasks::TaskHandle::wait_for_input);
                let answer = self.ask_now(question).await;
                drop(waiting);
                answer?
            }
        };
        T::decode(answer.raw()).map_err(|error| AskError::Unfit(error.to_string()))
    }

    async fn ask_in_rounds(
        &self,
        key: Option<&str>,
        question: InputRequest,
    ) -> Result<Json, AskError> {
        let found = self.rounds().get_or_insert_default().ask(key, question);
        match found {
            Found::Answer(answer) => Ok(answer),
            Found::Full => Err(AskError::TooMany),
            // The call ends as soon as the handler has nothing else to do.
            Found::Wait => std::future::pending().await,
        }
    }

    async fn ask_now(&self, question: InputRequest) -> Result<Json, AskError> {
        let mut params = Vec::new();
        let method = self.write_question(question, &mut params);
        let out = match self.0.task.get() {
            Some(task) => task.stream().await,
            None => Some(self.0.out.clone()),
        };
        let out = out.ok_or(AskError::NoAnswer)?;
        let answered = self.0.session.ask(&out, method, &params).await;
        answered.map_err(|error| match error {
            Some(error) => AskError::Refused(error),
            None => AskError::NoAnswer,
        })
    }

    /// Writes the parameters of a question to a legacy client; gives its method.
    fn write_question(&self, question: InputRequest, params: &mut Vec<u8>) -> &'static str {
        let revision = self.0.revision;
        let meta = self.related().and_then(|meta| meta.related_task());
        let meta = meta.map(|task| Box::new(RequestMeta::default().related_task(task)));
        match question {
            InputRequest::Elicit(mut request) => {
                match &mut request.params {
                    ElicitParams::Form(form) => form.meta = form.meta.take().or(meta),
                    ElicitParams::Url(url) => {
                        url.meta = url.meta.take().or(meta);
                        url.elicitation_id.get_or_insert_with(super::ids::random);
                    }
                }
                request.params.encode_for(revision, params);
                "elicitation/create"
            }
            InputRequest::CreateMessage(mut request) => {
                request.params.meta = request.params.meta.take().or(meta);
                request.params.encode_for(revision, params);
                "sampling/createMessage"
            }
            _ => {
                let empty = EmptyParams {
                    meta,
                    ..EmptyParams::default()
                };
                empty.encode_for(revision, params);
                "roots/list"
            }
        }
    }
}

//! Multi-round-trip requests (2026-07-28): a result that asks is answered by the same handlers that answer a server's requests in the
//! session era, and the request is made again with the answers.

use std::time::Duration;

use interlock_wire::json::{as_str, member, members};
use interlock_wire::types::{Decode, Encode, UrlElicitationData, codes};
use interlock_wire::{Method, Revision};

use super::change::Change;
use super::error::CallError;
use super::link::{Ask, Link};
use super::message::Object;
use super::options::CallOptions;
use crate::RpcError;

/// Questions in one result; more are no conversation.
const MOST_QUESTIONS: usize = 64;
/// Between calls that only wait for the server, at first and at most.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A raw result that answers, and what it took.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) result: Vec<u8>,
    /// Questions were answered on the way: the result depends on more than the request.
    pub(crate) asked: bool,
    /// It is a task of the extension.
    pub(crate) task: bool,
}

impl Link {
    /// Asks until the result is one. `task` says whether a task counts as one.
    pub(crate) async fn finish(
        &self,
        ask: &Ask<'_>,
        options: &CallOptions,
        task: bool,
    ) -> Result<Finished, CallError> {
        let mut now = ask.clone();
        let mut wait = FIRST_WAIT;
        for round in 0..=self.settings.most_rounds {
            let result = match self.ask(&now, options).await {
                Err(CallError::Rpc(error)) if self.sends_to_urls(ask.method, &error) => {
                    self.visit(error, options).await?;
                    continue;
                }
                outcome => outcome?,
            };
            let modern = self.info().revision() == Revision::V2026_07_28;
            let kind = match modern {
                true => member(&result, "resultType").map(as_str),
                // Earlier revisions do not know the member.
                false => None,
            };
            let asked = round > 0;
            match kind.as_ref().map(|kind| kind.as_deref()) {
                None | Some(Some("complete")) => {
                    let task = false;
                    return Ok(Finished {
                        result,
                        asked,
                        task,
                    });
                }
                Some(Some("task")) if task && self.settings.tasks => {
                    return Ok(Finished {
                        result,
                        asked,
                        task,
                    });
                }
                Some(Some("input_required")) if takes_questions(ask.method) => {
                    now.params = self.next_params(&ask.params, &result).await?;
                    if member(&result, "inputRequests").is_none() {
                        tokio::time::sleep(wait).await;
                        wait = (wait * 2).min(LONGEST_WAIT);
                    }
                }
                _ => return Err(CallError::Rule("a result of an unknown type")),
            }
        }
        Err(CallError::TooManyRounds(self.settings.most_rounds))
    }

    /// The parameters of the next round: the first ones, the answers, and the server's state as it came.
    async fn next_params(&self, params: &[u8], result: &[u8]) -> Result<Vec<u8>, CallError> {
        let questions = member(result, "inputRequests");
        let state = member(result, "requestState");
        if questions.is_none() && state.is_none() {
            return Err(CallError::Rule("a result that asks for nothing"));
        }
        let mut next = Object::continuing(params);
        if let Some(questions) = questions {
            next.raw("inputResponses", &self.answers(questions).await?);
        }
        match state {
            Some(state) if state.first() == Some(&b'"') => {
                next.raw("requestState", state);
            }
            Some(_) => return Err(CallError::Rule("a request state that is no text")),
            None => {}
        }
        Ok(next.end())
    }

    /// The answers to a raw map of questions, one after the other: most of them are for a person.
    pub(crate) async fn answers(&self, questions: &[u8]) -> Result<Vec<u8>, CallError> {
        let mut answers = Object::new();
        for (count, (key, question)) in members(questions).enumerate() {
            if count >= MOST_QUESTIONS {
                return Err(CallError::Rule("too many questions in one result"));
            }
            answers.raw(&key, &self.answer(question).await?);
        }
        Ok(answers.end())
    }

    /// 2025-11-25: the call is refused until a person was at some URLs, and made again then.
    fn sends_to_urls(&self, method: Method, error: &RpcError) -> bool {
        error.code() == codes::URL_ELICITATION_REQUIRED
            && takes_questions(method)
            && self.info().revision() == Revision::V2025_11_25
            && self.core.handlers.url.is_some()
    }

    /// Sends a person to the URLs, and waits until the server says that they were there, or long enough to ask again.
    async fn visit(&self, error: RpcError, options: &CallOptions) -> Result<(), CallError> {
        let data = error.data().map(UrlElicitationData::decode);
        let Some(Ok(data)) = data else {
            return Err(CallError::Rpc(error));
        };
        if data.elicitations.is_empty() || data.elicitations.len() > MOST_QUESTIONS {
            return Err(CallError::Rpc(error));
        }
        // Heard from before anybody is asked: the notification may be quick.
        let heard = self.core.events.listen_for_elicitations();
        let mut open = Vec::new();
        for elicitation in data.elicitations {
            let params = elicitation.to_json();
            let handlers = &self.core.handlers;
            let answer = handlers.answer(Method::Elicit, &params, Revision::V2025_11_25);
            let answer = answer.await.map_err(CallError::Question)?;
            if member(&answer, "action") != Some(br#""accept""#) {
                return Err(CallError::Rpc(error));
            }
            open.extend(elicitation.elicitation_id);
        }
        let all = async {
            while !open.is_empty() {
                match heard.next().await {
                    Some(Change::Elicitation(id)) => open.retain(|waiting| *waiting != id),
                    Some(_) => {}
                    None => return,
                }
            }
        };
        drop(tokio::time::timeout(options.timeout, all).await);
        Ok(())
    }

    async fn answer(&self, question: &[u8]) -> Result<Vec<u8>, CallError> {
        let handlers = &self.core.handlers;
        let name = member(question, "method")
            .and_then(as_str)
            .unwrap_or_default();
        let method = Method::of(&name);
        if !handlers.grants().declared(method) {
            return Err(CallError::Rule("a question that this client does not take"));
        }
        let params = member(question, "params").unwrap_or(b"{}");
        let answer = handlers.answer(method, params, Revision::V2026_07_28);
        answer.await.map_err(CallError::Question)
    }
}

/// 2026-07-28, "Supported Requests".
fn takes_questions(method: Method) -> bool {
    matches!(
        method,
        Method::ToolsCall | Method::PromptsGet | Method::ResourcesRead
    )
}

//! Multi-round-trip requests (2026-07-28): a result that asks is answered by the same handlers that answer a server's requests in the
//! session era, and the request is made again with the answers.

use std::time::Duration;

use interlock_wire::json::{as_str, member, members};
use interlock_wire::{Method, Revision};

use super::error::CallError;
use super::link::{Ask, Link};
use super::message::Object;
use super::options::CallOptions;

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
            let result = self.ask(&now, options).await?;
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

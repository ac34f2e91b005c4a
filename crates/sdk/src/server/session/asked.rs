//! Questions of the server to a legacy client, and their answers.

use interlock_wire::types::{Decode, ErrorObject};
use interlock_wire::{Id, Json, json};
use tokio::sync::oneshot;

use super::Session;
use crate::RpcError;
use crate::server::outbound::Outbound;

impl Session {
    /// Asks the client. The error is the client's, or none when it did not answer.
    pub(in crate::server) async fn ask(
        &self,
        out: &Outbound,
        method: &str,
        params: &[u8],
    ) -> Result<Json, Option<RpcError>> {
        let (mut question, answer) = self.register(out).ok_or(None)?;
        let mut text = Vec::with_capacity(params.len() + 80);
        text.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
        Id::Number(question.number).write(&mut text);
        text.extend_from_slice(br#","method":"#);
        json::write_string(method, &mut text);
        text.extend_from_slice(br#","params":"#);
        text.extend_from_slice(params);
        text.push(b'}');
        out.send(text).await.map_err(|_| None)?;
        question.sent = true;
        let within = self.0.server.0.settings.answer_within;
        let answered = tokio::time::timeout(within, answer).await;
        let answered = answered.map_err(|_| None)?.map_err(|_| None)?;
        question.sent = false;
        answered.map_err(Some)
    }

    fn register(
        &self,
        out: &Outbound,
    ) -> Option<(Question, oneshot::Receiver<Result<Json, RpcError>>)> {
        let mut state = self.state();
        let waiting = state.busy().map_or(0, |busy| busy.asked.len());
        if state.closed || waiting >= self.0.server.limits().max_in_flight {
            return None;
        }
        state.last_asked += 1;
        let number = state.last_asked;
        let (sender, receiver) = oneshot::channel();
        state.change(|busy| busy.asked.insert(number, sender));
        let question = Question {
            session: self.clone(),
            out: out.clone(),
            number,
            sent: false,
        };
        Some((question, receiver))
    }

    /// The client answered. What nobody asked is dropped, as the specification says.
    pub(super) fn answered(&self, id: &Id<'_>, answer: Result<&[u8], &[u8]>) {
        let Id::Number(number) = id else { return };
        let asked = self.state().change(|busy| busy.asked.remove(number));
        let Some(sender) = asked else { return };
        let answer = match answer {
            Ok(result) => Json::parse(result).map_err(|_| RpcError::internal()),
            Err(error) => Err(read_error(error)),
        };
        // Whoever asked may have stopped waiting.
        let _gone = sender.send(answer);
    }
}

fn read_error(raw: &[u8]) -> RpcError {
    match ErrorObject::decode(raw) {
        Ok(error) => {
            let read = RpcError::new(error.code, error.message);
            match error.data {
                Some(data) => read.with_data(data.raw()),
                None => read,
            }
        }
        Err(_) => RpcError::internal(),
    }
}

/// A question that waits. Dropping it before the answer tells the client that nobody waits any more.
struct Question {
    session: Session,
    out: Outbound,
    number: i64,
    sent: bool,
}

impl Drop for Question {
    fn drop(&mut self) {
        let mut state = self.session.state();
        state.change(|busy| busy.asked.remove(&self.number));
        drop(state);
        if self.sent {
            let text = format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{}}}}}"#,
                self.number
            );
            // Courtesy: a client that is gone or does not read needs none.
            let _full = self.out.try_send(text.into_bytes());
        }
    }
}

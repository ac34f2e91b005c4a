//! Questions in rounds, from 2026-07-28: a server cannot ask its client, so a call that has questions ends with them, and the client
//! calls again with the answers. The handler is run again from its start each time; what was answered before is answered from here.
//!
//! Between the rounds everything is with the client, in `requestState`: sealed, and bound to the caller, the method and its
//! parameters. An answer counts only for the very question that it was given to.

use interlock_wire::types::{
    Decode, Encode, InputRequest, InputRequests, InputRequiredResult, Map,
};
use interlock_wire::{Json, Message, Method, json};
use sha2::{Digest, Sha256};

use super::registry::Server;
use super::sealed::{self, Binding};
use crate::{Principal, RpcError};

/// Questions of one call, over all of its rounds.
const MOST_QUESTIONS: usize = 64;
const PURPOSE: &str = "interlock request state 1";

type Digest16 = [u8; 16];

/// What was asked and answered so far.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    /// Answers of earlier rounds, each with the digest of its question, and values that a handler remembers.
    answered: Vec<(String, Digest16, Json)>,
    /// Answers of this round. With a state, only to what that state asked, and with the digest of that question.
    fresh: Vec<(String, Option<Digest16>, Json)>,
    /// What this run of the handler has asked without finding an answer.
    asked: Vec<(String, InputRequest)>,
    /// Names given to questions without one.
    unnamed: usize,
    /// What the state is bound to.
    binding: Option<Binding>,
}

/// What the handler finds when it asks.
pub(super) enum Found {
    /// The answer, as it came.
    Answer(Json),
    /// No answer yet: the call has to end here.
    Wait,
    /// Too many questions.
    Full,
}

impl Rounds {
    /// What a request brought along. None when it brought nothing.
    pub(super) fn of(
        server: &Server,
        principal: &Principal,
        message: &Message<'_>,
    ) -> Result<Option<Box<Self>>, RpcError> {
        let (state, responses) = (message.request_state(), message.input_responses());
        if state.is_none() && responses.is_none() {
            return Ok(None);
        }
        let mut rounds = Self::default();
        let mut responses = match responses {
            Some(raw) => Self::responses(raw)?,
            None => Map::default(),
        };
        if let Some(state) = state {
            let token = json::as_str(state)
                .ok_or_else(|| RpcError::invalid_params("`requestState` is not a string"))?;
            let binding = bind(principal, message);
            let now = server.0.settings.clock.unix_millis();
            let opened = sealed::open(&server.0.settings.keys, binding, now, &token)
                .map_err(|error| RpcError::invalid_params(format!("`requestState`: {error}")))?;
            for (key, digest) in rounds.restore(&opened) {
                let answer = responses.remove(&key);
                rounds
                    .fresh
                    .extend(answer.map(|answer| (key, Some(digest), answer)));
            }
        } else {
            let given = responses.into_iter();
            rounds.fresh = given.map(|(key, answer)| (key, None, answer)).collect();
        }
        Ok(Some(Box::new(rounds)))
    }

    fn responses(raw: &[u8]) -> Result<Map<Json>, RpcError> {
        let read = Map::<Json>::decode(raw);
        let responses =
            read.map_err(|_| RpcError::invalid_params("`inputResponses` is not an object"))?;
        let objects = responses.iter().all(|(_, answer)| answer.is_object());
        match objects {
            true => Ok(responses),
            false => Err(RpcError::invalid_params(
                "an answer of `inputResponses` is not an object",
            )),
        }
    }

    /// Remembers what the state will be bound to, while the message is still there.
    pub(super) fn bind(&mut self, principal: &Principal, message: &Message<'_>) {
        self.binding = Some(bind(principal, message));
    }

    /// The answer to a question, or the note that it has to be asked.
    pub(super) fn ask(&mut self, key: Option<&str>, question: InputRequest) -> Found {
        let key = match key {
            Some(key) => key.to_owned(),
            None => {
                self.unnamed += 1;
                format!("question-{}", self.unnamed)
            }
        };
        let digest = digest(&question);
        if let Some((_, _, answer)) = self.find(&key, digest) {
            return Found::Answer(answer.clone());
        }
        let given = self
            .fresh
            .iter()
            .position(|(name, to, _)| *name == key && to.is_none_or(|question| question == digest));
        if let Some((key, _, answer)) = given.map(|at| self.fresh.swap_remove(at)) {
            self.keep(key, digest, answer.clone());
            return Found::Answer(answer);
        }
        if self.answered.len() + self.asked.len() >= MOST_QUESTIONS {
            return Found::Full;
        }
        if !self.asked.iter().any(|(known, _)| *known == key) {
            self.asked.push((key, question));
        }
        Found::Wait
    }

    /// A value that the handler remembered in an earlier round.
    pub(super) fn recall(&self, key: &str) -> Option<Json> {
        let (_, _, value) = self.find(&format!("={key}"), [0; 16])?;
        Some(value.clone())
    }

    /// Remembers a value for later rounds.
    pub(super) fn remember(&mut self, key: &str, value: Json) {
        self.keep(format!("={key}"), [0; 16], value);
    }

    /// Whether the call has to end with questions.
    pub(super) fn waits(&self) -> bool {
        !self.asked.is_empty()
    }

    fn find(&self, key: &str, digest: Digest16) -> Option<&(String, Digest16, Json)> {
        let same = |entry: &&(String, Digest16, Json)| entry.0 == key && entry.1 == digest;
        self.answered.iter().find(same)
    }

    fn keep(&mut self, key: String, digest: Digest16, answer: Json) {
        self.answered.retain(|(known, _, _)| *known != key);
        self.answered.push((key, digest, answer));
    }

    /// The questions, and the state that brings everything back. None without a key to seal it with.
    pub(super) fn into_result(mut self, server: &Server) -> Option<InputRequiredResult> {
        let settings = &server.0.settings;
        let within = u64::try_from(settings.answer_within.as_millis()).unwrap_or(u64::MAX);
        let expires = settings.clock.unix_millis().saturating_add(within);
        // Answers that this run did not come to are for a later one.
        let fresh = std::mem::take(&mut self.fresh);
        for (key, question, answer) in fresh {
            if let Some(digest) = question {
                self.keep(key, digest, answer);
            }
        }
        let state = sealed::seal(&settings.keys, self.binding?, expires, &self.store())?;
        let questions: InputRequests = self.asked.into_iter().collect();
        let result = InputRequiredResult::default().input_requests(questions);
        Some(result.request_state(state))
    }

    /// `[[key, digest, answer]…]` and `[[key, digest]…]` as JSON.
    fn store(&self) -> Vec<u8> {
        let mut out = br#"{"answered":["#.to_vec();
        for (index, (key, digest, answer)) in self.answered.iter().enumerate() {
            separate(index, &mut out);
            store_key(key, digest, &mut out);
            out.push(b',');
            out.extend_from_slice(answer.raw());
            out.push(b']');
        }
        out.extend_from_slice(br#"],"asked":["#);
        for (index, (key, question)) in self.asked.iter().enumerate() {
            separate(index, &mut out);
            store_key(key, &digest(question), &mut out);
            out.push(b']');
        }
        out.extend_from_slice(b"]}");
        out
    }

    /// Reads what [`store`](Self::store) wrote; gives what was asked.
    fn restore(&mut self, stored: &[u8]) -> Vec<(String, Digest16)> {
        let list = |name| json::elements(json::member(stored, name).unwrap_or_default());
        for entry in list("answered") {
            let mut parts = json::elements(entry);
            let (Some(key), Some(digest), Some(answer)) =
                (text(parts.next()), hex(parts.next()), parts.next())
            else {
                continue;
            };
            if let Ok(answer) = Json::parse(answer) {
                self.answered.push((key, digest, answer));
            }
        }
        list("asked")
            .filter_map(|entry| {
                let mut parts = json::elements(entry);
                Some((text(parts.next())?, hex(parts.next())?))
            })
            .collect()
    }
}

fn separate(index: usize, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
}

fn store_key(key: &str, digest: &Digest16, out: &mut Vec<u8>) {
    out.push(b'[');
    json::write_string(key, out);
    out.extend_from_slice(b",\"");
    for byte in digest {
        out.extend_from_slice(format!("{byte:02x}").as_bytes());
    }
    out.push(b'"');
}

fn text(raw: Option<&[u8]>) -> Option<String> {
    Some(json::as_str(raw?)?.into_owned())
}

fn hex(raw: Option<&[u8]>) -> Option<Digest16> {
    let text = text(raw)?;
    u128::from_str_radix(&text, 16).ok().map(u128::to_be_bytes)
}

fn digest(question: &InputRequest) -> Digest16 {
    let full: [u8; 32] = Sha256::digest(question.to_json()).into();
    let mut half = [0; 16];
    half.iter_mut().zip(full).for_each(|(to, from)| *to = from);
    half
}

/// What a state is good for: this caller, this method, these parameters.
fn bind(principal: &Principal, message: &Message<'_>) -> Binding {
    let subject = match message.method() {
        Method::ResourcesRead => message.uri(),
        _ => message.name(),
    };
    let method = message.method().name().unwrap_or_default();
    let arguments = message.arguments().unwrap_or(b"{}");
    let mut canonical = Vec::new();
    // A message that was parsed under other limits than the default ones is bound by its own text.
    if json::canonical(
        arguments,
        &interlock_wire::Limits::default(),
        &mut canonical,
    )
    .is_err()
    {
        canonical = arguments.to_vec();
    }
    let parts = [
        method.as_bytes(),
        subject.as_deref().unwrap_or_default().as_bytes(),
        &canonical,
    ];
    Binding::new(PURPOSE, principal, &parts)
}

//! What a message of the server means now.

use interlock_wire::error_reply::{INVALID_REQUEST, METHOD_NOT_FOUND, REFUSED, refusal};
use interlock_wire::json::{as_str, member};
use interlock_wire::{Era, Id, Kind, Message, Method, Revision, Sender};

use super::{Ignored, Machine, Outcome, Phase, Step};
use crate::client::Via;

const EMPTY: &[u8] = b"{}";
const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

impl<W: Clone, H> Machine<W, H> {
    /// Takes one message.
    pub(crate) fn receive<'a>(&mut self, message: &Message<'a>, via: &Via<'_>) -> Step<'a, W, H> {
        if self.phase == Phase::Closed {
            return Step::Ignore(Ignored::Closed);
        }
        match &message.kind {
            Kind::Response { id, result } => self.answer(id, Outcome::Result(result), via),
            Kind::Error {
                id: Some(id),
                error,
            } => self.answer(id, Outcome::Error(error), via),
            Kind::Error { id: None, error } => self.nameless(error, via),
            Kind::Request { id, method, params } => {
                self.ask(id, message.method(), method, params.unwrap_or(EMPTY))
            }
            Kind::Notification { method, params } => {
                self.notice(message.method(), method, params.unwrap_or(EMPTY), via)
            }
        }
    }

    fn answer<'a>(&mut self, id: &Id<'_>, outcome: Outcome<'a>, via: &Via<'_>) -> Step<'a, W, H> {
        if matches!(via, Via::Exchange(own) if *own != id) {
            return Step::Ignore(Ignored::ForeignExchange);
        }
        let Id::Number(number) = id else {
            return Step::Ignore(Ignored::UnknownId);
        };
        let Some(waiting) = self.waiting.remove(number) else {
            return Step::Ignore(Ignored::UnknownId);
        };
        if let (Method::Initialize, Outcome::Result(result)) = (waiting.method, outcome) {
            self.initialized(result);
        }
        Step::Answer {
            waiter: waiting.waiter,
            outcome,
        }
    }

    /// At once, and not when whoever waits gets to it: requests of the server may be right behind.
    fn initialized(&mut self, result: &[u8]) {
        let version = member(result, "protocolVersion").and_then(as_str);
        let revision = version.and_then(|name| Revision::from_name(&name));
        if let Some(revision) = revision.filter(|revision| revision.era() == Era::Legacy) {
            self.agreed(revision);
        }
    }

    /// An error without an id belongs to the exchange it came in, or to the only request that nothing is known about yet.
    fn nameless<'a>(&mut self, error: &'a [u8], via: &Via<'_>) -> Step<'a, W, H> {
        let id = match via {
            Via::Exchange(Id::Number(number)) => Some(*number),
            Via::Shared if self.phase == Phase::Opening && self.waiting.len() == 1 => {
                self.waiting.keys().next().copied()
            }
            _ => None,
        };
        match id.and_then(|id| self.waiting.remove(&id)) {
            Some(waiting) => Step::Answer {
                waiter: waiting.waiter,
                outcome: Outcome::Error(error),
            },
            None => Step::Ignore(Ignored::NoId),
        }
    }

    fn ask<'a>(
        &mut self,
        id: &Id<'_>,
        method: Method,
        name: &str,
        params: &'a [u8],
    ) -> Step<'a, W, H> {
        // 2026-07-28: servers send no requests and clients no responses.
        if self.phase == Phase::Modern {
            return Step::Ignore(Ignored::NotAllowed);
        }
        let refuse = |code, text: &str| Step::Reply(refusal(Some(id), code, text, None));
        if self.asked.contains_key(id) {
            return refuse(INVALID_REQUEST, "the id is in use");
        }
        if method.is_notification() == Some(true) {
            return refuse(INVALID_REQUEST, "a notification has no id");
        }
        if !self.grants.allow(self.phase, method) {
            let text = match method.sender() {
                Sender::Client => "only a client sends this method",
                _ if name.is_empty() => "no method",
                _ => "this client offers no such method",
            };
            return refuse(METHOD_NOT_FOUND, text);
        }
        if method == Method::Ping {
            return Step::Reply(pong(id));
        }
        if self.asked.len() >= self.most_asked {
            return refuse(REFUSED, "too many requests at the same time");
        }
        let id = id.clone().into_owned();
        self.asked.insert(id.clone(), None);
        Step::Ask { id, method, params }
    }

    fn notice<'a>(
        &mut self,
        method: Method,
        name: &str,
        params: &'a [u8],
        via: &Via<'_>,
    ) -> Step<'a, W, H> {
        match method {
            Method::Progress => self.progress(params),
            Method::Cancelled => self.cancelled(params),
            Method::Acknowledged => self.acknowledged(params, via),
            _ if !self.may_notify(method) => Step::Ignore(Ignored::NotAllowed),
            _ => match self.subscription(method, params, via) {
                Ok(subscription) => Step::Notice {
                    method,
                    name: match method {
                        Method::Other => name.to_owned(),
                        _ => String::new(),
                    },
                    params,
                    subscription,
                },
                Err(ignored) => Step::Ignore(ignored),
            },
        }
    }

    fn may_notify(&self, method: Method) -> bool {
        let sender = method.sender() != Sender::Client && method.is_notification() != Some(false);
        sender
            && match self.phase {
                // Before the handshake is over a server may only log.
                Phase::Opening => method == Method::LogMessage,
                Phase::Legacy(revision) => method.exists_in(revision),
                Phase::Modern => method.exists_in(Revision::V2026_07_28),
                Phase::Closed => false,
            }
    }

    fn progress<'a>(&mut self, params: &'a [u8]) -> Step<'a, W, H> {
        let number = |name| {
            let raw = member(params, name)?;
            std::str::from_utf8(raw).ok()?.parse::<f64>().ok()
        };
        let waiting = member(params, "progressToken")
            .and_then(integer)
            .and_then(|token| self.waiting.get_mut(&token));
        match (waiting, number("progress")) {
            (Some(waiting), Some(now)) if waiting.progress.is_some_and(|last| now > last) => {
                waiting.progress = Some(now);
                let waiter = waiting.waiter.clone();
                Step::Progress { waiter, params }
            }
            _ => Step::Ignore(Ignored::Progress),
        }
    }

    /// The server gives up a request of its own, or (2026-07-28) tears a subscription down.
    fn cancelled<'a>(&mut self, params: &'a [u8]) -> Step<'a, W, H> {
        let raw = member(params, "requestId").unwrap_or_default();
        if self.phase == Phase::Modern {
            let listen = integer(raw).filter(|id| self.is_listening(*id));
            return match listen.and_then(|id| self.waiting.remove(&id)) {
                Some(waiting) => Step::Answer {
                    waiter: waiting.waiter,
                    outcome: Outcome::Ended,
                },
                None => Step::Ignore(Ignored::UnknownId),
            };
        }
        let id = match as_str(raw) {
            Some(text) => Some(Id::Text(text)),
            None => integer(raw).map(Id::Number),
        };
        match id.and_then(|id| self.asked.remove(&id.into_owned())) {
            Some(Some(handle)) => Step::Stop(handle),
            _ => Step::Ignore(Ignored::UnknownId),
        }
    }

    fn acknowledged<'a>(&mut self, params: &'a [u8], via: &Via<'_>) -> Step<'a, W, H> {
        let id = named_subscription(params).or(exchange(via));
        let waiting = id.and_then(|id| self.waiting.get_mut(&id));
        match waiting {
            Some(waiting) if waiting.method == Method::Listen && !waiting.acknowledged => {
                waiting.acknowledged = true;
                let waiter = waiting.waiter.clone();
                Step::Subscribed { waiter, params }
            }
            _ => Step::Ignore(Ignored::NoSubscription),
        }
    }

    /// The subscription that a change belongs to. In 2026-07-28 there is none without, and none before it is acknowledged.
    fn subscription(
        &self,
        method: Method,
        params: &[u8],
        via: &Via<'_>,
    ) -> Result<Option<i64>, Ignored> {
        let unbound = method == Method::LogMessage;
        if self.phase != Phase::Modern || unbound {
            return Ok(None);
        }
        let id = named_subscription(params).or(exchange(via));
        match id.filter(|id| self.is_listening(*id)) {
            Some(id)
                if self
                    .waiting
                    .get(&id)
                    .is_some_and(|waiting| waiting.acknowledged) =>
            {
                Ok(Some(id))
            }
            _ if method == Method::Other && named_subscription(params).is_none() => Ok(None),
            _ => Err(Ignored::NoSubscription),
        }
    }

    fn is_listening(&self, id: i64) -> bool {
        self.waiting
            .get(&id)
            .is_some_and(|waiting| waiting.method == Method::Listen)
    }
}

fn pong(id: &Id<'_>) -> Vec<u8> {
    let mut out = br#"{"jsonrpc":"2.0","id":"#.to_vec();
    id.write(&mut out);
    out.extend_from_slice(br#","result":{}}"#);
    out
}

fn named_subscription(params: &[u8]) -> Option<i64> {
    integer(member(member(params, "_meta")?, SUBSCRIPTION)?)
}

fn exchange(via: &Via<'_>) -> Option<i64> {
    match via {
        Via::Exchange(Id::Number(number)) => Some(*number),
        _ => None,
    }
}

/// An id of ours as a peer writes it back; exact, so `1.0` is none.
fn integer(raw: &[u8]) -> Option<i64> {
    std::str::from_utf8(raw).ok()?.parse().ok()
}

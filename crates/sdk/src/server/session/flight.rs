//! Running a handler: to its end at once where it can, else as a future that whoever drives the connection polls.

use std::future::poll_fn;
use std::sync::atomic::Ordering;
use std::task::{Context as Task, Poll, Waker};

use interlock_wire::types::Encode;
use interlock_wire::{Era, Id, Revision};

use super::{Ask, Session};
use crate::RpcError;
use crate::error::MISSING_CAPABILITY;
use crate::server::body::Body;
use crate::server::body::{Job, write_signed};
use crate::server::context::Context;
use crate::server::handled::{Handled, Outcome, Pending, Reply};
use crate::server::registry::Server;
use crate::server::rounds::Rounds;

/// How a call's request ends.
pub(in crate::server) enum Turn {
    /// With what the handler gave.
    Done(Result<Body, RpcError>),
    /// With questions to the client.
    Ask,
    /// With a task, in which the handler goes on.
    Detach,
}

impl Session {
    /// Runs a handler. `ask` is of the call that `cx` is of.
    pub(super) fn run(
        &self,
        ask: Ask<'_, '_>,
        cx: Context,
        mut job: Job,
        reply: &mut Vec<u8>,
    ) -> Result<Handled, RpcError> {
        match turn(&cx, &mut job, &mut Task::from_waker(Waker::noop())) {
            Poll::Ready(Turn::Detach) => self.start_task(&ask, cx, job, reply),
            Poll::Ready(turn) => {
                self.bind(&cx, &ask, matches!(turn, Turn::Ask));
                Ok(Handled::Replied(end(&cx, ask.id, turn, reply)))
            }
            Poll::Pending => {
                self.bind(&cx, &ask, cx.is_modern() && may_ask(&cx));
                let id = ask.id.clone().into_owned();
                let flight = self.take_off(id, cx)?;
                Ok(Handled::Later(Pending::new(flight.run(job))))
            }
        }
    }

    /// Questions end a modern call, so their state is bound to the message while it is still here.
    fn bind(&self, cx: &Context, ask: &Ask<'_, '_>, needed: bool) {
        if needed {
            let mut rounds = cx.rounds();
            let rounds = rounds.get_or_insert_default();
            rounds.bind(self.principal(), ask.message);
        }
    }

    /// Registers a request whose answer comes later.
    pub(in crate::server) fn take_off(
        &self,
        id: Id<'static>,
        cx: Context,
    ) -> Result<Flight, RpcError> {
        let mut state = self.state();
        let others = state.busy().map_or(0, |busy| busy.in_flight.len());
        if state.closed || others >= self.0.server.limits().max_in_flight {
            return Err(RpcError::refused("too many requests in flight"));
        }
        // Of two requests of one id only one could be cancelled.
        let same = state
            .busy()
            .is_some_and(|busy| busy.in_flight.contains_key(&id));
        if same {
            return Err(RpcError::invalid_request("the id is in flight already"));
        }
        state.change(|busy| busy.in_flight.insert(id.clone(), cx.clone()));
        drop(state);
        Ok(Flight {
            session: self.clone(),
            id,
            cx,
            landed: false,
        })
    }
}

/// A request in flight. Dropping it before it landed cancels the call.
pub(in crate::server) struct Flight {
    session: Session,
    pub(in crate::server) id: Id<'static>,
    pub(in crate::server) cx: Context,
    landed: bool,
}

impl Flight {
    async fn run(self, mut job: Job) -> Option<Reply> {
        let cx = self.cx.clone();
        let turned = self
            .until_cancelled(poll_fn(|task| turn(&cx, &mut job, task)))
            .await?;
        let mut bytes = Vec::with_capacity(256);
        let outcome = match turned {
            Turn::Detach => {
                let server = self.session.server().clone();
                match server.0.tasks.start(&cx, job) {
                    Ok(task) => {
                        let created = task.created();
                        self.session
                            .write_created(&self.id, cx.revision(), &created, &mut bytes)
                    }
                    Err(fault) => write_error(&fault, Some(&self.id), &mut bytes),
                }
            }
            turned => end(&cx, &self.id, turned, &mut bytes),
        };
        self.land();
        Some(Reply { bytes, outcome })
    }

    /// Waits for `work`, and no longer when the call is cancelled.
    pub(in crate::server) async fn until_cancelled<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::select! {
            biased;
            given = work => Some(given),
            () = self.cx.cancelled() => None,
        }
    }

    /// The request has its answer: whoever holds the context is not told to stop.
    pub(in crate::server) fn land(mut self) {
        self.landed = true;
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut state = self.session.state();
        state.change(|busy| busy.in_flight.remove(&self.id));
        drop(state);
        if !self.landed {
            self.cx.cancel();
        }
    }
}

/// Polls a handler, and sees whether the call has to end in another way.
fn turn(cx: &Context, job: &mut Job, task: &mut Task<'_>) -> Poll<Turn> {
    if let Poll::Ready(given) = job.poll(task) {
        return Poll::Ready(Turn::Done(given));
    }
    if cx.0.detach.load(Ordering::Acquire) {
        return Poll::Ready(Turn::Detach);
    }
    match cx.is_modern() && cx.rounds().as_ref().is_some_and(|rounds| rounds.waits()) {
        true => Poll::Ready(Turn::Ask),
        false => Poll::Pending,
    }
}

/// Writes the answer that a turn means. A detached call is answered elsewhere.
fn end(cx: &Context, id: &Id<'_>, turn: Turn, out: &mut Vec<u8>) -> Outcome {
    cx.finish();
    let (server, revision) = (cx.session().server(), cx.revision());
    match turn {
        Turn::Done(Ok(body)) => write_body(server, revision, id, body, out),
        Turn::Done(Err(fault)) => write_error(&in_words_of(revision, fault), Some(id), out),
        Turn::Ask => {
            let rounds = cx.rounds().take();
            let result = rounds.and_then(|rounds: Box<Rounds>| rounds.into_result(server));
            match result {
                Some(result) => write_object(server, revision, id, &result, out),
                None => write_error(&RpcError::internal(), Some(id), out),
            }
        }
        Turn::Detach => write_error(&RpcError::internal(), Some(id), out),
    }
}

/// Earlier revisions have no code for a capability that is missing.
fn in_words_of(revision: Revision, fault: RpcError) -> RpcError {
    match revision.era() {
        Era::Legacy if fault.code() == MISSING_CAPABILITY => {
            let data = fault.data().unwrap_or(b"{}").to_vec();
            RpcError::invalid_request("the client lacks a capability for this").with_data(data)
        }
        _ => fault,
    }
}

/// Whether the client can be asked anything, so that a state may be needed later.
fn may_ask(cx: &Context) -> bool {
    let can = cx.client_capabilities();
    can.elicitation.is_some() || can.sampling.is_some() || can.roots.is_some()
}

pub(in crate::server) fn write_body(
    server: &Server,
    revision: Revision,
    id: &Id<'_>,
    mut body: Body,
    out: &mut Vec<u8>,
) -> Outcome {
    head(id, out);
    body.write(server, revision, out);
    out.push(b'}');
    Outcome::Result
}

pub(in crate::server) fn write_object(
    server: &Server,
    revision: Revision,
    id: &Id<'_>,
    result: &impl Encode,
    out: &mut Vec<u8>,
) -> Outcome {
    head(id, out);
    write_signed(server, revision, result, out);
    out.push(b'}');
    Outcome::Result
}

/// Appends an error response.
pub(in crate::server) fn write_error(
    error: &RpcError,
    id: Option<&Id<'_>>,
    out: &mut Vec<u8>,
) -> Outcome {
    error.write(id, out);
    Outcome::Error(error.code())
}

fn head(id: &Id<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    id.write(out);
    out.extend_from_slice(br#","result":"#);
}

//! The machine's memory and what the client itself does to it.

use std::collections::HashMap;

use interlock_wire::{Id, Method, Revision};

use super::{Grants, Phase};

/// See the [module](super).
#[derive(Debug)]
pub(crate) struct Machine<W, H> {
    pub(super) phase: Phase,
    pub(super) grants: Grants,
    pub(super) waiting: HashMap<i64, Waiting<W>>,
    pub(super) asked: HashMap<Id<'static>, Option<H>>,
    /// Requests of the server that may run at the same time.
    pub(super) most_asked: usize,
    most_waiting: usize,
    next: i64,
}

/// One of our requests in flight.
#[derive(Debug)]
pub(super) struct Waiting<W> {
    pub(super) waiter: W,
    pub(super) method: Method,
    /// The last progress; none when none was asked for.
    pub(super) progress: Option<f64>,
    /// The server acknowledged the subscription.
    pub(super) acknowledged: bool,
}

impl<W: Clone, H> Machine<W, H> {
    /// A connection on which nothing was said.
    pub(crate) fn new(grants: Grants, most_waiting: usize, most_asked: usize) -> Self {
        Self {
            phase: Phase::Opening,
            grants,
            waiting: HashMap::new(),
            asked: HashMap::new(),
            most_asked,
            most_waiting,
            next: 1,
        }
    }

    /// Begins a request. Its id is new for ever, and it is also its progress token.
    ///
    /// `None` when the connection is closed or too many requests are in flight.
    pub(crate) fn begin(&mut self, method: Method, waiter: W, progress: bool) -> Option<i64> {
        if self.phase == Phase::Closed || self.waiting.len() >= self.most_waiting {
            return None;
        }
        let id = self.next;
        self.next = self.next.checked_add(1)?;
        let progress = progress.then_some(f64::NEG_INFINITY);
        let waiting = Waiting {
            waiter,
            method,
            progress,
            acknowledged: false,
        };
        self.waiting.insert(id, waiting);
        Some(id)
    }

    /// Nobody waits for the request any more. Whether it was in flight, so that the server should be told.
    pub(crate) fn abandon(&mut self, id: i64) -> bool {
        self.waiting.remove(&id).is_some()
    }

    /// The same, to tell whoever waits why.
    pub(crate) fn take(&mut self, id: i64) -> Option<W> {
        self.waiting.remove(&id).map(|waiting| waiting.waiter)
    }

    /// What runs for a request of the server, once it runs. `false` when it is not wanted any more.
    pub(crate) fn running(&mut self, id: &Id<'static>, handle: H) -> bool {
        match self.asked.get_mut(id) {
            Some(slot) => {
                *slot = Some(handle);
                true
            }
            None => false,
        }
    }

    /// The work for a request of the server is done. Whether its reply is still wanted.
    pub(crate) fn finished(&mut self, id: &Id<'static>) -> bool {
        self.asked.remove(id).is_some()
    }

    /// The server works on nothing of ours, but we on something of its: it is our turn.
    pub(crate) fn is_asked(&self) -> bool {
        !self.asked.is_empty()
    }

    /// The handshake is over.
    pub(crate) fn agreed(&mut self, revision: Revision) {
        if self.phase != Phase::Closed {
            self.phase = match revision {
                Revision::V2026_07_28 => Phase::Modern,
                legacy => Phase::Legacy(legacy),
            };
        }
    }

    /// The handshake starts again, as after the end of an HTTP session. What the server asked belongs to the old one.
    pub(crate) fn reopen(&mut self) -> Vec<H> {
        if self.phase != Phase::Closed {
            self.phase = Phase::Opening;
        }
        self.asked
            .drain()
            .filter_map(|(_, handle)| handle)
            .collect()
    }

    /// The connection is over: who waited, and what ran.
    pub(crate) fn close(&mut self) -> (Vec<W>, Vec<H>) {
        self.phase = Phase::Closed;
        let waiters = self
            .waiting
            .drain()
            .map(|(_, waiting)| waiting.waiter)
            .collect();
        let handles = self
            .asked
            .drain()
            .filter_map(|(_, handle)| handle)
            .collect();
        (waiters, handles)
    }

    /// Where the connection stands.
    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// Requests in flight, ours and the server's.
    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> (usize, usize) {
        (self.waiting.len(), self.asked.len())
    }
}

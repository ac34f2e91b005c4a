//! The requests of one side that wait for an answer. Bounded, and without an allocation a request.

use std::collections::VecDeque;

use super::Ticket;
use crate::id::KeptId;
use crate::{Id, Method};

/// A request that was forwarded.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) id: KeptId,
    pub(super) method: Method,
    pub(super) ticket: Ticket,
    pub(super) first_page: bool,
    /// It asked for a task, which outlives its first answer.
    pub(super) task: bool,
    pub(super) progress: Progress,
    pub(super) cancelled: bool,
    /// What it asked about, for binding a `requestState` to it.
    pub(super) subject: u64,
}

/// The progress token that a request carries.
#[derive(Debug, Clone)]
pub(super) enum Progress {
    None,
    /// The same as its id, as the common SDKs do.
    Id,
    Token(Box<KeptId>),
}

impl Progress {
    pub(super) fn new(token: Option<&Id<'_>>, id: &Id<'_>) -> Self {
        match token {
            None => Self::None,
            Some(token) if token == id => Self::Id,
            Some(token) => Self::Token(Box::new(KeptId::new(token))),
        }
    }
}

/// Why a request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Duplicate,
    Full,
}

/// Sorted by id. Ids mostly grow, so new ones go to the end and old ones leave from the front.
#[derive(Debug)]
pub(super) struct InFlight {
    requests: VecDeque<Pending>,
    most: usize,
    cancelled: usize,
    foreign_tokens: usize,
}

impl InFlight {
    pub(super) fn new(most: usize) -> Self {
        Self {
            requests: VecDeque::new(),
            most,
            cancelled: 0,
            foreign_tokens: 0,
        }
    }

    pub(super) fn insert(&mut self, id: &Id<'_>, pending: Pending) -> Result<(), Refused> {
        let Err(at) = self.search(id) else {
            return Err(Refused::Duplicate);
        };
        if self.requests.len() >= self.most {
            return Err(Refused::Full);
        }
        self.foreign_tokens += usize::from(matches!(pending.progress, Progress::Token(_)));
        self.requests.insert(at, pending);
        Ok(())
    }

    pub(super) fn get(&self, id: &Id<'_>) -> Option<&Pending> {
        self.requests.get(self.search(id).ok()?)
    }

    pub(super) fn remove(&mut self, id: &Id<'_>) -> Option<Pending> {
        let pending = self.requests.remove(self.search(id).ok()?)?;
        self.forget(&pending);
        Some(pending)
    }

    /// Marks a request as cancelled. Its place is given up first when room is needed, since no answer may ever come.
    pub(super) fn cancel(&mut self, id: &Id<'_>) {
        let Ok(at) = self.search(id) else {
            return;
        };
        if let Some(pending) = self.requests.get_mut(at) {
            self.cancelled += usize::from(!pending.cancelled);
            pending.cancelled = true;
        }
        if self.cancelled > self.most / 4 {
            self.evict();
        }
    }

    /// Whether a request in flight asked for progress under this token.
    pub(super) fn has_token(&self, token: &Id<'_>) -> bool {
        let same = |pending: &Pending| matches!(pending.progress, Progress::Id);
        if self.get(token).is_some_and(same) {
            return true;
        }
        let foreign = |pending: &Pending| match &pending.progress {
            Progress::Token(kept) => kept.is(token),
            _ => false,
        };
        self.foreign_tokens > 0 && self.requests.iter().any(foreign)
    }

    pub(super) fn any(&self, method: Method) -> bool {
        self.requests.iter().any(|pending| pending.method == method)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Pending> {
        self.requests.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    fn evict(&mut self) {
        let oldest = self.requests.iter().filter(|pending| pending.cancelled);
        let Some(ticket) = oldest.map(|pending| pending.ticket).min() else {
            return;
        };
        let at = self
            .requests
            .iter()
            .position(|pending| pending.ticket == ticket);
        if let Some(pending) = at.and_then(|at| self.requests.remove(at)) {
            self.forget(&pending);
        }
    }

    fn forget(&mut self, pending: &Pending) {
        self.cancelled -= usize::from(pending.cancelled);
        self.foreign_tokens -= usize::from(matches!(pending.progress, Progress::Token(_)));
    }

    fn search(&self, id: &Id<'_>) -> Result<usize, usize> {
        match self.requests.back() {
            Some(last) if last.id.compare(id).is_lt() => Err(self.requests.len()),
            _ => self
                .requests
                .binary_search_by(|pending| pending.id.compare(id)),
        }
    }
}

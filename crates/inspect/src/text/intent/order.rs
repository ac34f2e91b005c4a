//! Orders: a verb in its plain form, where orders have it.

use super::Role;
use super::words::{ADDRESS, LEADS, NEEDS, REPORTS};
use crate::text::clause::Clause;

/// A clause, read as an order to whoever reads it.
pub(super) struct Order<'a> {
    pub(super) clause: &'a Clause,
    pub(super) role: Role,
}

impl<'a> Order<'a> {
    pub(super) fn new(clause: &'a Clause, role: Role) -> Self {
        Self { clause, role }
    }

    /// The place of a verb of a set that is an order: first in the clause, or behind words that lead to one.
    pub(super) fn verb(&self, verbs: &[&str]) -> Option<usize> {
        let mut from = 0;
        while let Some(at) = self.clause.find(from, verbs) {
            if self.is_order(at) {
                return Some(at);
            }
            from = at + 1;
        }
        None
    }

    fn is_order(&self, at: usize) -> bool {
        let Some(last) = at.checked_sub(1) else {
            return true;
        };
        let before = self.clause.word(last);
        match before {
            // `to` makes an order only of what somebody needs to do.
            "to" => last
                .checked_sub(1)
                .is_some_and(|last| NEEDS.contains(&self.clause.word(last))),
            // `x, open it`: the piece before may be a condition, such as `before writing code`.
            _ => {
                LEADS.contains(&before)
                    || (0..at).all(|at| LEADS.contains(&self.clause.word(at)))
                    || self.follows_condition(at)
            }
        }
    }

    /// `before writing code delete it`, `if it fails send it`.
    fn follows_condition(&self, at: usize) -> bool {
        let conditional = matches!(
            self.clause.word(0),
            "before" | "after" | "when" | "whenever" | "if" | "once" | "while"
        );
        conditional
            && at >= 2
            && !matches!(
                self.clause.word(at - 1),
                "to" | "the" | "a" | "an" | "this" | "you" | "i" | "we" | "it"
            )
    }

    /// Whether the reader is meant. In a description the plain form alone says what the tool does, so more is asked for: words that
    /// speak to somebody, or a place where nobody describes anything.
    pub(super) fn addresses(&self) -> bool {
        match self.role {
            Role::Description => self.clause.is_value || self.clause.has(ADDRESS),
            Role::Value | Role::Answer => true,
        }
    }

    /// The same, or an order behind the sentence that says what the tool does.
    pub(super) fn addresses_or_continues(&self) -> bool {
        self.addresses() || !self.clause.is_first
    }

    /// Whether the clause tells of what others say: in quotation marks, and with words that report.
    pub(super) fn is_reported(&self) -> bool {
        let quoted = (0..self.clause.words.len()).any(|at| self.clause.is_quoted(at));
        let reports = (0..self.clause.words.len())
            .any(|at| !self.clause.is_quoted(at) && REPORTS.contains(&self.clause.word(at)));
        quoted && reports && self.role != Role::Value
    }
}

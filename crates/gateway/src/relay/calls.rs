//! The tool calls that are on their way, and since when.

use std::collections::VecDeque;
use std::time::Duration;

use interlock_wire::session::Ticket;

/// Tickets only grow, so the list is sorted as it is made. The session bounds how many there are.
#[derive(Debug, Default)]
pub(super) struct Calls {
    open: VecDeque<(Ticket, Duration)>,
}

impl Calls {
    /// A call is forwarded.
    pub(super) fn open(&mut self, ticket: Ticket, now: Duration) {
        self.open.push_back((ticket, now));
    }

    /// It was answered; gives how long that took, in microseconds.
    pub(super) fn close(&mut self, ticket: Ticket, now: Duration) -> Option<u64> {
        let at = match self.open.front() {
            Some((first, _)) if *first == ticket => 0,
            _ => self
                .open
                .binary_search_by_key(&ticket, |(ticket, _)| *ticket)
                .ok()?,
        };
        let (_, since) = self.open.remove(at)?;
        Some(micros(now.saturating_sub(since)))
    }
}

pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_close_in_any_order_and_once() {
        let mut calls = Calls::default();
        for ticket in [1, 4, 5, 9] {
            calls.open(Ticket(ticket), Duration::from_micros(ticket));
        }
        let now = Duration::from_micros(100);
        for (ticket, expected) in [
            (5, Some(95)),
            (5, None),
            (1, Some(99)),
            (2, None),
            (9, Some(91)),
            (4, Some(96)),
            (4, None),
        ] {
            assert_eq!(calls.close(Ticket(ticket), now), expected, "{ticket}");
        }
    }
}

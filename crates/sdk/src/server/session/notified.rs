//! Notifications of the client.

use interlock_wire::{Id, Message, Method};

use super::Session;
use super::state::Phase;

impl Session {
    /// What is unknown, malformed or out of place is ignored: a notification has no answer.
    pub(super) fn notified(&self, message: &Message<'_>) {
        match message.method() {
            Method::Initialized => {
                let mut state = self.state();
                if let Phase::Agreed(revision) = state.phase {
                    state.phase = Phase::Ready(revision);
                }
            }
            Method::Cancelled => {
                let named = message.cancelled_id().map(Id::into_owned);
                let state = self.state();
                let busy = state.busy();
                let found = named.and_then(|id| busy?.in_flight.get(&id).cloned());
                drop(state);
                if let Some(cx) = found {
                    cx.cancel();
                }
            }
            _ => {}
        }
    }
}

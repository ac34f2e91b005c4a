//! Which `requestState` values the server really gave, and for what.
//!
//! 2026-07-28 lets a server hand its state to the client and get it back (multi round-trip requests). The specification asks the
//! server to protect it; servers forget. A relay sees both directions, so it can refuse a value that the server never gave, or gave for another tool.

use std::collections::VecDeque;

use sha2::{Digest, Sha256};

/// Values remembered; the oldest is forgotten first.
const MOST: usize = 1_024;

/// Digests of the values given.
#[derive(Debug, Default)]
pub(super) struct RequestStates {
    given: VecDeque<[u8; 16]>,
}

impl RequestStates {
    pub(super) fn given(&mut self, subject: u64, state: &str) {
        if self.given.len() >= MOST {
            self.given.pop_front();
        }
        self.given.push_back(key(subject, state));
    }

    pub(super) fn knows(&self, subject: u64, state: &str) -> bool {
        self.given.contains(&key(subject, state))
    }
}

fn key(subject: u64, state: &str) -> [u8; 16] {
    let digest = Sha256::new()
        .chain_update(subject.to_le_bytes())
        .chain_update(state)
        .finalize();
    let mut key = [0; 16];
    key.iter_mut()
        .zip(digest.iter())
        .for_each(|(to, from)| *to = *from);
    key
}

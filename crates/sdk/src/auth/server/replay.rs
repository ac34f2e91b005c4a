//! Which proofs were seen: each counts once.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

/// Proofs of one generation that are remembered.
const CAPACITY: usize = 131_072;
/// Those of one key among them, so that one client cannot use up what all need.
const CAPACITY_PER_KEY: u32 = 16_384;

/// What is known of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sighting {
    First,
    Again,
    /// No room to remember it: as long as that is so, no new proof can be taken.
    Full,
}

/// Remembers proofs for at least `window` seconds and at most twice that. It never forgets one earlier to make room.
pub(super) struct Replays {
    window: u64,
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    began: u64,
    current: Generation,
    previous: Generation,
}

#[derive(Default)]
struct Generation {
    proofs: HashSet<[u8; 16]>,
    of_key: HashMap<[u8; 16], u32>,
}

impl Replays {
    pub(super) fn new(window: u64) -> Self {
        Self {
            window,
            generations: Mutex::default(),
        }
    }

    /// Notes the proof `id` of the key with this thumbprint.
    pub(super) fn note(&self, thumbprint: &str, id: &str, now: u64) -> Sighting {
        let key = digest(&[thumbprint]);
        // A thumbprint has a fixed length and alphabet, so the two cannot run into each other.
        let proof = digest(&[thumbprint, " ", id]);
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        generations.turn(now, self.window);
        if generations.current.proofs.contains(&proof)
            || generations.previous.proofs.contains(&proof)
        {
            return Sighting::Again;
        }
        let current = &mut generations.current;
        let of_key = current.of_key.get(&key).copied().unwrap_or(0);
        if current.proofs.len() >= CAPACITY || of_key >= CAPACITY_PER_KEY {
            return Sighting::Full;
        }
        current.proofs.insert(proof);
        current.of_key.insert(key, of_key + 1);
        Sighting::First
    }
}

impl Generations {
    fn turn(&mut self, now: u64, window: u64) {
        let age = now.saturating_sub(self.began);
        if age >= window {
            let current = std::mem::take(&mut self.current);
            // After a long pause neither is needed any more.
            self.previous = if age >= window.saturating_mul(2) {
                Generation::default()
            } else {
                current
            };
            self.began = now;
        }
    }
}

fn digest(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let full: [u8; 32] = hash.finalize().into();
    let mut half = [0; 16];
    half.iter_mut().zip(full).for_each(|(to, from)| *to = from);
    half
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY_PER_KEY, Replays, Sighting};

    #[test]
    fn a_proof_counts_once_for_its_key_while_it_is_fresh() {
        let replays = Replays::new(100);
        for (key, id, now, expected) in [
            ("a", "1", 1_000, Sighting::First),
            ("a", "1", 1_000, Sighting::Again),
            ("b", "1", 1_000, Sighting::First),
            ("a", "2", 1_099, Sighting::First),
            ("a", "1", 1_100, Sighting::Again),
            ("a", "2", 1_198, Sighting::Again),
            ("a", "1", 1_200, Sighting::First),
            ("a", "1", 900, Sighting::Again),
            ("a", "1", 9_000, Sighting::First),
        ] {
            assert_eq!(replays.note(key, id, now), expected, "{key} {id} {now}");
        }
    }

    #[test]
    fn nothing_is_forgotten_to_make_room() {
        let replays = Replays::new(100);
        for id in 0..CAPACITY_PER_KEY {
            assert_eq!(replays.note("a", &id.to_string(), 50), Sighting::First);
        }
        assert_eq!(replays.note("a", "one more", 50), Sighting::Full);
        assert_eq!(replays.note("a", "0", 50), Sighting::Again);
        assert_eq!(replays.note("b", "one more", 50), Sighting::First);
        assert_eq!(replays.note("a", "one more", 150), Sighting::First);
    }
}

//! Nonces for proofs of possession, made of the time and a key: nothing is stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac::{HMAC_SHA256, Key, sign};

/// Seconds for which a nonce is handed out; it counts for as long again.
const SLOT: u64 = 120;

/// Hands out nonces and knows them again.
pub(super) struct Nonces(Key);

impl Nonces {
    /// Nonces by a key. Replicas with the same key know each other's.
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(Key::new(HMAC_SHA256, key))
    }

    /// The nonce to hand out at `now`.
    pub(super) fn current(&self, now: u64) -> String {
        self.of_slot(now / SLOT)
    }

    /// The nonces that count at `now`.
    pub(super) fn accepted(&self, now: u64) -> [String; 2] {
        let slot = now / SLOT;
        [self.of_slot(slot), self.of_slot(slot.saturating_sub(1))]
    }

    fn of_slot(&self, slot: u64) -> String {
        let tag = sign(&self.0, &slot.to_be_bytes());
        let half = tag.as_ref().get(..16).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(half)
    }
}

#[cfg(test)]
mod tests {
    use super::Nonces;

    #[test]
    fn a_nonce_counts_in_its_slot_and_the_next() {
        let (ours, theirs) = (Nonces::new(&[1; 32]), Nonces::new(&[2; 32]));
        let nonce = ours.current(1_200);
        assert_eq!(nonce.len(), 22);
        for (now, counts) in [
            (1_200, true),
            (1_319, true),
            (1_439, true),
            (1_440, false),
            (1_199, false),
        ] {
            assert_eq!(ours.accepted(now).contains(&nonce), counts, "{now}");
        }
        assert!(!theirs.accepted(1_200).contains(&nonce));
    }
}

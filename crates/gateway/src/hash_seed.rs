//! Python's hash seed, the same at every start of one approved server.
//!
//! Python orders sets by hashes that it salts anew for each process. Servers that write a set into a tool's schema then
//! define another tool at every start, and none of those fits its pin. A salt that stays within one approval keeps such tools
//! the same; it is made of the approver's key, so that nobody who writes what the server reads can compute it.

use interlock_launch::{Approved, Authority};
use sha2::{Digest as _, Sha256};

/// The variable that Python reads.
pub(crate) const VARIABLE: &str = "PYTHONHASHSEED";

/// The seed of one approval. Renewing it under its name keeps the seed.
pub(crate) fn of(approved: &Approved) -> String {
    match approved.authority() {
        Authority::Approver(key) => seed(key.as_bytes(), approved.name()),
        Authority::Administrator => {
            seed(approved.fingerprint().digest().as_bytes(), approved.name())
        }
    }
}

/// Never 0: that means no salt at all.
fn seed(salt: &[u8], name: &str) -> String {
    let mut hash = Sha256::new_with_prefix(b"interlock python hash seed\0");
    hash.update(salt);
    hash.update(b"\0");
    hash.update(name);
    let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
    u32::from_be_bytes([a, b, c, d]).max(1).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_belongs_to_one_key_and_name() {
        let seeds = [
            seed(b"key", "git"),
            seed(b"key", "fetch"),
            seed(b"other", "git"),
        ];
        assert_eq!(seed(b"key", "git"), seeds[0]);
        assert!(seeds[0] != seeds[1] && seeds[0] != seeds[2], "{seeds:?}");
        for seed in &seeds {
            assert!(seed.parse::<u32>().unwrap() > 0, "{seed}");
        }
    }
}

//! What a server hands to its client to get it back: sealed, so that it can be neither read nor changed, nor used by anybody else or
//! for anything else, nor for ever.
//!
//! A token is `base64url(1 ‖ key id ‖ nonce ‖ ciphertext)` under XChaCha20-Poly1305. What it is bound to is the associated data,
//! so a token that is presented elsewhere does not open; its expiry is inside.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::Principal;

const VERSION: u8 = 1;
const ID: usize = 4;
const NONCE: usize = 24;
const KEY: usize = 32;

/// The keys that `requestState` and cursors are sealed with. The first one seals; all of them open, so that a key can be replaced
/// while tokens of the old one are still out there.
///
/// ```
/// use interlock_sdk::server::{Server, StateKeys};
///
/// # fn from_a_safe_place() -> [u8; 32] { [7; 32] }
/// let keys = StateKeys::new(from_a_safe_place()).or_open_with(from_a_safe_place());
/// let server = Server::builder("s", "1").request_state_keys(keys).build();
/// ```
pub struct StateKeys(Vec<StateKey>);

struct StateKey {
    id: [u8; ID],
    key: Zeroizing<[u8; KEY]>,
}

impl StateKeys {
    /// A key of 32 random bytes.
    pub fn new(key: [u8; KEY]) -> Self {
        Self(vec![StateKey::new(key)])
    }

    /// With one more key that opens but does not seal: the one before.
    #[must_use]
    pub fn or_open_with(mut self, key: [u8; KEY]) -> Self {
        self.0.push(StateKey::new(key));
        self
    }

    /// A key that nobody else has, and that is gone with the process.
    ///
    /// Without randomness from the kernel there is no key at all, and nothing is sealed.
    pub(super) fn random() -> Self {
        let mut key = [0; KEY];
        match getrandom::fill(&mut key) {
            Ok(()) => Self::new(key),
            Err(_) => Self(Vec::new()),
        }
    }
}

impl StateKey {
    fn new(key: [u8; KEY]) -> Self {
        let digest = Sha256::new()
            .chain_update(b"interlock key id")
            .chain_update(key)
            .finalize();
        let mut id = [0; ID];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self {
            id,
            key: Zeroizing::new(key),
        }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.key))
    }
}

impl std::fmt::Debug for StateKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StateKeys({})", self.0.len())
    }
}

/// What a token is for, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Binding([u8; 32]);

impl Binding {
    /// `parts` say what the token is for: each is hashed with its length, so that no two lists of parts are the same.
    pub(super) fn new(purpose: &str, principal: &Principal, parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        part(purpose.as_bytes());
        part(&[u8::from(principal.is_anonymous())]);
        for name in [principal.issuer(), principal.subject(), principal.client()] {
            part(&[u8::from(name.is_some())]);
            part(name.unwrap_or_default().as_bytes());
        }
        parts.iter().for_each(|bytes| part(bytes));
        Self(hash.finalize().into())
    }
}

/// A token that does not open here. Why is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a valid token of this server for this request, or expired")]
pub(super) struct Unsealable;

/// Seals `content` until `expires`, in milliseconds since 1970. None without a key or randomness.
pub(super) fn seal(
    keys: &StateKeys,
    binding: Binding,
    expires: u64,
    content: &[u8],
) -> Option<String> {
    let key = keys.0.first()?;
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).ok()?;
    let mut plain = Zeroizing::new(expires.to_le_bytes().to_vec());
    plain.extend_from_slice(content);
    let payload = Payload {
        msg: &plain,
        aad: &binding.0,
    };
    let sealed = key.cipher().encrypt(&XNonce::from(nonce), payload).ok()?;
    let mut token = Vec::with_capacity(1 + ID + NONCE + sealed.len());
    token.push(VERSION);
    token.extend_from_slice(&key.id);
    token.extend_from_slice(&nonce);
    token.extend_from_slice(&sealed);
    Some(URL_SAFE_NO_PAD.encode(&token))
}

/// Opens a token that was sealed under the same binding and has not expired at `now`.
pub(super) fn open(
    keys: &StateKeys,
    binding: Binding,
    now: u64,
    token: &str,
) -> Result<Vec<u8>, Unsealable> {
    let token = URL_SAFE_NO_PAD.decode(token).map_err(|_| Unsealable)?;
    let (version, rest) = token.split_first().ok_or(Unsealable)?;
    let (id, rest) = rest.split_first_chunk::<ID>().ok_or(Unsealable)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(Unsealable)?;
    let key = keys.0.iter().find(|key| key.id == *id);
    let key = key.filter(|_| *version == VERSION).ok_or(Unsealable)?;
    let payload = Payload {
        msg: sealed,
        aad: &binding.0,
    };
    let plain = key.cipher().decrypt(&XNonce::from(*nonce), payload);
    let plain = plain.map_err(|_| Unsealable)?;
    let (expires, content) = plain.split_first_chunk::<8>().ok_or(Unsealable)?;
    match now < u64::from_le_bytes(*expires) {
        true => Ok(content.to_vec()),
        false => Err(Unsealable),
    }
}

#[cfg(test)]
mod tests {
    use super::{Binding, StateKeys, Unsealable, open, seal};
    use crate::Principal;

    fn binding(principal: &Principal, parts: &[&[u8]]) -> Binding {
        Binding::new("test", principal, parts)
    }

    #[test]
    fn what_was_sealed_opens_where_it_belongs_and_nowhere_else() {
        let keys = StateKeys::new([1; 32]);
        let alice = Principal::new("https://idp.example", "alice");
        let here = binding(&alice, &[b"ab", b"c"]);
        let token = seal(&keys, here, 100, b"content").unwrap();
        assert_eq!(open(&keys, here, 99, &token), Ok(b"content".to_vec()));
        assert_eq!(open(&keys, here, 100, &token), Err(Unsealable));
        for elsewhere in [
            binding(&alice, &[b"a", b"bc"]),
            binding(&alice, &[b"abc"]),
            binding(&Principal::anonymous(), &[b"ab", b"c"]),
            binding(&Principal::new("", ""), &[b"ab", b"c"]),
            binding(&alice.clone().with_client("x"), &[b"ab", b"c"]),
            Binding::new("other", &alice, &[b"ab", b"c"]),
        ] {
            assert_eq!(open(&keys, elsewhere, 0, &token), Err(Unsealable));
        }
        assert_eq!(
            open(&StateKeys::new([2; 32]), here, 0, &token),
            Err(Unsealable)
        );
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let keys = StateKeys::random();
        let here = binding(&Principal::anonymous(), &[]);
        let token = seal(&keys, here, 100, b"content").unwrap();
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(open(&keys, here, 0, &changed), Err(Unsealable), "{at}");
            assert_eq!(
                open(&keys, here, 0, token.get(..at).unwrap()),
                Err(Unsealable)
            );
        }
    }

    #[test]
    fn two_tokens_are_never_the_same() {
        let keys = StateKeys::random();
        let here = binding(&Principal::anonymous(), &[]);
        assert_ne!(seal(&keys, here, 1, b""), seal(&keys, here, 1, b""));
    }
}

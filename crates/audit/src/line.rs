//! One record as one line, and the chain that ties it to the lines before.
//!
//! ```text
//! {"seq":7,"time":"2026-11-21T10:13:31.000042Z","event":"tool-call",…}\n
//! {"seq":8,"time":"2026-11-21T10:13:31.000057Z","event":"tool-outcome",…,"hash":"n4bQ…"}\n
//! ```
//!
//! The records of one write form groups; the last line of a group carries the `hash` that seals it. It is
//! SHA-256 over the hash of the group before (32 bytes) and then every byte of the group's lines up to
//! `,"hash":`. What follows is fixed, so no byte of a line can change unseen. The bytes are hashed as they
//! are on disk; nothing is parsed and rendered again. Text in a record cannot pose as a seal, because quotes
//! are escaped in it, and no event has a field of that name.

use std::io::{self, BufRead, Read};

use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};

use crate::event::Digest;
use crate::render;

/// The version of the format, as every file states it.
pub(crate) const FORMAT: u64 = 2;

/// The hash that the first record of a log is chained to.
pub(crate) const GENESIS: Digest = [0; 32];

/// The longest line, its end included. A record that would be longer is refused.
pub(crate) const MAX_LINE: usize = 1 << 20;

/// How many records a group has at most: an edit is found, and found to be one of so many lines.
pub(crate) const MAX_GROUP: u64 = 64;

/// The bytes after which a group is sealed, whatever its records.
pub(crate) const FULL_GROUP: usize = 1 << 16;

const START: &[u8] = b"{\"seq\":";
const HASH_KEY: &[u8] = b",\"hash\":\"";
const END: &[u8] = b"\"}\n";
const UNSEALED_END: &[u8] = b"}\n";
/// The length of `2026-11-21T10:13:31.000042Z`.
const TIME_LEN: usize = 27;
/// From `,"hash":"` to the end of the line.
pub(crate) const SEAL: usize = HASH_KEY.len() + 43 + END.len();

/// Appends the line of one record without its end. `body` is `"time":…` up to the last field.
pub(crate) fn begin(seq: u64, body: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(START);
    render::number(seq, out);
    out.push(b',');
    out.extend_from_slice(body);
}

/// Ends a line that is not the last of its group.
pub(crate) fn end(out: &mut Vec<u8>) {
    out.extend_from_slice(UNSEALED_END);
}

/// Ends the last line of the group that begins at `start`, and returns the group's hash.
pub(crate) fn seal(prev: &Digest, start: usize, out: &mut Vec<u8>) -> Digest {
    let hash = chained(prev, out.get(start..).unwrap_or_default());
    out.extend_from_slice(HASH_KEY);
    render::base64(&hash, out);
    out.extend_from_slice(END);
    hash
}

/// The hash of a group, from the one before it and its bytes before `,"hash":`.
///
/// It is SHA-256 over the two, done in whole blocks where they lie: the general interface copies everything
/// through a buffer of its own, which costs a fifth more for records of this size.
pub(crate) fn chained(prev: &Digest, content: &[u8]) -> Digest {
    let Some((start, rest)) = content.split_first_chunk::<32>() else {
        // Shorter than any record of ours.
        return Sha256::new()
            .chain_update(prev)
            .chain_update(content)
            .finalize()
            .into();
    };
    let mut state = INITIAL;
    let mut first = [0; 64];
    for (to, from) in first.as_chunks_mut::<32>().0.iter_mut().zip([prev, start]) {
        *to = *from;
    }
    compress256(&mut state, &[first]);
    let (blocks, tail) = rest.as_chunks::<64>();
    compress256(&mut state, blocks);
    let bits = (prev.len() + content.len()) as u64 * 8;
    let (padded, used) = last_blocks(tail, bits);
    compress256(&mut state, padded.get(..used).unwrap_or_default());
    let mut hash = [0; 32];
    for (to, word) in hash.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *to = word.to_be_bytes();
    }
    hash
}

/// SHA-256's initial state (FIPS 180-4, section 5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// SHA-256's padding (FIPS 180-4, section 5.1.1): the rest of the message, a one, zeros, the length. Says how
/// many of the two blocks it takes.
fn last_blocks(tail: &[u8], bits: u64) -> ([[u8; 64]; 2], usize) {
    let mut blocks = [[0; 64]; 2];
    let used = if tail.len() < 56 { 1 } else { 2 };
    let bytes = blocks.as_flattened_mut();
    for (to, from) in bytes.iter_mut().zip(tail.iter().chain(&[0x80])) {
        *to = *from;
    }
    if let Some(length) = bytes.get_mut(used * 64 - 8..used * 64) {
        length.copy_from_slice(&bits.to_be_bytes());
    }
    (blocks, used)
}

/// A line taken apart, as far as the chain needs it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Line<'a> {
    /// The sequence number it states.
    pub(crate) seq: u64,
    /// The record, without the seal and the end.
    pub(crate) content: &'a [u8],
    /// The hash it states, where it is the last of a group.
    pub(crate) hash: Option<Digest>,
}

impl<'a> Line<'a> {
    /// Takes apart one line with its line feed. `None` when it is not shaped like a record of ours.
    pub(crate) fn parse(line: &'a [u8]) -> Option<Self> {
        let (content, hash) = match split_seal(line) {
            Some((content, hash)) => (content, Some(render::parse_base64(hash)?)),
            None => (line.strip_suffix(UNSEALED_END)?, None),
        };
        if !content.iter().all(|b| matches!(b, b' '..=b'~')) {
            return None;
        }
        Some(Self {
            seq: seq_of(content)?,
            content,
            hash,
        })
    }

    /// The event's name.
    pub(crate) fn event(&self) -> Option<&'a str> {
        event_of(self.content)
    }
}

/// A sealed line's content and the text of its hash.
fn split_seal(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, seal) = line.split_at_checked(line.len().checked_sub(SEAL)?)?;
    let hash = seal.strip_prefix(HASH_KEY)?.strip_suffix(END)?;
    Some((content, hash))
}

/// Whether a line is the last of a group.
pub(crate) fn is_sealed(line: &[u8]) -> bool {
    split_seal(line).is_some()
}

/// The hash that a group of whole lines should state; `None` when its last line is not sealed.
pub(crate) fn hash_of_group(prev: &Digest, lines: &[u8]) -> Option<Digest> {
    split_seal(lines).map(|(content, _)| chained(prev, content))
}

/// The number that a line states, and what follows it.
fn seq_and_rest(line: &[u8]) -> Option<(&str, &[u8])> {
    let after = line.strip_prefix(START)?;
    let digits = after.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = after.split_at_checked(digits)?;
    Some((std::str::from_utf8(digits).ok()?, rest.strip_prefix(b",")?))
}

/// The number that a line states.
pub(crate) fn seq_of(line: &[u8]) -> Option<u64> {
    seq_and_rest(line)?.0.parse().ok()
}

/// The event's name. It stands at a fixed place, so nothing in the record's text can pose as it.
pub(crate) fn event_of(line: &[u8]) -> Option<&str> {
    let time = seq_and_rest(line)?.1.strip_prefix(b"\"time\":\"")?;
    let event = time.get(TIME_LEN..)?.strip_prefix(b"\",\"event\":\"")?;
    let end = event.iter().position(|b| *b == b'"')?;
    std::str::from_utf8(event.get(..end)?).ok()
}

/// Reads a line, but never more than a little over the longest that there can be.
pub(crate) fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<()> {
    lines.take(2 * MAX_LINE as u64).read_until(b'\n', line)?;
    if line.len() == 2 * MAX_LINE && !line.ends_with(b"\n") {
        // Longer than any record: skip to its end, and let it count as one line that is no record.
        loop {
            let mut rest = Vec::new();
            lines.take(MAX_LINE as u64).read_until(b'\n', &mut rest)?;
            if rest.is_empty() || rest.ends_with(b"\n") {
                line.extend(rest.last());
                return Ok(());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;

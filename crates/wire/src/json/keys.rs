//! The keys of all open objects, and the search for two equal ones.
//!
//! Small objects compare each new key with the ones before. Large ones are sorted when they close: by their first eight bytes, then
//! by their whole text, so no choice of keys makes the work grow faster than n·log n. There is no hash that a peer could aim at.

use super::string::Decoded;

/// Up to this many keys of one object are compared pairwise.
const PAIRWISE: usize = 16;
/// Open keys held without touching the heap.
const INLINE: usize = 32;

/// One key: where its body stands, and its first bytes as decoded.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Key {
    start: u32,
    /// Length of the body as written; the top bit says that it has escapes.
    length: u32,
    prefix: u64,
}

const ESCAPED: u32 = 1 << 31;

impl Key {
    pub(crate) fn new(text: &str, start: usize, end: usize, escaped: bool) -> Self {
        let prefix = match escaped {
            false => prefix_at(text.as_bytes(), start, end),
            true => decoded_prefix(text.get(start..end).unwrap_or_default()),
        };
        let flag = if escaped { ESCAPED } else { 0 };
        Self {
            start: u32::try_from(start).unwrap_or(u32::MAX),
            length: u32::try_from(end - start).unwrap_or(0) | flag,
            prefix,
        }
    }

    /// The first eight bytes of the decoded key.
    pub(crate) fn prefix(&self) -> u64 {
        self.prefix
    }

    fn body<'a>(&self, text: &'a str) -> &'a str {
        let start = self.start as usize;
        let length = (self.length & !ESCAPED) as usize;
        text.get(start..start + length).unwrap_or_default()
    }

    fn compare(&self, other: &Self, text: &str) -> std::cmp::Ordering {
        self.prefix.cmp(&other.prefix).then_with(|| {
            let (mine, theirs) = (self.body(text), other.body(text));
            match (self.length | other.length) & ESCAPED {
                0 => mine.cmp(theirs),
                // UTF-8 sorts like its scalar values, so both ways of comparing agree.
                _ => Decoded::new(mine).cmp(Decoded::new(theirs)),
            }
        })
    }

    fn same(&self, other: &Self, text: &str) -> bool {
        self.prefix == other.prefix && self.compare(other, text).is_eq()
    }
}

/// The first eight bytes, the first one highest, so that comparing prefixes is comparing bytes.
pub(crate) const fn prefix(mut body: &[u8]) -> u64 {
    let (mut word, mut shift) = (0, u64::BITS);
    while let ([first, rest @ ..], 1..) = (body, shift) {
        shift -= 8;
        word |= (*first as u64) << shift;
        body = rest;
    }
    word
}

/// The same of a body inside `text`, by one load where eight bytes can be read.
fn prefix_at(text: &[u8], start: usize, end: usize) -> u64 {
    let Some((word, _)) = text
        .get(start..)
        .and_then(|rest| rest.split_first_chunk::<8>())
    else {
        return prefix(text.get(start..end).unwrap_or_default());
    };
    let word = u64::from_be_bytes(*word);
    match end - start {
        0 => 0,
        length @ 1..8 => word & (u64::MAX << (64 - 8 * length)),
        _ => word,
    }
}

fn decoded_prefix(body: &str) -> u64 {
    let mut bytes = [0; 8];
    let mut space = bytes.iter_mut();
    for character in Decoded::new(body).take(8) {
        for byte in character.encode_utf8(&mut [0; 4]).bytes() {
            if let Some(slot) = space.next() {
                *slot = byte;
            }
        }
    }
    u64::from_be_bytes(bytes)
}

/// A stack of keys: every open object owns the part above its mark.
#[derive(Debug)]
pub(crate) struct Keys {
    inline: [Key; INLINE],
    spilled: Vec<Key>,
    count: usize,
    most: usize,
}

/// Why a key was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyFault {
    Duplicate,
    TooMany,
}

impl Keys {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            inline: [Key::default(); INLINE],
            spilled: Vec::new(),
            count: 0,
            most,
        }
    }

    /// Where a new object's keys begin.
    pub(crate) fn mark(&self) -> usize {
        self.count
    }

    /// Adds a key to the object that began at `mark`.
    pub(crate) fn push(&mut self, mark: usize, key: Key, text: &str) -> Result<(), KeyFault> {
        if self.count >= self.most {
            return Err(KeyFault::TooMany);
        }
        if self.count - mark < PAIRWISE && self.since(mark).iter().any(|old| old.same(&key, text)) {
            return Err(KeyFault::Duplicate);
        }
        if self.spilled.is_empty() {
            if let Some(slot) = self.inline.get_mut(self.count) {
                *slot = key;
                self.count += 1;
                return Ok(());
            }
            self.spilled.extend_from_slice(&self.inline);
        }
        self.spilled.push(key);
        self.count += 1;
        Ok(())
    }

    /// Ends the object that began at `mark`; the start of a duplicate's body when it has one.
    pub(crate) fn close(&mut self, mark: usize, text: &str) -> Option<usize> {
        let duplicate = match self.count - mark > PAIRWISE {
            false => None,
            true => repeated(self.since_mut(mark), text),
        };
        self.count = mark;
        if !self.spilled.is_empty() {
            self.spilled.truncate(mark);
        }
        duplicate
    }

    fn since(&self, mark: usize) -> &[Key] {
        let keys = if self.spilled.is_empty() {
            &self.inline[..]
        } else {
            &self.spilled
        };
        keys.get(mark..self.count).unwrap_or_default()
    }

    fn since_mut(&mut self, mark: usize) -> &mut [Key] {
        let keys = if self.spilled.is_empty() {
            &mut self.inline[..]
        } else {
            &mut self.spilled
        };
        keys.get_mut(mark..self.count).unwrap_or_default()
    }
}

fn repeated(keys: &mut [Key], text: &str) -> Option<usize> {
    keys.sort_unstable_by(|left, right| left.compare(right, text));
    keys.array_windows().find_map(|[left, right]| {
        left.same(right, text)
            .then_some(left.start.max(right.start) as usize)
    })
}

//! One table of names (Git's `reftable` format, versions 1 and 2), from its bytes.
//!
//! The format has a sum over its last bytes and none over names and hashes, so everything that it says twice is compared: header and
//! footer, lengths and places, the order of names, the index over them. What does not fit refuses the table.

use super::references::{Change, Value, is_name};
use crate::git::{ObjectFormat, ObjectId};
use flate2::Crc;
use flate2::bufread::ZlibDecoder;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::ops::RangeInclusive;

/// Most bytes of the key of a record. In the blocks that Git makes unless told otherwise, none is longer.
const LONGEST_KEY: usize = 4096;
/// What a record is charged beside its key: about what it takes to keep it.
const RECORD: usize = 64;

/// What may still be unpacked: of a few bytes of a table many can be made, as keys share their beginnings and logs are packed.
pub(super) struct Budget(usize);

impl Budget {
    pub(super) const fn new(bytes: usize) -> Self {
        Self(bytes)
    }

    /// Whether it is used up.
    pub(super) const fn is_spent(&self) -> bool {
        self.0 == 0
    }

    fn spend(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.saturating_sub(bytes);
        (self.0 > 0).then_some(())
    }
}

/// What is in a table.
pub(super) enum Found<'a> {
    /// A name, and what it stands for; `None` where it was taken away.
    Name(&'a [u8], Option<Value>),
    /// A change of a name by its number; `None` where it was taken out of the log.
    Change(&'a [u8], u64, Option<Change>),
}

/// Reads a table: names in their order, then changes. Gives the numbers of the changes that it was made for; `None` when it is damaged,
/// or the budget is spent.
pub(super) fn table(
    bytes: &[u8],
    format: ObjectFormat,
    budget: &mut Budget,
    mut each: impl FnMut(Found<'_>, &RangeInclusive<u64>),
) -> Option<RangeInclusive<u64>> {
    let head = Head::read(bytes, format)?;
    let mut seen = Seen::of(budget);
    let mut at = if head.end == head.length { head.end } else { 0 };
    while at < head.end {
        let block = head.block(bytes, at, seen.budget)?;
        seen.enter(block.kind, at)?;
        match block.kind {
            b'r' => seen.names(&block, &head, &mut each)?,
            b'g' => seen.changes(&block, &head, &mut each)?,
            b'i' => seen.index(&block)?,
            _ => {}
        }
        at = block.next;
    }
    let fits = at == head.end && seen.fits(&head);
    fits.then_some(head.numbers)
}

/// What a table says of itself, at its beginning and at its end.
struct Head {
    format: ObjectFormat,
    /// Bytes of the header.
    length: usize,
    /// Where the footer begins.
    end: usize,
    /// Blocks begin at multiples of it, unless it is zero.
    block: usize,
    numbers: RangeInclusive<u64>,
    /// Where there are: the index over names, objects, their index, changes, their index. Zero: nowhere.
    places: [usize; 5],
}

impl Head {
    fn read(bytes: &[u8], format: ObjectFormat) -> Option<Self> {
        let mut header = Bytes(bytes);
        (header.take(4)? == b"REFT").then_some(())?;
        let version = header.number(1)?;
        let block = header.number(3)?;
        let numbers = header.number(8)?..=header.number(8)?;
        let hash: &[u8] = match version {
            1 => b"sha1",
            2 => header.take(4)?,
            _ => return None,
        };
        let fits = match format {
            ObjectFormat::Sha1 => hash == b"sha1",
            ObjectFormat::Sha256 => hash == b"s256",
        };
        fits.then_some(())?;
        let length = bytes.len() - header.0.len();
        let end = bytes.len().checked_sub(length + 44)?;
        let (header, footer) = (bytes.get(..length)?, bytes.get(end..)?);
        let (summed, sum) = footer.split_at_checked(length + 40)?;
        let mut crc = Crc::new();
        crc.update(summed);
        let is_whole = sum == crc.sum().to_be_bytes() && summed.starts_with(header);
        (is_whole && !numbers.is_empty() && length <= end).then_some(())?;
        let mut rest = Bytes(summed.get(length..)?);
        let mut places = [0; 5];
        for (position, place) in places.iter_mut().enumerate() {
            // Beside the place of the objects stands how much of their names is in the table.
            let shift = if position == 1 { 5 } else { 0 };
            *place = usize::try_from(rest.number(8)? >> shift).ok()?;
        }
        Some(Self {
            format,
            length,
            end,
            block: usize::try_from(block).ok()?,
            numbers,
            places,
        })
    }

    /// The block at a place. In the first one, everything is counted from the beginning of the file.
    fn block<'a>(&self, bytes: &'a [u8], at: usize, budget: &mut Budget) -> Option<Block<'a>> {
        let start = if at == 0 { self.length } else { at };
        let mut head = Bytes(bytes.get(start..self.end)?);
        let [kind] = *head.take(1)? else { return None };
        let length = usize::try_from(head.number(3)?).ok()?;
        let first = start - at + 4;
        if kind == b'g' {
            let size = length.checked_sub(first)?;
            budget.spend(size)?;
            let mut stream = ZlibDecoder::new(head.0);
            let mut body = Vec::new();
            let mut limited = (&mut stream).take(size as u64 + 1);
            limited.read_to_end(&mut body).ok()?;
            (body.len() == size).then_some(())?;
            let next = start + 4 + usize::try_from(stream.total_in()).ok()?;
            let body = Cow::Owned(body);
            return Some(Block {
                kind,
                at,
                first,
                body,
                next,
            });
        }
        let whole = bytes.get(at..self.end)?.get(..length)?;
        let body = Cow::Borrowed(whole.get(first..)?);
        let mut next = at + length;
        // The last block before another section may have its padding or not.
        if self.block > 0 && bytes.get(next..self.end)?.first() == Some(&0) {
            // Counted from where the block begins: an index over changes, which are not padded, may begin anywhere.
            let padded = match length <= self.block {
                true => at.checked_add(self.block)?,
                false => next.checked_next_multiple_of(self.block)?,
            };
            let padding = bytes.get(next..padded.min(self.end))?;
            (padded <= self.end && padding.iter().all(|byte| *byte == 0)).then_some(())?;
            next = padded;
        }
        Some(Block {
            kind,
            at,
            first,
            body,
            next,
        })
    }
}

/// A part of a table, without its own head.
struct Block<'a> {
    kind: u8,
    at: usize,
    /// Where `body` begins, as the block counts.
    first: usize,
    body: Cow<'a, [u8]>,
    /// Where the next one begins.
    next: usize,
}

impl Block<'_> {
    /// Each record: its key, three bits, and what follows them. Gives the last key.
    fn records(
        &self,
        budget: &mut Budget,
        mut each: impl FnMut(&[u8], u8, &mut Bytes<'_>) -> Option<()>,
    ) -> Option<Vec<u8>> {
        let (rest, count) = self.body.split_last_chunk::<2>()?;
        let restarts = 3 * usize::from(u16::from_be_bytes(*count));
        let (records, restarts) = rest.split_at_checked(rest.len().checked_sub(restarts)?)?;
        let (mut bytes, mut key, mut whole) = (Bytes(records), Vec::new(), BTreeSet::new());
        while !bytes.0.is_empty() {
            let at = self.first + records.len() - bytes.0.len();
            let shared = usize::try_from(bytes.varint()?).ok()?;
            let rest = bytes.varint()?;
            let end = bytes.take(usize::try_from(rest >> 3).ok()?)?;
            // Keys rise: what is not shared is greater than what stood there.
            (end > key.get(shared..)?).then_some(())?;
            key.truncate(shared);
            key.extend(end);
            (key.len() <= LONGEST_KEY).then_some(())?;
            budget.spend(key.len() + RECORD)?;
            if shared == 0 {
                whole.insert(at);
            }
            each(&key, u8::try_from(rest & 7).ok()?, &mut bytes)?;
        }
        // Where a search may begin: at records whose key is written in full, the first one among them.
        let mut last = 0;
        for restart in restarts.chunks_exact(3) {
            let at = usize::try_from(Bytes(restart).number(3)?).ok()?;
            (at > last && whole.contains(&at)).then_some(())?;
            last = at;
        }
        let begins = restarts.first_chunk::<3>().map(|it| Bytes(it).number(3));
        (begins == Some(Some(self.first as u64))).then_some(key)
    }
}

/// What was read of a table so far.
struct Seen<'b> {
    /// What may still be unpacked.
    budget: &'b mut Budget,
    /// Which part it is: names, their index, objects, their index, changes, their index.
    part: usize,
    /// Where the blocks of each part are.
    places: [Vec<usize>; 6],
    /// The last name of each block of names, and the block's place.
    blocks: Vec<(Vec<u8>, usize)>,
    /// What the index over them says.
    index: Vec<(Vec<u8>, usize)>,
    /// The key of the last change.
    change: Vec<u8>,
}

impl<'b> Seen<'b> {
    fn of(budget: &'b mut Budget) -> Self {
        Self {
            budget,
            part: 0,
            places: Default::default(),
            blocks: Vec::new(),
            index: Vec::new(),
            change: Vec::new(),
        }
    }

    /// The parts follow upon each other in their order, and an index upon what it is over.
    fn enter(&mut self, kind: u8, at: usize) -> Option<()> {
        let part = match kind {
            b'r' => 0,
            b'o' => 2,
            b'g' => 4,
            b'i' => self.part | 1,
            _ => return None,
        };
        let is_over_something = self.places.get(part & !1).is_some_and(|it| !it.is_empty());
        (part >= self.part && (part & 1 == 0 || is_over_something)).then_some(())?;
        self.part = part;
        self.places.get_mut(part)?.push(at);
        Some(())
    }

    fn names(
        &mut self,
        block: &Block<'_>,
        head: &Head,
        each: &mut impl FnMut(Found<'_>, &RangeInclusive<u64>),
    ) -> Option<()> {
        let above = self.blocks.last().map(|(last, _)| last.clone());
        let last = block.records(self.budget, |name, kind, bytes| {
            let number = head.numbers.start().checked_add(bytes.varint()?)?;
            let is_after = above.as_deref().is_none_or(|above| above < name);
            (is_after && head.numbers.contains(&number)).then_some(())?;
            let value = match kind {
                0 => None,
                1 => Some(Value::Is(bytes.id(head.format)?)),
                2 => {
                    let id = bytes.id(head.format)?;
                    // What the tag is of, which its own bytes say as well.
                    bytes.id(head.format)?;
                    Some(Value::Is(id))
                }
                3 => {
                    let other = std::str::from_utf8(bytes.text()?).ok();
                    let other = other.filter(|it| is_name(it));
                    // Nobody may ever ask for it.
                    Some(other.map_or(Value::Astray, |it| Value::Leads(it.to_owned())))
                }
                _ => return None,
            };
            let is_known = kind == 0 || value.is_some();
            is_known.then(|| each(Found::Name(name, value), &head.numbers))
        })?;
        self.blocks.push((last, block.at));
        Some(())
    }

    fn changes(
        &mut self,
        block: &Block<'_>,
        head: &Head,
        each: &mut impl FnMut(Found<'_>, &RangeInclusive<u64>),
    ) -> Option<()> {
        let above = std::mem::take(&mut self.change);
        self.change = block.records(self.budget, |key, kind, bytes| {
            let (name, number) = key.split_last_chunk::<8>()?;
            let name = name.strip_suffix(&[0])?;
            (above.as_slice() < key).then_some(())?;
            let change = match kind {
                0 => None,
                1 => {
                    let (was, is) = (bytes.id(head.format)?, bytes.id(head.format)?);
                    // Who, when and why.
                    bytes.text()?;
                    bytes.text()?;
                    bytes.varint()?;
                    bytes.take(2)?;
                    bytes.text()?;
                    Some(Change { was, is })
                }
                _ => return None,
            };
            let number = u64::MAX - u64::from_be_bytes(*number);
            each(Found::Change(name, number, change), &head.numbers);
            Some(())
        })?;
        Some(())
    }

    /// Of the index over names, what it says of blocks of names; of other indices, and of blocks of the index itself, nothing.
    fn index(&mut self, block: &Block<'_>) -> Option<()> {
        let [_, over_names, ..] = &self.places;
        let first = over_names.first().filter(|_| self.part == 1).copied();
        let index = &mut self.index;
        block.records(self.budget, |key, _, bytes| {
            let place = usize::try_from(bytes.varint()?).ok()?;
            if first.is_some_and(|first| place < first) {
                index.push((key.to_vec(), place));
            }
            Some(())
        })?;
        Some(())
    }

    /// Whether the parts are where the footer has them, and the names those of their index.
    fn fits(&self, head: &Head) -> bool {
        let [_, over_names, objects, over_objects, changes, over_changes] = &self.places;
        let [names, at_objects, at_index, at_changes, at_last] = &head.places;
        let begins = |part: &[usize], at: &usize| part.first().unwrap_or(&0) == at;
        // The footer names the uppermost level of an index, which is written last.
        let holds = |part: &[usize], at: &usize| match part.is_empty() {
            true => *at == 0,
            false => part.contains(at),
        };
        begins(objects, at_objects)
            && begins(changes, at_changes)
            && holds(over_names, names)
            && holds(over_objects, at_index)
            && holds(over_changes, at_last)
            && (over_names.is_empty() || self.index == self.blocks)
    }
}

/// Bytes that are read from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, count: usize) -> Option<u64> {
        let bytes = self.take(count)?.iter();
        Some(bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// A number in groups of seven bits, as in packs.
    fn varint(&mut self) -> Option<u64> {
        let mut byte = self.number(1)?;
        let mut number = byte & 0x7f;
        while byte & 0x80 != 0 {
            byte = self.number(1)?;
            number = number.checked_add(1)?.checked_mul(128)? | byte & 0x7f;
        }
        Some(number)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        self.take(length)
    }

    fn id(&mut self, format: ObjectFormat) -> Option<ObjectId> {
        ObjectId::from_bytes(self.take(format.length())?)
    }
}

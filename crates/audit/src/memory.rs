//! What a log remembers of the approvals, so that a start of `interlock run` need not read it all.
//!
//! The memory is a summary of the records up to the head, kept and signed in the head. It is carried along
//! with the end of the chain by every writer, and follows from the records alone: where its copy is damaged
//! it is gathered from them again.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use thiserror::Error;

use crate::directory::{Directory, DirectoryError, segment_name};
use crate::event::{Digest, Event};
use crate::head::{Found, HEAD_FILE};
use crate::key::{self, KeyError};
use crate::line::{event_of, is_sealed, read_line, seq_of};
use crate::log::LOCK_FILE;
use crate::read::fields_of_line;
use crate::render;

/// What the log remembers of the approvals: older ledgers and other approvers' keys are not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory {
    /// The highest sequence number of a ledger that was recorded as written; zero when none was.
    pub ledger: u64,
    /// The approver's public key that was recorded as created last.
    pub approver: Option<Digest>,
}

/// The purpose of the keys that are remembered.
const APPROVER: &str = "approver";

impl Memory {
    /// What one event adds, if anything.
    pub(crate) fn of(event: &Event<'_>) -> Option<Self> {
        let nothing = Self::default();
        match *event {
            Event::LedgerWritten { ledger, .. } => Some(Self { ledger, ..nothing }),
            Event::KeyCreated {
                purpose: APPROVER,
                key,
            } => Some(Self {
                approver: Some(key),
                ..nothing
            }),
            _ => None,
        }
    }

    /// What a line of the log adds. One that is not a record adds nothing.
    pub(crate) fn of_line(line: &[u8]) -> Self {
        if !matches!(event_of(line), Some("ledger-written" | "key-created")) {
            return Self::default();
        }
        let fields = fields_of_line(line).unwrap_or_default();
        let text = |name: &str| fields.get(name).and_then(|value| value.as_str());
        let key = || render::parse_hex(text("key")?.as_bytes());
        Self {
            ledger: fields
                .get("ledger")
                .and_then(|value| value.as_u64())
                .unwrap_or(0),
            approver: text("purpose")
                .filter(|purpose| *purpose == APPROVER)
                .and_then(|_| key()),
        }
    }

    /// This, and what later records add to it. Adding the latest of them once more changes nothing.
    pub(crate) fn then(self, later: Self) -> Self {
        Self {
            ledger: self.ledger.max(later.ledger),
            approver: later.approver.or(self.approver),
        }
    }
}

/// Why it is not known what a log remembers.
#[derive(Debug, Error)]
pub enum MemoryError {
    /// Its directory was not accepted.
    #[error("the audit log's directory cannot be used")]
    Directory(#[from] DirectoryError),
    /// Its key was not accepted.
    #[error("the audit log's key cannot be used")]
    Key(#[from] KeyError),
    /// It could not be read or locked.
    #[error("the audit log cannot be read")]
    Read(#[from] io::Error),
}

/// What the log in `dir` remembers, for commands that record nothing: it writes and creates nothing.
///
/// Where there is no log, nothing is remembered. What is damaged is not recorded here; the next writer
/// does that.
///
/// # Errors
/// When the directory or a file in it belongs to, or is open to, somebody else, or cannot be read.
pub fn memory_of(dir: &Path) -> Result<Memory, MemoryError> {
    let Some(directory) = Directory::open_existing(dir)? else {
        return Ok(Memory::default());
    };
    let (Some(lock), Some(head)) = (
        directory.existing(LOCK_FILE)?,
        directory.existing(HEAD_FILE)?,
    ) else {
        return Ok(recall(&directory, &Found::Empty)?);
    };
    // Released with its file, at the end of this function.
    flock(&lock, FlockOperation::LockShared).map_err(io::Error::from)?;
    let found = match key::load_existing(&directory)? {
        Some(key) => Found::read(&head, &key)?,
        None => Found::Damaged,
    };
    Ok(recall(&directory, &found)?)
}

/// The memory at the end of a log: what its head states, and what the records after it add.
pub(crate) fn recall(directory: &Directory, head: &Found) -> Result<Memory, DirectoryError> {
    let (mut memory, seq) = match head {
        Found::Genuine {
            checkpoint,
            memory: Some(memory),
        } => (*memory, checkpoint.seq()),
        _ => (Memory::default(), 0),
    };
    let mut added = Vec::new();
    let numbers = directory
        .segments()
        .map_err(|source| directory.io("", source))?;
    for number in numbers.into_iter().rev() {
        let name = segment_name(number);
        let Some(file) = directory.existing(&name)? else {
            continue;
        };
        let (part, reached) = since(&file, seq).map_err(|source| directory.io(&name, source))?;
        added.push(part);
        if reached {
            break;
        }
    }
    while let Some(part) = added.pop() {
        memory = memory.then(part);
    }
    Ok(memory)
}

/// What the records of a file after the one with number `seq` add, and whether nothing lies between: false
/// when the file begins later than that.
fn since(file: &File, seq: u64) -> io::Result<(Memory, bool)> {
    let size = file.metadata()?.len();
    // Mostly the last record is the one that is looked for.
    let mut window = 4096u64;
    loop {
        let from = size.saturating_sub(window);
        let first = first_seq(file, from, size)?;
        let reached = first.is_some_and(|first| first <= seq.saturating_add(1));
        if reached || from == 0 {
            return Ok((between(file, from, size)?, reached));
        }
        window = window.saturating_mul(16);
    }
}

/// The number of the first record that begins at or after an offset. What begins before it is no record.
fn first_seq(file: &File, from: u64, to: u64) -> io::Result<Option<u64>> {
    let mut lines = lines(file, from, to);
    let mut line = Vec::new();
    loop {
        line.clear();
        read_line(&mut lines, &mut line)?;
        match seq_of(&line) {
            None if line.is_empty() => return Ok(None),
            None => {}
            seq => return Ok(seq),
        }
    }
}

/// What the lines of a part of a file add.
pub(crate) fn between(file: &File, from: u64, to: u64) -> io::Result<Memory> {
    let mut lines = lines(file, from, to);
    // What is not sealed is not recorded.
    let (mut memory, mut unsealed) = (Memory::default(), Memory::default());
    let mut line = Vec::new();
    loop {
        line.clear();
        read_line(&mut lines, &mut line)?;
        if !line.ends_with(b"\n") {
            return Ok(memory);
        }
        unsealed = unsealed.then(Memory::of_line(&line));
        if is_sealed(&line) {
            memory = memory.then(std::mem::take(&mut unsealed));
        }
    }
}

fn lines(file: &File, from: u64, to: u64) -> BufReader<Part<'_>> {
    let capacity = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
    BufReader::with_capacity(capacity.min(1 << 16), Part { file, from, to })
}

/// A part of a file, read without moving the file's position.
struct Part<'f> {
    file: &'f File,
    from: u64,
    to: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.to.saturating_sub(self.from)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let read = self
            .file
            .read_at(buffer.get_mut(..wanted).unwrap_or_default(), self.from)?;
        self.from += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;

//! How a log file ends: the last whole record and what a crash left behind it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::event::Digest;
use crate::line::{Line, MAX_LINE};

/// The end of one file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ending {
    /// Where the last whole line ends.
    pub(crate) whole: u64,
    /// The bytes after it.
    pub(crate) torn: u64,
    /// The last whole line.
    pub(crate) last: Last,
}

/// The last whole line of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Last {
    /// There is none.
    Nothing,
    /// It is not a record.
    Damaged,
    /// It is a record.
    Record {
        /// The sequence number it states.
        seq: u64,
        /// The hash it states.
        hash: Digest,
        /// Whether that hash follows from the line before it; `None` for the first line of a file, whose
        /// predecessor is in another.
        follows: Option<bool>,
    },
}

/// Reads how a file of `size` bytes ends, from its end, as far back as needed.
pub(crate) fn read(file: &File, size: u64) -> io::Result<Ending> {
    // Most records are short; the window grows until it holds a whole line and the one before it.
    let mut window = 4096u64;
    loop {
        let from = size.saturating_sub(window);
        let mut bytes = vec![0; usize::try_from(size - from).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut bytes, from)?;
        if let Some(ending) = ending_of(&bytes, from) {
            return Ok(ending);
        }
        window = window.saturating_mul(8);
    }
}

/// How a file ends of which `bytes` is the part after `from`; `None` when that is too little to say.
fn ending_of(bytes: &[u8], from: u64) -> Option<Ending> {
    // Longer than three lines can be: what is there is not ours, and no more of it is needed.
    let enough = from == 0 || bytes.len() > 3 * MAX_LINE;
    let mut lines = bytes.split_inclusive(|b| *b == b'\n').rev().peekable();
    let torn = lines
        .next_if(|line| !line.ends_with(b"\n"))
        .map_or(0, <[u8]>::len);
    let whole = from + (bytes.len() - torn) as u64;
    let ending = |last| {
        Some(Ending {
            whole,
            torn: torn as u64,
            last,
        })
    };
    let (last, before) = (lines.next(), lines.next());
    // The first piece of a window may be the end of a longer line; it counts only from the file's start.
    let is_first_piece = lines.next().is_none();
    match (last, before) {
        (None, _) => {
            if enough {
                ending(Last::Nothing)
            } else {
                None
            }
        }
        (Some(last), Some(before)) if enough || !is_first_piece => {
            ending(judge(last, Some(before)))
        }
        (Some(last), None) if enough => ending(judge(last, None)),
        _ => None,
    }
}

fn judge(last: &[u8], before: Option<&[u8]>) -> Last {
    match Line::parse(last) {
        None => Last::Damaged,
        Some(record) => Last::Record {
            seq: record.seq,
            hash: record.hash,
            follows: before
                .map(|line| Line::parse(line).is_some_and(|line| record.follows(&line.hash))),
        },
    }
}

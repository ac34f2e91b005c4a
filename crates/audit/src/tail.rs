//! How a log file ends: the last sealed group of records and what a crash left behind it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::event::Digest;
use crate::line::{Line, MAX_LINE, hash_of_group};

/// The end of one file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ending {
    /// Where the last sealed line ends.
    pub(crate) whole: u64,
    /// The bytes after it.
    pub(crate) torn: u64,
    /// The last sealed line.
    pub(crate) last: Last,
}

/// The last sealed line of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Last {
    /// There is none.
    Nothing,
    /// What stands there is not a record.
    Damaged,
    /// It is a record.
    Record {
        /// The sequence number it states.
        seq: u64,
        /// The hash it states.
        hash: Digest,
        /// Whether that hash follows from the group before it; `None` for the first group of a file, whose
        /// predecessor is in another.
        follows: Option<bool>,
    },
}

/// Reads how a file of `size` bytes ends, from its end, as far back as needed.
pub(crate) fn read(file: &File, size: u64) -> io::Result<Ending> {
    // Most groups are short; the window grows until it holds a whole one and the seal of the one before.
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
    let mut back = Backwards {
        bytes,
        at: bytes.len(),
        // More than two groups and what is torn can be: what is there is not ours, and no more is needed.
        enough: from == 0 || bytes.len() > 8 * MAX_LINE,
        from,
    };
    let whole_lines = back.skip_partial();
    let ending = |whole: usize, last| {
        Some(Ending {
            whole: from + whole as u64,
            torn: (bytes.len() - whole) as u64,
            last,
        })
    };
    // Lines behind the last seal are what a crash left, however whole each of them looks.
    let (end, seq, hash) = loop {
        let end = back.at;
        match back.line()? {
            Piece::None => return ending(end, Last::Nothing),
            Piece::Other => return ending(whole_lines, Last::Damaged),
            Piece::Record(record) => {
                if let Some(hash) = record.hash {
                    break (end, record.seq, hash);
                }
            }
        }
    };
    let follows = loop {
        let start = back.at;
        match back.line()? {
            Piece::None => break (from > 0).then_some(false),
            Piece::Other => break Some(false),
            Piece::Record(Line {
                hash: Some(prev), ..
            }) => {
                let group = bytes.get(start..end).unwrap_or_default();
                break Some(hash_of_group(&prev, group) == Some(hash));
            }
            Piece::Record(_) => {}
        }
    };
    ending(end, Last::Record { seq, hash, follows })
}

/// The lines of a part of a file, from its end.
struct Backwards<'b> {
    bytes: &'b [u8],
    /// Where the line before begins that comes next.
    at: usize,
    /// Whether what is cut off at the start of the part counts as a line.
    enough: bool,
    from: u64,
}

enum Piece<'b> {
    None,
    Other,
    Record(Line<'b>),
}

impl<'b> Backwards<'b> {
    /// Skips what follows the last line feed; says where the whole lines end.
    fn skip_partial(&mut self) -> usize {
        let feed = self.bytes.iter().rposition(|b| *b == b'\n');
        self.at = feed.map_or(0, |feed| feed + 1);
        self.at
    }

    /// The line before; `None` when more of the file must be read to say.
    fn line(&mut self) -> Option<Piece<'b>> {
        let before = self.bytes.get(..self.at).unwrap_or_default();
        let Some((_feed, line)) = before.split_last() else {
            return self.enough.then_some(Piece::None);
        };
        let start = line.iter().rposition(|b| *b == b'\n');
        if start.is_none() && self.from > 0 && !self.enough {
            return None;
        }
        self.at = start.map_or(0, |feed| feed + 1);
        let line = before.get(self.at..).unwrap_or_default();
        Some(Line::parse(line).map_or(Piece::Other, Piece::Record))
    }
}

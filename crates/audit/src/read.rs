//! Reading a log: what `audit tail` and `audit show` print and what the exporters take.
//!
//! It parses, and verifies nothing; see [`crate::verify`]. It takes no lock: a record that is being written
//! is not there yet.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::directory::{segment_name, segment_number};
use crate::line::{Line, MAX_GROUP, read_line};
use crate::render;

/// One record of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its number, from 1 and without gaps.
    pub seq: u64,
    /// When it was recorded, by the writer's clock.
    pub time: SystemTime,
    /// The event's name, for example `tool-call`.
    pub event: String,
    /// All other fields, in the order in which they were written. Text in them may come from a peer:
    /// escape it before a terminal sees it.
    pub fields: Map<String, Value>,
    /// The line as it is on disk: JSON, printable ASCII only.
    pub line: String,
}

impl Record {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let line = Line::parse(bytes)?;
        let mut fields = fields_of(line.content)?;
        fields.shift_remove("seq")?;
        let time = render::parse_time(fields.shift_remove("time")?.as_str()?)?;
        let event = fields.shift_remove("event")?.as_str()?.to_owned();
        let text = std::str::from_utf8(bytes).ok()?.trim_end().to_owned();
        Some(Self {
            seq: line.seq,
            time,
            event,
            fields,
            line: text,
        })
    }

    /// A field's text, where it has that field and it is text.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str()
    }

    /// A field's number, where it has that field and it is a number.
    #[must_use]
    pub fn number(&self, field: &str) -> Option<i64> {
        self.fields.get(field)?.as_i64()
    }
}

/// The fields of a record, without its seal.
pub(crate) fn fields_of(content: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(&[content, b"}"].concat()).ok()
}

/// The fields of a line.
pub(crate) fn fields_of_line(line: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(line).ok()
}

/// Which records are wanted. The default wants all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this session.
    pub session: Option<String>,
    /// Only these events; all when empty.
    pub events: Vec<String>,
    /// Only about this tool.
    pub tool: Option<String>,
    /// Only at or after this time.
    pub since: Option<SystemTime>,
    /// Only before this time.
    pub until: Option<SystemTime>,
    /// Only from this number on.
    pub first_seq: Option<u64>,
    /// Only up to this number.
    pub last_seq: Option<u64>,
}

impl Filter {
    /// Whether it wants a record.
    #[must_use]
    pub fn matches(&self, record: &Record) -> bool {
        let is = |wanted: &Option<String>, field| {
            wanted
                .as_deref()
                .is_none_or(|wanted| record.text(field) == Some(wanted))
        };
        is(&self.session, "session")
            && is(&self.tool, "tool")
            && (self.events.is_empty() || self.events.contains(&record.event))
            && self.since.is_none_or(|since| record.time >= since)
            && self.until.is_none_or(|until| record.time < until)
            && self.first_seq.is_none_or(|first| record.seq >= first)
            && self.last_seq.is_none_or(|last| record.seq <= last)
    }
}

/// Why a record was not read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// There is no log.
    #[error("there is no audit log in `{}`; run `interlock doctor` to see where it is kept", .path.display())]
    NoLog {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file could not be read.
    #[error("cannot read `{}`", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line is not a record. Reading can go on after it.
    #[error("`{file}` line {line} is not a record; run `interlock audit verify`")]
    NotARecord {
        /// The file's name.
        file: String,
        /// The line, from 1.
        line: u64,
    },
}

/// The records of a log, oldest first, across its files.
///
/// After the end it may be asked again: it then gives what was appended in the meantime.
#[derive(Debug)]
pub struct Records {
    dir: PathBuf,
    filter: Filter,
    number: u64,
    /// Whether it goes on with the next file.
    goes_on: bool,
    file: BufReader<File>,
    line: u64,
    partial: Vec<u8>,
    /// Lines of a group whose seal was not read yet: they are not recorded before it is there.
    unsealed: Vec<Vec<u8>>,
    /// Lines that may be given.
    ready: VecDeque<Vec<u8>>,
}

impl Records {
    /// Starts at the oldest record in `dir`.
    ///
    /// # Errors
    /// When there is no log, or it cannot be read.
    pub fn open(dir: &Path, filter: Filter) -> Result<Self, ReadError> {
        let first = numbers(dir)?.first().copied();
        let first = first.ok_or_else(|| ReadError::NoLog {
            path: dir.to_owned(),
        })?;
        Self::of_file(dir, first, filter, true)
    }

    /// The last `count` records that the filter wants, oldest first, and what follows them.
    ///
    /// # Errors
    /// When there is no log, or a file or a record cannot be read.
    pub fn tail(
        dir: &Path,
        count: usize,
        filter: Filter,
    ) -> Result<(Vec<Record>, Self), ReadError> {
        let mut numbers = numbers(dir)?;
        let last = numbers.pop().ok_or_else(|| ReadError::NoLog {
            path: dir.to_owned(),
        })?;
        let mut follow = Self::of_file(dir, last, filter.clone(), true)?;
        let mut kept = follow.keep_last(count)?;
        while let Some(number) = numbers.pop().filter(|_| kept.len() < count) {
            let mut earlier = Self::of_file(dir, number, filter.clone(), false)?;
            let mut records = earlier.keep_last(count - kept.len())?;
            records.append(&mut kept);
            kept = records;
        }
        Ok((kept, follow))
    }

    fn of_file(dir: &Path, number: u64, filter: Filter, goes_on: bool) -> Result<Self, ReadError> {
        let (dir, file) = (dir.to_owned(), open_file(dir, number)?);
        Ok(Self {
            dir,
            filter,
            number,
            goes_on,
            file,
            line: 0,
            partial: Vec::new(),
            unsealed: Vec::new(),
            ready: VecDeque::new(),
        })
    }

    /// The last records that the filter wants, up to the end.
    fn keep_last(&mut self, count: usize) -> Result<Vec<Record>, ReadError> {
        let mut kept: VecDeque<Record> = VecDeque::new();
        while let Some(record) = self.next().transpose()? {
            kept.push_back(record);
            if kept.len() > count {
                kept.pop_front();
            }
        }
        Ok(kept.into())
    }

    /// The next line of a group that is sealed; `None` at the end.
    fn next_line(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                self.line += 1;
                return Ok(Some(line));
            }
            // Whether there is a next file is asked first: once there is, this one is complete.
            let next = segment_name(self.number + 1);
            let has_next = self.goes_on && self.at_end()? && self.dir.join(next).exists();
            read_line(&mut self.file, &mut self.partial).map_err(|e| self.io(e))?;
            if self.partial.ends_with(b"\n") {
                let line = std::mem::take(&mut self.partial);
                let group_ends = Line::parse(&line).is_none_or(|line| line.hash.is_some());
                self.unsealed.push(line);
                if group_ends || self.unsealed.len() as u64 > MAX_GROUP {
                    self.ready.extend(self.unsealed.drain(..));
                }
                continue;
            }
            if !has_next {
                return Ok(None);
            }
            self.partial.clear();
            self.unsealed.clear();
            self.number += 1;
            self.line = 0;
            self.file = open_file(&self.dir, self.number)?;
        }
    }

    fn at_end(&mut self) -> Result<bool, ReadError> {
        use std::io::BufRead;
        match self.file.fill_buf() {
            Ok(buffer) => Ok(buffer.is_empty()),
            Err(source) => Err(self.io(source)),
        }
    }

    fn io(&self, source: io::Error) -> ReadError {
        ReadError::Io {
            path: self.dir.join(segment_name(self.number)),
            source,
        }
    }
}

impl Iterator for Records {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.next_line().transpose()? {
                Ok(line) => line,
                Err(error) => return Some(Err(error)),
            };
            match Record::parse(&line) {
                Some(record) if self.filter.matches(&record) => return Some(Ok(record)),
                Some(_) => {}
                None => {
                    let file = segment_name(self.number);
                    return Some(Err(ReadError::NotARecord {
                        file,
                        line: self.line,
                    }));
                }
            }
        }
    }
}

fn open_file(dir: &Path, number: u64) -> Result<BufReader<File>, ReadError> {
    let path = dir.join(segment_name(number));
    match File::open(&path) {
        Ok(file) => Ok(BufReader::with_capacity(1 << 16, file)),
        Err(source) => Err(ReadError::Io { path, source }),
    }
}

fn numbers(dir: &Path) -> Result<Vec<u64>, ReadError> {
    let io_error = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ReadError::NoLog {
            path: dir.to_owned(),
        },
        _ => ReadError::Io {
            path: dir.to_owned(),
            source,
        },
    };
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(io_error)? {
        let name = entry.map_err(io_error)?.file_name();
        numbers.extend(name.to_str().and_then(segment_number));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;

//! One pass over the lines of a log, in order, holding each against the one before.
//!
//! After a finding it goes on from what the line states, so that an edit does not make findings of all that
//! follows, and a second edit further down is found as well.

use crate::checkpoint::Checkpoint;
use crate::event::Digest;
use crate::line::{GENESIS, Line, chained};
use crate::memory::Memory;
use crate::read::fields_of;
use crate::render;

use super::report::{Note, VerifyReport, What};
use crate::chain::TORN;

/// A record that must be in the log with a certain hash.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) checkpoint: Checkpoint,
    /// What it means when the record is another one.
    pub(super) otherwise: What,
    pub(super) seen: bool,
}

/// Where the walk is and what it expects.
#[derive(Debug)]
pub(super) struct Walk<'r> {
    report: &'r mut VerifyReport,
    wanted: &'r mut [Wanted],
    file: String,
    number: u64,
    line: u64,
    /// The number that the next record should have.
    expected: u64,
    /// The hash that the last record states; `None` after a line that is no record.
    stated: Option<Digest>,
    /// The hash that the last record should state. They differ when its hash was edited.
    computed: Option<Digest>,
    /// What the records up to the head say about the approvals.
    memory: Memory,
    head_seq: u64,
}

impl<'r> Walk<'r> {
    pub(super) fn new(
        report: &'r mut VerifyReport,
        wanted: &'r mut [Wanted],
        head_seq: u64,
    ) -> Self {
        let start = Some(GENESIS);
        let (file, number) = (String::new(), 0);
        Self {
            report,
            wanted,
            file,
            number,
            line: 0,
            expected: 1,
            stated: start,
            computed: start,
            memory: Memory::default(),
            head_seq,
        }
    }

    /// A file begins.
    pub(super) fn begin_file(&mut self, number: u64, name: &str) {
        (self.file, self.number, self.line) = (name.to_owned(), number, 0);
        self.report.files += 1;
    }

    /// Files are missing before the next one; what they held is not known.
    pub(super) fn files_missing(&mut self) {
        (self.stated, self.computed) = (None, None);
    }

    /// A whole line; `next_seq` is what the line after it states.
    pub(super) fn line(&mut self, bytes: &[u8], next_seq: Option<u64>) {
        self.line += 1;
        let Some(record) = Line::parse(bytes) else {
            self.find(What::NotARecord);
            (self.stated, self.computed) = (None, None);
            self.expected += 1;
            return;
        };
        self.report.records += 1;
        let before = self.stated.filter(|_| record.seq == self.expected);
        if !self.in_place(&record, next_seq) {
            return;
        }
        self.own_record(&record, before);
        self.compare_with_wanted(&record);
        if record.seq <= self.head_seq {
            self.memory = self.memory.then(Memory::of_line(bytes));
        }
    }

    /// Part of a line at the very end of the last file, or of an earlier one.
    pub(super) fn cut_off(&mut self, bytes: u64, is_last_file: bool) {
        self.line += 1;
        let (file, line) = (self.file.clone(), self.line);
        let promised = self
            .wanted
            .iter()
            .any(|wanted| wanted.checkpoint.seq() >= self.expected);
        if is_last_file && !promised {
            self.report
                .notes
                .push(Note::Unfinished { file, line, bytes });
        } else {
            self.find(What::CutOff { bytes });
        }
    }

    /// The end of the log: what was promised must have been there. Gives the memory at the head.
    pub(super) fn end(mut self) -> Memory {
        self.report.last_seq = self.expected.saturating_sub(1);
        self.line += 1;
        let missing = self
            .wanted
            .iter()
            .filter(|wanted| wanted.checkpoint.seq() >= self.expected);
        if let Some(last) = missing.map(|wanted| wanted.checkpoint.seq()).max() {
            self.find(What::Truncated {
                first: self.expected,
                last,
            });
        }
        self.memory
    }

    /// Checks number and hash, and moves on. False when the record does not belong here at all.
    fn in_place(&mut self, record: &Line<'_>, next_seq: Option<u64>) -> bool {
        // After missing files, or a line that is no record, nobody knows how many there were.
        let expected = if self.stated.is_none() {
            record.seq
        } else {
            self.expected
        };
        let only_number_edited = next_seq == Some(expected + 1);
        if record.seq < expected && !only_number_edited {
            self.find(What::OutOfPlace {
                seq: record.seq,
                expected,
            });
            return false;
        }
        if record.seq > expected && !only_number_edited {
            self.find(What::MissingRecords {
                first: expected,
                last: record.seq - 1,
            });
            self.moved_to(record.seq, record, record.hash);
            return true;
        }
        let computed = match (self.stated, self.computed) {
            (None, None) => record.hash,
            (stated, computed) => {
                let follows = |prev: &Digest| record.follows(prev);
                if !stated.iter().chain(&computed).any(follows) || record.seq != expected {
                    self.find(What::Edited);
                }
                chained(&stated.or(computed).unwrap_or(GENESIS), record.content)
            }
        };
        self.moved_to(expected, record, computed);
        true
    }

    fn moved_to(&mut self, seq: u64, record: &Line<'_>, computed: Digest) {
        self.expected = seq.saturating_add(1);
        (self.stated, self.computed) = (Some(record.hash), Some(computed));
    }

    /// What the log says about itself must be true. `before` is the hash of the record before.
    fn own_record(&mut self, record: &Line<'_>, before: Option<Digest>) {
        match record.event() {
            Some("segment") => self.segment(record, before),
            _ if self.line == 1 => self.find(What::NotASegment {
                number: self.number,
            }),
            Some("checkpoint") => self.checkpoint(record, before),
            Some("recovered") => self.recovered(record),
            _ => {}
        }
    }

    fn segment(&mut self, record: &Line<'_>, before: Option<Digest>) {
        let fields = fields_of(record.content).unwrap_or_default();
        let number = |name: &str| fields.get(name).and_then(serde_json::Value::as_u64);
        let digest = |name: &str| {
            fields
                .get(name)
                .and_then(|v| render::parse_hex::<32>(v.as_str()?.as_bytes()))
        };
        let key = digest("key");
        let placed = self.line == 1 && number("format") == Some(1);
        if !placed
            || number("segment") != Some(self.number)
            || before.is_some_and(|before| digest("prev") != Some(before))
        {
            self.find(What::NotASegment {
                number: self.number,
            });
        }
        match (self.report.key, key) {
            (None, key) => self.report.key = key,
            (known, key) if known != key => self.find(What::OtherKey),
            _ => {}
        }
    }

    fn checkpoint(&mut self, record: &Line<'_>, before: Option<Digest>) {
        let fields = fields_of(record.content).unwrap_or_default();
        let text = |name: &str| {
            fields
                .get(name)
                .and_then(|v| v.as_str())
                .unwrap_or_default()
        };
        let (key, sig) = (
            render::parse_hex(text("key").as_bytes()),
            render::parse_hex(text("sig").as_bytes()),
        );
        let (Some(key), Some(sig), Some(hash)) = (key, sig, before) else {
            // Without the record before it there is nothing to hold it against; that is a finding already.
            return if before.is_some() {
                self.find(What::BadSignature)
            };
        };
        let checkpoint = Checkpoint::from_parts(record.seq.saturating_sub(1), hash, key, sig);
        if !checkpoint.is_genuine() {
            self.find(What::BadSignature);
        } else if Some(key) != self.report.key {
            self.find(What::OtherKey);
        } else if self.report.is_intact() {
            self.report.signed_seq = checkpoint.seq();
            self.report.checkpoint = Some(checkpoint);
        }
    }

    fn recovered(&mut self, record: &Line<'_>) {
        let fields = fields_of(record.content).unwrap_or_default();
        let problem = fields
            .get("problem")
            .and_then(|v| v.as_str())
            .unwrap_or_default();
        if problem == TORN {
            self.report.notes.push(Note::Recovered {
                file: self.file.clone(),
                line: self.line,
            });
        } else {
            self.find(What::Recorded {
                problem: problem.escape_default().to_string(),
            });
        }
    }

    fn compare_with_wanted(&mut self, record: &Line<'_>) {
        let seq = self.expected - 1;
        let (report, file, line) = (&mut *self.report, &self.file, self.line);
        for wanted in self
            .wanted
            .iter_mut()
            .filter(|wanted| wanted.checkpoint.seq() == seq)
        {
            wanted.seen = true;
            if *wanted.checkpoint.hash() != record.hash {
                report.find(file, line, wanted.otherwise.clone());
            }
        }
    }

    fn find(&mut self, what: What) {
        self.report.find(&self.file, self.line, what);
    }
}

//! One pass over the lines of a log, in order, holding each group of them against the one before.
//!
//! After a finding it goes on from what the line states, so that an edit does not make findings of all that
//! follows, and a second edit further down is found as well.

use crate::checkpoint::Checkpoint;
use crate::event::Digest;
use crate::line::{FORMAT, GENESIS, Line, hash_of_group};
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

/// The lines since the last seal.
#[derive(Debug, Default)]
struct Group {
    lines: Vec<u8>,
    records: u64,
    /// Its first line, and the number that its first record should have.
    line: u64,
    seq: u64,
    /// Whether something was found in it, so that its hash need not be right.
    spoiled: bool,
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
    /// Whether the next record may have any number: nobody knows what stood before it.
    anywhere: bool,
    group: Group,
    /// The hash that the last group states; `None` after missing files.
    stated: Option<Digest>,
    /// The hash that the last group should state. They differ when its hash was edited.
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
            anywhere: false,
            group: Group::default(),
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
        (self.stated, self.computed, self.anywhere) = (None, None, true);
    }

    /// A whole line; `next_seq` is what the line after it states.
    pub(super) fn line(&mut self, bytes: &[u8], next_seq: Option<u64>) {
        self.line += 1;
        let Some(record) = Line::parse(bytes) else {
            self.spoil(What::NotARecord);
            self.expected = self.expected.saturating_add(1);
            self.anywhere = true;
            return;
        };
        self.report.records += 1;
        let alone = self.group.lines.is_empty() && !self.group.spoiled;
        let before = self.stated.filter(|_| alone && record.seq == self.expected);
        if !self.in_place(&record, next_seq) {
            return;
        }
        self.join_group(&record, bytes);
        self.own_record(&record, before);
        self.compare_with_wanted(&record);
        if record.seq <= self.head_seq {
            self.memory = self.memory.then(Memory::of_line(bytes));
        }
    }

    /// A file ends, with `partial` bytes of a line. What stands there without a seal was never recorded.
    pub(super) fn end_file(&mut self, partial: u64, is_last_file: bool) {
        let group = std::mem::take(&mut self.group);
        let bytes = partial + group.lines.len() as u64;
        if bytes == 0 && (self.line > 0 || is_last_file) {
            return;
        }
        self.line += 1;
        if group.records > 0 {
            (self.expected, self.line) = (group.seq, group.line);
            self.report.records -= group.records;
        }
        self.cut_off(bytes, is_last_file);
    }

    fn cut_off(&mut self, bytes: u64, is_last_file: bool) {
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
        let expected = match std::mem::take(&mut self.anywhere) {
            true => record.seq,
            false => self.expected,
        };
        let only_number_edited = next_seq == Some(expected.saturating_add(1));
        if record.seq < expected && !only_number_edited {
            self.find(What::OutOfPlace {
                seq: record.seq,
                expected,
            });
            return false;
        }
        let seq = if only_number_edited {
            expected
        } else {
            record.seq
        };
        if seq > expected {
            let (first, last) = (expected, seq - 1);
            self.spoil(What::MissingRecords { first, last });
        } else if record.seq != seq {
            self.spoil(What::Edited);
        }
        if self.group.records == 0 {
            (self.group.line, self.group.seq) = (self.line, seq);
        }
        self.expected = seq.saturating_add(1);
        true
    }

    /// Takes a line into its group, and holds the group against the one before once it is sealed.
    fn join_group(&mut self, record: &Line<'_>, bytes: &[u8]) {
        self.group.records += 1;
        self.group.lines.extend_from_slice(bytes);
        let Some(hash) = record.hash else {
            return;
        };
        let lines = &self.group.lines;
        // What follows from the hash that was stated, and from the one that should have been.
        let should_be = self.stated.and_then(|prev| hash_of_group(&prev, lines));
        let computed = match (self.stated, self.computed) {
            (Some(_), _) if self.group.spoiled => Some(hash),
            (None, _) => Some(hash),
            (stated, other) => {
                let other = other.filter(|_| stated != other);
                let other = other.and_then(|prev| hash_of_group(&prev, lines));
                if should_be != Some(hash) && other != Some(hash) {
                    self.find_in_group();
                }
                should_be
            }
        };
        (self.stated, self.computed) = (Some(hash), computed);
        self.group.lines.clear();
        self.group = Group {
            lines: std::mem::take(&mut self.group.lines),
            ..Group::default()
        };
    }

    fn find_in_group(&mut self) {
        let (first, last) = (self.group.line, self.line);
        let what = match first == last {
            true => What::Edited,
            false => What::EditedAmong { first, last },
        };
        self.report.find(&self.file, first, what);
    }

    /// Finds something in a group, which then needs no more findings.
    fn spoil(&mut self, what: What) {
        self.find(what);
        self.group.spoiled = true;
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
        let placed = self.line == 1 && number("format") == Some(FORMAT);
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
            if Some(*wanted.checkpoint.hash()) != record.hash {
                report.find(file, line, wanted.otherwise.clone());
            }
        }
    }

    fn find(&mut self, what: What) {
        self.report.find(&self.file, self.line, what);
    }
}

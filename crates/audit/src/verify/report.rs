//! What a verification says.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::checkpoint::Checkpoint;
use crate::event::Digest;

/// Why a log could not be verified at all.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// There is none.
    #[error("there is no audit log in `{}`; run `interlock doctor` to see where it is kept", .path.display())]
    NoLog {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file could not be read.
    #[error("cannot read `{}`", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// How many findings are kept; further ones are only counted.
const MAX_FINDINGS: usize = 1000;

/// What was found in a log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VerifyReport {
    /// How many files it has.
    pub files: u64,
    /// How many records it has.
    pub records: u64,
    /// The last record's sequence number.
    pub last_seq: u64,
    /// The last record's sequence number that a genuine signature covers. Later ones are chained, but
    /// whoever may write to the files can still replace them unseen.
    pub signed_seq: u64,
    /// The log's public key, as its first file states it.
    pub key: Option<Digest>,
    /// The newest genuine checkpoint: the one to keep elsewhere.
    pub checkpoint: Option<Checkpoint>,
    /// What should not be there. Empty when the log is what was written.
    pub findings: Vec<Finding>,
    /// How many more findings there were than are kept.
    pub more_findings: u64,
    /// What is worth knowing, but is no sign of tampering.
    pub notes: Vec<Note>,
}

impl VerifyReport {
    /// Whether nothing was found.
    #[must_use]
    pub const fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }

    pub(super) fn find(&mut self, file: &str, line: u64, what: What) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding {
                file: file.to_owned(),
                line,
                what,
            });
        } else {
            self.more_findings += 1;
        }
    }
}

/// One thing that is wrong with a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The name of the file in the log's directory.
    pub file: String,
    /// The line, from 1; zero where it is about the whole file.
    pub line: u64,
    /// What is wrong.
    pub what: What,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.what),
            line => write!(f, "{}:{line}: {}", self.file, self.what),
        }
    }
}

/// What can be wrong with a log.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum What {
    /// The line is not shaped like a record.
    #[error("not a record")]
    NotARecord,
    /// The line's bytes are not those that were hashed.
    #[error("the record was edited, or replaced: its hash does not follow from the one before")]
    Edited,
    /// The bytes of some of these lines, which were recorded together, are not those that were hashed.
    #[error(
        "a record in lines {first} to {last} was edited, or replaced: their hash does not follow from the one before"
    )]
    EditedAmong {
        /// The first of the lines.
        first: u64,
        /// The last of the lines.
        last: u64,
    },
    /// Records are missing before this line.
    #[error("records {first} to {last} are missing before this line")]
    MissingRecords {
        /// The first missing number.
        first: u64,
        /// The last missing number.
        last: u64,
    },
    /// The record belongs elsewhere: lines were swapped, repeated or inserted.
    #[error("record {seq} is out of place here, where {expected} belongs")]
    OutOfPlace {
        /// The number it states.
        seq: u64,
        /// The number that belongs here.
        expected: u64,
    },
    /// The last line has no end, although signed records should follow.
    #[error("the line is cut off after {bytes} bytes")]
    CutOff {
        /// How much of it is there.
        bytes: u64,
    },
    /// The end of the log is missing.
    #[error("records {first} to {last} were signed for and are missing from the end")]
    Truncated {
        /// The first missing number.
        first: u64,
        /// The last number that was signed for.
        last: u64,
    },
    /// A file of the log is missing.
    #[error("the file is missing")]
    MissingFile,
    /// A file does not start with the record that says which one it is.
    #[error("the file does not begin as file {number} of this log")]
    NotASegment {
        /// The number that its name states.
        number: u64,
    },
    /// A signature in the log is not genuine.
    #[error("the signature is not genuine")]
    BadSignature,
    /// Something was signed with, or names, another key than the log's.
    #[error("the key is not the one of this log")]
    OtherKey,
    /// The signed head is missing.
    #[error("the signed head is missing, so a missing end would not be noticed")]
    MissingHead,
    /// The signed head is damaged.
    #[error("the signed head is damaged, or not genuine")]
    DamagedHead,
    /// The signed memory of the approvals is damaged.
    #[error("the signed memory of the approvals is missing, damaged, or not genuine")]
    DamagedMemory,
    /// The signed memory of the approvals is not what the records say.
    #[error("the signed memory of the approvals is not what the records say")]
    WrongMemory,
    /// The private key's file is damaged.
    #[error("the key file is damaged")]
    DamagedKey,
    /// A signed record is not the one that was signed.
    #[error("record {seq} is not the one that was signed")]
    NotTheSigned {
        /// Its number.
        seq: u64,
    },
    /// A checkpoint that was kept elsewhere is not of this log.
    #[error("the checkpoint of record {seq} that was kept elsewhere is not of this log")]
    ForeignCheckpoint {
        /// The record's number.
        seq: u64,
    },
    /// The writer found this when it took the log up, and went on.
    #[error("the writer found the log broken when it took it up: {problem}")]
    Recorded {
        /// The problem's code, escaped.
        problem: String,
    },
}

/// Something worth knowing about a log.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Note {
    /// The log ends with a part of a record, as a crash leaves it. Nothing was done on its account.
    #[error("{file}:{line}: an unfinished record of {bytes} bytes, as a crash leaves it")]
    Unfinished {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// How much of it is there.
        bytes: u64,
    },
    /// A part of a record was cut off here after a crash.
    #[error("{file}:{line}: a crash left an unfinished record here, which was cut off")]
    Recovered {
        /// The file.
        file: String,
        /// The line.
        line: u64,
    },
    /// Records that no signature covers yet.
    #[error("{records} records at the end are chained but not yet signed")]
    Unsigned {
        /// How many.
        records: u64,
    },
}

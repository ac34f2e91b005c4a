//! The log's files and the end of its chain. Everything here runs under the log's lock.
//!
//! It takes up the chain where the last writer left it, whoever that was and however it ended, and appends
//! to it. What it finds broken it records; it never repairs in silence. When to flush is `log`'s business.

use std::cmp::Ordering;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::SystemTime;

use ed25519_dalek::SigningKey;
use rustix::fs::{AtFlags, StatxFlags, statx};
use sha2::{Digest as _, Sha256};

use crate::batch::Batch;
use crate::checkpoint::Checkpoint;
use crate::directory::{Directory, segment_name};
use crate::disk::{self, Disk};
use crate::error::AppendError;
use crate::event::{Digest, Own};
use crate::head::{self, Found, HEAD_FILE, Head};
use crate::line::{self, FULL_GROUP, GENESIS, MAX_GROUP, MAX_LINE};
use crate::memory::{self, Memory};
use crate::tail::{self, Ending, Last};

/// What a buffer may keep between batches.
const KEPT_BUFFER: usize = 256 * 1024;

/// Where the chain ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tail {
    /// The number of the file.
    pub(crate) segment: u64,
    /// The file's size.
    pub(crate) size: u64,
    /// The last record's sequence number.
    pub(crate) seq: u64,
    /// The last record's hash.
    pub(crate) hash: Digest,
    /// What the records up to it say about the approvals.
    pub(crate) memory: Memory,
}

/// Something that was broken when the chain was taken up.
#[derive(Debug)]
struct Problem {
    name: &'static str,
    bytes: u64,
    sha256: Option<Digest>,
    promised: Option<Checkpoint>,
}

impl Problem {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            bytes: 0,
            sha256: None,
            promised: None,
        }
    }
}

/// The open end of a log.
#[derive(Debug)]
pub(crate) struct Chain {
    directory: Directory,
    key: SigningKey,
    disk: Box<dyn Disk>,
    segment: Arc<File>,
    head: File,
    tail: Tail,
    max_segment: u64,
    /// Set when the file may hold something else than we believe.
    stale: bool,
    out: Vec<u8>,
}

impl Chain {
    /// Takes up the log of a directory, or begins one.
    pub(crate) fn open(
        directory: Directory,
        key: SigningKey,
        disk: Box<dyn Disk>,
        max_segment: u64,
        now: SystemTime,
    ) -> Result<Self, AppendError> {
        let number = directory.segments()?.last().copied().unwrap_or(1);
        let segment = Arc::new(directory.file(&segment_name(number))?);
        let head = directory.file(HEAD_FILE)?;
        let tail = Tail {
            segment: number,
            size: 0,
            seq: 0,
            hash: GENESIS,
            memory: Memory::default(),
        };
        let out = Vec::new();
        let mut chain = Self {
            directory,
            key,
            disk,
            segment,
            head,
            tail,
            max_segment,
            stale: true,
            out,
        };
        chain.take_up(now)?;
        Ok(chain)
    }

    /// The end of the chain as last seen.
    pub(crate) const fn tail(&self) -> &Tail {
        &self.tail
    }

    /// The file that is being written.
    pub(crate) const fn segment(&self) -> &Arc<File> {
        &self.segment
    }

    pub(crate) const fn key(&self) -> &SigningKey {
        &self.key
    }

    pub(crate) const fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(crate) fn disk(&mut self) -> &mut dyn Disk {
        &mut *self.disk
    }

    /// Appends the records of a batch: all of them, or none.
    pub(crate) fn append(&mut self, now: SystemTime, batch: &Batch) -> Result<(), AppendError> {
        self.catch_up(now)?;
        if self.tail.size >= self.max_segment {
            self.rotate(now)?;
        }
        self.write(batch)
    }

    /// Appends a signature over the last record.
    pub(crate) fn append_checkpoint(&mut self, now: SystemTime) -> Result<(), AppendError> {
        self.catch_up(now)?;
        self.write_checkpoint(now)
    }

    fn write_checkpoint(&mut self, now: SystemTime) -> Result<(), AppendError> {
        let checkpoint = Checkpoint::sign(self.tail.seq, self.tail.hash, &self.key);
        let event = Own::Checkpoint {
            key: *checkpoint.key(),
            sig: *checkpoint.sig(),
        };
        self.write_own(now, &event)
    }

    fn write_own(&mut self, now: SystemTime, event: &Own<'_>) -> Result<(), AppendError> {
        let mut batch = Batch::new();
        batch.push_own(now, event);
        self.write(&batch)
    }

    fn write(&mut self, batch: &Batch) -> Result<(), AppendError> {
        self.out.clear();
        let Tail {
            mut seq,
            mut hash,
            size,
            ..
        } = self.tail;
        let (mut group, mut records) = (0, 0);
        let mut bodies = batch.bodies().peekable();
        while let Some(body) = bodies.next() {
            let start = self.out.len();
            // Only a log that was tampered with has such numbers.
            seq = seq.saturating_add(1);
            records += 1;
            line::begin(seq, body, &mut self.out);
            let is_full = self.out.len() - group >= FULL_GROUP || records >= MAX_GROUP;
            if is_full || bodies.peek().is_none() {
                hash = line::seal(&hash, group, &mut self.out);
                (group, records) = (self.out.len(), 0);
            } else {
                line::end(&mut self.out);
            }
            if self.out.len() - start > MAX_LINE {
                return Err(AppendError::TooLong {
                    bytes: self.out.len() - start,
                });
            }
        }
        if let Err(source) = disk::write_all(&mut *self.disk, &self.segment, &self.out, size) {
            // A full disk took a part of it: cut that off again, so that the chain stays whole. If even
            // that fails, the next writer finds a torn record and deals with it as after a crash.
            self.stale = self.disk.truncate(&self.segment, size).is_err();
            return Err(AppendError::Write {
                path: self.segment_path(),
                source,
            });
        }
        self.tail = Tail {
            size: size + self.out.len() as u64,
            seq,
            hash,
            memory: self.tail.memory.then(batch.memory()),
            ..self.tail
        };
        if self.out.capacity() > KEPT_BUFFER {
            self.out.clear();
            self.out.shrink_to(KEPT_BUFFER);
        }
        Ok(())
    }

    fn segment_path(&self) -> std::path::PathBuf {
        self.directory.path().join(segment_name(self.tail.segment))
    }

    /// Goes on in a new file. The old one ends with a checkpoint, the new one starts with its hash.
    fn rotate(&mut self, now: SystemTime) -> Result<(), AppendError> {
        self.write_checkpoint(now)?;
        self.flush()?;
        let number = self.tail.segment + 1;
        let name = segment_name(number);
        let Some(file) = self.directory.new_file(&name)? else {
            // Nobody but us can have made it since we caught up, for we hold the lock.
            self.stale = true;
            return Err(AppendError::Foreign {
                path: self.directory.path().join(name),
            });
        };
        self.segment = Arc::new(file);
        self.tail = Tail {
            segment: number,
            size: 0,
            ..self.tail
        };
        self.begin_segment(now)
    }

    fn begin_segment(&mut self, now: SystemTime) -> Result<(), AppendError> {
        let key = self.key.verifying_key().to_bytes();
        let (segment, prev) = (self.tail.segment, self.tail.hash);
        let written = self.write_own(
            now,
            &Own::Segment {
                format: line::FORMAT,
                segment,
                prev,
                key,
            },
        );
        // Without its first record the file is taken up anew, like one that a crash left empty.
        self.stale |= written.is_err();
        written?;
        self.disk
            .sync(self.directory.descriptor())
            .map_err(|source| AppendError::Flush { source })
    }

    /// Makes everything durable and says so in the head.
    fn flush(&mut self) -> Result<(), AppendError> {
        self.disk
            .sync(&self.segment)
            .map_err(|source| AppendError::Flush { source })?;
        let Tail {
            seq, hash, memory, ..
        } = self.tail;
        let head = Head::sign(seq, hash, memory, &self.key);
        self.disk
            .write_head(&self.head, &head.to_bytes())
            .map_err(|source| AppendError::Flush { source })
    }

    /// Replaces the head by a newer one. One that cannot be read stays until it has been recorded.
    pub(crate) fn advance_head(&mut self, head: &Head) -> io::Result<()> {
        match Head::parse(&head::content(&self.head)?) {
            Some(current) if current.checkpoint.seq() >= head.checkpoint.seq() => Ok(()),
            Some(_) => self.disk.write_head(&self.head, &head.to_bytes()),
            None => {
                self.stale = true;
                Ok(())
            }
        }
    }

    /// Learns what other processes wrote since we last looked. One system call when nobody did.
    fn catch_up(&mut self, now: SystemTime) -> Result<(), AppendError> {
        // Asking for no times matters: a time that was asked for makes the next write stamp the inode anew (Linux 6.13), which
        // costs more than the write.
        let wanted = StatxFlags::SIZE | StatxFlags::NLINK;
        let stat =
            statx(&self.segment, c"", AtFlags::EMPTY_PATH, wanted).map_err(io::Error::from)?;
        if stat.stx_nlink == 0 {
            return Err(AppendError::Removed {
                path: self.segment_path(),
            });
        }
        let size = stat.stx_size;
        if !self.stale && size == self.tail.size {
            return Ok(());
        }
        if self.stale || size < self.tail.size {
            return self.take_up(now);
        }
        self.follow(size, now)
    }

    /// The file grew: the common case with several processes, without the checks of [`Self::take_up`].
    fn follow(&mut self, size: u64, now: SystemTime) -> Result<(), AppendError> {
        let rotated = self
            .directory
            .existing(&segment_name(self.tail.segment + 1))?
            .is_some();
        let ending = tail::read(&self.segment, size)?;
        match ending.last {
            Last::Record {
                seq,
                hash,
                follows: Some(true),
            } if ending.torn == 0 && !rotated => {
                let added = memory::between(&self.segment, self.tail.size, size)?;
                self.tail = Tail {
                    size,
                    seq,
                    hash,
                    memory: self.tail.memory.then(added),
                    ..self.tail
                };
                Ok(())
            }
            _ => self.take_up(now),
        }
    }

    /// Finds the end of the chain from what is on disk, and records what is broken there.
    fn take_up(&mut self, now: SystemTime) -> Result<(), AppendError> {
        self.stale = true;
        let number = self.directory.segments()?.last().copied().unwrap_or(1);
        self.segment = Arc::new(self.directory.file(&segment_name(number))?);
        let ending = tail::read(&self.segment, self.segment.metadata()?.len())?;
        let head = Found::read(&self.head, &self.key)?;
        let memory = self
            .tail
            .memory
            .then(memory::recall(&self.directory, &head)?);
        let mut problems = Vec::new();
        self.take_up_tail(number, &ending, &head, &mut problems)?;
        if problems.is_empty() {
            problems.extend(self.compare_with_head(&head));
        }
        self.cut_torn(&ending, &mut problems)?;
        self.tail.memory = memory;
        if self.tail.size == 0 {
            self.begin_segment(now)?;
        }
        for problem in &problems {
            self.record(now, problem)?;
        }
        if !problems.is_empty() || matches!(head, Found::Empty) {
            self.flush()?;
        }
        self.stale = false;
        Ok(())
    }

    fn take_up_tail(
        &mut self,
        number: u64,
        ending: &Ending,
        head: &Found,
        problems: &mut Vec<Problem>,
    ) -> Result<(), AppendError> {
        let size = ending.whole;
        // Where the last record is not readable, numbers go on from the head; the verifier says the rest.
        let lost = (head.checkpoint().map_or(0, |head| head.seq()), GENESIS);
        let (seq, hash) = match ending.last {
            Last::Record { seq, hash, follows } => {
                if follows == Some(false) {
                    problems.push(Problem::new("damaged-record"));
                }
                (seq, hash)
            }
            Last::Damaged => {
                problems.push(Problem::new("damaged-record"));
                lost
            }
            // A crash between making a file and writing its first record.
            Last::Nothing => match self.end_of(number - 1)? {
                Some(end) => end,
                None if number == 1 => (0, GENESIS),
                None => {
                    problems.push(Problem::new("missing-file"));
                    lost
                }
            },
        };
        self.tail = Tail {
            segment: number,
            size,
            seq,
            hash,
            ..self.tail
        };
        Ok(())
    }

    /// The last record of an earlier file.
    fn end_of(&self, number: u64) -> Result<Option<(u64, Digest)>, AppendError> {
        let Some(file) = self.directory.existing(&segment_name(number))? else {
            return Ok(None);
        };
        Ok(match tail::read(&file, file.metadata()?.len())?.last {
            Last::Record { seq, hash, .. } => Some((seq, hash)),
            _ => None,
        })
    }

    fn compare_with_head(&self, head: &Found) -> Option<Problem> {
        let Tail { seq, hash, .. } = self.tail;
        let name = match head {
            // A crash right after the very first record.
            Found::Empty if seq <= 1 => return None,
            Found::Empty => "missing-head",
            Found::Damaged => "damaged-head",
            Found::Genuine { checkpoint, memory } => match checkpoint.seq().cmp(&seq) {
                Ordering::Greater => "missing-records",
                Ordering::Equal if *checkpoint.hash() != hash => "replaced-record",
                _ if memory.is_none() => "damaged-memory",
                _ => return None,
            },
        };
        Some(Problem {
            promised: head.checkpoint(),
            ..Problem::new(name)
        })
    }

    /// Cuts off what a crash left of a record. No receipt was given for it, so nothing happened on its
    /// account; what it was stays on record as a digest.
    fn cut_torn(
        &mut self,
        ending: &Ending,
        problems: &mut Vec<Problem>,
    ) -> Result<(), AppendError> {
        if ending.torn == 0 {
            return Ok(());
        }
        let mut torn = vec![0; usize::try_from(ending.torn.min(MAX_LINE as u64)).unwrap_or(0)];
        self.segment.read_exact_at(&mut torn, ending.whole)?;
        self.disk
            .truncate(&self.segment, ending.whole)
            .map_err(|source| AppendError::Write {
                path: self.segment_path(),
                source,
            })?;
        // Nothing was ever promised when the very first record of a log was torn.
        if self.tail.seq > 0 {
            let sha256 = Some(Sha256::digest(&torn).into());
            problems.push(Problem {
                bytes: ending.torn,
                sha256,
                ..Problem::new(TORN)
            });
        }
        Ok(())
    }

    fn record(&mut self, now: SystemTime, problem: &Problem) -> Result<(), AppendError> {
        let event = Own::Recovered {
            problem: problem.name,
            bytes: problem.bytes,
            sha256: problem.sha256,
            expected_seq: problem.promised.map(|head| head.seq()),
            expected_hash: problem.promised.map(|head| *head.hash()),
        };
        self.write_own(now, &event)
    }
}

/// The one problem that is no finding: it is what a crash leaves.
pub(crate) const TORN: &str = "torn-record";

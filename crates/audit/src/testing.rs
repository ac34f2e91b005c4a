//! What the tests of this crate share: a clock, sample events, a sample log, a disk that fails.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::disk::Disk;
use crate::verify::{VerifyOptions, VerifyReport, verify};
use crate::{Batch, Event, Log, Options};

/// A moment, `micros` after a fixed one.
pub(crate) fn at(micros: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(1_795_000_000_000_000 + micros)
}

pub(crate) fn call(id: &str) -> Event<'_> {
    Event::ToolCall {
        session: "s1",
        call: id,
        tool: "echo",
        args_sha256: [7; 32],
        args: None,
    }
}

pub(crate) fn outcome(id: &str) -> Event<'_> {
    Event::ToolOutcome {
        session: "s1",
        call: id,
        ok: true,
        code: None,
        micros: 1,
    }
}

/// A fresh directory: in memory where there is such a place, for thousands of logs are written and flushed
/// here. What a real disk does is for the tests in `tests/`.
pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

/// A fresh directory and the path of a log in it.
pub(crate) fn fresh() -> (tempfile::TempDir, PathBuf) {
    let dir = scratch();
    let path = dir.path().join("audit");
    (dir, path)
}

/// The same with a key, so that the thousands of logs of the fault tests flush nothing.
pub(crate) fn fresh_with_key() -> (tempfile::TempDir, PathBuf) {
    let (dir, path) = fresh();
    let directory = crate::directory::Directory::open(&path).unwrap();
    let mut key = directory.file(crate::key::FILE).unwrap();
    key.write_all(format!("{}\n", "5a".repeat(32)).as_bytes())
        .unwrap();
    (dir, path)
}

pub(crate) fn open(path: &Path) -> Log {
    Log::open(path, Options::default(), at(0)).unwrap()
}

pub(crate) fn small_files() -> Options {
    Options {
        max_segment: 600,
        ..Options::default()
    }
}

/// Writes single records and batches, ends flushed.
pub(crate) fn write_some(log: &mut Log, rounds: u64) {
    for round in 0..rounds {
        let id = round.to_string();
        drop(log.append(at(round * 10), &call(&id)).unwrap());
        let mut batch = Batch::new();
        batch.push(at(round * 10 + 1), &outcome(&id));
        batch.push(at(round * 10 + 2), &call("b"));
        drop(log.commit(at(round * 10 + 2), &mut batch).unwrap());
    }
    log.flush(at(rounds * 10)).unwrap();
}

pub(crate) fn report(path: &Path) -> VerifyReport {
    verify(path, &VerifyOptions::default()).unwrap()
}

/// The findings as text.
pub(crate) fn findings(path: &Path) -> Vec<String> {
    report(path)
        .findings
        .iter()
        .map(ToString::to_string)
        .collect()
}

pub(crate) fn notes(path: &Path) -> Vec<String> {
    report(path).notes.iter().map(ToString::to_string).collect()
}

/// The number of the file of a log.
pub(crate) fn file(path: &Path, number: u64) -> PathBuf {
    path.join(crate::directory::segment_name(number))
}

/// A disk that, after a number of steps, takes half of a write and then nothing, or everything again.
#[derive(Debug, Clone)]
pub(crate) struct FaultyDisk(Arc<Mutex<Fault>>);

#[derive(Debug)]
struct Fault {
    /// Steps until it fails; one per byte written and one per other call.
    left: usize,
    /// Whether cutting and later writes work: a full disk, not a dead process.
    recovers: bool,
    failed: bool,
}

impl FaultyDisk {
    /// The process dies after `steps`: nothing more reaches the disk.
    pub(crate) fn dies_after(steps: usize) -> Self {
        Self(Arc::new(Mutex::new(Fault {
            left: steps,
            recovers: false,
            failed: false,
        })))
    }

    /// The disk is full after `steps`.
    pub(crate) fn full_after(steps: usize) -> Self {
        Self(Arc::new(Mutex::new(Fault {
            left: steps,
            recovers: true,
            failed: false,
        })))
    }

    pub(crate) fn failed(&self) -> bool {
        self.0.lock().unwrap().failed
    }

    /// Somebody makes room.
    pub(crate) fn make_room(&self) {
        self.0.lock().unwrap().left = usize::MAX / 2;
    }

    /// Never fails, and flushes nothing.
    pub(crate) fn fast() -> Box<dyn Disk> {
        Box::new(Self::full_after(usize::MAX / 2))
    }

    /// How many of `steps` may still be done.
    fn take(&self, steps: usize) -> io::Result<usize> {
        let mut fault = self.0.lock().unwrap();
        let taken = fault.left.min(steps);
        fault.left -= taken;
        fault.failed |= taken < steps;
        if taken == 0 && steps > 0 {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Ok(taken)
    }
}

impl Disk for FaultyDisk {
    fn write(&mut self, file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let taken = self.take(bytes.len())?;
        file.write_at(&bytes[..taken], offset)
    }

    fn write_head(&mut self, file: &File, line: &[u8]) -> io::Result<()> {
        self.take(1)?;
        file.write_all_at(line, 0)
    }

    fn truncate(&mut self, file: &File, len: u64) -> io::Result<()> {
        if !self.0.lock().unwrap().recovers {
            self.take(1)?;
        }
        file.set_len(len)
    }

    fn sync(&mut self, _: &File) -> io::Result<()> {
        self.take(1)?;
        Ok(())
    }
}

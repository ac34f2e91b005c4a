//! The verification as a whole: key, head, then every file.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use super::report::{Note, VerifyError, VerifyReport, What};
use super::snapshot::{Segment, Snapshot, read_error};
use super::walk::{Walk, Wanted};
use crate::checkpoint::Checkpoint;
use crate::directory::segment_name;
use crate::event::Digest;
use crate::head::{Found, HEAD_FILE};
use crate::key;
use crate::line::{Line, read_line};
use crate::memory::Memory;

/// What is known about a log from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// The log's public key. Without it, the key that the log itself states is believed.
    pub key: Option<Digest>,
    /// Checkpoints that were kept elsewhere: the records that they sign must be in the log.
    pub expect: Vec<Checkpoint>,
}

/// Verifies the log in `dir`, or a copy of one.
///
/// # Errors
/// When there is no log, or it cannot be read. What is wrong with a log that can be read is in the report.
pub fn verify(dir: &Path, options: &VerifyOptions) -> Result<VerifyReport, VerifyError> {
    let snapshot = Snapshot::take(dir)?;
    let mut report = VerifyReport::default();
    let found = Found::judge(&snapshot.head);
    let head = found.checkpoint();
    let mut wanted = wanted(head, options);
    let mut walk = Walk::new(&mut report, &mut wanted, head.map_or(0, |head| head.seq()));
    let mut previous = 0;
    let mut missing = Vec::new();
    for (index, segment) in snapshot.segments.iter().enumerate() {
        if segment.number != previous + 1 {
            missing.extend((previous + 1..segment.number).take(100));
            walk.files_missing();
        }
        previous = segment.number;
        walk_file(&mut walk, segment, index + 1 == snapshot.segments.len())?;
    }
    let remembered = walk.end();
    for number in missing {
        report.find(&segment_name(number), 0, What::MissingFile);
    }
    check_keys(&mut report, &snapshot, options, head);
    check_head(&mut report, &snapshot, head, &wanted);
    check_memory(&mut report, &found, remembered);
    note_unsigned(&mut report);
    Ok(report)
}

fn wanted(head: Option<Checkpoint>, options: &VerifyOptions) -> Vec<Wanted> {
    let want = |checkpoint: Checkpoint, otherwise| Wanted {
        checkpoint,
        otherwise,
        seen: false,
    };
    let from_head = head.map(|head| want(head, What::NotTheSigned { seq: head.seq() }));
    let kept = options.expect.iter();
    let kept = kept.map(|kept| want(*kept, What::ForeignCheckpoint { seq: kept.seq() }));
    from_head.into_iter().chain(kept).collect()
}

fn walk_file(
    walk: &mut Walk<'_>,
    segment: &Segment,
    is_last_file: bool,
) -> Result<(), VerifyError> {
    let io_error = |source| read_error(segment.path.clone())(source);
    walk.begin_file(segment.number, &segment_name(segment.number));
    let file = File::open(&segment.path).map_err(io_error)?;
    let mut lines = BufReader::with_capacity(1 << 18, file.take(segment.size));
    let (mut line, mut next) = (Vec::new(), Vec::new());
    read_line(&mut lines, &mut line).map_err(io_error)?;
    while line.ends_with(b"\n") {
        next.clear();
        read_line(&mut lines, &mut next).map_err(io_error)?;
        walk.line(&line, Line::parse(&next).map(|next| next.seq));
        std::mem::swap(&mut line, &mut next);
    }
    walk.end_file(line.len() as u64, is_last_file);
    Ok(())
}

fn check_keys(
    report: &mut VerifyReport,
    snapshot: &Snapshot,
    options: &VerifyOptions,
    head: Option<Checkpoint>,
) {
    if options.key.is_some() && options.key != report.key {
        report.find(&segment_name(1), 1, What::OtherKey);
    }
    if head.is_some_and(|head| Some(*head.key()) != report.key) && report.key.is_some() {
        report.find(HEAD_FILE, 1, What::OtherKey);
    }
    for kept in &options.expect {
        if !kept.is_genuine() || Some(*kept.key()) != report.key {
            report.find(HEAD_FILE, 0, What::ForeignCheckpoint { seq: kept.seq() });
        }
    }
    let Some(text) = snapshot.key.clone().map(Zeroizing::new) else {
        return;
    };
    match key::parse(&text).map(|key: SigningKey| key.verifying_key().to_bytes()) {
        Some(key) if Some(key) == report.key || report.key.is_none() => {}
        Some(_) => report.find(key::FILE, 1, What::OtherKey),
        None => report.find(key::FILE, 1, What::DamagedKey),
    }
}

fn check_head(
    report: &mut VerifyReport,
    snapshot: &Snapshot,
    head: Option<Checkpoint>,
    wanted: &[Wanted],
) {
    let Some(head) = head else {
        // A crash right after the very first record leaves no head.
        if !snapshot.head.is_empty() {
            report.find(HEAD_FILE, 1, What::DamagedHead);
        } else if report.last_seq > 1 {
            report.find(HEAD_FILE, 0, What::MissingHead);
        }
        return;
    };
    // A record that the head signs and that no line is: its absence is a finding of the walk, unless the
    // numbers themselves were tampered with.
    let seen = wanted.iter().any(|w| w.checkpoint == head && w.seen);
    if !seen && report.is_intact() {
        report.find(HEAD_FILE, 1, What::NotTheSigned { seq: head.seq() });
    }
    if report.is_intact() && head.seq() >= report.signed_seq {
        report.signed_seq = head.seq();
        report.checkpoint = Some(head);
    }
}

/// The head's memory must be what the records up to it say, as far as they are all there.
fn check_memory(report: &mut VerifyReport, found: &Found, remembered: Memory) {
    match found {
        Found::Genuine { memory: None, .. } => report.find(HEAD_FILE, 2, What::DamagedMemory),
        Found::Genuine {
            memory: Some(memory),
            ..
        } if *memory != remembered && report.is_intact() => {
            report.find(HEAD_FILE, 2, What::WrongMemory);
        }
        _ => {}
    }
}

fn note_unsigned(report: &mut VerifyReport) {
    let records = report.last_seq.saturating_sub(report.signed_seq);
    if report.is_intact() && records > 0 {
        report.notes.push(Note::Unsigned { records });
    }
}

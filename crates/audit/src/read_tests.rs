use std::io::Write;

use super::*;
use crate::testing::{at, call, file, fresh, open, outcome, small_files, write_some};
use crate::{Event, Log};

fn seqs(records: impl IntoIterator<Item = Record>) -> Vec<u64> {
    records.into_iter().map(|record| record.seq).collect()
}

fn all(path: &Path, filter: Filter) -> Vec<Record> {
    Records::open(path, filter)
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// Thirty-one events in several files.
fn sample() -> (tempfile::TempDir, PathBuf) {
    let (dir, path) = fresh();
    let mut log = Log::open(&path, small_files(), at(0)).unwrap();
    write_some(&mut log, 10);
    let event = Event::ToolRefused {
        session: "s2",
        call: "1",
        tool: "rm",
        reason: "withheld",
    };
    drop(log.append(at(1_000_000), &event).unwrap());
    (dir, path)
}

#[test]
fn records_come_in_order_across_files() {
    let (_dir, path) = sample();
    assert!(file(&path, 3).exists());
    let records = all(&path, Filter::default());
    assert_eq!(
        seqs(records.clone()),
        (1..=records.len() as u64).collect::<Vec<_>>()
    );
    let last = records.last().unwrap();
    assert_eq!(
        (last.event.as_str(), last.text("tool")),
        ("tool-refused", Some("rm"))
    );
    assert_eq!(last.time, at(1_000_000));
    assert!(!last.fields.contains_key("seq") && !last.fields.contains_key("time"));
    assert_eq!(records[0].number("format"), Some(2));
}

#[test]
fn filters_choose() {
    let (_dir, path) = sample();
    let total = all(&path, Filter::default()).len();
    let text = |text: &str| Some(text.to_owned());
    let cases = [
        (
            Filter {
                session: text("s2"),
                ..Filter::default()
            },
            1,
        ),
        (
            Filter {
                session: text("s3"),
                ..Filter::default()
            },
            0,
        ),
        (
            Filter {
                tool: text("echo"),
                ..Filter::default()
            },
            20,
        ),
        (
            Filter {
                events: vec!["tool-outcome".into()],
                ..Filter::default()
            },
            10,
        ),
        (
            Filter {
                events: vec!["tool-outcome".into(), "tool-refused".into()],
                ..Filter::default()
            },
            11,
        ),
        (
            Filter {
                since: Some(at(0)),
                ..Filter::default()
            },
            total,
        ),
        (
            Filter {
                until: Some(at(0)),
                ..Filter::default()
            },
            0,
        ),
        (
            Filter {
                first_seq: Some(3),
                last_seq: Some(5),
                ..Filter::default()
            },
            3,
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(all(&path, filter.clone()).len(), expected, "{filter:?}");
    }
}

#[test]
fn the_tail_is_the_end_of_everything() {
    let (_dir, path) = sample();
    let everything = seqs(all(&path, Filter::default()));
    for count in [0, 1, 2, 7, everything.len() - 1, everything.len(), 1000] {
        let (tail, _) = Records::tail(&path, count, Filter::default()).unwrap();
        let from = everything.len().saturating_sub(count);
        assert_eq!(seqs(tail), everything[from..], "{count}");
    }
    let outcomes = Filter {
        events: vec!["tool-outcome".into()],
        ..Filter::default()
    };
    let (tail, _) = Records::tail(&path, 4, outcomes.clone()).unwrap();
    let expected = seqs(all(&path, outcomes));
    assert_eq!(seqs(tail), expected[expected.len() - 4..]);
}

#[test]
fn what_is_appended_follows_across_files() {
    let (_dir, path) = fresh();
    let mut log = Log::open(&path, small_files(), at(0)).unwrap();
    let (tail, mut follow) = Records::tail(&path, 5, Filter::default()).unwrap();
    let mut seen = seqs(tail);
    for round in 0..20 {
        assert!(follow.next().is_none());
        drop(log.append(at(round), &call("1")).unwrap());
        drop(log.append(at(round), &outcome("1")).unwrap());
        seen.extend(seqs(follow.by_ref().map(Result::unwrap)));
    }
    assert_eq!(seen, (1..=log.seq()).collect::<Vec<_>>());
    assert!(file(&path, 3).exists());
}

#[test]
fn half_a_group_is_not_there_yet() {
    let (_dir, path) = fresh();
    write_some(&mut open(&path), 1);
    let content = std::fs::read(file(&path, 1)).unwrap();
    let (first, second) = content.split_at(content.len() - 40);
    std::fs::write(file(&path, 1), first).unwrap();
    let mut records = Records::open(&path, Filter::default()).unwrap();
    // Record 3 is whole, but nothing says yet that it stays.
    assert_eq!(seqs(records.by_ref().map(Result::unwrap)), [1, 2]);
    let mut log = std::fs::OpenOptions::new()
        .append(true)
        .open(file(&path, 1))
        .unwrap();
    log.write_all(second).unwrap();
    assert_eq!(seqs(records.by_ref().map(Result::unwrap)), [3, 4]);
}

#[test]
fn a_damaged_line_is_an_error_and_reading_goes_on() {
    let (_dir, path) = fresh();
    write_some(&mut open(&path), 1);
    let content = std::fs::read_to_string(file(&path, 1)).unwrap();
    std::fs::write(
        file(&path, 1),
        content.replacen("\"seq\":3", "\"sEq\":3", 1),
    )
    .unwrap();
    let results: Vec<_> = Records::open(&path, Filter::default()).unwrap().collect();
    assert_eq!(results.len(), 4);
    assert!(
        matches!(&results[2], Err(ReadError::NotARecord { line: 3, .. })),
        "{results:?}"
    );
    assert!(results[3].is_ok());
}

#[test]
fn no_log_is_an_error() {
    let (dir, path) = fresh();
    for path in [&path, &dir.path().to_owned()] {
        let error = Records::open(path, Filter::default()).unwrap_err();
        assert!(matches!(error, ReadError::NoLog { .. }), "{error}");
        let error = Records::tail(path, 1, Filter::default()).unwrap_err();
        assert!(matches!(error, ReadError::NoLog { .. }), "{error}");
    }
}

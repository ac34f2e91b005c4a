use std::fs;

use super::*;
use crate::testing::{
    FaultyDisk, at, call, file, findings, fresh, fresh_with_key, notes, open, outcome, report,
    small_files, write_some,
};

fn line_count(path: &Path) -> usize {
    fs::read_to_string(path).unwrap().lines().count()
}

#[test]
fn records_are_lines_with_numbers_and_receipts() {
    let (_dir, path) = fresh();
    let mut log = open(&path);
    let receipt = log.append(at(1), &call("1")).unwrap();
    assert_eq!((receipt.seq(), receipt.event()), (2, "tool-call"));
    let mut batch = Batch::new();
    batch.push(at(2), &call("2"));
    batch.push(at(3), &outcome("2"));
    let receipts = log.commit(at(3), &mut batch).unwrap();
    assert_eq!(
        (receipts.seq(), receipts.remaining(), batch.len()),
        (4, 1, 0)
    );
    let text = fs::read_to_string(file(&path, 1)).unwrap();
    assert_eq!(text.lines().count(), 4);
    assert!(text.starts_with(r#"{"seq":1,"time":"2026-11-"#), "{text}");
}

#[test]
fn an_empty_batch_writes_nothing() {
    let (_dir, path) = fresh();
    let mut log = open(&path);
    assert_eq!(log.commit(at(1), &mut Batch::new()).unwrap().remaining(), 0);
    assert_eq!(line_count(&file(&path, 1)), 1);
}

#[test]
fn a_reopened_log_goes_on() {
    let (_dir, path) = fresh();
    for round in 0..5 {
        let mut log = open(&path);
        assert_eq!(log.seq(), 1 + round * 3);
        write_some(&mut log, 1);
    }
    assert_eq!(findings(&path), [""; 0]);
    assert_eq!(report(&path).records, 16);
}

#[test]
fn files_follow_one_another_by_size() {
    let (_dir, path) = fresh();
    let mut log = Log::open(&path, small_files(), at(0)).unwrap();
    write_some(&mut log, 20);
    drop(log);
    let report = report(&path);
    assert!(report.files > 5 && report.is_intact(), "{report:?}");
    let size = fs::metadata(file(&path, 1)).unwrap().len();
    assert!((1000..2500).contains(&size), "{size}");
}

#[test]
fn flushes_of_batches_are_grouped() {
    let (_dir, path) = fresh();
    let mut log = open(&path);
    let commit = |log: &mut Log, micros| {
        let mut batch = Batch::new();
        batch.push(at(micros), &call("1"));
        drop(log.commit(at(micros), &mut batch).unwrap());
    };
    assert_eq!(log.flush_due(at(0)).unwrap(), None);
    commit(&mut log, 10_000);
    assert_eq!(
        log.flush_due(at(40_000)).unwrap(),
        Some(Duration::from_millis(60))
    );
    assert_eq!(report(&path).signed_seq, 1);
    assert_eq!(log.flush_due(at(100_000)).unwrap(), None);
    assert_eq!(report(&path).signed_seq, 2);
    commit(&mut log, 110_000);
    // A clock that went backwards.
    assert_eq!(log.flush_due(at(0)).unwrap(), None);
    assert_eq!(report(&path).signed_seq, 3);
    commit(&mut log, 120_000);
    drop(log);
    assert_eq!(report(&path).signed_seq, 4);
}

#[test]
fn flushes_happen_in_the_background() {
    let (_dir, path) = fresh();
    let options = Options {
        flush_in_background: true,
        ..Options::default()
    };
    let mut log = Log::open(&path, options, at(0)).unwrap();
    for round in 1..=20 {
        let mut batch = Batch::new();
        batch.push(at(round), &call("1"));
        drop(log.commit(at(round), &mut batch).unwrap());
        log.flush_due(at(round * 200_000)).unwrap();
    }
    drop(log);
    let report = report(&path);
    assert!(report.is_intact() && report.signed_seq == 21, "{report:?}");
}

#[test]
fn a_record_too_long_is_refused_and_nothing_is_written() {
    let (_dir, path) = fresh();
    let mut log = open(&path);
    let long = "x".repeat(1 << 20);
    let error = log.append(
        at(1),
        &Event::ToolCall {
            session: "s",
            call: "1",
            tool: "t",
            args_sha256: [0; 32],
            args: Some(&long),
        },
    );
    assert!(
        matches!(error, Err(AppendError::TooLong { .. })),
        "{error:?}"
    );
    drop(log.append(at(2), &call("1")).unwrap());
    assert_eq!(line_count(&file(&path, 1)), 2);
    assert_eq!(findings(&path), [""; 0]);
}

/// Records with a receipt are in the log, whatever happens after.
fn promised(path: &Path, last: u64) {
    let report = report(path);
    assert!(report.is_intact(), "{report:?}");
    assert!(report.last_seq >= last, "promised {last}: {report:?}");
}

/// Opens and writes until it fails; the last number that it was given a receipt for.
fn write_until_failure(path: &Path, disk: &FaultyDisk) -> u64 {
    let mut last = 0;
    let Ok(mut log) = Log::open_with(path, small_files(), at(0), Box::new(disk.clone())) else {
        return last;
    };
    for round in 0..2 {
        let mut batch = Batch::new();
        batch.push(at(round), &call("1"));
        batch.push(at(round), &outcome("1"));
        let short = Event::SecretGiven {
            session: "s",
            secret: "T",
        };
        match log.append(at(round), &short) {
            Ok(receipt) => last = receipt.seq(),
            Err(_) => break,
        }
        match log.commit(at(round), &mut batch) {
            Ok(receipt) => last = receipt.seq(),
            Err(_) => break,
        }
    }
    last
}

#[test]
fn a_crash_at_every_point_leaves_a_log_that_verifies_and_goes_on() {
    for steps in 0.. {
        let (_dir, path) = fresh_with_key();
        let disk = FaultyDisk::dies_after(steps);
        let last = write_until_failure(&path, &disk);
        if fs::metadata(file(&path, 1)).is_ok_and(|file| file.len() > 0) {
            promised(&path, last);
        }
        let mut log = Log::open_with(&path, small_files(), at(0), FaultyDisk::fast()).unwrap();
        assert!(
            log.seq() > last || log.seq() == 1 || last == log.seq(),
            "after {steps}"
        );
        write_some(&mut log, 1);
        drop(log);
        promised(&path, last);
        if !disk.failed() {
            assert!(
                steps > 1000 && file(&path, 2).exists(),
                "the whole run was covered: {steps}"
            );
            return;
        }
    }
}

#[test]
fn a_crash_while_taking_up_after_a_crash_is_survived_as_well() {
    for first in (600..1200).step_by(101) {
        for second in (0..450).step_by(3) {
            let (_dir, path) = fresh_with_key();
            let last = write_until_failure(&path, &FaultyDisk::dies_after(first));
            let again = write_until_failure(&path, &FaultyDisk::dies_after(second));
            drop(Log::open_with(&path, small_files(), at(0), FaultyDisk::fast()).unwrap());
            promised(&path, last.max(again));
        }
    }
}

#[test]
fn a_full_disk_at_every_point_is_an_error_and_leaves_nothing_half_written() {
    for steps in (0..3000).step_by(11) {
        let (_dir, path) = fresh_with_key();
        drop(Log::open_with(&path, Options::default(), at(0), FaultyDisk::fast()).unwrap());
        let disk = FaultyDisk::full_after(steps);
        let mut log = Log::open_with(&path, small_files(), at(0), Box::new(disk.clone())).unwrap();
        let mut last = 1;
        let mut batch = Batch::new();
        let error = loop {
            batch.push(at(1), &call("1"));
            batch.push(at(1), &outcome("1"));
            match log.commit(at(1), &mut batch) {
                Ok(receipt) => last = receipt.seq(),
                Err(error) => break error,
            }
        };
        assert!(
            matches!(error, AppendError::Write { .. } | AppendError::Flush { .. }),
            "{error}"
        );
        assert_eq!(batch.len(), 2, "what was not written still waits");
        let before = report(&path);
        assert!(
            before.is_intact() && before.last_seq >= last,
            "{steps}: {before:?}"
        );
        assert!(
            !notes(&path).iter().any(|note| note.contains("unfinished")),
            "{steps}"
        );
        disk.make_room();
        let receipt = log.commit(at(2), &mut batch).unwrap();
        assert!(receipt.seq() > last);
        log.flush(at(2)).unwrap();
        promised(&path, receipt.seq());
    }
}

#[test]
fn a_torn_record_is_cut_off_and_recorded() {
    let (_dir, path) = fresh();
    write_some(&mut open(&path), 1);
    let whole = fs::read(file(&path, 1)).unwrap();
    fs::write(
        file(&path, 1),
        [whole.as_slice(), b"{\"seq\":5,\"ti"].concat(),
    )
    .unwrap();
    assert_eq!(findings(&path), [""; 0]);
    let unfinished = "log-00000001.jsonl:5: an unfinished record of 12 bytes, as a crash leaves it";
    assert_eq!(notes(&path), [unfinished]);
    drop(open(&path));
    let text = fs::read_to_string(file(&path, 1)).unwrap();
    let last = text.lines().last().unwrap();
    assert!(
        last.contains(r#""event":"recovered","problem":"torn-record","bytes":12"#),
        "{last}"
    );
    assert_eq!(findings(&path), [""; 0]);
    let recovered =
        "log-00000001.jsonl:5: a crash left an unfinished record here, which was cut off";
    assert_eq!(notes(&path), [recovered]);
}

/// Damages a log, opens it, and expects that the damage stays a finding for good.
#[track_caller]
fn check_recorded(damage: impl FnOnce(&Path), problem: &str) {
    let (_dir, path) = fresh();
    write_some(&mut open(&path), 2);
    damage(&path);
    write_some(&mut open(&path), 1);
    write_some(&mut open(&path), 1);
    let found = findings(&path).join("\n");
    assert!(
        found.contains(&format!("when it took it up: {problem}")),
        "{problem}: {found}"
    );
    let text = fs::read_to_string(file(&path, 1)).unwrap();
    assert_eq!(
        text.matches(&format!("\"problem\":\"{problem}\"")).count(),
        1,
        "recorded once"
    );
}

#[test]
fn what_cannot_be_a_crash_stays_a_finding() {
    let rewrite = |change: fn(Vec<u8>) -> Vec<u8>| {
        move |path: &Path| {
            let content = fs::read(file(path, 1)).unwrap();
            fs::write(file(path, 1), change(content)).unwrap();
        }
    };
    let without_last_line = |content: Vec<u8>| {
        let end = content[..content.len() - 1]
            .iter()
            .rposition(|b| *b == b'\n')
            .unwrap();
        content[..=end].to_vec()
    };
    check_recorded(rewrite(without_last_line), "missing-records");
    check_recorded(
        rewrite(|c| [c.as_slice(), b"hello\n"].concat()),
        "damaged-record",
    );
    check_recorded(
        rewrite(|mut content| {
            let len = content.len();
            content[len - 100] ^= 1;
            content
        }),
        "damaged-record",
    );
    check_recorded(rewrite(|_| Vec::new()), "missing-records");
    check_recorded(
        |path| fs::remove_file(file(path, 1)).unwrap(),
        "missing-records",
    );
    check_recorded(
        |path| fs::remove_file(path.join("head")).unwrap(),
        "missing-head",
    );
    check_recorded(
        |path| fs::write(path.join("head"), "").unwrap(),
        "missing-head",
    );
    check_recorded(
        |path| {
            let mut head = fs::read(path.join("head")).unwrap();
            head[40] ^= 1;
            fs::write(path.join("head"), head).unwrap();
        },
        "damaged-head",
    );
    check_recorded(
        |path| {
            let head = fs::read(path.join("head")).unwrap();
            fs::write(path.join("head"), [head.as_slice(), b"x"].concat()).unwrap();
        },
        "damaged-memory",
    );
}

#[test]
fn a_log_removed_under_its_writer_is_an_error() {
    let (_dir, path) = fresh();
    let mut log = open(&path);
    fs::remove_file(file(&path, 1)).unwrap();
    let error = log.append(at(1), &call("1")).unwrap_err();
    assert!(matches!(error, AppendError::Removed { .. }), "{error}");
}

#[test]
fn a_damaged_key_is_an_error() {
    let (_dir, path) = fresh();
    drop(open(&path));
    for content in [
        "",
        "00",
        &"zz".repeat(32),
        &format!("{}\n\n", "00".repeat(32)),
    ] {
        fs::write(path.join("key"), content).unwrap();
        let error = Log::open(&path, Options::default(), at(0)).unwrap_err();
        assert!(matches!(error, OpenError::Key(_)), "{error}");
    }
}

#[test]
fn several_logs_write_one_chain() {
    let (_dir, path) = fresh();
    let writer = |name: usize| {
        let mut log = Log::open(
            &path,
            Options {
                max_segment: 20_000,
                ..Options::default()
            },
            at(0),
        )
        .unwrap();
        let id = name.to_string();
        for round in 0..300 {
            if round % 50 == 0 {
                drop(log.append(at(round), &call(&id)).unwrap());
                continue;
            }
            let mut batch = Batch::new();
            (0..round % 4 + 1).for_each(|_| batch.push(at(round), &call(&id)));
            drop(log.commit(at(round), &mut batch).unwrap());
            log.flush_due(at(round * 10_000)).unwrap();
        }
    };
    std::thread::scope(|scope| {
        (0..4).for_each(|name| drop(scope.spawn(move || writer(name))));
    });
    let report = report(&path);
    assert!(report.is_intact() && report.notes.is_empty(), "{report:?}");
    assert!(report.files > 5, "{report:?}");
    let mut written = 0;
    for number in 1..=report.files {
        written += fs::read_to_string(file(&path, number))
            .unwrap()
            .matches("tool-call")
            .count();
    }
    assert_eq!(
        written as u64,
        4 * (6
            + (0..300)
                .filter(|r| r % 50 != 0)
                .map(|r| r % 4 + 1)
                .sum::<u64>())
    );
}

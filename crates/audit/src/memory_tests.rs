use std::fs;
use std::path::PathBuf;

use super::*;
use crate::testing::{at, call, fresh, notes, open, report, small_files, write_some};
use crate::testing::{file as segment, findings};
use crate::{Batch, Log, Options};

fn memory(ledger: u64, approver: u8) -> Memory {
    Memory {
        ledger,
        approver: (approver > 0).then_some([approver; 32]),
    }
}

const fn ledger(ledger: u64) -> Event<'static> {
    Event::LedgerWritten {
        ledger,
        key: [9; 32],
    }
}

const fn created(purpose: &str, key: u8) -> Event<'_> {
    Event::KeyCreated {
        purpose,
        key: [key; 32],
    }
}

fn approved(ledger: u64) -> Event<'static> {
    Event::Approved {
        name: "files",
        fingerprint: [1; 32],
        key: [9; 32],
        ledger,
        grants: &[],
    }
}

/// A log with some events, and more records after them.
fn log_with(events: &[Event<'_>], options: Options) -> (tempfile::TempDir, PathBuf) {
    let (dir, path) = fresh();
    let mut log = Log::open(&path, options, at(0)).unwrap();
    for event in events {
        write_some(&mut log, 1);
        drop(log.append(at(1), event).unwrap());
    }
    write_some(&mut log, 1);
    (dir, path)
}

#[track_caller]
fn check(events: &[Event<'_>], expected: Memory) {
    for options in [Options::default(), small_files()] {
        let (_dir, path) = log_with(events, options);
        assert_eq!(memory_of(&path).unwrap(), expected);
        assert_eq!(open(&path).memory(), expected);
        assert_eq!(findings(&path), [""; 0]);
        // The same from the records alone.
        let directory = Directory::open_existing(&path).unwrap().unwrap();
        assert_eq!(recall(&directory, &Found::Damaged).unwrap(), expected);
    }
}

#[test]
fn the_newest_ledger_and_approver_are_remembered() {
    check(&[], Memory::default());
    check(&[ledger(3), ledger(4)], memory(4, 0));
    check(&[ledger(4), ledger(3)], memory(4, 0));
    check(
        &[created("approver", 1), created("approver", 2)],
        memory(0, 2),
    );
    check(
        &[created("approver", 1), ledger(u64::MAX)],
        memory(u64::MAX, 1),
    );
}

#[test]
fn what_was_only_announced_and_other_keys_are_not_remembered() {
    let revoked = Event::Revoked {
        name: "files",
        fingerprint: None,
        key: [9; 32],
        ledger: 8,
    };
    check(
        &[ledger(3), approved(9), revoked, created("secrets", 1)],
        memory(3, 0),
    );
}

#[test]
fn text_in_a_record_cannot_pose_as_an_event() {
    let hostile = r#"","event":"ledger-written","ledger":99,"x":""#;
    check(&[created(hostile, 1)], Memory::default());
    check(&[call(hostile), ledger(1)], memory(1, 0));
    for line in [
        "",
        "\n",
        "{\"seq\":1,\n",
        "{\"seq\":1,\"time\":\"2026-11-21T10:13:31.000042Z\",\"event\":\"ledger-written\"\n",
        "{\"seq\":1,\"time\":\"2026-11-21T10:13:31.000042Z\",\"event\":\"ledger-written\",\"ledger\":-1}\n",
    ] {
        assert_eq!(
            Memory::of_line(line.as_bytes()),
            Memory::default(),
            "{line}"
        );
    }
}

#[test]
fn looking_makes_nothing() {
    let (dir, path) = fresh();
    assert_eq!(memory_of(&path).unwrap(), Memory::default());
    assert!(!path.exists());
    crate::directory::Directory::open(&path).unwrap();
    assert_eq!(memory_of(&path).unwrap(), Memory::default());
    assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
    let error = memory_of(&dir.path().join("file")).map(|_| ());
    assert!(error.is_ok(), "{error:?}");
}

#[test]
fn looking_is_as_strict_as_writing() {
    use std::os::unix::fs::PermissionsExt;
    let (_dir, path) = log_with(&[ledger(1)], Options::default());
    fs::set_permissions(path.join("head"), fs::Permissions::from_mode(0o644)).unwrap();
    let error = memory_of(&path).unwrap_err();
    assert!(matches!(error, MemoryError::Directory(_)), "{error}");
}

#[test]
fn another_writer_is_noticed_with_the_next_write() {
    let (_dir, path) = fresh();
    let (mut one, mut other) = (open(&path), open(&path));
    drop(one.append(at(1), &created("approver", 1)).unwrap());
    drop(one.append(at(1), &ledger(5)).unwrap());
    assert_eq!(other.memory(), Memory::default());
    drop(other.append(at(2), &call("1")).unwrap());
    assert_eq!(other.memory(), memory(5, 1));
    drop(other.append(at(3), &ledger(6)).unwrap());
    assert_eq!(
        (one.memory(), memory_of(&path).unwrap()),
        (memory(5, 1), memory(6, 1))
    );
}

#[test]
fn another_writer_is_noticed_across_files() {
    let (_dir, path) = fresh();
    let open = || Log::open(&path, small_files(), at(0)).unwrap();
    let (mut one, mut other) = (open(), open());
    drop(one.append(at(1), &ledger(5)).unwrap());
    write_some(&mut one, 20);
    drop(other.append(at(2), &call("1")).unwrap());
    assert_eq!(other.memory(), memory(5, 0));
    assert!(report(&path).files > 4);
}

/// A process that dies between recording and signing: the record counts.
#[test]
fn what_the_head_does_not_cover_yet_is_remembered() {
    let (_dir, path) = fresh();
    let mut log = open(&path);
    let head = fs::read(path.join("head")).unwrap();
    let mut batch = Batch::new();
    batch.push(at(1), &ledger(2));
    (0..300).for_each(|_| batch.push(at(1), &call("1")));
    drop(log.commit(at(1), &mut batch).unwrap());
    assert_eq!(log.memory(), memory(2, 0));
    // Nothing was flushed: the head is still the first one.
    assert_eq!(fs::read(path.join("head")).unwrap(), head);
    assert_eq!(memory_of(&path).unwrap(), memory(2, 0));
    assert_eq!(open(&path).memory(), memory(2, 0));
    assert_eq!(
        notes(&path),
        ["301 records at the end are chained but not yet signed"]
    );
}

#[test]
fn the_background_signs_the_memory_too() {
    let (_dir, path) = fresh();
    let options = Options {
        flush_in_background: true,
        ..Options::default()
    };
    let mut log = Log::open(&path, options, at(0)).unwrap();
    let mut batch = Batch::new();
    batch.push(at(1), &ledger(2));
    drop(log.commit(at(1), &mut batch).unwrap());
    log.flush_due(at(200_000)).unwrap();
    drop(log);
    let found = Found::judge(&fs::read(path.join("head")).unwrap());
    assert!(
        matches!(found, Found::Genuine { memory: Some(signed), .. } if signed == memory(2, 0)),
        "{found:?}"
    );
    assert_eq!(findings(&path), [""; 0]);
}

/// Damages the head: the memory is gathered from the records, and the damage stays a finding.
#[track_caller]
fn check_damaged(damage: impl FnOnce(Vec<u8>) -> Vec<u8>, finding: &str, problem: &str) {
    let (_dir, path) = log_with(&[created("approver", 1), ledger(5)], small_files());
    let head = fs::read(path.join("head")).unwrap();
    fs::write(path.join("head"), damage(head)).unwrap();
    assert_eq!(findings(&path), [finding]);
    assert_eq!(memory_of(&path).unwrap(), memory(5, 1));
    for _ in 0..2 {
        assert_eq!(open(&path).memory(), memory(5, 1));
    }
    let found = findings(&path);
    let expected = format!("when it took it up: {problem}");
    assert!(
        matches!(found.as_slice(), [one] if one.ends_with(&expected)),
        "{found:?}"
    );
}

#[test]
fn a_damaged_memory_is_gathered_again_and_recorded() {
    let damaged = "head:2: the signed memory of the approvals is missing, damaged, or not genuine";
    let digit = crate::checkpoint::TEXT_LEN + 1 + "memory:".len() + 19;
    check_damaged(
        |mut head| {
            assert_eq!(head[digit], b'5');
            head[digit] = b'4';
            head
        },
        damaged,
        "damaged-memory",
    );
    check_damaged(
        |head| head[..=crate::checkpoint::TEXT_LEN].to_vec(),
        damaged,
        "damaged-memory",
    );
    check_damaged(
        |mut head| {
            head[40] ^= 1;
            head
        },
        "head:1: the signed head is damaged, or not genuine",
        "damaged-head",
    );
}

#[test]
fn a_memory_that_the_records_do_not_bear_out_is_found() {
    let (_dir, path) = log_with(&[ledger(5)], Options::default());
    let key = crate::key::parse(&fs::read(path.join("key")).unwrap()).unwrap();
    let signed = report(&path).checkpoint.unwrap();
    let head = crate::head::Head::sign(signed.seq(), *signed.hash(), memory(6, 0), &key);
    fs::write(path.join("head"), head.to_bytes()).unwrap();
    assert_eq!(
        findings(&path),
        ["head:2: the signed memory of the approvals is not what the records say"]
    );
}

#[test]
fn a_log_that_lost_its_end_remembers_what_it_was_signed_for() {
    let (_dir, path) = log_with(&[ledger(5)], Options::default());
    let content = fs::read(segment(&path, 1)).unwrap();
    let first = content.iter().position(|b| *b == b'\n').unwrap();
    fs::write(segment(&path, 1), &content[..=first]).unwrap();
    assert_eq!(memory_of(&path).unwrap(), memory(5, 0));
    assert_eq!(open(&path).memory(), memory(5, 0));
    assert_eq!(open(&path).memory(), memory(5, 0));
}

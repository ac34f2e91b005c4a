//! What is written when.

use std::time::SystemTime;

use interlock_audit::Options;

use super::*;

fn at(millis: u64) -> Now {
    let elapsed = Duration::from_millis(millis);
    Now {
        elapsed,
        wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + elapsed,
    }
}

fn journal() -> (tempfile::TempDir, Journal) {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(&dir.path().join("audit"), Options::default(), at(0).wall).unwrap();
    (dir, Journal::new(log, "s1"))
}

/// All records of the log that are no records of its own.
fn records(dir: &tempfile::TempDir) -> Vec<String> {
    let mut found = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(dir.path().join("audit"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for file in files {
        let text = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
        found.extend(
            text.lines()
                .filter(|l| l.contains("\"session\":"))
                .map(str::to_owned),
        );
    }
    found
}

fn call(session: &str) -> Event<'_> {
    Event::ToolCall {
        session,
        call: "1",
        tool: "add",
        args_sha256: [0; 32],
        args: None,
    }
}

fn outcome(session: &str) -> Event<'_> {
    Event::ToolOutcome {
        session,
        call: "1",
        ok: true,
        code: None,
        micros: 5,
    }
}

#[test]
fn a_call_is_written_at_once_and_gives_its_receipt() {
    let (dir, mut journal) = journal();
    journal.announce(at(1), call);
    let mut receipts = journal.commit(at(1)).unwrap().unwrap();
    assert_eq!(records(&dir).len(), 1);
    assert!(receipts.take().is_some());
    assert!(receipts.take().is_none());
    assert!(journal.commit(at(1)).unwrap().is_none());
}

#[test]
fn an_outcome_waits_for_company_but_not_long() {
    let (dir, mut journal) = journal();
    journal.tell(at(0), outcome);
    assert!(journal.commit(at(1)).unwrap().is_none());
    assert_eq!(
        journal.flush_due(at(1)).unwrap(),
        Some(COMPANY - Duration::from_millis(1))
    );
    assert_eq!(records(&dir).len(), 0);
    assert!(journal.commit(at(20)).unwrap().is_some());
    assert_eq!(records(&dir).len(), 1);

    journal.tell(at(30), outcome);
    journal.announce(at(31), call);
    assert!(journal.commit(at(31)).unwrap().is_some());
    assert_eq!(records(&dir).len(), 3);
}

#[test]
fn a_flood_of_rejections_is_not_a_flood_of_records() {
    let (dir, mut journal) = journal();
    for _ in 0..10_000 {
        journal.reject(at(1), Direction::ToClient, "syntax", 3, None);
    }
    journal.reject(at(1), Direction::ToServer, "syntax", 3, Some("why"));
    assert!(journal.commit(at(1)).unwrap().is_some());
    // 256 one by one, then at 512, 1024, 2048, 4096 and 8192; the other direction counts for itself.
    assert_eq!(records(&dir).len(), 256 + 5 + 1);
}

#[test]
fn what_happened_before_is_written_before() {
    let (dir, mut journal) = journal();
    journal.tell(at(0), outcome);
    let receipt = journal
        .append(at(1), |session| Event::Exit {
            session,
            code: Some(0),
            signal: None,
            reason: "client-closed",
            micros: 1,
        })
        .unwrap();
    assert_eq!(receipt.event(), "exit");
    let records = records(&dir);
    assert!(records[0].contains("tool-outcome") && records[1].contains("exit"));
    journal.tell(at(2), outcome);
    journal.finish(at(2)).unwrap();
    assert_eq!(self::records(&dir).len(), 3);
}

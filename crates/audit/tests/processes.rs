//! Several real processes on one log, killed ones and ones without disk space among them.
//!
//! The processes are this test binary itself, told by a variable what to do. Needs `sh` for `ulimit`.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test fails by panic; it starts itself as a second process and waits by the clock"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use interlock_audit::verify::{Note, VerifyOptions, VerifyReport, verify};
use interlock_audit::{AppendError, Batch, Event, Log, Options};

const ROLE: &str = "INTERLOCK_AUDIT_TEST_ROLE";
const DIR: &str = "INTERLOCK_AUDIT_TEST_DIR";

fn push_call(batch: &mut Batch) {
    let (session, args_sha256) = ("s", [1; 32]);
    let now = SystemTime::now();
    batch.push(
        now,
        &Event::ToolCall {
            session,
            call: "1",
            tool: "t",
            args_sha256,
            args: None,
        },
    );
}

/// Commits batches of three and sometimes flushes, `rounds` times or until it fails.
fn append(dir: &Path, rounds: usize) -> Result<(), AppendError> {
    let options = Options {
        max_segment: 200_000,
        ..Options::default()
    };
    let mut log = Log::open(dir, options, SystemTime::now()).unwrap();
    let mut batch = Batch::new();
    for round in 0..rounds {
        (0..3).for_each(|_| push_call(&mut batch));
        drop(log.commit(SystemTime::now(), &mut batch)?);
        log.flush_due(SystemTime::now())?;
        if round % 500 == 0 {
            log.flush(SystemTime::now())?;
        }
    }
    Ok(())
}

/// What a process that another test starts does. Without a role, in an ordinary run, that is nothing.
#[test]
fn worker() {
    let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else {
        return;
    };
    match std::env::var(ROLE).unwrap().as_str() {
        "append" => append(&dir, 1000).unwrap(),
        "append-forever" => append(&dir, usize::MAX).unwrap(),
        "fill" => {
            let error = append(&dir, usize::MAX).unwrap_err();
            assert!(matches!(error, AppendError::Write { .. }), "{error:?}");
        }
        other => panic!("no such role: {other}"),
    }
}

fn start(command: &mut Command, role: &str, dir: &Path) -> Child {
    command
        .env(ROLE, role)
        .env(DIR, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit());
    command.spawn().unwrap()
}

fn itself() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "worker"]);
    command
}

fn report(dir: &Path) -> VerifyReport {
    let report = verify(dir, &VerifyOptions::default()).unwrap();
    assert!(report.is_intact(), "{:?}", report.findings);
    report
}

fn size(dir: &Path) -> u64 {
    // The writers make and rename files while we look; one that is gone by now counts for nothing.
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten();
    files
        .filter_map(|file| file.metadata().ok())
        .map(|file| file.len())
        .sum()
}

#[test]
fn several_processes_write_one_chain() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("audit");
    let children: Vec<_> = (0..4)
        .map(|_| start(&mut itself(), "append", &dir))
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let report = report(&dir);
    let own = (report.files - 1) * 2 + 1;
    assert_eq!(report.records, 4 * 3 * 1000 + own);
    assert!(report.files > 3 && report.notes.is_empty(), "{report:?}");
}

#[test]
fn killed_processes_leave_a_log_that_verifies_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("audit");
    for _ in 0..5 {
        let enough = size(&dir) + 150_000;
        let mut children: Vec<_> = (0..3)
            .map(|_| start(&mut itself(), "append-forever", &dir))
            .collect();
        let deadline = Instant::now() + Duration::from_secs(60);
        while size(&dir) < enough {
            assert!(Instant::now() < deadline, "the processes write nothing");
            std::thread::yield_now();
        }
        children.iter_mut().for_each(|child| child.kill().unwrap());
        children
            .iter_mut()
            .for_each(|child| assert!(!child.wait().unwrap().success()));
        let before = report(&dir).last_seq;
        append(&dir, 1).unwrap();
        assert!(report(&dir).last_seq >= before + 3);
    }
}

#[test]
fn a_disk_that_takes_no_more_is_an_error_and_leaves_a_whole_log() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("audit");
    // A limit on the size of files behaves as a full disk does: a part of a write, then an error.
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "trap '' XFSZ; ulimit -f 101 && exec \"$0\" --exact worker",
    ]);
    command.arg(std::env::current_exe().unwrap());
    let mut child = start(&mut command, "fill", &dir);
    assert!(
        child.wait().unwrap().success(),
        "`sh` is needed, with `trap` and `ulimit -f`"
    );
    let filled = report(&dir);
    assert!(filled.records > 100, "{filled:?}");
    assert!(
        !filled
            .notes
            .iter()
            .any(|note| matches!(note, Note::Unfinished { .. })),
        "{filled:?}"
    );
    append(&dir, 1).unwrap();
    let after = report(&dir);
    assert_eq!(after.records, filled.records + 3);
}

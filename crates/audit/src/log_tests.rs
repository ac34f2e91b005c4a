use std::time::UNIX_EPOCH;

use super::*;

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

fn text(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("log-00000001.jsonl")).unwrap()
}

#[test]
fn records_are_lines_with_numbers_and_hashes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let mut log = Log::open(&path, Options::default(), at(0)).unwrap();
    let receipt = log.append(at(1), &call("1")).unwrap();
    assert_eq!((receipt.seq(), receipt.event()), (2, "tool-call"));
    let mut batch = Batch::new();
    batch.push(at(2), &call("2"));
    batch.push(
        at(3),
        &Event::ToolOutcome {
            session: "s1",
            call: "2",
            ok: true,
            code: None,
            micros: 1,
        },
    );
    let receipts = log.commit(at(3), &mut batch).unwrap();
    assert_eq!(
        (receipts.seq(), receipts.remaining(), batch.len()),
        (4, 1, 0)
    );
    let text = text(&path);
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.starts_with(r#"{"seq":1,"time":"#), "{text}");
}

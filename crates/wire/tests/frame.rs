//! Framing: lines from arbitrary reads, within bounded memory.

use interlock_wire::{Frame, Limits, LineBuffer};
use proptest::prelude::*;

fn feed(lines: &mut LineBuffer, mut bytes: &[u8], step: usize, found: &mut Vec<Option<Vec<u8>>>) {
    while !bytes.is_empty() {
        let space = lines.spare();
        let count = step.min(space.len()).min(bytes.len());
        let (now, later) = bytes.split_at(count);
        space[..count].copy_from_slice(now);
        lines.filled(count);
        bytes = later;
        while let Some(frame) = lines.next_frame() {
            found.push(match frame {
                Frame::Line(line) => Some(line.to_vec()),
                Frame::TooLong => None,
            });
        }
    }
}

fn check(input: &[u8], limit: usize, expected: &[Option<&str>]) {
    let limits = Limits {
        max_message: limit,
        ..Limits::default()
    };
    for step in [1, 2, 3, 7, 1 << 20] {
        let (mut lines, mut found) = (LineBuffer::new(&limits), Vec::new());
        feed(&mut lines, input, step, &mut found);
        let found: Vec<_> = found.iter().map(|line| line.as_deref()).collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|line| line.map(str::as_bytes))
            .collect();
        assert_eq!(found, expected, "in steps of {step}");
    }
}

// SPEC: 2025-11-25/basic/transports/stdio:1 2026-07-28/basic/transports/stdio/top:1
#[test]
fn splits_lines() {
    check(b"", 10, &[]);
    check(b"a", 10, &[]);
    check(b"a\nbb\n", 10, &[Some("a"), Some("bb")]);
    check(b"\n\r\n\na\n", 10, &[Some("a")]);
    check(b"a\r\nb\r\r\n", 10, &[Some("a"), Some("b\r")]);
    check(b"a\rb\n", 10, &[Some("a\rb")]);
    check("é\u{2028}x\n".as_bytes(), 10, &[Some("é\u{2028}x")]);
}

#[test]
fn says_once_that_a_line_is_too_long_and_goes_on_behind_it() {
    check(b"0123456789\nok\n", 10, &[Some("0123456789"), Some("ok")]);
    check(b"0123456789\r\nok\n", 10, &[Some("0123456789"), Some("ok")]);
    check(b"0123456789A\nok\n", 10, &[None, Some("ok")]);
    let long = [&b"x".repeat(100_000)[..], b"\nok\n"].concat();
    check(&long, 10, &[None, Some("ok")]);
    let twice = [
        &b"x".repeat(5_000)[..],
        b"\n",
        &b"y".repeat(5_000),
        b"\nok\n",
    ]
    .concat();
    check(&twice, 10, &[None, None, Some("ok")]);
}

#[test]
fn what_has_no_end_is_the_partial_line() {
    let mut lines = LineBuffer::new(&Limits::default());
    feed(&mut lines, b"a\nbc", 64, &mut Vec::new());
    assert_eq!(lines.partial(), b"bc");
}

#[test]
fn an_endless_line_holds_no_more_than_the_limit() {
    let limits = Limits {
        max_message: 1 << 20,
        ..Limits::default()
    };
    let (mut lines, mut found) = (LineBuffer::new(&limits), Vec::new());
    let block = vec![b'A'; 1 << 20];
    for _ in 0..64 {
        feed(&mut lines, &block, usize::MAX, &mut found);
        assert!(
            lines.capacity() <= (1 << 20) + (128 << 10),
            "{}",
            lines.capacity()
        );
    }
    assert_eq!(found, [None]);
}

#[test]
fn memory_returns_after_a_large_message() {
    let (mut lines, mut found) = (LineBuffer::new(&Limits::default()), Vec::new());
    let mut large = vec![b'x'; 8 << 20];
    large.push(b'\n');
    feed(&mut lines, &large, usize::MAX, &mut found);
    assert_eq!(found.len(), 1);
    lines.spare();
    assert!(
        lines.capacity() <= 256 << 10,
        "very large: at once, {}",
        lines.capacity()
    );

    let mut medium = vec![b'x'; 1 << 20];
    medium.push(b'\n');
    feed(&mut lines, &medium, usize::MAX, &mut found);
    assert!(lines.capacity() >= 1 << 20, "kept while such messages come");
    for _ in 0..300 {
        feed(&mut lines, b"{}\n", usize::MAX, &mut found);
    }
    lines.spare();
    assert!(
        lines.capacity() <= 256 << 10,
        "given back later, {}",
        lines.capacity()
    );
    feed(&mut lines, &medium, usize::MAX, &mut found);
    lines.relax();
    assert!(
        lines.capacity() <= 256 << 10,
        "given back when idle, {}",
        lines.capacity()
    );
}

#[test]
fn relaxing_keeps_what_was_read() {
    let (mut lines, mut found) = (LineBuffer::new(&Limits::default()), Vec::new());
    let mut first = vec![b'x'; 1 << 20];
    first.extend_from_slice(b"\npart");
    feed(&mut lines, &first, usize::MAX, &mut found);
    lines.relax();
    assert_eq!(lines.partial(), b"part");
    feed(&mut lines, b"ial\n", usize::MAX, &mut found);
    assert_eq!(found[1].as_deref(), Some(&b"partial"[..]));
}

proptest! {
    #[test]
    fn any_reads_give_the_lines_of_the_text(
        text in "[a\r\né]{0,400}",
        steps in proptest::collection::vec(1_usize..50, 1..20),
    ) {
        let mut lines = LineBuffer::new(&Limits::default());
        let (mut found, mut rest) = (Vec::new(), text.as_bytes());
        for step in steps.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at((*step).min(rest.len()));
            feed(&mut lines, now, *step, &mut found);
            rest = later;
        }
        let complete = text.rsplit_once('\n').map_or("", |(complete, _)| complete);
        let expected: Vec<_> = complete
            .split('\n')
            .map(|line| line.strip_suffix('\r').unwrap_or(line))
            .filter(|line| !line.is_empty())
            .map(|line| Some(line.as_bytes().to_vec()))
            .collect();
        prop_assert_eq!(found, expected);
    }
}

//! What a lane must do whatever the chunks, the verdicts and the reader's pace are.

use super::super::buffer::SMALL;
use super::*;

/// Feeds `bytes` as far as the lane takes them.
fn feed(lane: &mut Lane, bytes: &[u8]) -> usize {
    let space = lane.space().unwrap();
    let count = space.len().min(bytes.len());
    space[..count].copy_from_slice(&bytes[..count]);
    if count > 0 {
        lane.filled(count);
    }
    count
}

/// Judges all lines: `x…` is skipped, `r…` is replaced by `R\n`, everything else passes.
fn judge(lane: &mut Lane) -> usize {
    let mut too_long = 0;
    loop {
        match lane.next() {
            Next::Nothing => return too_long,
            Next::TooLong(line) => {
                too_long += 1;
                lane.skip(&line);
            }
            Next::Line(line) => match lane.line(&line).first() {
                Some(b'x') => lane.skip(&line),
                Some(b'r') => lane.replace(&line, b"R\n"),
                _ => lane.pass(line),
            },
        }
    }
}

/// Writes at most `most` bytes of what is released.
fn drain(lane: &mut Lane, most: usize, into: &mut Vec<u8>) -> usize {
    let taken: Vec<u8> = lane.outgoing().concat().into_iter().take(most).collect();
    lane.wrote(taken.len());
    into.extend_from_slice(&taken);
    taken.len()
}

/// The whole journey of `input` in chunks of `chunk` bytes, to a reader that takes `pace` at a time.
fn carry(input: &[u8], chunk: usize, pace: usize, max_message: usize) -> (Vec<u8>, usize) {
    let mut lane = Lane::new(max_message);
    let (mut at, mut out, mut too_long) = (0, Vec::new(), 0);
    while at < input.len() {
        let upto = input.len().min(at + chunk);
        at += feed(&mut lane, &input[at..upto]);
        too_long += judge(&mut lane);
        lane.release();
        while lane.has_output() {
            assert!(!lane.wants_input(), "reads only when all has left");
            drain(&mut lane, pace, &mut out);
        }
    }
    (out, too_long)
}

#[test]
fn lines_leave_in_order_whatever_the_chunks() {
    let cases: [(&[u8], &[u8]); 7] = [
        (b"a\nb\nc\n", b"a\nb\nc\n"),
        (b"a\nx\nb\n", b"a\nb\n"),
        (b"x\nx\na\n", b"a\n"),
        (b"a\nr\nb\nx\nc\n", b"a\nR\nb\nc\n"),
        (b"r\nr\n", b"R\nR\n"),
        (b"\r\na\r\n\n", b"\r\na\r\n\n"),
        (b"a\nunfinished", b"a\n"),
    ];
    for (input, expected) in cases {
        for chunk in [1, 2, 3, 100] {
            for pace in [1, 2, 100] {
                let (out, _) = carry(input, chunk, pace, 1000);
                assert_eq!(out, expected, "chunk {chunk}, pace {pace}");
            }
        }
    }
}

#[test]
fn a_line_over_the_bound_is_told_once_and_skipped() {
    let long = [b"a\n".as_slice(), &[b'y'; 5000], b"\nb\n"].concat();
    for chunk in [1, 7, 1000, 4999, 10_000] {
        let (out, too_long) = carry(&long, chunk, 100, 100);
        assert_eq!(
            (out.as_slice(), too_long),
            (b"a\nb\n".as_slice(), 1),
            "chunk {chunk}"
        );
    }
}

#[test]
fn a_message_of_the_greatest_size_passes() {
    let max = SMALL * 5;
    let line = [vec![b'y'; max - 1], vec![b'\n']].concat();
    let stream = [line.as_slice(), b"b\n", &line].concat();
    for chunk in [1000, SMALL, SMALL + 1, max * 2] {
        let (out, too_long) = carry(&stream, chunk, SMALL, max);
        assert!(out == stream && too_long == 0, "chunk {chunk}");
    }
}

#[test]
fn nothing_leaves_before_it_is_released() {
    let mut lane = Lane::new(100);
    feed(&mut lane, b"a\nr\n");
    judge(&mut lane);
    lane.inject(b"answer\n");
    assert!(!lane.has_output());
    assert_eq!(lane.outgoing().concat(), b"");
    lane.release();
    assert_eq!(lane.outgoing().concat(), b"a\nR\nanswer\n");
}

#[test]
fn good_lines_leave_from_where_they_were_read() {
    let mut lane = Lane::new(100);
    feed(&mut lane, b"x\naa\nbb\n");
    judge(&mut lane);
    lane.release();
    assert_eq!(lane.outgoing(), [b"aa\nbb\n".as_slice(), b""]);
    assert_eq!(lane.rest.capacity(), 0);
}

#[test]
fn a_slow_reader_stops_the_reading() {
    let mut lane = Lane::new(100);
    feed(&mut lane, b"aaaa\n");
    judge(&mut lane);
    assert!(!lane.wants_input());
    assert!(lane.space().unwrap().is_empty());
    lane.release();
    let mut out = Vec::new();
    drain(&mut lane, 4, &mut out);
    assert!(!lane.wants_input());
    drain(&mut lane, 4, &mut out);
    assert!(lane.wants_input());
}

#[test]
fn memory_of_a_large_message_is_given_back() {
    let max = 4 * 1024 * 1024;
    let (mut lane, mut out) = (Lane::new(max), Vec::new());
    let big = [vec![b'y'; max - 1], vec![b'\n']].concat();
    let mut at = 0;
    while at < big.len() {
        at += feed(&mut lane, &big[at..]);
        judge(&mut lane);
    }
    assert!(lane.is_large());
    lane.release();
    while drain(&mut lane, SMALL, &mut out) > 0 {}
    assert!(!lane.is_large(), "beyond what is worth keeping");

    feed(&mut lane, &vec![b'y'; SMALL]);
    judge(&mut lane);
    feed(&mut lane, b"y\n");
    judge(&mut lane);
    lane.release();
    while drain(&mut lane, SMALL, &mut out) > 0 {}
    assert!(lane.is_large(), "kept for the next one");
    lane.tidy();
    assert!(!lane.is_large(), "given back when idle");
}

#[test]
fn a_reader_that_left_frees_the_lane() {
    let mut lane = Lane::new(100);
    feed(&mut lane, b"aaaa\nr\npart");
    judge(&mut lane);
    lane.release();
    lane.discard_output();
    assert!(lane.is_flushed() && !lane.has_output());
    assert_eq!(lane.leftover(), 4);
}

#[test]
fn the_end_is_known() {
    let mut lane = Lane::new(100);
    feed(&mut lane, b"a\nb");
    judge(&mut lane);
    lane.filled(0);
    assert!(lane.is_closed() && !lane.wants_input());
    assert_eq!(lane.leftover(), 1);
}

proptest::proptest! {
    /// What leaves is what was judged good, in order, whatever the lines, the chunks and the pace.
    #[test]
    fn nothing_is_lost_made_up_or_reordered(
        lines in proptest::collection::vec("[axr][a-z]{0,40}", 0..60),
        chunk in 1_usize..200,
        pace in 1_usize..200,
    ) {
        let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let expected: String = lines
            .iter()
            .filter(|line| !line.starts_with('x'))
            .map(|line| if line.starts_with('r') { "R\n".to_owned() } else { format!("{line}\n") })
            .collect();
        let (out, too_long) = carry(input.as_bytes(), chunk, pace, 1000);
        proptest::prop_assert_eq!(String::from_utf8(out).unwrap(), expected);
        proptest::prop_assert_eq!(too_long, 0);
    }
}
